"""The storage that several relay processes share: PostgreSQL, which administrators know."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

import psycopg

from tracktwo.errors import BadInput
from tracktwo.relay.backlog import Backlog
from tracktwo.relay.batches import Batches
from tracktwo.relay.bells import Bells
from tracktwo.relay.boxes import Ack
from tracktwo.relay.connections import Connection, Connections, connect
from tracktwo.relay.frames import Frame
from tracktwo.relay.limits import FETCH_BYTES, TOMBSTONE, Limits
from tracktwo.relay.postgresql_blobs import PostgresqlBlobs
from tracktwo.relay.postgresql_news import News
from tracktwo.relay.postgresql_tables import Shared, make_tables, tell
from tracktwo.relay.postgresql_writing import Writing
from tracktwo.relay.store import Made, NewMailbox, Post, expiry

_CONNECTIONS = 8
_WRITES = 240  # posts and acknowledgements in one transaction; their rids fit into one NOTIFY
_FETCHES = 64  # in one query
_STOP = 5  # seconds for what is asked of a database that does not answer, at the end
_SWEEP = 100  # mailboxes removed in one transaction

_FETCH = """
SELECT a.place, b.seq, b.mid, b.bytes
FROM unnest(%b::bytea[], %b::bytea[], %b::bigint[], %b::bigint[])
     WITH ORDINALITY AS a(rid, auth, after, most, place)
JOIN mailbox m ON m.rid = a.rid AND m.recv_auth = a.auth AND m.expires_hour > %b
LEFT JOIN LATERAL (
    SELECT seq, mid, bytes FROM (
        SELECT seq, mid, bytes, sum(length(bytes)) OVER (ORDER BY seq) - length(bytes) AS before
        FROM (
            SELECT seq, mid, bytes FROM body
            WHERE body.rid = a.rid AND seq > a.after ORDER BY seq LIMIT a.most
        ) AS next
    ) AS measured WHERE before < %b
) AS b ON true
ORDER BY a.place, b.seq
"""
_TAKES = "SELECT 1 FROM mailbox WHERE sid = %s AND send_auth = %s AND expires_hour > %s"
_MAKE = """
INSERT INTO mailbox (rid, sid, recv_auth, send_auth, expires_hour) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""
_THERE = (
    "SELECT rid, sid, expires_hour FROM mailbox WHERE rid = %s OR sid = %s ORDER BY rid FOR UPDATE"
)
_EXTEND = """
UPDATE mailbox SET expires_hour = greatest(expires_hour, %s) WHERE rid = %s RETURNING expires_hour
"""
_LOCK = "SELECT 1 FROM mailbox WHERE rid = %s AND recv_auth = %s AND expires_hour > %s FOR UPDATE"
_EXPIRED = """
SELECT rid FROM mailbox WHERE expires_hour <= %s ORDER BY rid LIMIT %s FOR UPDATE SKIP LOCKED
"""
_FORGET = (
    "DELETE FROM body WHERE rid = ANY(%s)",
    "DELETE FROM message WHERE rid = ANY(%s)",
    "DELETE FROM mailbox WHERE rid = ANY(%s)",
)


@dataclass(frozen=True, slots=True)
class _Fetch:
    rid: bytes
    auth: bytes = field(repr=False)
    after: int
    most: int


