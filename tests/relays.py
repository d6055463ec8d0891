"""Running real relays, and speaking to them as `docs/spec/relay.md` says, without their code."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import psycopg
from websockets.sync.client import ClientConnection, connect

from commands import COMMAND, environment

SMALL = 4096


class Frame(NamedTuple):
    seq: int
    mid: str
    body: bytes


def frames(data: bytes) -> list[Frame]:
    found = []
    at = 0
    while at < len(data):
        seq, mid, size = struct.unpack_from(">Q16sI", data, at)
        at += 28
        found.append(Frame(seq, mid.hex(), data[at : at + size]))
        at += size
    assert at == len(data)
    return found


def client(relay: Running) -> httpx.Client:
    """Speaks to a relay; without the certificates, which take long to load."""
    return httpx.Client(base_url=relay.url, timeout=60, verify=False)  # noqa: S501 - no TLS here


def new_mid() -> str:
    return os.urandom(16).hex()


def bearer(capability: bytes) -> dict[str, str]:
    text = base64.urlsafe_b64encode(capability).decode().rstrip("=")
    return {"Authorization": f"Bearer {text}"}


def hashed(capability: bytes) -> str:
    return hashlib.sha256(capability).hexdigest()


@dataclass
class Running:
    """One relay process. `log` is all it wrote to standard error."""

    process: subprocess.Popen[str]
    url: str
    log: Path

    @cached_property
    def http(self) -> httpx.Client:
        return client(self)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._let_go()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=20)
        self._let_go()
        return code

    def _let_go(self) -> None:
        self.http.close()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def mailbox(self, **terms: Any) -> Mailbox:  # noqa: ANN401 - JSON
        mailbox = Mailbox(self)
        answer = mailbox.make(**terms)
        assert answer.status_code == 201, answer.text
        return mailbox

    def blob(self, total: int) -> Blob:
        blob = Blob(self, total)
        assert blob.make().status_code == 201
        return blob

    def memory(self) -> int:
        """Bytes of it that are in memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024


def start(place: Path, *options: str, listen: str = "127.0.0.1:0", **variables: str) -> Running:
    """Start a relay with its standard error in `place`."""
    log = place / f"relay-{os.urandom(4).hex()}.log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [COMMAND, "relay", "--listen", listen, "--json", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env=environment(place, **variables),
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.stdout.close()
        process.wait()
    assert line, log.read_text()
    return Running(process, json.loads(line)["listening"], log)


@contextmanager
def running(place: Path, *options: str, **variables: str) -> Iterator[Running]:
    relay = start(place, *options, **variables)
    try:
        yield relay
    finally:
        if relay.process.poll() is None:
            relay.stop()


def kept_files(options: list[str]) -> dict[str, bytes]:
    """All that the storage of these options has on the disk: of PostgreSQL, what it wrote of it."""
    if options[0] == "--store":
        paths = [path for path in Path(options[1]).rglob("*") if path.is_file()]
    else:
        with psycopg.connect(options[1], autocommit=True) as database:
            database.execute("CHECKPOINT")
            asked = "SELECT oid::text, current_setting('data_directory') FROM pg_database"
            row = database.execute(
                f"{asked} WHERE datname = current_database()".encode()
            ).fetchone()
            assert row is not None
        data = Path(row[1])
        paths = [data / "log", *(data / "base" / row[0]).iterdir(), *(data / "pg_wal").glob("0*")]
    return {path.name: path.read_bytes() for path in paths}


