"""Mailboxes: stored once, in order, without gaps; for those who hold the capability alone."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from relays import SMALL, Mailbox, Running, bearer, client, frames, new_mid, running

BODY, OTHER = b"one".ljust(SMALL, b"\0"), b"two".ljust(SMALL, b"\0")


def test_making_a_mailbox_again_makes_it_last_longer_and_never_shorter(relay: Running) -> None:
    mailbox = Mailbox(relay)
    made = [mailbox.make(ttl_hours=hours) for hours in (5, 9, 2)]
    assert [answer.status_code for answer in made] == [201, 200, 200]
    for answer in made:
        assert (answer.json()["rid"], answer.json()["sid"]) == (mailbox.rid, mailbox.sid)
    lasts = [answer.json()["expires_hour"] - time.time() / 3600 for answer in made]
    assert 5 <= lasts[0] <= 6
    assert all(9 <= hours <= 10 for hours in lasts[1:])


def test_half_of_a_mailbox_makes_no_other(relay: Running) -> None:
    mailbox = relay.mailbox()
    assert Mailbox(relay, recv=mailbox.recv).make().status_code == 409
    assert Mailbox(relay, send=mailbox.send).make().status_code == 409
    mailbox.post()
    assert len(mailbox.read()) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 4000,
        b'{"recv_hash": 1, "send_hash": 2, "ttl_hours": 3}',
        b'{"recv_hash": "%s", "send_hash": "%s", "ttl_hours": 0}' % (b"a" * 64, b"b" * 64),
        b'{"recv_hash": "%s", "send_hash": "%s", "ttl_hours": true}' % (b"a" * 64, b"b" * 64),
        b'{"recv_hash": "%s", "send_hash": "%s", "ttl_hours": 5}' % (b"A" * 64, b"b" * 64),
        b'{"recv_hash": "%s", "send_hash": "%s", "ttl_hours": NaN}' % (b"a" * 64, b"b" * 64),
        b'{"recv_hash": "%s", "send_hash": "%s"}' % (b"a" * 64, b"b" * 64),
    ],
)
def test_a_mailbox_is_made_only_by_what_says_so_exactly(relay: Running, body: bytes) -> None:
    answer = relay.http.post("/v1/mailboxes", content=body)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])


def test_a_message_put_twice_is_there_once(relay: Running) -> None:
    mailbox, mid = relay.mailbox(), new_mid()
    assert [mailbox.put(mid, BODY).status_code for _ in range(3)] == [201, 200, 200]
    assert mailbox.put(mid, OTHER).status_code == 409
    assert mailbox.read() == [(1, mid, BODY)]


def test_one_mid_in_two_mailboxes_is_two_messages(relay: Running) -> None:
    first, second, mid = relay.mailbox(), relay.mailbox(), new_mid()
    assert (first.put(mid, BODY).status_code, second.put(mid, OTHER).status_code) == (201, 201)
    assert (first.read(), second.read()) == ([(1, mid, BODY)], [(1, mid, OTHER)])


def test_what_was_acknowledged_is_gone_and_never_comes_back(relay: Running) -> None:
    mailbox, mid = relay.mailbox(), new_mid()
    mailbox.put(mid, BODY)
    later = mailbox.post()
    assert mailbox.ack(1) == 204
    assert [frame.mid for frame in mailbox.read()] == [later]
    assert mailbox.put(mid, BODY).status_code == 200
    assert mailbox.put(mid, OTHER).status_code == 409
    assert [(frame.seq, frame.mid) for frame in mailbox.read()] == [(2, later)]


def test_acknowledging_twice_or_too_much_drops_nothing_that_comes_later(relay: Running) -> None:
    mailbox = relay.mailbox()
    mailbox.post()
    assert [mailbox.ack(upto) for upto in (1, 1, 0, 1000, 2**63 - 1)] == [204] * 5
    later = mailbox.post()
    assert [(frame.seq, frame.mid) for frame in mailbox.read()] == [(2, later)]


def test_seqs_have_no_gap_whoever_posts_at_the_same_time(relay: Running) -> None:
    mailboxes = [relay.mailbox() for _ in range(4)]
    with ThreadPoolExecutor(16) as pool:
        mids = list(pool.map(lambda number: mailboxes[number % 4].post(), range(160)))
    for number, mailbox in enumerate(mailboxes):
        found = mailbox.read_all()
        assert [frame.seq for frame in found] == list(range(1, 41))
        assert {frame.mid for frame in found} == set(mids[number::4])


def test_one_mid_posted_by_many_at_once_is_there_once(relay: Running) -> None:
    mailbox, mid = relay.mailbox(), new_mid()
    with ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(lambda _: mailbox.put(mid, BODY).status_code, range(32)))
    assert sorted(codes) == [200] * 31 + [201]
    assert mailbox.read() == [(1, mid, BODY)]


def test_a_reader_that_waits_is_woken_by_a_message(relay: Running) -> None:
    mailbox = relay.mailbox()
    with ThreadPoolExecutor(1) as pool, client(relay) as other:
        waiting = pool.submit(
            other.get,
            f"/v1/r/{mailbox.rid}",
            params={"wait": 25},
            headers=bearer(mailbox.recv),
        )
        mailbox.post(b"woken")
        begun = time.monotonic()
        assert b"woken" in waiting.result().content
        assert time.monotonic() - begun < 10


def test_a_reader_that_waits_in_vain_gets_an_empty_answer(relay: Running) -> None:
    begun = time.monotonic()
    assert relay.mailbox().read(wait=1) == []
    assert time.monotonic() - begun >= 1


def test_an_answer_has_at_most_what_was_asked_and_about_a_mebibyte(relay: Running) -> None:
    mailbox = relay.mailbox()
    for _ in range(6):
        mailbox.post(size=262144)
    assert [frame.seq for frame in mailbox.read(max=2)] == [1, 2]
    assert [frame.seq for frame in mailbox.read(after=1)] == [2, 3, 4, 5]
    assert [frame.seq for frame in mailbox.read(after=5)] == [6]
    assert mailbox.read(after=6) == mailbox.read(after=2**63 - 1) == []


@pytest.mark.parametrize("query", ["after=-1", "after=x", "after=9223372036854775808", "after="])
def test_a_query_that_is_no_number_is_refused(relay: Running, query: str) -> None:
    mailbox = relay.mailbox()
    answer = relay.http.get(f"/v1/r/{mailbox.rid}?{query}", headers=bearer(mailbox.recv))
    assert answer.status_code == 400


@pytest.mark.parametrize("query", [{"max": 0}, {"max": 257}, {"wait": 26}])
def test_a_query_beyond_its_bounds_is_refused(relay: Running, query: dict[str, int]) -> None:
    assert relay.mailbox().get(**query).status_code == 400


@pytest.mark.parametrize("size", [4096, 16384, 65536, 262144])
def test_a_message_is_exactly_a_bucket(relay: Running, size: int) -> None:
    mailbox = relay.mailbox()
    for wrong in (size - 1, size + 1):
        assert mailbox.put(new_mid(), b"x" * wrong).status_code == 413
    body = os.urandom(size)
    assert mailbox.put(new_mid(), body).status_code == 201
    assert [frame.body for frame in mailbox.read()] == [body]


def test_a_body_without_a_length_is_taken_no_further_than_a_bucket(relay: Running) -> None:
    mailbox = relay.mailbox()
    for size, status in ((4096, 201), (300_000, 413)):
        content = (b"x" * 1000 if left > 1000 else b"x" * left for left in range(size, 0, -1000))
        answer = relay.http.put(
            f"/v1/s/{mailbox.sid}/{new_mid()}", content=content, headers=bearer(mailbox.send)
        )
        assert answer.status_code == status


def test_a_reader_cannot_post_and_a_sender_cannot_read(relay: Running) -> None:
    mailbox = relay.mailbox()
    mid = mailbox.post()
    assert mailbox.put(new_mid(), BODY, mailbox.recv).status_code == 404
    assert mailbox.get(mailbox.send).status_code == 404
    assert (mailbox.ack(1, mailbox.send), mailbox.delete(mailbox.send)) == (404, 404)
    assert [frame.mid for frame in mailbox.read()] == [mid]


def test_a_deleted_mailbox_is_forgotten_with_its_tombstones(relay: Running) -> None:
    mailbox, mid = relay.mailbox(), new_mid()
    mailbox.put(mid, BODY)
    assert (mailbox.delete(), mailbox.delete()) == (204, 404)
    assert (mailbox.get().status_code, mailbox.put(mid, BODY).status_code) == (404, 404)
    assert mailbox.make().status_code == 201
    assert mailbox.put(mid, OTHER).status_code == 201
    assert mailbox.read() == [(1, mid, OTHER)]


def raw(answer: httpx.Response) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    return answer.status_code, answer.headers.raw, answer.content


def test_unknown_and_forbidden_are_one_answer_to_the_last_byte(relay: Running) -> None:
    mailbox, blob = relay.mailbox(), relay.blob(10)
    mailbox.post()
    unknown, wrong = "ab" * 16, bearer(os.urandom(32))
    right = bearer(mailbox.recv)
    requests: list[tuple[str, str]] = [
        ("PUT", f"/v1/s/{{}}/{new_mid()}"),
        ("GET", "/v1/r/{}"),
        ("GET", "/v1/r/{}?wait=25"),
        ("POST", "/v1/r/{}/ack"),
        ("DELETE", "/v1/r/{}"),
        ("PATCH", "/v1/b/{}"),
        ("GET", "/v1/b/{}"),
        ("GET", "/v1/b/{}?follow=1"),
        ("DELETE", "/v1/b/{}"),
    ]
    for method, path in requests:
        there = {"s": mailbox.sid, "r": mailbox.rid, "b": blob.id}[path[4]]
        more: dict[str, dict[str, object]] = {
            "PUT": {"content": BODY},
            "POST": {"json": {"upto": 1}},
            "PATCH": {"content": b"piece", "headers": {"Upload-Offset": "0"}},
        }
        said = []
        for name, headers in [(there, wrong), (unknown, right), (unknown, wrong), (there, {})]:
            request = more.get(method, {})
            together = {**headers, **request.get("headers", {})}  # type: ignore[dict-item]
            arguments = {**request, "headers": together}
            said.append(raw(relay.http.request(method, path.format(name), **arguments)))
        assert said[0][0] == 404
        assert said == said[:1] * 4, (method, path)


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Basic eDp5", f"Bearer {'A' * 42}", f"Bearer {'é' * 43}"]
)
def test_what_is_no_capability_is_no_authority(relay: Running, header: str) -> None:
    mailbox = relay.mailbox()
    headers = [(b"Authorization", header.encode("latin-1"))]
    assert relay.http.get(f"/v1/r/{mailbox.rid}", headers=headers).status_code == 404


def test_a_full_mailbox_takes_no_more_until_something_is_acknowledged(
    storage: Callable[[], list[str]], tmp_path: Path
) -> None:
    options = [*storage(), "--mailbox-messages", "3", "--mailbox-mib", "1"]
    with running(tmp_path, *options) as relay:
        by_count, by_bytes = relay.mailbox(), relay.mailbox()
        mids = [by_count.post() for _ in range(3)]
        assert by_count.put(new_mid(), BODY).status_code == 507
        assert by_count.put(mids[0], b"m".ljust(SMALL, b"\0")).status_code == 200
        assert by_count.ack(1) == 204
        by_count.post()
        assert [frame.seq for frame in by_count.read()] == [2, 3, 4]
        for _ in range(3):
            by_bytes.post(size=262144)
        by_bytes.ack(1)
        assert by_bytes.put(new_mid(), bytes(262144)).status_code == 201
        assert by_bytes.put(new_mid(), bytes(262144)).status_code == 507


def test_all_mailboxes_and_blobs_together_have_a_bound(
    storage: Callable[[], list[str]], tmp_path: Path
) -> None:
    with running(tmp_path, *storage(), "--total-mib", "1") as relay:
        first, second, blob = relay.mailbox(), relay.mailbox(), relay.blob(1 << 20)
        for mailbox in (first, second, first):
            mailbox.post(size=262144)
        assert second.put(new_mid(), bytes(262144)).status_code == 507
        assert blob.append(0, bytes(300_000)).status_code == 507
        assert blob.append(0, bytes(200_000)).status_code == 204
        first.ack(1)
        assert first.delete() == 204
        second.post(size=262144)


def test_only_those_who_know_the_operators_token_make_things(
    storage: Callable[[], list[str]], tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("sixteen letters and more\n")
    with running(tmp_path, *storage(), "--operator-token-file", str(token)) as relay:
        mailbox = Mailbox(relay)
        assert mailbox.make().status_code == 403
        assert mailbox.make(**{"Operator-Token": "sixteen letters and les"}).status_code == 403
        assert mailbox.make(**{"Operator-Token": "sixteen letters and more"}).status_code == 201
        mailbox.post()
        assert len(mailbox.read()) == 1
        assert relay.http.get("/v1/info").json()["operator_token"] is True


def test_a_reader_beside_many_writers_skips_nothing(relay: Running) -> None:
    mailbox, written = relay.mailbox(), threading.Event()

    def read_along() -> list[bytes]:
        seen: list[bytes] = []
        with client(relay) as http:
            while not written.is_set() or len(seen) < len(bodies):
                query = {"after": len(seen), "wait": 1}
                path = f"/v1/r/{mailbox.rid}"
                answer = http.get(path, params=query, headers=bearer(mailbox.recv))
                for frame in frames(answer.content):
                    assert frame.seq == len(seen) + 1
                    seen.append(frame.body)
        return seen

    bodies = [bytes([number]) * SMALL for number in range(64)]
    with ThreadPoolExecutor(5) as pool:
        reading = pool.submit(read_along)
        list(pool.map(lambda body: mailbox.put(new_mid(), body), bodies))
        written.set()
        assert sorted(reading.result(timeout=60)) == bodies
