"""Counting the bytes of a sitting as they pass, for progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

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


class MeteredFile:
    """A file whose bytes are counted as they are read or written."""

    def __init__(self, file: IO[bytes], meter: Meter) -> None:
        self._file, self._meter = file, meter

    def read(self, count: int) -> bytes:
        """The next `count` bytes, fewer only at the end."""
        data = self._file.read(count)
        self._meter.write(data)
        return data

    def write(self, data: bytes | memoryview) -> None:
        """Write all of the bytes."""
        self._file.write(data)
        self._meter.write(data)
