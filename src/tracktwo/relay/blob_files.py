"""The bytes of blobs as files, one a blob. How much of a file counts is known elsewhere."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tracktwo.relay.capability import identifier
from tracktwo.relay.store import Full, Unavailable

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class BlobFiles:
    """A folder of blobs, named by their ids; readable by their owner alone."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._folder = folder
        self._locks: dict[bytes, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def held(self, blob: bytes) -> AsyncIterator[None]:
        """Nobody else in this process writes to the blob meanwhile."""
        lock, users = self._locks.get(blob, (asyncio.Lock(), 0))
        self._locks[blob] = lock, users + 1
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks.pop(blob)
            if users > 1:
                self._locks[blob] = lock, users - 1

    async def write(self, blob: bytes, offset: int, piece: bytes) -> None:
        """Put a piece in its place, durable on return. Raises Full or Unavailable."""
        try:
            await asyncio.to_thread(self._write, blob, offset, piece)
        except OSError as error:
            raise (Full if error.errno in _NO_ROOM else Unavailable) from None

    def _write(self, blob: bytes, offset: int, piece: bytes) -> None:
        path = self._path(blob)
        new = not path.exists()
        with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            file.seek(offset)
            file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        if new:
            _make_name_durable(self._folder)

    async def read(self, blob: bytes, offset: int, size: int) -> bytes | None:
        """So many bytes from an offset; None if the file has gone."""
        return await asyncio.to_thread(self._read, blob, offset, size)

    def _read(self, blob: bytes, offset: int, size: int) -> bytes | None:
        try:
            with self._path(blob).open("rb") as file:
                file.seek(offset)
                return file.read(size)
        except FileNotFoundError:
            return None

    async def remove(self, blob: bytes) -> None:
        """Remove the file, if there is one."""
        await asyncio.to_thread(self._path(blob).unlink, missing_ok=True)

    async def there(self) -> list[bytes]:
        """The ids of all blobs that have a file."""
        names = await asyncio.to_thread(lambda: [path.name for path in self._folder.iterdir()])
        return [blob for name in names if (blob := identifier(name)) is not None]

    def _path(self, blob: bytes) -> Path:
        return self._folder / blob.hex()


def _make_name_durable(folder: Path) -> None:
    if os.name == "posix":  # elsewhere a folder cannot be opened
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
