"""Hostile bytes: the relay answers what it can, goes on, and writes nothing of it anywhere."""

from __future__ import annotations

import base64
import os
import random
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import ignored_auth

import effort
from relays import SMALL, Running, ack_bytes, bearer, hashed, kept_files, new_mid, running

PIECES = [
    b"GET", b"PUT", b"POST", b"PATCH", b"DELETE", b"HEAD", b"PRI", b"get", b"\x16\x03\x01", b"\0",
    b" ", b"  ",
    b"\t", b"\r\n", b"\n", b"\r", b"\r\n\r\n", b":", b",", b"/", b"//", b"/v1/mailboxes",
    b"/v1/s/", b"/v1/r/", b"/v1/b/", b"/v1/blobs", b"/healthz", b"/v1/info", b"?after=", b"?wait=",
    b"ab" * 16, b"AB" * 16, b"%00", b"%2e%2e/", b"..", b"\xff\xfe", b"HTTP/1.1",
    b"HTTP/1.0", b"HTTP/9",
    b"Host: relay", b"Host:", b"Content-Length: ", b"Content-Length: 4096", b"Content-Length: -1",
    b"Content-Length: 99999999999999999999999",
    b"Transfer-Encoding: chunked", b"Expect: 100-continue",
    b"Transfer-Encoding: gzip", b"Upgrade: websocket", b"Connection: Upgrade", b"Connection: close",
    b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: " + base64.b64encode(bytes(16)),
    b"Sec-WebSocket-Key: x", b"Authorization: Bearer ", b"Authorization: " + b"A" * 5000,
    b"Upload-Offset: ", b"Range: bytes=", b"Operator-Token: ", b"{", b"}", b'{"upto":', b"[" * 300,
    b"1", b"-1", b"0", b"9" * 40, b"1e400", b"NaN", b"\x81\xfe\xff\xff", b"\x88\x80", b"x" * 4096,
]  # fmt: skip


def malformed(chance: random.Random) -> bytes:
    """Something like a request."""
    if chance.random() < 0.1:
        return chance.randbytes(chance.randrange(1, 400))
    known = chance.random() < 0.6
    line = [chance.choice(PIECES[:6]), b" ", chance.choice(PIECES[20:32]), b" HTTP/1.1\r\n"]
    parts = list(line) if known else []
    for _ in range(chance.randrange(1, 9)):
        parts.append(chance.choice(PIECES))
        if chance.random() < 0.5:
            parts.append(b"\r\n")
    whole = b"".join(parts)
    return whole + b"\r\n\r\n" if chance.random() < 0.7 else whole


def test_ten_thousand_malformed_requests_and_it_still_answers(
    storage: Callable[[], list[str]], tmp_path: Path
) -> None:
    chance = random.Random(2022)
    with running(tmp_path, *storage()) as relay:
        mailbox = relay.mailbox()
        mid = mailbox.post()
        waiting: list[socket.socket] = []
        for _ in range(10_000):
            hostile = socket.create_connection(("127.0.0.1", relay.port))
            hostile.setblocking(False)
            with suppress(OSError):
                hostile.send(malformed(chance))
            waiting.append(hostile)
            if len(waiting) > 200:
                waiting.pop(0).close()
        for hostile in waiting:
            hostile.close()
        assert relay.http.get("/healthz").status_code == 200
        assert [frame.mid for frame in mailbox.read()] == [mid]
        assert mailbox.put(new_mid(), bytes(SMALL)).status_code == 201
        assert relay.memory() < 200 << 20
    assert relay.log.read_text() == ""


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("label", ["strangers", "holders"])
def test_what_schemathesis_makes_of_the_interface_is_answered_as_documented(
    storage: Callable[[], list[str]], tmp_path: Path, label: str
) -> None:
    with running(tmp_path, *storage()) as relay:
        interface = schemathesis.openapi.from_url(f"{relay.url}/openapi.json")
        tried = 0
        for offered in interface.get_all_operations():
            operation = offered.ok()
            strategy = operation.as_strategy()

            @settings(
                max_examples=100 if effort.SOAK else 8,
                suppress_health_check=list(HealthCheck),
                database=None,
            )
            @given(case=strategy)
            def ask(case: Case) -> None:
                if label == "holders":
                    hold(relay, case)
                # Without a capability the answer is 404 on purpose, where others say 401.
                case.validate_response(case.call(), excluded_checks=[ignored_auth])

            ask()
            tried += 1
        assert tried == 12  # all but the document itself
        assert relay.http.get("/healthz").status_code == 200
    assert relay.log.read_text() == ""


