"""One channel's file on one's own machine: everything but what is shown, encrypted.

SQLCipher (`sqlcipher3`) under a raw 32-byte key, so that the file, its write-ahead log and its
indexes are noise without it. Every write is durable (synchronous FULL) before the caller goes on.
All state is in the file and read inside the transaction that changes it, so any number of processes
of one person may use a channel at once, and a killed one leaves nothing half-done.

    own       our side of the channel: one value a name (keys.py, replica.py)
    member    everyone ever in it: card, state, verified, note (never sent), since (first of ours)
    event     the log: bytes; waiting, or placed once all it refers to was here, or forked
    head      the last event of each author that took its place
    seen      how far each other member said it has seen each author: what is delivered
    private   the part of an event of ours that one member alone gets
    session   Olm sessions, the one used last first
    outbox    envelopes not yet acknowledged end to end; the same bytes are posted again
    inbox     envelopes that came: raw until they are read, then the digest alone, for ever
    alarm     what the log shows that should not be
    invitation, rendezvous    doors that stand open (invite.py)
    blob      large things under way (blob.py)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import sqlcipher3

from tracktwo import cipher
from tracktwo.errors import BadInput
from tracktwo.reasons import another_version, reason
from tracktwo.said import said

_VERSION = 1
_PATIENCE = 30.0  # seconds one process waits for another's transaction
_SCHEMA = """
CREATE TABLE own (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE member (
    id BLOB PRIMARY KEY, card BLOB NOT NULL, state TEXT NOT NULL,
    verified BLOB, note TEXT NOT NULL DEFAULT '', since_epoch INTEGER, since_seq INTEGER,
    counter INTEGER NOT NULL DEFAULT 0, heard INTEGER, asked INTEGER, reset INTEGER
) STRICT;
CREATE TABLE event (
    id BLOB PRIMARY KEY, author BLOB NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
    kind TEXT NOT NULL, bytes BLOB, state TEXT NOT NULL, place INTEGER UNIQUE, hour INTEGER NOT NULL
) STRICT;
CREATE INDEX event_of ON event (author, epoch, seq);
CREATE INDEX event_waiting ON event (author, epoch, seq) WHERE state = 'waiting';
CREATE TABLE head (
    author BLOB PRIMARY KEY, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, id BLOB NOT NULL,
    told INTEGER NOT NULL, base_epoch INTEGER NOT NULL, base_seq INTEGER NOT NULL
) STRICT;
CREATE TABLE seen (
    reporter BLOB NOT NULL, author BLOB NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
    id BLOB NOT NULL, PRIMARY KEY (reporter, author)
) STRICT;
CREATE TABLE private (
    event BLOB NOT NULL, member BLOB NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (event, member)
) STRICT;
CREATE TABLE session (
    peer BLOB NOT NULL, id TEXT NOT NULL, pickle TEXT NOT NULL, used INTEGER NOT NULL,
    PRIMARY KEY (peer, id)
) STRICT;
CREATE TABLE outbox (
    mid BLOB PRIMARY KEY, peer BLOB NOT NULL, relay TEXT NOT NULL, send BLOB NOT NULL,
    bytes BLOB NOT NULL, event BLOB, epoch INTEGER, seq INTEGER,
    state TEXT NOT NULL DEFAULT 'queued', hour INTEGER NOT NULL DEFAULT 0, turn INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_turn ON outbox (state, turn);
CREATE INDEX outbox_peer ON outbox (peer, epoch, seq);
CREATE TABLE inbox (
    digest BLOB PRIMARY KEY, raw BLOB, state TEXT NOT NULL, hour INTEGER NOT NULL
) STRICT;
CREATE INDEX inbox_state ON inbox (state);
CREATE TABLE alarm (
    kind TEXT NOT NULL, about BLOB NOT NULL, told_by BLOB NOT NULL, detail TEXT NOT NULL,
    hour INTEGER NOT NULL, PRIMARY KEY (kind, about, told_by, detail)
) STRICT;
CREATE TABLE invitation (
    id BLOB PRIMARY KEY, token BLOB NOT NULL, role TEXT NOT NULL, side TEXT NOT NULL,
    state TEXT NOT NULL, expires INTEGER NOT NULL, member BLOB
) STRICT;
CREATE TABLE blob (
    id BLOB PRIMARY KEY, peer BLOB NOT NULL, ticket BLOB NOT NULL, write BLOB NOT NULL,
    path TEXT NOT NULL, state TEXT NOT NULL
) STRICT;
CREATE TABLE rendezvous (
    number TEXT PRIMARY KEY, words TEXT NOT NULL, invitation BLOB NOT NULL, state TEXT NOT NULL,
    reply BLOB, expires INTEGER NOT NULL
) STRICT;
"""


class Store:
    """An open channel file. Raises BadInput if it cannot be opened or the key is another's."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        try:
            self._db = cipher.connect(path, key, patience=_PATIENCE)
            self._open()
        except cipher.FAULTS as error:
            raise BadInput(
                said("A channel's file cannot be opened ({why}).", why=reason(error)),
                where=path.name,
            ) from None

    def __repr__(self) -> str:
        return "Store(<secret>)"

    def _open(self) -> None:
        self._db.execute("PRAGMA journal_mode=WAL")
        if self.one("PRAGMA user_version") == 0:
            with self.transaction():
                if self.one("PRAGMA user_version") == 0:  # another process may have been quicker
                    for statement in _SCHEMA.split(";"):
                        self._db.execute(statement)
                    self._db.execute(f"PRAGMA user_version={_VERSION}")
        version = self.one("PRAGMA user_version")
        if version != _VERSION:
            raise sqlcipher3.DatabaseError(another_version(version, _VERSION))

    def close(self) -> None:
        """Empty the write-ahead log and close."""
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing, durable when this ends; inside another, a part of that one."""
        with cipher.transaction(self._db):
            yield

    def hold(self, held: ExitStack) -> None:
        """Let nobody write until `held` is closed."""
        self._db.execute("BEGIN IMMEDIATE")
        held.callback(self._db.execute, "ROLLBACK")

    def read_through(self) -> None:
        """Read every page. Raises what SQLite raises if one is damaged."""
        for (fault,) in self.rows("PRAGMA quick_check(1)"):
            if fault != "ok":
                raise sqlcipher3.DatabaseError(fault)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Inside a transaction: what is undone alone if it raises."""
        self._db.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK TO attempt")
            self._db.execute("RELEASE attempt")
            raise
        self._db.execute("RELEASE attempt")

    def do(self, statement: str, *values: object) -> int:
        """Run one statement; how many rows it changed."""
        return int(self._db.execute(statement, values).rowcount)

    def rows(self, query: str, *values: object) -> list[Any]:
        """All rows."""
        return list(self._db.execute(query, values).fetchall())

    def row(self, query: str, *values: object) -> Any:  # noqa: ANN401 - columns as asked for
        """The first row, or None."""
        return self._db.execute(query, values).fetchone()

    def one(self, query: str, *values: object) -> Any:  # noqa: ANN401 - as asked for
        """The first column of the first row, or None."""
        row = self.row(query, *values)
        return None if row is None else row[0]

    # What is ours

    def own(self, name: str) -> bytes | None:
        """One of our values."""
        value: bytes | None = self.one("SELECT value FROM own WHERE name = ?", name)
        return value

    def keep(self, name: str, value: bytes) -> None:
        """Set one of our values."""
        self.do("INSERT OR REPLACE INTO own VALUES (?, ?)", name, value)
