"""Readers that wait for a message, woken when one comes. Waking too often is harmless."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Bells:
    """Who waits for what, in one process."""

    def __init__(self) -> None:
        self._waiting: dict[bytes, set[asyncio.Event]] = {}
        self.closing = False

    @contextmanager
    def listen(self, name: bytes) -> Iterator[asyncio.Event]:
        """An event that is set whenever `name` is rung. Clear it before looking, never after."""
        bell = asyncio.Event()
        self._waiting.setdefault(name, set()).add(bell)
        try:
            yield bell
        finally:
            left = self._waiting[name]
            left.discard(bell)
            if not left:
                del self._waiting[name]

    def ring(self, name: bytes) -> None:
        """Wake all that wait for `name`."""
        for bell in self._waiting.get(name, ()):
            bell.set()

    def names(self) -> list[bytes]:
        """What is waited for now."""
        return list(self._waiting)

    def close(self) -> None:
        """Wake everybody, for good: the relay stops."""
        self.closing = True
        for name in self.names():
            self.ring(name)


async def rung(bell: asyncio.Event, seconds: float) -> None:
    """Wait until the bell rings, or so long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await bell.wait()