def hold(relay: Running, case: Case) -> None:
    """Turn a case into one about something that is there, by one who may."""
    path = case.operation.path
    capability = None
    if "{sid}" in path or "{rid}" in path:
        mailbox = relay.mailbox()
        mailbox.post()
        case.path_parameters.update({"sid": mailbox.sid, "rid": mailbox.rid})
        capability = mailbox.send if "{sid}" in path else mailbox.recv
        case.query.pop("wait", None)
    elif "{id}" in path:
        blob = relay.blob(2_000_000)
        blob.append(0, b"x" * 1000)
        case.path_parameters["id"] = blob.id
        capability = blob.writing if case.method == "PATCH" else blob.reading
        case.query.pop("follow", None)
        if "Range" in case.headers:
            case.headers["Range"] = "bytes=7-"  # else mostly beyond what is there
    if capability is not None:
        case.headers.update(bearer(capability))


def test_no_capability_name_address_or_content_is_in_any_log(
    storage: Callable[[], list[str]], tmp_path: Path
) -> None:
    options = storage()
    with running(tmp_path, *options) as relay:
        mailbox, blob, mark = relay.mailbox(), relay.blob(100), os.urandom(12).hex()
        mids = [mailbox.post(mark.encode()) for _ in range(3)]
        mailbox.put(mids[0], b"other".ljust(SMALL))
        blob.append(0, mark.encode())
        blob.append(0, mark.encode())
        with mailbox.reader() as reader, mailbox.sender() as sender:
            reader.recv(timeout=30)
            reader.send(ack_bytes(1))
            reader.send(b"nonsense, and more")
            sender.send(mark)
        relay.http.get(f"/{mark}", headers=bearer(mailbox.recv))
        for request in (
            f"GET /{mark}\r\n\r\n",
            f"{mark}\r\n\r\n",
            f"PUT /v1/s/{mark} HTTP/1.1\r\n",
        ):
            with socket.create_connection(("127.0.0.1", relay.port)) as hostile:
                hostile.sendall(request.encode())
    log = relay.log.read_bytes()
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*.log"))
    assert kept == log
    capabilities = [mailbox.recv, mailbox.send, blob.reading, blob.writing]
    for capability in capabilities:
        text = base64.urlsafe_b64encode(capability).rstrip(b"=")
        for form in (capability, capability.hex().encode(), text, hashed(capability).encode()):
            assert form not in log
    for name in (mark, mailbox.rid, mailbox.sid, blob.id, *mids, "127.0.0.1", "Authorization"):
        assert name.encode() not in log


def test_the_store_holds_no_capability_and_no_address(
    storage: Callable[[], list[str]], tmp_path: Path
) -> None:
    options = storage()
    with running(tmp_path, *options) as relay:
        mailbox, blob = relay.mailbox(), relay.blob(100)
        mailbox.post()
        blob.append(0, b"x" * 50)
        mailbox.ack(1)
        relay.kill()  # so that the write-ahead log is still there
    kept = kept_files(options)
    if "--store" in options:
        assert {"relay.sqlite", "relay.sqlite-wal", blob.id} <= set(kept)
    assert any(bytes.fromhex(hashed(mailbox.recv)) in content for content in kept.values())
    for content in kept.values():
        assert b"127.0.0.1" not in content
        for capability in (mailbox.recv, mailbox.send, blob.reading, blob.writing):
            text = base64.urlsafe_b64encode(capability).rstrip(b"=")
            for form in (capability, capability.hex().encode(), text):
                assert form not in content
