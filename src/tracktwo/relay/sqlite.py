"""The storage of one relay process on one machine: a SQLite file, and blobs as files beside it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from pathlib import Path

from tracktwo.errors import BadInput
from tracktwo.relay.backlog import Backlog
from tracktwo.relay.bells import Bells
from tracktwo.relay.blob_files import BlobFiles
from tracktwo.relay.boxes import Ack
from tracktwo.relay.committing import Committer
from tracktwo.relay.frames import Frame
from tracktwo.relay.limits import FETCH_BYTES, TOMBSTONE, Limits
from tracktwo.relay.sqlite_blobs import SqliteBlobs
from tracktwo.relay.sqlite_tables import SCHEMA, SEQ_BITS, Shared, charge
from tracktwo.relay.sqlite_writing import Writing
from tracktwo.relay.store import Made, NewMailbox, Post, expiry

_SWEEP = 500  # rows removed in one transaction, so that nobody waits long behind a sweep


class SqliteStore:
    """Mailboxes and blobs in one folder, held by one process."""

    def __init__(
        self, folder: Path, limits: Limits, clock: Callable[[], float] = time.time
    ) -> None:
        """Open or make the store; called where an event loop runs. Raises BadInput if it cannot."""
        self.bells, self._backlog = Bells(), Backlog()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(folder / "relay.sqlite", os.O_RDWR | os.O_CREAT, 0o600))
            files = BlobFiles(folder / "blobs")
        except OSError as error:
            advice = "Name a folder of your own that can be written."
            raise BadInput(
                f"The store cannot be written ({error.strerror}).",
                where=str(folder),
                advice=advice,
            ) from None
        self._committer = Committer(folder / "relay.sqlite", SCHEMA)
        self._shared = Shared(self._committer, folder, limits, clock, self.bells)
        self._writing = Writing(self._shared)
        self.blobs = SqliteBlobs(self._shared, files)

    # Mailboxes

    def put(self, post: Post) -> asyncio.Future[HTTPStatus]:
        """As in Store."""
        return self._backlog.admit(post, self._submit)

    def _submit(self, post: Post) -> asyncio.Future[HTTPStatus]:
        return self._committer.gather(self._write, post)

    def _write(
        self, db: sqlite3.Connection, batch: list[Post | Ack]
    ) -> tuple[list[HTTPStatus], Callable[[], None]]:
        statuses, boxes = self._writing.run(db, batch)
        return statuses, partial(boxes.ring, self.bells)

    async def takes(self, sid: bytes, auth: bytes) -> bool:
        """As in Store."""
        taken: bool = await self._committer.submit(partial(self._takes, sid, auth))
        return taken

    def _takes(self, sid: bytes, auth: bytes, db: sqlite3.Connection) -> bool:
        found = db.execute(
            "SELECT 1 FROM mailbox WHERE sid = ? AND send_auth = ? AND expires_hour > ?",
            (sid, auth, self._shared.hour()),
        ).fetchone()
        return found is not None

    async def make_mailbox(self, new: NewMailbox) -> Made:
        """As in Store."""
        made: Made = await self._committer.submit(partial(self._make_mailbox, new))
        return made

    def _make_mailbox(self, new: NewMailbox, db: sqlite3.Connection) -> Made:
        for (box,) in db.execute(
            "SELECT box FROM mailbox WHERE (rid = ? OR sid = ?) AND expires_hour <= ?",
            (new.rid, new.sid, self._shared.hour()),
        ).fetchall():
            _forget(db, box)
        there = db.execute(
            "SELECT rid, sid FROM mailbox WHERE rid = ? OR sid = ?", (new.rid, new.sid)
        ).fetchall()
        expires = expiry(self._shared.clock(), new.ttl_hours)
        if there == [(new.rid, new.sid)]:
            return Made(HTTPStatus.OK, _extend(db, new.rid, expires))
        if there:
            return Made(HTTPStatus.CONFLICT)
        if self._shared.room(db) < TOMBSTONE:
            return Made(HTTPStatus.INSUFFICIENT_STORAGE)
        db.execute(
            "INSERT INTO mailbox (rid, sid, recv_auth, send_auth, expires_hour)"
            " VALUES (?, ?, ?, ?, ?)",
            (new.rid, new.sid, new.recv_auth, new.send_auth, expires),
        )
        charge(db, TOMBSTONE)
        return Made(HTTPStatus.CREATED, expires)

    async def fetch(self, rid: bytes, auth: bytes, after: int, most: int) -> list[Frame] | None:
        """As in Store."""
        frames: list[Frame] | None = await self._committer.submit(
            partial(self._fetch, rid, auth, after, most)
        )
        return frames

    def _fetch(
        self, rid: bytes, auth: bytes, after: int, most: int, db: sqlite3.Connection
    ) -> list[Frame] | None:
        found = self._readable(db, rid, auth)
        if found is None:
            return None
        box, last_seq = found
        if after >= last_seq:
            return []
        first = box << SEQ_BITS
        rows = db.execute(
            "SELECT place, mid, bytes FROM body WHERE place > ? AND place <= ?"
            " ORDER BY place LIMIT ?",
            (first + after, first + last_seq, most),
        )
        frames: list[Frame] = []
        size = 0
        for place, mid, body in rows:
            frames.append(Frame(place - first, mid, body))
            size += len(body)
            if size >= FETCH_BYTES:
                break
        return frames

    def _readable(self, db: sqlite3.Connection, rid: bytes, auth: bytes) -> tuple[int, int] | None:
        row: tuple[int, int] | None = db.execute(
            "SELECT box, last_seq FROM mailbox"
            " WHERE rid = ? AND recv_auth = ? AND expires_hour > ?",
            (rid, auth, self._shared.hour()),
        ).fetchone()
        return row

    def ack(
        self, rid: bytes, auth: bytes, upto: int, *, patient: bool = False
    ) -> asyncio.Future[HTTPStatus]:
        """As in Store."""
        return self._committer.gather(self._write, Ack(rid, auth, upto), patient=patient)

    async def delete_mailbox(self, rid: bytes, auth: bytes) -> bool:
        """As in Store."""
        done: bool = await self._committer.submit(partial(self._delete_mailbox, rid, auth))
        self.bells.ring(rid)
        return done

    def _delete_mailbox(self, rid: bytes, auth: bytes, db: sqlite3.Connection) -> bool:
        found = self._readable(db, rid, auth)
        if found is not None:
            _forget(db, found[0])
        return found is not None

    # The whole

    async def sweep(self) -> None:
        """As in Store."""
        while (gone := await self._committer.submit(self._sweep_mailbox)) is not None:
            if gone:
                self.bells.ring(gone)
        await self.blobs.sweep()

    def _sweep_mailbox(self, db: sqlite3.Connection) -> bytes | None:
        """Remove some of an expired mailbox; its name once it is gone, None if there is none."""
        row = db.execute(
            "SELECT box, rid FROM mailbox WHERE expires_hour <= ? LIMIT 1", (self._shared.hour(),)
        ).fetchone()
        if row is None:
            return None
        box, rid = row
        first = box << SEQ_BITS
        some = db.execute(
            "SELECT place FROM body WHERE place > ? AND place < ? LIMIT ?",
            (first, first + (1 << SEQ_BITS), _SWEEP),
        ).fetchall()
        db.executemany("DELETE FROM body WHERE place = ?", some)
        if len(some) == _SWEEP:
            return b""
        _forget(db, box)
        return bytes(rid)

    async def close(self) -> None:
        """As in Store."""
        await self._committer.close()


def _extend(db: sqlite3.Connection, rid: bytes, expires: int) -> int:
    """Let a mailbox last until then, if it did not last longer; when it ends."""
    (ends,) = db.execute(
        "UPDATE mailbox SET expires_hour = max(expires_hour, ?) WHERE rid = ?"
        " RETURNING expires_hour",
        (expires, rid),
    ).fetchone()
    return int(ends)


def _forget(db: sqlite3.Connection, box: int) -> None:
    first = box << SEQ_BITS
    db.execute("DELETE FROM body WHERE place > ? AND place < ?", (first, first + (1 << SEQ_BITS)))
    db.execute("DELETE FROM message WHERE box = ?", (box,))
    (held,) = db.execute("DELETE FROM mailbox WHERE box = ? RETURNING held", (box,)).fetchone()
    charge(db, -held - TOMBSTONE)
