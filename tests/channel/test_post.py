"""A relay that lies, against the client: it can make it wait, and nothing else.

The relay here is a real HTTP server that answers whatever it is told to; an honest one is in the
tests of the whole program.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from effort import examples
from network import DAY, Network
from tracktwo.channel import blob
from tracktwo.channel.post import Full, Post, Unknown
from tracktwo.channel.sync import synchronise
from tracktwo.errors import BadInput, Unreachable

CAPABILITY = bytes(range(32))
Answers = Callable[[str, str], tuple[int, dict[str, str], bytes]]


@contextmanager
def lying(answers: Answers) -> Iterator[str]:
    """The address of a server that answers a method and a path so."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers, body = answers(self.command, self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_PATCH = do_HEAD = do_DELETE = _answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def frame(seq: int, body: bytes, length: int | None = None) -> bytes:
    return (
        seq.to_bytes(8) + bytes(16) + (len(body) if length is None else length).to_bytes(4) + body
    )


@pytest.mark.parametrize(
    "body",
    [
        frame(2**64 - 1, bytes(4096)),
        frame(1, bytes(10), 4096),
        frame(1, bytes(4096)) + b"more",
        b"\xff" * 28,
        b"x",
    ],
)
def test_frames_that_lie_about_place_or_length_are_not_taken(body: bytes) -> None:
    with lying(lambda *_: (200, {}, body)) as relay, Post() as post, pytest.raises(Unreachable):
        post.get(relay, CAPABILITY, 0)


@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_any_bytes_at_all_are_frames_or_refused(body: bytes) -> None:
    with lying(lambda *_: (200, {}, body)) as relay, Post() as post:
        try:
            deliveries = post.get(relay, CAPABILITY, 0)
        except Unreachable:
            return
    assert sum(28 + len(one.data) for one in deliveries) == len(body)


def test_an_answer_without_end_is_left() -> None:
    big = {"Content-Length": str(1 << 40)}
    part = bytes(40 << 20)
    with lying(lambda *_: (200, big, part)) as relay, Post() as post, pytest.raises(Unreachable):
        post.get(relay, CAPABILITY, 0)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, Unknown), (507, Full), (429, Unreachable), (500, Unreachable), (301, Unreachable)],
)
def test_every_refusal_is_a_reason_to_wait_and_no_redirection_is_followed(
    status: int, kind: type[Unreachable]
) -> None:
    asked: list[str] = []

    def answers(method: str, path: str) -> tuple[int, dict[str, str], bytes]:
        asked.append(path)
        return status, {"Location": "/elsewhere"}, b"whatever it says"

    with lying(answers) as relay, Post() as post, pytest.raises(kind) as caught:
        post.put(relay, CAPABILITY, bytes(16), bytes(4096))
    assert len(asked) == 1
    assert "whatever" not in str(caught.value)


@pytest.mark.parametrize("offset", ["", "-1", "1e9", "9" * 30, "0", str(1 << 21)])
def test_a_relay_that_lies_about_offsets_does_not_hold_a_sender_for_ever(
    offset: str, tmp_path: Path
) -> None:
    network = Network(tmp_path)
    person = network.found("Ada")
    path = tmp_path / "large"
    path.write_bytes(bytes(3 << 20))

    def answers(method: str, path: str) -> tuple[int, dict[str, str], bytes]:
        if method == "HEAD":
            return 200, {"Upload-Offset": "0"}, b""
        return (204 if method == "PATCH" else 201), {"Upload-Offset": offset}, b""

    with lying(answers) as relay, Post() as post:
        ticket = blob.offer(person.store, path, relay, bytes(16))
        with pytest.raises(Unreachable):
            blob.exchange(person.store, post, lambda done, total: None)
    assert person.store.one("SELECT state FROM blob WHERE id = ?", ticket.id) == "sending"
    network.close()


def test_a_blob_that_never_ends_is_left_once_it_is_whole(tmp_path: Path) -> None:
    size = 1000
    ticket = blob.Ticket("", bytes(16), bytes(32), bytes(32), size)
    source = tmp_path / "source"
    source.write_bytes(bytes(size))
    with source.open("rb") as file:
        data = blob.sealed_bytes(file, ticket.key, size, 0, 1 << 20)

    def for_ever(start: int) -> Iterator[bytes]:
        yield data[start:]
        while True:
            yield bytes(1000)

    assert blob.fill(ticket, tmp_path / "message", for_ever)


def test_what_a_lying_relay_delivers_is_kept_out_of_the_log_and_raises_no_error(
    tmp_path: Path,
) -> None:
    network = Network(tmp_path)
    ada = network.found("Ada")
    ada.say("words")
    rubbish = [frame(at, bytes([at]) * size) for at, size in enumerate([4096, 16384, 5, 0], 1)]
    pages = [b"".join(rubbish), frame(3, bytes(4096)), b""]

    def answers(method: str, path: str) -> tuple[int, dict[str, str], bytes]:
        return (200, {}, pages.pop(0) if pages else b"") if method == "GET" else (200, {}, b"{}")

    with lying(answers) as relay, Post() as post:
        ada.store.keep("relay", relay.encode())
        synchronise(ada.replica, post)
    assert ada.texts() == ["words"]
    assert ada.alarms() == []
    network.close()


@pytest.mark.parametrize("rising", [True, False])
def test_a_relay_that_gives_the_same_for_ever_is_not_listened_to_for_ever(
    tmp_path: Path, rising: bool
) -> None:
    network = Network(tmp_path)
    ada = network.found("Ada")
    seqs = iter(range(1, 1 << 30))

    def answers(method: str, path: str) -> tuple[int, dict[str, str], bytes]:
        if method != "GET":
            return 200, {}, b"{}"
        return 200, {}, frame(next(seqs) if rising else 1, bytes(4096))

    with lying(answers) as relay, Post() as post:
        ada.store.keep("relay", relay.encode())
        assert synchronise(ada.replica, post).fetched == 1
    network.close()


def test_a_mailbox_is_made_again_once_half_of_its_time_is_over() -> None:
    """For as long as a page is open, or `watch` runs: a new process makes it again at once."""
    now, asked = 1_800_000_000.0, list[str]()

    def answers(method: str, path: str) -> tuple[int, dict[str, str], bytes]:
        asked.append(path)
        return 200, {}, b"{}"

    with lying(answers) as relay, Post(now=lambda: now) as post:
        for days, times in ((0, 1), (0, 1), (29.9, 1), (0.1, 2), (29.9, 2), (40, 3)):
            now += days * DAY
            post.make_mailbox(relay, CAPABILITY, bytes(32))
            assert asked == ["/v1/mailboxes"] * times


@pytest.mark.parametrize("address", ["nonsense", "ftp://x", "http://", "http://[", "http://\x00"])
def test_an_address_that_is_none_is_no_accident(address: str) -> None:
    with Post() as post, pytest.raises((Unreachable, BadInput)):
        post.get(address, CAPABILITY, 0)


def test_capabilities_are_in_no_repr() -> None:
    with lying(lambda *_: (200, {}, b"")) as relay, Post() as post:
        post.get(relay, CAPABILITY, 0)
        assert CAPABILITY.hex() not in repr(vars(post)["_made"])
        assert repr(post) == "Post(<secret>)"


@pytest.mark.parametrize(
    "proxy", ["x", "http://[z", "http://[::1", "http://:1", "socks5h://a:99999", "socks5h://a:0"]
)
def test_a_proxy_that_cannot_be_is_refused_before_anything_is_asked(proxy: str) -> None:
    with pytest.raises(BadInput, match="This is no address of a proxy"):
        Post(proxy)