@dataclass
class Mailbox:
    """A mailbox as those see it who hold its capabilities."""

    relay: Running
    recv: bytes = field(default_factory=lambda: os.urandom(32))
    send: bytes = field(default_factory=lambda: os.urandom(32))

    @property
    def rid(self) -> str:
        return hashlib.sha256(b"recv id" + bytes.fromhex(hashed(self.recv))).hexdigest()[:32]

    @property
    def sid(self) -> str:
        return hashlib.sha256(b"send id" + bytes.fromhex(hashed(self.send))).hexdigest()[:32]

    def at(self, relay: Running) -> Mailbox:
        """The same mailbox at another process."""
        return Mailbox(relay, self.recv, self.send)

    def make(self, ttl_hours: int = 24, **headers: str) -> httpx.Response:
        terms = {
            "recv_hash": hashed(self.recv),
            "send_hash": hashed(self.send),
            "ttl_hours": ttl_hours,
        }
        return self.relay.http.post("/v1/mailboxes", json=terms, headers=headers)

    def put(self, mid: str, body: bytes, capability: bytes | None = None) -> httpx.Response:
        headers = bearer(capability or self.send)
        return self.relay.http.put(f"/v1/s/{self.sid}/{mid}", content=body, headers=headers)

    def post(self, mark: bytes = b"m", size: int = SMALL) -> str:
        """Post a new message that begins with the mark; its mid."""
        mid = new_mid()
        assert self.put(mid, mark.ljust(size, b"\0")).status_code == 201
        return mid

    def get(self, capability: bytes | None = None, **query: int) -> httpx.Response:
        return self.relay.http.get(
            f"/v1/r/{self.rid}", params=query, headers=bearer(capability or self.recv)
        )

    def read(self, **query: int) -> list[Frame]:
        answer = self.get(**query)
        assert answer.status_code == 200
        return frames(answer.content)

    def read_all(self) -> list[Frame]:
        found: list[Frame] = []
        while more := self.read(after=found[-1].seq if found else 0, max=256):
            found += more
        return found

    def ack(self, upto: int, capability: bytes | None = None) -> int:
        headers = bearer(capability or self.recv)
        path = f"/v1/r/{self.rid}/ack"
        return self.relay.http.post(path, json={"upto": upto}, headers=headers).status_code

    def delete(self, capability: bytes | None = None) -> int:
        headers = bearer(capability or self.recv)
        return self.relay.http.delete(f"/v1/r/{self.rid}", headers=headers).status_code

    def sender(self, capability: bytes | None = None) -> ClientConnection:
        return self._socket(f"/v1/s/{self.sid}", capability or self.send)

    def reader(self, query: str = "", capability: bytes | None = None) -> ClientConnection:
        return self._socket(f"/v1/r/{self.rid}{query}", capability or self.recv)

    def _socket(self, path: str, capability: bytes) -> ClientConnection:
        address = self.relay.url.replace("http", "ws") + path
        return connect(
            address,
            additional_headers=bearer(capability),
            compression=None,
            max_size=None,
            open_timeout=30,
            close_timeout=1,
        )


@dataclass
class Blob:
    """A blob as those see it who hold its capabilities."""

    relay: Running
    total: int
    reading: bytes = field(default_factory=lambda: os.urandom(32))
    writing: bytes = field(default_factory=lambda: os.urandom(32))

    @property
    def id(self) -> str:
        both = bytes.fromhex(hashed(self.reading) + hashed(self.writing))
        return hashlib.sha256(b"blob id" + both).hexdigest()[:32]

    def at(self, relay: Running) -> Blob:
        return Blob(relay, self.total, self.reading, self.writing)

    def make(self, **headers: str) -> httpx.Response:
        terms = {
            "read_hash": hashed(self.reading),
            "write_hash": hashed(self.writing),
            "total": self.total,
            "ttl_hours": 24,
        }
        return self.relay.http.post("/v1/blobs", json=terms, headers=headers)

    def append(self, offset: int, piece: bytes, capability: bytes | None = None) -> httpx.Response:
        headers = {**bearer(capability or self.writing), "Upload-Offset": str(offset)}
        return self.relay.http.patch(f"/v1/b/{self.id}", content=piece, headers=headers)

    def head(self, capability: bytes | None = None) -> httpx.Response:
        headers = bearer(capability or self.reading)
        return self.relay.http.head(f"/v1/b/{self.id}", headers=headers)

    def get(
        self, start: int | None = None, capability: bytes | None = None, **query: int
    ) -> httpx.Response:
        headers = bearer(capability or self.reading)
        if start is not None:
            headers["Range"] = f"bytes={start}-"
        return self.relay.http.get(f"/v1/b/{self.id}", params=query, headers=headers)

    def delete(self, capability: bytes | None = None) -> int:
        headers = bearer(capability or self.reading)
        return self.relay.http.delete(f"/v1/b/{self.id}", headers=headers).status_code


def post_bytes(mid: str, body: bytes) -> bytes:
    """What is sent on a sender's socket."""
    return bytes.fromhex(mid) + body


def answers(data: bytes) -> list[tuple[str, int]]:
    """What comes back on it."""
    assert len(data) % 18 == 0
    return [(mid.hex(), status) for mid, status in struct.iter_unpack(">16sH", data)]


def ack_bytes(upto: int) -> bytes:
    """What is sent on a reader's socket."""
    return struct.pack(">Q", upto)
