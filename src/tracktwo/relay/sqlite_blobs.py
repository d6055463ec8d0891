"""Blobs of one relay process: rows that say how far each is, and files that hold the bytes."""

from __future__ import annotations

import sqlite3
from functools import partial
from http import HTTPStatus

from tracktwo.relay.blob_files import BlobFiles
from tracktwo.relay.limits import TOMBSTONE
from tracktwo.relay.sqlite_tables import Shared, charge
from tracktwo.relay.store import Appended, Made, NewBlob, Progress, expiry


class SqliteBlobs:
    """Blobs for one process. `files` holds only what a row vouches for, and what a crash left."""

    def __init__(self, shared: Shared, files: BlobFiles) -> None:
        self._shared, self._files = shared, files

    async def make(self, new: NewBlob) -> Made:
        """As make in Blobs."""
        made: Made = await self._shared.committer.submit(partial(self._make, new))
        return made

    def _make(self, new: NewBlob, db: sqlite3.Connection) -> Made:
        there = db.execute(
            "SELECT total, expires_hour FROM blob WHERE id = ? AND expires_hour > ?",
            (new.id, self._shared.hour()),
        ).fetchone()
        if there is not None:
            total, expires = there
            return Made(HTTPStatus.OK, expires) if total == new.total else Made(HTTPStatus.CONFLICT)
        if self._shared.room(db) < TOMBSTONE:
            return Made(HTTPStatus.INSUFFICIENT_STORAGE)
        _forget(db, new.id)
        expires = expiry(self._shared.clock(), new.ttl_hours)
        db.execute(
            "INSERT INTO blob (id, read_auth, write_auth, total, expires_hour)"
            " VALUES (?, ?, ?, ?, ?)",
            (new.id, new.read_auth, new.write_auth, new.total, expires),
        )
        charge(db, TOMBSTONE)
        return Made(HTTPStatus.CREATED, expires)

    async def append(self, blob: bytes, auth: bytes, offset: int, piece: bytes) -> Appended:
        """As in Store. The bytes are on the disk before the row says so."""
        async with self._files.held(blob):
            looked: Appended = await self._shared.committer.submit(
                partial(self._may_append, blob, auth, offset, len(piece))
            )
            if looked.status is not HTTPStatus.NO_CONTENT:
                return looked
            await self._files.write(blob, offset, piece)
            done: Appended = await self._shared.committer.submit(
                partial(self._appended, blob, auth, offset, len(piece))
            )
        self._shared.bells.ring(blob)
        return done

    def _may_append(
        self, blob: bytes, auth: bytes, offset: int, size: int, db: sqlite3.Connection
    ) -> Appended:
        row = db.execute(
            "SELECT offset, total FROM blob WHERE id = ? AND write_auth = ? AND expires_hour > ?",
            (blob, auth, self._shared.hour()),
        ).fetchone()
        if row is None:
            return Appended(HTTPStatus.NOT_FOUND)
        there, total = row
        if there != offset:
            return Appended(HTTPStatus.CONFLICT, there)
        if offset + size > total:
            return Appended(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, there)
        if size > self._shared.room(db):
            return Appended(HTTPStatus.INSUFFICIENT_STORAGE, there)
        return Appended(HTTPStatus.NO_CONTENT, there)

    def _appended(
        self, blob: bytes, auth: bytes, offset: int, size: int, db: sqlite3.Connection
    ) -> Appended:
        looked = self._may_append(blob, auth, offset, size, db)
        if looked.status is not HTTPStatus.NO_CONTENT:
            return looked
        db.execute("UPDATE blob SET offset = ? WHERE id = ?", (offset + size, blob))
        charge(db, size)
        return Appended(HTTPStatus.NO_CONTENT, offset + size)

    async def progress(self, blob: bytes, auth: bytes) -> Progress | None:
        """As in Store."""
        row = await self._shared.committer.submit(partial(self._progress, blob, auth))
        return None if row is None else Progress(*row[:2])

    def _progress(
        self, blob: bytes, auth: bytes, db: sqlite3.Connection
    ) -> tuple[int, int, bytes] | None:
        row: tuple[int, int, bytes] | None = db.execute(
            "SELECT offset, total, read_auth FROM blob"
            " WHERE id = ? AND ? IN (read_auth, write_auth) AND expires_hour > ?",
            (blob, auth, self._shared.hour()),
        ).fetchone()
        return row

    async def read(self, blob: bytes, auth: bytes, offset: int, most: int) -> bytes | None:
        """As in Store."""
        row = await self._shared.committer.submit(partial(self._progress, blob, auth))
        if row is None or row[2] != auth:
            return None
        size = min(most, row[0] - offset)
        return await self._files.read(blob, offset, size) if size > 0 else b""

    async def delete(self, blob: bytes, auth: bytes) -> bool:
        """As delete in Blobs."""
        async with self._files.held(blob):
            done: bool = await self._shared.committer.submit(partial(self._delete, blob, auth))
            if done:
                await self._files.remove(blob)
        self._shared.bells.ring(blob)
        return done

    def _delete(self, blob: bytes, auth: bytes, db: sqlite3.Connection) -> bool:
        found = self._progress(blob, auth, db) is not None
        if found:
            _forget(db, blob)
        return found

    async def sweep(self) -> None:
        """Remove what has expired, and what a crash left without a row."""
        await self._shared.committer.submit(self._sweep)
        for blob in await self._files.there():
            async with self._files.held(blob):
                if not await self._shared.committer.submit(partial(_is_blob, blob)):
                    await self._files.remove(blob)

    def _sweep(self, db: sqlite3.Connection) -> None:
        expired = "SELECT id FROM blob WHERE expires_hour <= ?"
        for (blob,) in db.execute(expired, (self._shared.hour(),)).fetchall():
            _forget(db, blob)


def _forget(db: sqlite3.Connection, blob: bytes) -> None:
    for (offset,) in db.execute(
        "DELETE FROM blob WHERE id = ? RETURNING offset", (blob,)
    ).fetchall():
        charge(db, -offset - TOMBSTONE)


def _is_blob(blob: bytes, db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM blob WHERE id = ?", (blob,)).fetchone() is not None
