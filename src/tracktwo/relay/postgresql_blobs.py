"""Blobs as pieces in a table, so that every relay process can read on where another wrote."""

from __future__ import annotations

from http import HTTPStatus

from tracktwo.relay.connections import Connection
from tracktwo.relay.limits import TOMBSTONE
from tracktwo.relay.postgresql_tables import Shared, tell
from tracktwo.relay.store import Appended, Made, NewBlob, Progress, expiry

_MAKE = """
INSERT INTO blob (id, read_auth, write_auth, total, expires_hour) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""
_THERE = "SELECT total, expires_hour FROM blob WHERE id = %s"
_STAND = """
SELECT done, total FROM blob WHERE id = %s AND write_auth = %s AND expires_hour > %s FOR UPDATE
"""
_GROW = "UPDATE blob SET done = done + %s WHERE id = %s"
_KEEP = "INSERT INTO piece VALUES (%b, %b, %b)"
_PROGRESS = """
SELECT done, total FROM blob WHERE id = %s AND %s IN (read_auth, write_auth) AND expires_hour > %s
"""
_READ = """
SELECT blob.done, piece.bytes FROM blob LEFT JOIN LATERAL (
    SELECT substring(bytes FROM (%(offset)s - start + 1)::int FOR %(most)s) AS bytes FROM piece
    WHERE piece.id = blob.id AND start <= %(offset)s ORDER BY start DESC LIMIT 1
) AS piece ON true
WHERE blob.id = %(id)s AND read_auth = %(auth)s AND expires_hour > %(hour)s
"""
_LOCK = """
SELECT id FROM blob WHERE id = %s AND %s IN (read_auth, write_auth) AND expires_hour > %s FOR UPDATE
"""
_EXPIRED = "SELECT id FROM blob WHERE expires_hour <= %s FOR UPDATE SKIP LOCKED"
_FORGET = ("DELETE FROM piece WHERE id = %s", "DELETE FROM blob WHERE id = %s")


class PostgresqlBlobs:
    """Blobs for one process."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    async def make(self, new: NewBlob) -> Made:
        """As make in Blobs."""
        shared = self._shared
        expires = expiry(shared.clock(), new.ttl_hours)
        row = (new.id, new.read_auth, new.write_auth, new.total, expires)
        async with shared.connections.one() as connection, connection.transaction():
            there = await (await connection.execute(_THERE, [new.id])).fetchone()
            if there is not None and there[1] <= shared.hour():
                await _forget(connection, new.id)
                there = None
            if there is None and shared.room() < TOMBSTONE:
                return Made(HTTPStatus.INSUFFICIENT_STORAGE)
            if there is None and (await connection.execute(_MAKE, row)).rowcount:
                shared.held += TOMBSTONE
                return Made(HTTPStatus.CREATED, expires)
            there = there or await (await connection.execute(_THERE, [new.id])).fetchone()
        if there is None or there[0] != new.total:
            return Made(HTTPStatus.CONFLICT)
        return Made(HTTPStatus.OK, there[1])

    async def append(self, blob: bytes, auth: bytes, offset: int, piece: bytes) -> Appended:
        """As in Store. Two writers at one offset wait for each other at the blob's row."""
        size, hour = len(piece), self._shared.hour()
        async with self._shared.connections.one() as connection, connection.transaction():
            cursor = await connection.execute(_STAND, [blob, auth, hour])
            stand = await cursor.fetchone()
            if stand is None:
                return Appended(HTTPStatus.NOT_FOUND)
            there, total = stand
            if there != offset:
                return Appended(HTTPStatus.CONFLICT, there)
            if offset + size > total:
                return Appended(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, there)
            if size > self._shared.room():
                return Appended(HTTPStatus.INSUFFICIENT_STORAGE, there)
            await connection.execute(_GROW, [size, blob])
            await connection.execute(_KEEP, [blob, offset, piece])
            await tell(connection, {blob})
        self._shared.held += size
        self._shared.bells.ring(blob)
        return Appended(HTTPStatus.NO_CONTENT, offset + size)

    async def progress(self, blob: bytes, auth: bytes) -> Progress | None:
        """As in Store."""
        async with self._shared.connections.one() as connection:
            cursor = await connection.execute(_PROGRESS, [blob, auth, self._shared.hour()])
            row = await cursor.fetchone()
        return None if row is None else Progress(*row)

    async def read(self, blob: bytes, auth: bytes, offset: int, most: int) -> bytes | None:
        """As in Store; ends with a piece, so that an answer may be shorter than asked."""
        sought = {"id": blob, "auth": auth, "hour": self._shared.hour()}
        async with self._shared.connections.one() as connection:
            cursor = await connection.execute(
                _READ, {**sought, "offset": offset, "most": most}, binary=True
            )
            row = await cursor.fetchone()
        if row is None:
            return None
        done, part = row
        return part if offset < done else b""

    async def delete(self, blob: bytes, auth: bytes) -> bool:
        """As delete in Blobs."""
        async with self._shared.connections.one() as connection, connection.transaction():
            cursor = await connection.execute(_LOCK, [blob, auth, self._shared.hour()])
            found = await cursor.fetchone() is not None
            if found:
                await _forget(connection, blob)
                await tell(connection, {blob})
        self._shared.bells.ring(blob)
        return found

    async def sweep(self) -> None:
        """Remove what has expired."""
        async with self._shared.connections.one() as connection, connection.transaction():
            cursor = await connection.execute(_EXPIRED, [self._shared.hour()])
            for (blob,) in await cursor.fetchall():
                await _forget(connection, blob)


async def _forget(connection: Connection, blob: bytes) -> None:
    for statement in _FORGET:
        await connection.execute(statement, [blob])
