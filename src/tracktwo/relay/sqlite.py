"""The storage of one relay process on one machine: a SQLite file, and blobs as files beside it.

mailbox   box | rid | sid | recv_auth | send_auth | last_seq | held | messages | expires_hour
message   box, mid | digest              what was once here: the tombstone, until the mailbox ends
body      place = box << 40 | seq | mid | bytes      what was not yet acknowledged, in order
blob      id | read_auth | write_auth | total | offset | expires_hour
usage     held                           bytes counted of all mailboxes and blobs together
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from pathlib import Path

from tracktwo.errors import BadInput
from tracktwo.relay.bells import Bells
from tracktwo.relay.blob_files import BlobFiles
from tracktwo.relay.committing import Committer
from tracktwo.relay.frames import Frame
from tracktwo.relay.limits import BACKLOG, FETCH_BYTES, TOMBSTONE, Limits
from tracktwo.relay.store import (
    Appended,
    Made,
    NewBlob,
    NewMailbox,
    Post,
    Progress,
    cost,
    expiry,
    judge,
    this_hour,
)

_SEQ_BITS = 40
_SWEEP = 500  # rows removed in one transaction, so that nobody waits long behind a sweep
_SCHEMA = """
CREATE TABLE IF NOT EXISTS mailbox (
    box INTEGER PRIMARY KEY,
    rid BLOB NOT NULL UNIQUE,
    sid BLOB NOT NULL UNIQUE,
    recv_auth BLOB NOT NULL,
    send_auth BLOB NOT NULL,
    last_seq INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0,
    messages INTEGER NOT NULL DEFAULT 0,
    expires_hour INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS ending ON mailbox (expires_hour);
CREATE TABLE IF NOT EXISTS message (
    box INTEGER NOT NULL,
    mid BLOB NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (box, mid)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS body (
    place INTEGER PRIMARY KEY,
    mid BLOB NOT NULL,
    bytes BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS blob (
    id BLOB PRIMARY KEY,
    read_auth BLOB NOT NULL,
    write_auth BLOB NOT NULL,
    total INTEGER NOT NULL,
    offset INTEGER NOT NULL DEFAULT 0,
    expires_hour INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS usage (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    held INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO usage VALUES (1, 0);
"""

Posted = tuple[HTTPStatus, bytes, int]  # status, rid, seq
Sending = tuple[int, bytes, int, int, int]  # box, rid, last_seq, held, messages


class SqliteStore:
    """Mailboxes and blobs in one folder, held by one process."""

    def __init__(
        self, folder: Path, limits: Limits, clock: Callable[[], float] = time.time
    ) -> None:
        """Open or make the store; called where an event loop runs. Raises BadInput if it cannot."""
        self.bells = Bells()
        self._limits, self._clock, self._folder = limits, clock, folder
        self._backlog = 0
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(folder / "relay.sqlite", os.O_RDWR | os.O_CREAT, 0o600))
            self._files = BlobFiles(folder / "blobs")
        except OSError as error:
            advice = "Name a folder of your own that can be written."
            raise BadInput(
                f"The store cannot be written ({error.strerror}).",
                where=str(folder),
                advice=advice,
            ) from None
        self._committer = Committer(folder / "relay.sqlite", _SCHEMA)

    # Mailboxes

    def put(self, post: Post) -> asyncio.Future[HTTPStatus]:
        """As in Store."""
        size = len(post.body)
        if self._backlog + size > BACKLOG:
            put_off: asyncio.Future[HTTPStatus] = asyncio.get_running_loop().create_future()
            put_off.set_result(HTTPStatus.TOO_MANY_REQUESTS)
            return put_off
        self._backlog += size
        future = self._committer.submit(partial(self._put, post), partial(self._posted, post))
        future.add_done_callback(lambda _: self._landed(size))
        return future

    def _landed(self, size: int) -> None:
        self._backlog -= size

    def _posted(self, post: Post, posted: Posted) -> HTTPStatus:
        status, rid, seq = posted
        if status is HTTPStatus.CREATED:
            self.bells.ring(rid, [Frame(seq, post.mid, post.body)])
        return status

    def _put(self, post: Post, db: sqlite3.Connection) -> Posted:
        row = self._takes(post.sid, post.auth, db)
        if row is None:
            return HTTPStatus.NOT_FOUND, b"", 0
        box, rid, last_seq, held, messages = row
        known = db.execute(
            "SELECT digest FROM message WHERE box = ? AND mid = ?", (box, post.mid)
        ).fetchone()
        status = judge(
            post,
            known and known[0],
            held=held,
            messages=messages,
            room=self._room(db),
            limits=self._limits,
        )
        if status is HTTPStatus.CREATED:
            charge = cost(len(post.body))
            db.execute(
                "UPDATE mailbox SET last_seq = last_seq + 1, held = held + ?,"
                " messages = messages + 1 WHERE box = ?",
                (charge, box),
            )
            db.execute("INSERT INTO message VALUES (?, ?, ?)", (box, post.mid, post.digest))
            place = (box << _SEQ_BITS) + last_seq + 1
            db.execute("INSERT INTO body VALUES (?, ?, ?)", (place, post.mid, post.body))
            _charge(db, charge)
        return status, rid, last_seq + 1

    async def takes(self, sid: bytes, auth: bytes) -> bool:
        """As in Store."""
        return await self._committer.submit(partial(self._takes, sid, auth)) is not None

    def _takes(self, sid: bytes, auth: bytes, db: sqlite3.Connection) -> Sending | None:
        row: Sending | None = db.execute(
            "SELECT box, rid, last_seq, held, messages FROM mailbox"
            " WHERE sid = ? AND send_auth = ? AND expires_hour > ?",
            (sid, auth, self._hour()),
        ).fetchone()
        return row

    async def make_mailbox(self, new: NewMailbox) -> Made:
        """As in Store."""
        made: Made = await self._committer.submit(partial(self._make_mailbox, new))
        return made

    def _make_mailbox(self, new: NewMailbox, db: sqlite3.Connection) -> Made:
        for (box,) in db.execute(
            "SELECT box FROM mailbox WHERE (rid = ? OR sid = ?) AND expires_hour <= ?",
            (new.rid, new.sid, self._hour()),
        ).fetchall():
            _forget(db, box)
        there = db.execute(
            "SELECT rid, sid, expires_hour FROM mailbox WHERE rid = ? OR sid = ?",
            (new.rid, new.sid),
        ).fetchall()
        if there:
            same = [row[:2] for row in there] == [(new.rid, new.sid)]
            return Made(HTTPStatus.OK, there[0][2]) if same else Made(HTTPStatus.CONFLICT)
        if self._room(db) < TOMBSTONE:
            return Made(HTTPStatus.INSUFFICIENT_STORAGE)
        expires = expiry(self._clock(), new.ttl_hours)
        db.execute(
            "INSERT INTO mailbox (rid, sid, recv_auth, send_auth, expires_hour)"
            " VALUES (?, ?, ?, ?, ?)",
            (new.rid, new.sid, new.recv_auth, new.send_auth, expires),
        )
        _charge(db, TOMBSTONE)
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
        first = box << _SEQ_BITS
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
            (rid, auth, self._hour()),
        ).fetchone()
        return row

    async def ack(self, rid: bytes, auth: bytes, upto: int) -> bool:
        """As in Store."""
        done: bool = await self._committer.submit(partial(self._ack, rid, auth, upto))
        return done

    def _ack(self, rid: bytes, auth: bytes, upto: int, db: sqlite3.Connection) -> bool:
        found = self._readable(db, rid, auth)
        if found is None:
            return False
        box, last_seq = found
        first = box << _SEQ_BITS
        gone = db.execute(
            "DELETE FROM body WHERE place > ? AND place <= ? RETURNING length(bytes)",
            (first, first + min(upto, last_seq)),
        ).fetchall()
        if gone:
            freed = sum(size for (size,) in gone)
            db.execute(
                "UPDATE mailbox SET held = held - ?, messages = messages - ? WHERE box = ?",
                (freed, len(gone), box),
            )
            _charge(db, -freed)
        return True

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

    # Blobs

    async def make_blob(self, new: NewBlob) -> Made:
        """As in Store."""
        made: Made = await self._committer.submit(partial(self._make_blob, new))
        return made

    def _make_blob(self, new: NewBlob, db: sqlite3.Connection) -> Made:
        there = db.execute(
            "SELECT total, expires_hour FROM blob WHERE id = ? AND expires_hour > ?",
            (new.id, self._hour()),
        ).fetchone()
        if there is not None:
            total, expires = there
            return Made(HTTPStatus.OK, expires) if total == new.total else Made(HTTPStatus.CONFLICT)
        if self._room(db) < TOMBSTONE:
            return Made(HTTPStatus.INSUFFICIENT_STORAGE)
        _forget_blob(db, new.id)
        expires = expiry(self._clock(), new.ttl_hours)
        db.execute(
            "INSERT INTO blob (id, read_auth, write_auth, total, expires_hour)"
            " VALUES (?, ?, ?, ?, ?)",
            (new.id, new.read_auth, new.write_auth, new.total, expires),
        )
        _charge(db, TOMBSTONE)
        return Made(HTTPStatus.CREATED, expires)

    async def append(self, blob: bytes, auth: bytes, offset: int, piece: bytes) -> Appended:
        """As in Store. The bytes are on the disk before the row says so."""
        async with self._files.held(blob):
            looked: Appended = await self._committer.submit(
                partial(self._may_append, blob, auth, offset, len(piece))
            )
            if looked.status is not HTTPStatus.NO_CONTENT:
                return looked
            await self._files.write(blob, offset, piece)
            done: Appended = await self._committer.submit(
                partial(self._appended, blob, auth, offset, len(piece))
            )
        self.bells.ring(blob)
        return done

    def _may_append(
        self, blob: bytes, auth: bytes, offset: int, size: int, db: sqlite3.Connection
    ) -> Appended:
        row = db.execute(
            "SELECT offset, total FROM blob WHERE id = ? AND write_auth = ? AND expires_hour > ?",
            (blob, auth, self._hour()),
        ).fetchone()
        if row is None:
            return Appended(HTTPStatus.NOT_FOUND)
        there, total = row
        if there != offset:
            return Appended(HTTPStatus.CONFLICT, there)
        if offset + size > total:
            return Appended(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, there)
        if size > self._room(db):
            return Appended(HTTPStatus.INSUFFICIENT_STORAGE, there)
        return Appended(HTTPStatus.NO_CONTENT, there)

    def _appended(
        self, blob: bytes, auth: bytes, offset: int, size: int, db: sqlite3.Connection
    ) -> Appended:
        looked = self._may_append(blob, auth, offset, size, db)
        if looked.status is not HTTPStatus.NO_CONTENT:
            return looked
        db.execute("UPDATE blob SET offset = ? WHERE id = ?", (offset + size, blob))
        _charge(db, size)
        return Appended(HTTPStatus.NO_CONTENT, offset + size)

    async def progress(self, blob: bytes, auth: bytes) -> Progress | None:
        """As in Store."""
        row = await self._committer.submit(partial(self._progress, blob, auth))
        return None if row is None else Progress(*row[:2])

    def _progress(
        self, blob: bytes, auth: bytes, db: sqlite3.Connection
    ) -> tuple[int, int, bytes] | None:
        row: tuple[int, int, bytes] | None = db.execute(
            "SELECT offset, total, read_auth FROM blob"
            " WHERE id = ? AND ? IN (read_auth, write_auth) AND expires_hour > ?",
            (blob, auth, self._hour()),
        ).fetchone()
        return row

    async def read(self, blob: bytes, auth: bytes, offset: int, most: int) -> bytes | None:
        """As in Store."""
        row = await self._committer.submit(partial(self._progress, blob, auth))
        if row is None or row[2] != auth:
            return None
        size = min(most, row[0] - offset)
        return await self._files.read(blob, offset, size) if size > 0 else b""

    async def delete_blob(self, blob: bytes, auth: bytes) -> bool:
        """As in Store."""
        async with self._files.held(blob):
            done: bool = await self._committer.submit(partial(self._delete_blob, blob, auth))
            if done:
                await self._files.remove(blob)
        self.bells.ring(blob)
        return done

    def _delete_blob(self, blob: bytes, auth: bytes, db: sqlite3.Connection) -> bool:
        found = self._progress(blob, auth, db) is not None
        if found:
            _forget_blob(db, blob)
        return found

    # The whole

    async def sweep(self) -> None:
        """As in Store."""
        while await self._committer.submit(self._sweep_mailbox):
            pass
        await self._committer.submit(self._sweep_blobs)
        for blob in await self._files.there():  # also those a crash left without a row
            async with self._files.held(blob):
                if not await self._committer.submit(partial(_is_blob, blob)):
                    await self._files.remove(blob)

    def _sweep_mailbox(self, db: sqlite3.Connection) -> bool:
        """Remove some of an expired mailbox; whether there may be more to remove."""
        row = db.execute(
            "SELECT box FROM mailbox WHERE expires_hour <= ? LIMIT 1", (self._hour(),)
        ).fetchone()
        if row is None:
            return False
        (box,) = row
        first = box << _SEQ_BITS
        some = db.execute(
            "SELECT place FROM body WHERE place > ? AND place < ? LIMIT ?",
            (first, first + (1 << _SEQ_BITS), _SWEEP),
        ).fetchall()
        db.executemany("DELETE FROM body WHERE place = ?", some)
        if len(some) < _SWEEP:
            _forget(db, box)
        return True

    def _sweep_blobs(self, db: sqlite3.Connection) -> None:
        expired = "SELECT id FROM blob WHERE expires_hour <= ?"
        for (blob,) in db.execute(expired, (self._hour(),)).fetchall():
            _forget_blob(db, blob)

    async def close(self) -> None:
        """As in Store."""
        await self._committer.close()

    def _hour(self) -> int:
        return this_hour(self._clock())

    def _room(self, db: sqlite3.Connection) -> int:
        """The bytes that may still be written: of what is allowed, and of what the disk has."""
        (held,) = db.execute("SELECT held FROM usage").fetchone()
        free = shutil.disk_usage(self._folder).free - self._limits.keep_free
        return min(self._limits.total_bytes - int(held), free)


def _charge(db: sqlite3.Connection, size: int) -> None:
    db.execute("UPDATE usage SET held = held + ?", (size,))


def _forget(db: sqlite3.Connection, box: int) -> None:
    first = box << _SEQ_BITS
    db.execute("DELETE FROM body WHERE place > ? AND place < ?", (first, first + (1 << _SEQ_BITS)))
    db.execute("DELETE FROM message WHERE box = ?", (box,))
    (held,) = db.execute("DELETE FROM mailbox WHERE box = ? RETURNING held", (box,)).fetchone()
    _charge(db, -held - TOMBSTONE)


def _forget_blob(db: sqlite3.Connection, blob: bytes) -> None:
    for (offset,) in db.execute(
        "DELETE FROM blob WHERE id = ? RETURNING offset", (blob,)
    ).fetchall():
        _charge(db, -offset - TOMBSTONE)


def _is_blob(blob: bytes, db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM blob WHERE id = ?", (blob,)).fetchone() is not None
