"""The generator's side of each wire: as little Python as a client can be, the same for all.

A `Sender` posts one message and hears when it is stored; a `Receiver` counts what comes and, where
the server knows such a thing, acknowledges it. WebSocket frames are masked with a key of zeros.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import struct
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

SIZE = 4096  # bytes of a message


class Connection(asyncio.Protocol):
    """Bytes in, whole messages out; `_parts` is what a subclass says is whole."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.open: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.begin()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.advance()

    def begin(self) -> None:
        """What is said first."""

    def advance(self) -> None:
        """Take what is whole from the buffer."""
        raise NotImplementedError


class Posting(Connection):
    """Remembers who waits for an answer, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: deque[Callable[[], None]] = deque()

    def post(self, stored: Callable[[], None]) -> None:
        """Post a new message; call `stored` once it is durable."""
        self.waiting.append(stored)
        self.transport.write(self.message(os.urandom(16)))

    def message(self, mid: bytes) -> bytes:
        """The bytes of a post."""
        raise NotImplementedError

    def answered(self, count: int = 1) -> None:
        for _ in range(count):
            self.waiting.popleft()()


class Counting(Connection):
    """Counts messages that came."""

    def __init__(self) -> None:
        super().__init__()
        self.received = 0


def frame(payload: bytes, opcode: int = 2) -> bytes:
    """A client's WebSocket frame."""
    size = len(payload)
    if size < 126:
        head = struct.pack(">BB", 0x80 | opcode, 0x80 | size)
    elif size < 65536:
        head = struct.pack(">BBH", 0x80 | opcode, 0xFE, size)
    else:
        head = struct.pack(">BBQ", 0x80 | opcode, 0xFF, size)
    return head + bytes(4) + payload


class WebSocket(Connection):
    """A WebSocket client after its handshake."""

    path, headers = "/", ""

    def begin(self) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        self.transport.write(
            f"GET {self.path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            f"{self.headers}\r\n".encode()
        )

    def advance(self) -> None:
        if not self.open.done():
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head:
                raise ConnectionError(head.decode())
            self.buffer = rest
            self.open.set_result(None)
            self.opened()
        for opcode, payload in self.frames():
            if opcode == 9:
                self.transport.write(frame(payload, 10))
            elif opcode in (1, 2):
                self.message_came(payload)

    def frames(self) -> Iterator[tuple[int, bytes]]:
        while len(self.buffer) >= 2:
            size, start = self.buffer[1] & 0x7F, 2
            if size >= 126:
                start = 4 if size == 126 else 10
                if len(self.buffer) < start:
                    return
                size = int.from_bytes(self.buffer[2:start], "big")
            if len(self.buffer) < start + size:
                return
            opcode, payload = self.buffer[0] & 15, bytes(self.buffer[start : start + size])
            del self.buffer[: start + size]
            yield opcode, payload

    def opened(self) -> None:
        """After the handshake."""

    def message_came(self, payload: bytes) -> None:
        """A whole message."""
        raise NotImplementedError


class Box:
    """A mailbox of ours, by its capabilities."""

    def __init__(self) -> None:
        self.recv, self.send = os.urandom(32), os.urandom(32)
        self.rid = hashlib.sha256(b"recv id" + hashlib.sha256(self.recv).digest()).hexdigest()[:32]
        self.sid = hashlib.sha256(b"send id" + hashlib.sha256(self.send).digest()).hexdigest()[:32]

    def terms(self) -> dict[str, Any]:
        recv, send = (hashlib.sha256(secret).hexdigest() for secret in (self.recv, self.send))
        return {"recv_hash": recv, "send_hash": send, "ttl_hours": 1}


def authority(capability: bytes) -> str:
    """The header that says one may."""
    return f"Authorization: Bearer {base64.urlsafe_b64encode(capability).decode()}\r\n"


BODY = os.urandom(SIZE)


class SocketSender(WebSocket, Posting):
    def __init__(self, box: Box) -> None:
        super().__init__()
        self.path, self.headers = f"/v1/s/{box.sid}", authority(box.send)

    def message(self, mid: bytes) -> bytes:
        return frame(mid + BODY)

    def message_came(self, payload: bytes) -> None:
        for _, status in struct.iter_unpack(">16sH", payload):
            if status != 201:
                raise ConnectionError(status)
        self.answered(len(payload) // 18)


class SocketReceiver(WebSocket, Counting):
    def __init__(self, box: Box) -> None:
        super().__init__()
        self.path, self.headers = f"/v1/r/{box.rid}", authority(box.recv)

    def message_came(self, payload: bytes) -> None:
        count = len(payload) // (28 + SIZE)
        self.received += count
        self.transport.write(frame(payload[(count - 1) * (28 + SIZE) :][:8]))


class Http(Connection):
    """An HTTP client that keeps its connection."""

    def request(self, method: str, path: str, headers: str, body: bytes = b"") -> None:
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        self.transport.write(f"{head}{headers}\r\n".encode() + body)

    def advance(self) -> None:
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self.buffer[:end]).lower()
            _, _, after = head.partition(b"content-length: ")
            size = int(after.split(b"\r\n")[0] or 0)
            if len(self.buffer) < end + 4 + size:
                return
            body = bytes(self.buffer[end + 4 : end + 4 + size])
            del self.buffer[: end + 4 + size]
            self.answer_came(int(head[9:12]), body)

    def answer_came(self, status: int, body: bytes) -> None:
        """A whole answer."""
        raise NotImplementedError


