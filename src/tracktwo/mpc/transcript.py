"""Reading and writing messages exactly, and hashing them on the way."""

from __future__ import annotations

import hashlib
from typing import BinaryIO, Protocol

from tracktwo.errors import PeerFault

_PIECE = 1 << 20


class Writable(Protocol):
    """Anything bytes can be written to."""

    def write(self, data: bytes | memoryview, /) -> object:
        """Take the bytes."""
        ...


class HashingWriter:
    """Passes bytes on to `out` (or nowhere) and keeps their count and SHA-256."""

    def __init__(self, out: Writable | None) -> None:
        self._out = out
        self._hash = hashlib.sha256()
        self.count = 0

    def write(self, data: bytes | memoryview) -> int:
        """Write the bytes; returns how many there were."""
        self._hash.update(data)
        size = memoryview(data).nbytes
        self.count += size
        if self._out is not None:
            self._out.write(data)
        return size

    def digest(self) -> bytes:
        """SHA-256 of all that was written so far."""
        return self._hash.digest()


class HashingReader:
    """Reads a message of a known length from front to back, once, and keeps its SHA-256."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._hash = hashlib.sha256()

    def read(self, count: int) -> bytes:
        """The next `count` bytes; PeerFault if the message ends before."""
        data = read_exactly(self._source, count)
        self._hash.update(data)
        return data

    def skip(self, count: int) -> None:
        """Hash the next `count` bytes without keeping them."""
        while count:
            count -= len(self.read(min(count, _PIECE)))

    def digest(self) -> bytes:
        """SHA-256 of all that was read so far."""
        return self._hash.digest()

    def finish(self) -> bytes:
        """The digest of the whole message; PeerFault if it goes on."""
        if self._source.read(1):
            raise PeerFault("The other side's message is too long.")
        return self.digest()


def read_exactly(source: BinaryIO, count: int) -> bytes:
    """The next `count` bytes of a file; PeerFault if it ends before."""
    data = source.read(count)
    if len(data) != count:
        raise PeerFault("The other side's message is cut short.")
    return data
