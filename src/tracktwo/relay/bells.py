"""Readers that wait for a message, woken when one comes. Waking too often is harmless."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

T = TypeVar("T")


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


async def patiently(
    bells: Bells, name: bytes, seconds: float, look: Callable[[], Awaitable[T]]
) -> T:
    """What `look` finds: at once if it is neither empty nor denied by None, or once it comes.

    After so many seconds it is whatever was seen last.
    """
    over = asyncio.get_running_loop().time() + seconds
    with bells.listen(name) as bell:
        while True:
            bell.clear()
            found = await look()
            left = over - asyncio.get_running_loop().time()
            if found or found is None or left <= 0 or bells.closing:
                return found
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await bell.wait()
