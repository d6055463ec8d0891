"""Requests gathered while others are served, and served together: one round trip for many."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Batches(Generic[T, R]):
    """Serves items in batches of at most `most`, so many batches at a time as there are workers."""

    def __init__(
        self, run: Callable[[list[T]], Awaitable[list[R]]], *, most: int, workers: int
    ) -> None:
        """`run` gives one result an item, in their order; called where an event loop runs."""
        self._run, self._most = run, most
        self._items: asyncio.Queue[tuple[T, asyncio.Future[R]]] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._workers = [self._loop.create_task(self._work()) for _ in range(workers)]

    def submit(self, item: T) -> asyncio.Future[R]:
        """The result of an item. Raises, through the future, what `run` raised for its batch."""
        future: asyncio.Future[R] = self._loop.create_future()
        self._items.put_nowait((item, future))
        return future

    async def close(self) -> None:
        """Serve no more."""
        for worker in self._workers:
            worker.cancel()
            with suppress(asyncio.CancelledError):
                await worker

    async def _work(self) -> None:
        while True:
            batch = [await self._items.get()]
            while len(batch) < self._most and not self._items.empty():
                batch.append(self._items.get_nowait())
            try:
                results = await self._run([item for item, _ in batch])
            except Exception as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
            else:
                for (_, future), result in zip(batch, results, strict=True):
                    if not future.done():
                        future.set_result(result)
