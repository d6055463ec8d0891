"""Reading and writing messages exactly, and hashing them on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Protocol

from tracktwo.errors import PeerFault

_PIECE = 1 << 20


class Readable(Protocol):
    """Anything bytes can be read from."""

    def read(self, count: int, /) -> bytes:
        """The next `count` bytes, fewer only at the end."""
        ...


class Fillable(Readable, Protocol):
    """A file that can be read into room of one's own."""

    def readinto(self, room: memoryview, /) -> int | None:
        """Fill the front of `room`; how many bytes, 0 at the end."""
        ...


class SeekableReadable(Fillable, Protocol):
    """A file that can be read again."""

    def seek(self, place: int, /) -> object:
        """Go on reading at a place."""
        ...


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

    def __init__(self, source: Fillable) -> None:
        self._source = source
        self._hash = hashlib.sha256()

    def read(self, count: int) -> bytes:
        """The next `count` bytes; PeerFault if the message ends before."""
        data = read_exactly(self._source, count)
        self._hash.update(data)
        return data

    def fill(self, room: memoryview) -> None:
        """Fill `room` with the next bytes; PeerFault if the message ends before."""
        filled = 0
        while filled < len(room):
            count = self._source.readinto(room[filled:])
            if not count:
                raise PeerFault("The other side's message is cut short.")
            filled += count
        self._hash.update(room)

    def pieces(self, count: int) -> Iterator[bytes]:
        """The next `count` bytes, a megabyte at a time."""
        while count:
            piece = self.read(min(count, _PIECE))
            count -= len(piece)
            yield piece

    def digest(self) -> bytes:
        """SHA-256 of all that was read so far."""
        return self._hash.digest()

    def finish(self) -> bytes:
        """The digest of the whole message; PeerFault if it goes on."""
        if self._source.read(1):
            raise PeerFault("The other side's message is too long.")
        return self.digest()


def read_exactly(source: Readable, count: int) -> bytes:
    """The next `count` bytes of a file; PeerFault if it ends before."""
    data = source.read(count)
    if len(data) != count:
        raise PeerFault("The other side's message is cut short.")
    return data
