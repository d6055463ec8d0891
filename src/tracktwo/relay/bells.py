"""Who waits for a message, told when one comes. Telling too often is harmless."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from tracktwo.relay.frames import Frame

T = TypeVar("T")
Wake = Callable[
    [Sequence[Frame]], None
]  # with the messages that were just stored, if they are known


class Bells:
    """Who waits for what, in one process."""

    def __init__(self) -> None:
        self._waiting: dict[bytes, set[Wake]] = {}
        self.closing = False

    def listen(self, name: bytes, wake: Wake) -> None:
        """Call `wake` whenever `name` is rung. Listen before looking, not after."""
        self._waiting.setdefault(name, set()).add(wake)

    def leave(self, name: bytes, wake: Wake) -> None:
        """Listen no more; a call may still be on its way."""
        left = self._waiting.get(name, set())
        left.discard(wake)
        if not left:
            self._waiting.pop(name, None)

    def ring(self, name: bytes, frames: Sequence[Frame] = ()) -> None:
        """Wake all that wait for `name`, where messages were stored with them."""
        for wake in self._waiting.get(name, ()):
            asyncio.get_running_loop().call_soon(wake, frames)

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
    rung = asyncio.Event()

    def wake(_: Sequence[Frame]) -> None:
        rung.set()

    bells.listen(name, wake)
    try:
        while True:
            rung.clear()
            found = await look()
            left = over - asyncio.get_running_loop().time()
            if found or found is None or left <= 0 or bells.closing:
                return found
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await rung.wait()
    finally:
        bells.leave(name, wake)
