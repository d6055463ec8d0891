"""Counting the bytes of a sitting as they pass, for progress."""

from __future__ import annotations

from collections.abc import Callable

from tracktwo.mpc.transcript import Fillable, Writable

Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes in all, of both sides' messages."""


class Meter:
    """Counts bytes written to it, towards a known total."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._total, self._progress = total, progress
        self._done = 0

    def write(self, data: bytes | memoryview) -> None:
        """Count the bytes."""
        self._done += memoryview(data).nbytes
        self._progress(self._done, self._total)


class MeteredWriter:
    """Writes on to a file, counting."""

    def __init__(self, file: Writable, meter: Meter) -> None:
        self._file, self._meter = file, meter

    def write(self, data: bytes | memoryview) -> None:
        """Write all of the bytes."""
        self._file.write(data)
        self._meter.write(data)


class MeteredReader:
    """Reads a file once, from front to back, counting."""

    def __init__(self, file: Fillable, meter: Meter) -> None:
        self._file, self._meter = file, meter

    def read(self, count: int) -> bytes:
        """The next `count` bytes, fewer only at the end."""
        data = self._file.read(count)
        self._meter.write(data)
        return data

    def readinto(self, room: memoryview) -> int | None:
        """Fill the front of `room`; how many bytes, 0 at the end."""
        count = self._file.readinto(room)
        self._meter.write(room[: count or 0])
        return count

    def seek(self, place: int) -> None:
        """Refused: a file in the folder may change between two readings."""
        raise TypeError("this message is read once")
