"""Requests gathered while others are served, and served together: one wait for many.

Where many were served, the next batch waits a moment for as many again: those who were just
answered are about to ask, and would else wait for two batches.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from tracktwo.relay.store import Unavailable

T = TypeVar("T")
R = TypeVar("R")

_GATHER = 0.002  # seconds a batch waits for as many items as the last one had
_PATIENCE = 0.05  # seconds that patient items wait for others


class Batches(Generic[T, R]):
    """Serves items in batches of at most `most`, so many batches at a time as there are workers."""

    def __init__(
        self,
        run: Callable[[list[T]], Awaitable[Sequence[R | Exception]]],
        *,
        most: int,
        workers: int = 1,
    ) -> None:
        """`run` gives one result an item, in their order; called where an event loop runs."""
        self._run, self._most = run, most
        self._loop = asyncio.get_running_loop()
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._wanted, self._closing = asyncio.Event(), False
        self._enough, self._plenty = 0, asyncio.Event()  # set when so many wait
        self._timer: asyncio.TimerHandle | None = None
        self._workers = [self._loop.create_task(self._work()) for _ in range(workers)]

    def submit(self, item: T, *, patient: bool = False) -> asyncio.Future[R]:
        """The result of an item. Raises, through the future, what `run` raised or gave for it.

        What is patient waits a little for other items, and causes no batch alone.
        """
        future: asyncio.Future[R] = self._loop.create_future()
        if all(worker.done() for worker in self._workers):
            future.set_exception(Unavailable())
            return future
        self._waiting.append((item, future))
        if len(self._waiting) >= self._enough:
            self._plenty.set()
        if not patient:
            self._wanted.set()
        elif self._timer is None:
            self._timer = self._loop.call_later(_PATIENCE, self._wanted.set)
        return future

    async def close(self, within: float | None = None) -> None:
        """Serve what was submitted, and no more; what takes longer than so many seconds is left."""
        self._closing = True
        self._wanted.set()
        self._plenty.set()
        _, late = await asyncio.wait(self._workers, timeout=within)
        for worker in late:
            worker.cancel()
            with suppress(asyncio.CancelledError):
                await worker

    async def _work(self) -> None:
        while self._waiting or not self._closing:
            await self._wanted.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(_GATHER):
                    await self._plenty.wait()
            if batch := self._next():
                try:
                    results = await self._run([item for item, _ in batch])
                except Exception as error:
                    results = [error] * len(batch)
                _deliver(batch, results)
                await asyncio.sleep(0)  # who is told may submit more, before this is taken for all

    def _next(self) -> list[tuple[T, asyncio.Future[R]]]:
        batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        self._enough = len(batch)
        if not (self._waiting or self._closing):
            self._wanted.clear()
            self._plenty.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return batch


def _deliver(batch: list[tuple[T, asyncio.Future[R]]], results: Sequence[R | Exception]) -> None:
    for (_, future), result in zip(batch, results, strict=True):
        if future.done():  # whoever asked has gone
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
