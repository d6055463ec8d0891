"""Connections to PostgreSQL that are made anew when they break."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import errors

from tracktwo.relay.store import Full, Unavailable

Connection = psycopg.AsyncConnection[Any]

# Acknowledged is on the disk, whatever the server's settings; and no statement hangs for ever.
_OPTIONS = "-c synchronous_commit=on -c statement_timeout=30000 -c jit=off"


async def connect(dsn: str) -> Connection:
    """A connection in autocommit mode. Raises psycopg.Error."""
    return await psycopg.AsyncConnection.connect(
        dsn, autocommit=True, options=_OPTIONS, connect_timeout=10
    )


class Connections:
    """At most so many connections; who finds none free waits."""

    def __init__(self, dsn: str, most: int) -> None:
        self._dsn = dsn
        self._free: asyncio.LifoQueue[Connection | None] = asyncio.LifoQueue()
        self._pids: dict[Connection, int] = {}
        for _ in range(most):
            self._free.put_nowait(None)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Connection]:
        """A connection for one use. Raises Full or Unavailable when PostgreSQL fails the user."""
        connection = await self._free.get()
        sound = False
        try:
            if connection is None:
                connection = await connect(self._dsn)
                self._pids[connection] = connection.info.backend_pid
            yield connection
            sound = True
        except errors.DiskFull:
            raise Full from None
        except (psycopg.OperationalError, psycopg.InterfaceError, TimeoutError):
            raise Unavailable from None
        finally:
            if connection is not None and not sound:
                self._pids.pop(connection, None)
                connection.pgconn.finish()  # not awaited: whoever is cancelled is so at every await
                connection = None
            self._free.put_nowait(connection)

    def is_own(self, pid: int) -> bool:
        """Whether the server knows one of these connections by this number."""
        return pid in self._pids.values()

    async def close(self) -> None:
        """Close what is free."""
        while not self._free.empty():
            connection = self._free.get_nowait()
            if connection is not None:
                await connection.close()