class PostgresqlStore:
    """Mailboxes and blobs in one database, shared by several processes."""

    def __init__(self, dsn: str, shared: Shared) -> None:
        """Use `opened`, which makes the tables first."""
        self.bells = shared.bells
        self._shared, self._backlog = shared, Backlog()
        self.blobs = PostgresqlBlobs(shared)
        self._writes = Batches(Writing(shared).run, most=_WRITES)
        self._fetches = Batches(self._fetch, most=_FETCHES, workers=2)
        self._news = News(dsn, shared)

    @classmethod
    async def opened(
        cls, dsn: str, limits: Limits, clock: Callable[[], float] = time.time
    ) -> PostgresqlStore:
        """Connect, and make the tables that are not there. Raises BadInput if it cannot be."""
        try:
            async with await connect(dsn) as connection:
                await make_tables(connection)
        except psycopg.Error:  # its text may hold the password
            advice = "See that it runs, and that name, user and password are right."
            raise BadInput("The database cannot be used.", advice=advice) from None
        shared = Shared(Connections(dsn, _CONNECTIONS), limits, clock, Bells())
        await shared.measure()
        return cls(dsn, shared)

    # Mailboxes

    def put(self, post: Post) -> asyncio.Future[HTTPStatus]:
        """As in Store."""
        return self._backlog.admit(post, self._writes.submit)

    async def takes(self, sid: bytes, auth: bytes) -> bool:
        """As in Store."""
        async with self._shared.connections.one() as connection:
            cursor = await connection.execute(_TAKES, [sid, auth, self._shared.hour()])
            return await cursor.fetchone() is not None

    async def make_mailbox(self, new: NewMailbox) -> Made:
        """As in Store."""
        shared = self._shared
        expires = expiry(shared.clock(), new.ttl_hours)
        row = (new.rid, new.sid, new.recv_auth, new.send_auth, expires)
        async with shared.connections.one() as connection, connection.transaction():
            cursor = await connection.execute(_THERE, [new.rid, new.sid])
            there = await cursor.fetchall()
            if over := [rid for rid, _, hour in there if hour <= shared.hour()]:
                await _forget(connection, over)
                there = [found for found in there if found[0] not in over]
            if not there and shared.room() < TOMBSTONE:
                return Made(HTTPStatus.INSUFFICIENT_STORAGE)
            if not there and (await connection.execute(_MAKE, row)).rowcount:
                shared.held += TOMBSTONE
                return Made(HTTPStatus.CREATED, expires)
            if not there:  # made meanwhile by another process
                cursor = await connection.execute(_THERE, [new.rid, new.sid])
                there = await cursor.fetchall()
            if [found[:2] for found in there] != [(new.rid, new.sid)]:
                return Made(HTTPStatus.CONFLICT)
            cursor = await connection.execute(_EXTEND, [expires, new.rid])
            ((ends,),) = await cursor.fetchall()
        return Made(HTTPStatus.OK, ends)

    async def fetch(self, rid: bytes, auth: bytes, after: int, most: int) -> list[Frame] | None:
        """As in Store."""
        return await self._fetches.submit(_Fetch(rid, auth, after, most))

    async def _fetch(self, batch: list[_Fetch]) -> list[list[Frame] | None]:
        asked = [
            [item.rid for item in batch],
            [item.auth for item in batch],
            [item.after for item in batch],
            [item.most for item in batch],
        ]
        async with self._shared.connections.one() as connection:
            cursor = await connection.execute(
                _FETCH, [*asked, self._shared.hour(), FETCH_BYTES], binary=True
            )
            rows = await cursor.fetchall()
        found: list[list[Frame] | None] = [None] * len(batch)
        for place, seq, mid, body in rows:
            frames = found[place - 1] or []
            found[place - 1] = frames
            if seq is not None:
                frames.append(Frame(seq, mid, body))
        return found

    def ack(
        self, rid: bytes, auth: bytes, upto: int, *, patient: bool = False
    ) -> asyncio.Future[HTTPStatus]:
        """As in Store."""
        return self._writes.submit(Ack(rid, auth, upto), patient=patient)

    async def delete_mailbox(self, rid: bytes, auth: bytes) -> bool:
        """As in Store."""
        async with self._shared.connections.one() as connection, connection.transaction():
            cursor = await connection.execute(_LOCK, [rid, auth, self._shared.hour()])
            found = await cursor.fetchone() is not None
            if found:
                await _forget(connection, [rid])
                await tell(connection, {rid})
        self.bells.ring(rid)
        return found

    # The whole

    async def sweep(self) -> None:
        """As in Store."""
        while await self._sweep_some():
            pass
        await self.blobs.sweep()

    async def _sweep_some(self) -> bool:
        async with self._shared.connections.one() as connection, connection.transaction():
            cursor = await connection.execute(_EXPIRED, [self._shared.hour(), _SWEEP])
            expired = [rid for (rid,) in await cursor.fetchall()]
            await _forget(connection, expired)
        return len(expired) == _SWEEP

    async def close(self) -> None:
        """As in Store."""
        await self._news.close()
        await self._writes.close(_STOP)
        await self._fetches.close(_STOP)
        await self._shared.connections.close()


async def _forget(connection: Connection, rids: list[bytes]) -> None:
    for statement in _FORGET:
        await connection.execute(statement, [rids])