class HttpSender(Http, Posting):
    def __init__(self, box: Box) -> None:
        super().__init__()
        self.box, self.headers = box, authority(box.send)

    def begin(self) -> None:
        self.open.set_result(None)

    def post(self, stored: Callable[[], None]) -> None:
        self.waiting.append(stored)
        path = f"/v1/s/{self.box.sid}/{os.urandom(16).hex()}"
        self.request("PUT", path, self.headers, BODY)

    def answer_came(self, status: int, body: bytes) -> None:
        if status != 201:
            raise ConnectionError(status)
        self.answered()


class HttpReceiver(Http, Counting):
    def __init__(self, box: Box) -> None:
        super().__init__()
        self.box, self.headers, self.last = box, authority(box.recv), 0

    def begin(self) -> None:
        self.open.set_result(None)
        self.poll()

    def poll(self) -> None:
        self.request("GET", f"/v1/r/{self.box.rid}?after={self.last}&wait=25", self.headers)

    def answer_came(self, status: int, body: bytes) -> None:
        if status == 200 and body:
            count = len(body) // (28 + SIZE)
            self.received += count
            self.last = int.from_bytes(body[(count - 1) * (28 + SIZE) :][:8], "big")
            said = json.dumps({"upto": self.last}).encode()
            self.request("POST", f"/v1/r/{self.box.rid}/ack", self.headers, said)
        else:
            self.poll()


class Redis(Connection):
    """Redis' own protocol."""

    def begin(self) -> None:
        self.open.set_result(None)

    def command(self, *words: bytes) -> bytes:
        parts = [b"*%d\r\n" % len(words)]
        parts += [b"$%d\r\n%b\r\n" % (len(word), word) for word in words]
        return b"".join(parts)

    def advance(self) -> None:
        while self.buffer:
            try:
                value, end = self.value(0)
            except (IndexError, ValueError):
                return
            del self.buffer[:end]
            self.value_came(value)

    def value(self, at: int) -> tuple[Any, int]:
        end = self.buffer.index(b"\r\n", at)
        kind, line = self.buffer[at : at + 1], self.buffer[at + 1 : end]
        end += 2
        if kind == b"$":
            size = int(line)
            if size < 0:
                return None, end
            if len(self.buffer) < end + size + 2:
                raise IndexError
            return bytes(self.buffer[end : end + size]), end + size + 2
        if kind == b"*":
            items = []
            for _ in range(int(line)):
                item, end = self.value(end)
                items.append(item)
            return items, end
        if kind == b"-":
            raise ConnectionError(line.decode())
        return bytes(line), end

    def value_came(self, value: Any) -> None:
        """A whole value."""
        raise NotImplementedError


class RedisSender(Redis, Posting):
    def __init__(self, stream: bytes) -> None:
        super().__init__()
        self.stream = stream

    def message(self, mid: bytes) -> bytes:
        return self.command(b"XADD", self.stream, b"*", b"m", mid + BODY)

    def value_came(self, value: Any) -> None:
        self.answered()


class RedisReceiver(Redis, Counting):
    """Reads, and deletes what it has read, as ours acknowledges."""

    def __init__(self, stream: bytes) -> None:
        super().__init__()
        self.stream, self.last = stream, b"0"

    def begin(self) -> None:
        super().begin()
        self.poll()

    def poll(self) -> None:
        words = (b"XREAD", b"COUNT", b"32", b"BLOCK", b"0", b"STREAMS", self.stream, self.last)
        self.transport.write(self.command(*words))

    def value_came(self, value: Any) -> None:
        if isinstance(value, list):
            entries = value[0][1]
            self.received += len(entries)
            self.last = entries[-1][0]
            self.transport.write(self.command(b"XDEL", self.stream, *(e[0] for e in entries)))
        else:
            self.poll()


class Wormhole(WebSocket):
    """A client of the magic-wormhole mailbox server; the messages are hex in JSON."""

    path = "/v1"

    def __init__(self, mailbox: str, side: str) -> None:
        super().__init__()
        self.mailbox, self.side = mailbox, side

    def say(self, **words: Any) -> None:
        self.transport.write(frame(json.dumps(words).encode(), 1))

    def opened(self) -> None:
        self.say(type="bind", appid="bench", side=self.side)
        self.say(type="open", mailbox=self.mailbox)


class WormholeSender(Wormhole, Posting):
    """A message counts as stored when the server sends it back, which is after its commit."""

    def message(self, mid: bytes) -> bytes:
        said = {"type": "add", "phase": mid.hex(), "body": BODY.hex(), "id": mid.hex()}
        return frame(json.dumps(said).encode(), 1)

    def message_came(self, payload: bytes) -> None:
        if payload.startswith(b"{") and json.loads(payload)["type"] == "message":
            self.answered()


class WormholeReceiver(Wormhole, Counting):
    def message_came(self, payload: bytes) -> None:
        if json.loads(payload)["type"] == "message":
            self.received += 1
