"""What other relay processes stored: heard by NOTIFY, and looked for in case one was missed."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import psycopg

from tracktwo.relay.connections import connect
from tracktwo.relay.postgresql_tables import CHANNEL, Shared
from tracktwo.relay.store import Full, Unavailable

_POLL = 2  # seconds
_ID = 32  # digits
_CHANGES = """
SELECT rid, next_seq FROM mailbox WHERE rid = ANY(%b)
UNION ALL SELECT id, done FROM blob WHERE id = ANY(%b)
"""


class News:
    """Rings this process's bells for what others wrote."""

    def __init__(self, dsn: str, shared: Shared) -> None:
        self._dsn, self._shared = dsn, shared
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._poll())]

    async def close(self) -> None:
        """Listen no more."""
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _listen(self) -> None:
        while True:
            with suppress(psycopg.Error, TimeoutError):
                async with await connect(self._dsn) as connection:
                    await connection.execute(CHANNEL)
                    async for told in connection.notifies():
                        if not self._shared.connections.is_own(
                            told.pid
                        ):  # else it has been rung for
                            self._ring(told.payload)
            await asyncio.sleep(_POLL)

    def _ring(self, payload: str) -> None:
        for start in range(0, len(payload), _ID):
            self._shared.bells.ring(bytes.fromhex(payload[start : start + _ID]))

    async def _poll(self) -> None:
        seen: dict[bytes, int] = {}
        while True:
            await asyncio.sleep(_POLL)
            with suppress(Full, Unavailable):
                seen = await self._changes(seen)
                await self._shared.measure()

    async def _changes(self, seen: dict[bytes, int]) -> dict[bytes, int]:
        """Ring for what is not as it was seen last; how it is now."""
        names = self._shared.bells.names()
        async with self._shared.connections.one() as connection:
            cursor = await connection.execute(_CHANGES, [names, names], binary=True)
            now: dict[bytes, int] = dict(await cursor.fetchall())
        for name in names:
            if now.get(name) != seen.get(name):
                self._shared.bells.ring(name)
        return now
