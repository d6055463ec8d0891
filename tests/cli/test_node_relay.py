"""A relay that goes and comes back, several processes of one person, and a proxy before it all."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from nodes import Relay, all_sync, channel_of, finished, person, until


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    with Relay(tmp_path_factory.mktemp("relay")) as running:
        yield running


def test_while_the_relay_is_away_talk_waits_and_nothing_is_lost(tmp_path: Path) -> None:
    with Relay(tmp_path / "relay") as relay:
        _, heron, otter = everyone = channel_of(relay.address, tmp_path)
        heron.does("say", "talks", "one")
        with relay.away():
            done = heron.tries("say", "talks", "two")
            assert done.returncode == 0
            assert "Nothing is lost" in done.stderr
            assert "Kept here; it goes out with the next sync." in done.stderr
            assert heron.json("say", "talks", "three")["posted"] is False
            for who in (heron, otter):
                done = who.tries("sync", "--json")
                assert done.returncode == 5
                assert json.loads(done.stdout)["talks"]["trouble"]
            said = heron.tries("sync")
            assert said.returncode == 5
            assert said.stdout.startswith("talks: 0 out, 0 in.\n")
            assert "The relay does not answer" in said.stderr
        heron.does("sync")
        otter.does("say", "talks", "four")
        all_sync(everyone)
        all_sync(everyone)
        assert otter.texts("--all") == ["one", "two", "three"]
        assert heron.texts("--all") == ["four"]
        assert heron.json("status")["talks"]["attention"] == []


def test_a_relay_that_lost_all_it_had_loses_nobody_a_word(tmp_path: Path) -> None:
    with Relay(tmp_path / "relay") as relay:
        _, heron, otter = everyone = channel_of(relay.address, tmp_path)
        for number in range(3):
            heron.does("say", "talks", f"before {number}")
        relay.kill()
        shutil.rmtree(relay.store)
        relay.start()
        all_sync(everyone)
        otter.does("say", "talks", "Are you there?")
        heron.does("say", "talks", "after")
        all_sync(everyone)
        assert heron.texts() == ["Are you there?"]
        assert otter.texts() == ["before 0", "before 1", "before 2", "after"]


def test_several_processes_of_one_person_do_not_disturb_each_other(
    relay: Relay, tmp_path: Path
) -> None:
    _, heron, otter = everyone = channel_of(relay.address, tmp_path)
    watching = otter.start("watch", "talks", "--json")
    assert watching.stdout is not None
    running = [heron.start("say", "talks", f"word {number}") for number in range(3)]
    running += [otter.start("say", "talks", "and mine"), otter.start("sync")]
    for process in running:
        code, _, errors = finished(process)
        assert (code, errors) == (0, "")
    seen: list[str] = []
    for line in watching.stdout:
        row = json.loads(line)
        seen += [row["text"]]
        if len(seen) == 4:
            break
    watching.send_signal(signal.SIGINT)
    assert finished(watching)[0] == 130
    assert sorted(seen) == ["and mine", "word 0", "word 1", "word 2"]
    # what is shown is marked as read after it, so that an interruption loses nothing
    assert set(otter.texts()) <= set(seen)
    all_sync(everyone)
    assert heron.texts() == ["and mine"]
    assert [who.json("status")["talks"]["attention"] for who in everyone] == [[], [], []]


def test_watching_survives_a_relay_that_goes(tmp_path: Path) -> None:
    with Relay(tmp_path / "relay") as relay:
        _, heron, otter = channel_of(relay.address, tmp_path)
        watching = otter.start("watch", "talks")
        assert watching.stdout is not None
        assert watching.stderr is not None
        until(lambda: list(otter.home.glob("channel-*.db-wal")), "an open channel")
        with relay.away():
            assert "The relay does not answer" in watching.stderr.readline()
        heron.does("say", "talks", "Still there?")
        assert "Heron (unverified)" in watching.stdout.readline()
        assert watching.stdout.readline() == "    Still there?\n"
        watching.send_signal(signal.SIGINT)
        finished(watching)


def test_watching_ends_when_asked_to(relay: Relay, tmp_path: Path) -> None:
    _, heron, otter = channel_of(relay.address, tmp_path)
    heron.does("say", "talks", "one")
    otter.does("sync")
    assert json.loads(otter.does("watch", "talks", "--seconds", "0", "--json"))["text"] == "one"
    alone = person("Alone", tmp_path)
    alone.does("channel", "new", "quiet", "--pseudonym", "Alone")
    assert "has no relay" in alone.refused("watch", "quiet")


class Socks(socketserver.ThreadingTCPServer):
    """A SOCKS5 proxy (RFC 1928, 1929) that leads every name to one place, and takes notes."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Socks)
        host, _, port = target.removeprefix("http://").rpartition(":")
        self.target = host, int(port)
        self.names: set[bytes] = set()
        self.paths: dict[bytes, set[bytes]] = {}
        """For each user name, what was asked for under it."""


