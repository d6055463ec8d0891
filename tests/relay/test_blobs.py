"""Blobs: durable piece by piece, resumed at the true offset, read while they grow."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from relays import Blob, Running, bearer, start

MIB = 1 << 20


def filled(relay: Running, content: bytes, total: int | None = None) -> Blob:
    blob = relay.blob(len(content) if total is None else total)
    for at in range(0, len(content), MIB):
        assert blob.append(at, content[at : at + MIB]).status_code == 204
    return blob


def offset(blob: Blob) -> int:
    return int(blob.head().headers["Upload-Offset"])


def test_making_a_blob_twice_is_making_it_once(relay: Running) -> None:
    blob = Blob(relay, 1000)
    first, second = blob.make(), blob.make()
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert first.json()["id"] == blob.id
    assert Blob(relay, 1001, blob.reading, blob.writing).make().status_code == 409


def test_what_is_written_in_pieces_is_read_as_one(relay: Running) -> None:
    content = os.urandom(2 * MIB + 12345)
    blob = filled(relay, content)
    whole = blob.get()
    assert (whole.status_code, whole.content) == (200, content)
    head = blob.head()
    assert head.headers["Upload-Offset"] == head.headers["Upload-Length"] == str(len(content))
    assert blob.get(0, follow=1).content == content


@pytest.mark.parametrize("at", [1, MIB - 1, MIB, MIB + 1, 2 * MIB + 4])
def test_reading_begins_wherever_it_is_asked_to(relay: Running, at: int) -> None:
    content = os.urandom(2 * MIB + 5)
    answer = filled(relay, content).get(at)
    assert (answer.status_code, answer.content) == (206, content[at:])
    assert answer.headers["Content-Range"] == f"bytes {at}-{len(content) - 1}/{len(content)}"


def test_a_writer_that_lost_its_place_is_told_the_true_offset(relay: Running) -> None:
    blob = relay.blob(3000)
    assert blob.append(0, b"a" * 1000).headers["Upload-Offset"] == "1000"
    for wrong in (0, 999, 1001, 3000, 10**17):
        answer = blob.append(wrong, b"b" * 1000)
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (409, "1000")
    assert blob.append(1000, b"c" * 2000).status_code == 204
    assert blob.get().content == b"a" * 1000 + b"c" * 2000


def test_of_two_writers_at_one_offset_one_writes(relay: Running) -> None:
    blob = relay.blob(4 * MIB)
    with ThreadPoolExecutor(4) as pool:
        codes = [
            answer.status_code
            for answer in pool.map(
                lambda mark: blob.append(0, mark * MIB), [b"a", b"b", b"c", b"d"]
            )
        ]
    assert sorted(codes) == [204, 409, 409, 409]
    assert len(set(blob.get().content)) == 1
    assert offset(blob) == MIB


def test_a_piece_has_its_bounds(relay: Running) -> None:
    blob = relay.blob(2 * MIB)
    assert blob.append(0, b"").status_code == 400
    assert blob.append(0, bytes(MIB + 1)).status_code == 413
    assert blob.append(0, bytes(MIB)).status_code == 204
    beyond = blob.append(MIB, bytes(MIB)), blob.append(2 * MIB, b"x")
    assert [answer.status_code for answer in beyond] == [204, 413]
    assert blob.append(0, b"x").status_code == 409


@pytest.mark.parametrize("text", ["", "-1", "x", "1.0", "9" * 20])
def test_an_offset_that_is_no_number_is_refused(relay: Running, text: str) -> None:
    blob = relay.blob(10)
    headers = {**bearer(blob.writing), "Upload-Offset": text}
    answer = relay.http.patch(f"/v1/b/{blob.id}", content=b"x", headers=headers)
    assert answer.status_code == 400


@pytest.mark.parametrize("text", ["bytes=0-5", "bytes=-5", "bytes=", "lines=0-", "bytes=0-,5-"])
def test_a_range_that_is_not_from_an_offset_on_is_refused(relay: Running, text: str) -> None:
    blob = filled(relay, b"x" * 10)
    headers = {**bearer(blob.reading), "Range": text}
    assert relay.http.get(f"/v1/b/{blob.id}", headers=headers).status_code == 400


def test_reading_beyond_what_is_there_says_what_is_there(relay: Running) -> None:
    blob = filled(relay, b"x" * 100, total=200)
    for at, follow in ((100, 0), (200, 0), (200, 1), (10**18, 1)):
        answer = blob.get(at, follow=follow)
        assert answer.status_code == 416
        assert answer.headers["Content-Range"] == "bytes */200"
        assert answer.headers["Upload-Offset"] == "100"
    assert blob.get().content == b"x" * 100


def test_a_blob_of_no_bytes_is_a_blob(relay: Running) -> None:
    blob = relay.blob(0)
    assert (blob.get().content, blob.get(follow=1).content, offset(blob)) == (b"", b"", 0)


def test_a_reader_that_follows_gets_each_piece_as_it_comes(relay: Running) -> None:
    pieces = [os.urandom(50_000) for _ in range(4)]
    blob = relay.blob(200_000)
    headers = {**bearer(blob.reading), "Range": "bytes=10-"}
    with relay.http.stream("GET", f"/v1/b/{blob.id}?follow=1", headers=headers) as answer:
        assert answer.status_code == 206
        assert answer.headers["Content-Range"] == "bytes 10-199999/200000"
        coming, seen = answer.iter_raw(), b""
        for number, piece in enumerate(pieces):
            blob.append(50_000 * number, piece)
            while len(seen) < 50_000 * (number + 1) - 10:
                seen += next(coming)
        assert seen == b"".join(pieces)[10:]
        assert list(coming) == []


def test_a_reader_that_follows_is_let_go_when_the_blob_goes(relay: Running) -> None:
    blob = filled(relay, b"x" * 100, total=200)
    with relay.http.stream(
        "GET", f"/v1/b/{blob.id}?follow=1", headers=bearer(blob.reading)
    ) as answer:
        coming = answer.iter_raw()
        assert next(coming) == b"x" * 100
        assert blob.delete() == 204
        assert list(coming) == []


def test_the_writer_cannot_read_and_the_reader_cannot_write(relay: Running) -> None:
    blob = filled(relay, b"x" * 10, total=20)
    assert blob.append(10, b"y", blob.reading).status_code == 404
    assert blob.get(capability=blob.writing).status_code == 404
    assert [blob.head(who).status_code for who in (blob.reading, blob.writing)] == [200, 200]
    stranger = os.urandom(32)
    assert blob.head(stranger).status_code == blob.delete(stranger) == 404
    assert offset(blob) == 10


@pytest.mark.parametrize("who", ["reading", "writing"])
def test_reader_and_writer_may_both_delete(relay: Running, who: str) -> None:
    blob = filled(relay, b"x" * 10)
    capability: bytes = getattr(blob, who)
    assert (blob.delete(capability), blob.delete(capability)) == (204, 404)
    assert blob.get().status_code == blob.append(0, b"x").status_code == 404
    assert blob.make().status_code == 201
    assert blob.get().content == b""


def test_a_reader_that_reads_nothing_holds_little_of_the_relay(relay: Running) -> None:
    blob = filled(relay, bytes(32 * MIB))
    before = relay.memory()
    readers = []
    request = (
        f"GET /v1/b/{blob.id}?follow=1 HTTP/1.1\r\nHost: relay\r\n"
        f"Authorization: {bearer(blob.reading)['Authorization']}\r\n\r\n"
    )
    for _ in range(8):
        reader = socket.create_connection(("127.0.0.1", relay.port))
        reader.sendall(request.encode())
        assert reader.recv(15) == b"HTTP/1.1 200 OK"
        readers.append(reader)
    blob.head()
    assert relay.memory() - before < 8 * 4 * MIB
    for reader in readers:
        reader.close()


def test_an_upload_that_breaks_off_leaves_the_blob_as_it_was(relay: Running) -> None:
    blob = filled(relay, b"a" * 1000, total=3000)
    request = (
        f"PATCH /v1/b/{blob.id} HTTP/1.1\r\nHost: relay\r\nContent-Length: 2000\r\n"
        f"Upload-Offset: 1000\r\nAuthorization: {bearer(blob.writing)['Authorization']}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", relay.port)) as writer:
        writer.sendall(request.encode() + b"b" * 1500)
    assert offset(blob) == 1000
    assert blob.append(1000, b"c" * 2000).status_code == 204
    assert blob.get().content == b"a" * 1000 + b"c" * 2000


def test_pieces_that_were_acknowledged_outlive_a_kill(
    storage: Callable[[], list[str]], tmp_path: Path
) -> None:
    options, content = storage(), os.urandom(12 * MIB)
    relay = start(tmp_path, *options)
    blob, acknowledged = relay.blob(len(content)), 0
    with ThreadPoolExecutor(1) as pool:
        for kill_at in (2, 5, 8):
            victim = relay
            while acknowledged < kill_at * MIB:
                acknowledged += upload(blob.at(victim), content, acknowledged)
            killing = pool.submit(victim.process.kill)
            before = acknowledged
            while (sent := try_upload(blob.at(victim), content, acknowledged)) > 0:
                acknowledged += sent
            killing.result()
            victim.kill()
            relay = start(tmp_path, *options)
            there = offset(blob.at(relay))
            assert before <= acknowledged <= there <= acknowledged + MIB
            assert blob.at(relay).get().content == content[:there]
            acknowledged = there
    while acknowledged < len(content):
        acknowledged += upload(blob.at(relay), content, acknowledged)
    assert blob.at(relay).get().content == content
    relay.stop()


def upload(blob: Blob, content: bytes, at: int) -> int:
    piece = content[at : at + MIB]
    assert blob.append(at, piece).status_code == 204
    return len(piece)


def try_upload(blob: Blob, content: bytes, at: int) -> int:
    """The bytes acknowledged; none if the relay is dead."""
    if at >= len(content):
        return 0
    try:
        return upload(blob, content, at)
    except httpx.TransportError:
        return 0
