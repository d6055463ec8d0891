"""Readers that wait for a message, woken when one comes. Waking too often is harmless."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TypeVar

from tracktwo.relay.frames import Frame

T = TypeVar("T")


class Bell:
    """One who waits. While `eager`, messages that were just stored are handed over as they are."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.eager = False
        self._fresh: list[Frame] = []

    def ring(self, frames: Sequence[Frame]) -> None:
        """Wake who waits."""
        if self.eager:
            self._fresh += frames
        self.event.set()

    def take(self, after: int, most: int) -> list[Frame]:
        """What was handed over, if it is just what follows a seq; else the store must be asked."""
        fresh, self._fresh, self.eager = self._fresh, [], False
        seqs = [frame.seq for frame in fresh]
        follows = seqs == list(range(after + 1, after + 1 + len(seqs)))
        return fresh if follows and len(fresh) <= most else []


class Bells:
    """Who waits for what, in one process."""

    def __init__(self) -> None:
        self._waiting: dict[bytes, set[Bell]] = {}
        self.closing = False

    @contextmanager
    def listen(self, name: bytes) -> Iterator[Bell]:
        """A bell that rings whenever `name` is rung. Clear its event before looking, not after."""
        bell = Bell()
        self._waiting.setdefault(name, set()).add(bell)
        try:
            yield bell
        finally:
            left = self._waiting[name]
            left.discard(bell)
            if not left:
                del self._waiting[name]

    def ring(self, name: bytes, frames: Sequence[Frame] = ()) -> None:
        """Wake all that wait for `name`, where messages were stored with them."""
        for bell in self._waiting.get(name, ()):
            bell.ring(frames)

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
            bell.event.clear()
            found = await look()
            left = over - asyncio.get_running_loop().time()
            if found or found is None or left <= 0 or bells.closing:
                return found
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await bell.event.wait()