class _Socks(socketserver.StreamRequestHandler):
    server: Socks

    def handle(self) -> None:
        take = self.rfile.read
        take(take(2)[1])
        self.wfile.write(b"\x05\x02")
        user = take(take(2)[1])
        take(take(1)[0])
        self.wfile.write(b"\x01\x00")
        assert take(4)[3] == 3, "an address was looked up before the proxy"
        self.server.names.add(take(take(1)[0]))
        take(2)
        self.wfile.write(b"\x05\x00\x00\x01" + bytes(6))
        with socket.create_connection(self.server.target) as relay:
            threading.Thread(target=self._back, args=(relay,), daemon=True).start()
            while data := self.rfile.read1(65536):
                line = data.split(b"\r\n", 1)[0]
                if line.endswith(b"HTTP/1.1"):
                    path = line.split(b" ")[1].split(b"?")[0]
                    self.server.paths.setdefault(user, set()).add(path)
                relay.sendall(data)

    def _back(self, relay: socket.socket) -> None:
        try:
            while data := relay.recv(65536):
                self.connection.sendall(data)
        except OSError:  # one of the two has gone
            return


@pytest.fixture
def socks(relay: Relay) -> Iterator[Socks]:
    with Socks(relay.address) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_through_a_proxy_no_name_is_looked_up_and_no_two_mailboxes_share_a_user(
    relay: Relay, socks: Socks, tmp_path: Path
) -> None:
    # No resolver knows this name, so who gets through has asked none.
    hidden = "http://relay-of-a-test.invalid:80"
    proxy = ("--proxy", f"socks5h://127.0.0.1:{socks.server_address[1]}")
    heron = person("Heron", tmp_path)
    otter = person("Otter", tmp_path)
    heron.does("channel", "new", "talks", "--pseudonym", "Heron", "--relay", hidden)
    code = heron.json("channel", "invite", "talks", "--side", "S", "--no-wait", *proxy)["code"]
    joining = otter.start(
        *("channel", "join", code, "--name", "talks", "--pseudonym", "Otter", "--relay", hidden),
        *proxy,
    )
    until(lambda: _knocked(socks), "a knock")
    while joining.poll() is None:
        heron.does("sync", *proxy)
    assert finished(joining)[0] == 0
    heron.does("say", "talks", "By the onion's way", *proxy)
    otter.does("sync", *proxy)
    assert otter.texts() == ["By the onion's way"]
    assert socks.names == {b"relay-of-a-test.invalid"}
    mailboxes = [{p.split(b"/")[3] for p in ps if p.count(b"/") > 2} for ps in socks.paths.values()]
    assert len(mailboxes) > 8
    assert all(len(one) <= 1 for one in mailboxes)
    heron.more = {"TRACKTWO_PROXY": "socks5h://127.0.0.1:9"}
    done = heron.tries("sync", "--json")
    assert done.returncode == 5
    assert json.loads(done.stdout)["talks"]["posted"] == 0


def _knocked(socks: Socks) -> bool:
    return any(path.startswith(b"/v1/s/") for paths in socks.paths.values() for path in paths)


def test_a_proxy_that_is_none_is_named(relay: Relay, tmp_path: Path) -> None:
    (alone,) = channel_of(relay.address, tmp_path, pseudonyms=("Alone",))
    for wrong in ("nonsense", "ftp://127.0.0.1:9050", "socks5h://127.0.0.1:port"):
        said = alone.refused("sync", "--proxy", wrong)
        assert "This is no address of a proxy" in said
        assert wrong in said


def test_a_member_with_a_mad_address_holds_up_nobody_else(relay: Relay, tmp_path: Path) -> None:
    from nodes import opened

    _, heron, otter = channel_of(relay.address, tmp_path)
    mad = ["http://[", "http://a:99999", "ftp://x", "nonsense", "http://a..b", "http://\u2028/"]
    for address in mad:
        with opened(heron) as replica:
            replica.store.do(
                "INSERT INTO outbox (mid, peer, relay, send, bytes, turn) VALUES "
                "(randomblob(16), ?, ?, randomblob(32), x'00', 0)",
                *(replica.roster.others()[0].id, address),
            )
    done = heron.tries("say", "talks", "hello")
    assert done.returncode == 0
    otter.does("sync")
    assert otter.texts() == ["hello"]
