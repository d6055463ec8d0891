"""The local, never-replicated secrets of one side in one folder: probe seeds, and what was said.

One SQLite file for each folder and side, readable by its owner alone and held by one process at a
time. Every write is durable (synchronous FULL) before the caller goes on, which is what makes a
killed process able to come back without ever saying two different things. A seed is overwritten
(secure_delete) when its sitting ends. A sitting by a channel has a file of its own, encrypted
(SQLCipher) under a key the channel's file holds; that of a folder is not: docs/limitations.md.

    sitting   number | terms | salt | sealed | seed, NULL once ended | state | outcome
    kept      name | value      what a sitting by a channel is to go on with
    slot      sitting | author, "own" or "theirs" | round | digest     one row a message, for ever
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path
from typing import Any

from tracktwo import cipher
from tracktwo.errors import BadInput, PeerFault
from tracktwo.reasons import another_version, reason
from tracktwo.said import said

_VERSION = 1
_SCHEMA = """
CREATE TABLE sitting (
    number INTEGER PRIMARY KEY,
    terms BLOB NOT NULL,
    salt BLOB NOT NULL,
    sealed BLOB NOT NULL,
    seed BLOB,
    state TEXT NOT NULL CHECK (state IN ('open', 'answered', 'stopped')),
    outcome BLOB
) STRICT;
CREATE TABLE slot (
    sitting INTEGER NOT NULL REFERENCES sitting (number),
    author TEXT NOT NULL CHECK (author IN ('own', 'theirs')),
    round INTEGER NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (sitting, author, round)
) STRICT;
"""
_KEPT = "CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT"
_FAULTS = (sqlite3.Error, *cipher.FAULTS)


@dataclass(frozen=True, slots=True)
class Record:
    """A sitting as the vault knows it. `outcome` is encoded by the caller; no field is a secret."""

    number: int
    terms: bytes
    state: str
    outcome: bytes | None


class Vault:
    """Sittings, their seeds and their slots."""

    def __init__(self, path: Path, key: bytes | None = None) -> None:
        """Open or make the file, encrypted under `key` (32 bytes) if there is one.

        Raises BadInput if another process holds it or it cannot be opened.
        """
        self._path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._db = _connect(path, key)
            self._open()
        except _FAULTS as error:
            if "locked" in str(error):
                advice = "Wait for it to end, or stop it."
                raise BadInput(
                    "Another process runs this side of the folder.", advice=advice
                ) from None
            advice = "Set TRACKTWO_HOME to a folder of your own that can be written."
            what = said("The vault cannot be opened ({why}).", why=reason(error))
            raise BadInput(what, where=str(path), advice=advice) from None

    def _open(self) -> None:
        # EXCLUSIVE keeps every other process out for as long as this one lives, kill -9 included.
        # TRUNCATE because an exclusive journal otherwise stays, with the seed of an ended sitting.
        for pragma in (
            *("locking_mode=EXCLUSIVE", "journal_mode=TRUNCATE"),
            *("synchronous=FULL", "secure_delete=ON"),
        ):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute("BEGIN EXCLUSIVE")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            for statement in _SCHEMA.split(";"):
                self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version={_VERSION}")
        self._db.execute(_KEPT)
        self._db.execute("COMMIT")
        if version not in (0, _VERSION):
            raise sqlite3.DatabaseError(another_version(version, _VERSION))

    def __repr__(self) -> str:
        return "Vault(<secret>)"

    def close(self) -> None:
        """Let other processes in."""
        self._db.close()

    def scratch(self) -> BufferedRandom:
        """A nameless private file, gone when closed."""
        return tempfile.TemporaryFile(dir=self._path.parent)

    # Sittings

    def latest(self) -> Record | None:
        """The sitting with the highest number."""
        row = self._db.execute(
            "SELECT number, terms, state, outcome FROM sitting ORDER BY number DESC LIMIT 1"
        ).fetchone()
        return None if row is None else Record(*row)

    def begin(self, number: int, terms: bytes, position: bytes) -> None:
        """Open a sitting: fix its terms, seal the position of these bytes, draw its seed."""
        salt, seed = secrets.token_bytes(32), secrets.token_bytes(32)
        self._db.execute(
            "INSERT INTO sitting (number, terms, salt, sealed, seed, state)"
            " VALUES (?, ?, ?, ?, ?, 'open')",
            (number, terms, salt, _seal(salt, position), seed),
        )

    def is_sealed_on(self, number: int, position: bytes) -> bool:
        """Whether the sitting was sealed on a position of these bytes."""
        row = self._db.execute("SELECT salt, sealed FROM sitting WHERE number = ?", (number,))
        salt, sealed = row.fetchone()
        return hmac.compare_digest(_seal(salt, position), sealed)

    def seed(self, number: int) -> bytes:
        """The seed of an open sitting."""
        row = self._db.execute("SELECT seed FROM sitting WHERE number = ?", (number,)).fetchone()
        seed: bytes = row[0]
        return seed

    def end(self, number: int, state: str, outcome: bytes) -> None:
        """End a sitting as "answered" or "stopped", and destroy its seed, in one step."""
        self._db.execute(
            "UPDATE sitting SET state = ?, outcome = ?, seed = NULL WHERE number = ?",
            (state, outcome, number),
        )

    def keep(self, name: str, value: bytes) -> None:
        """Keep something to go on with."""
        self._db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, value))

    def kept(self, name: str) -> bytes | None:
        """What was kept."""
        row = self._db.execute("SELECT value FROM kept WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    # Slots

    def fill_slot(self, number: int, author: str, round_number: int, digest: bytes) -> None:
        """Take a slot for the message of this digest, for ever.

        Raises PeerFault if another message holds it: answering two would break secrecy.
        """
        with self._at_once():
            held = self.slot(number, author, round_number)
            if held is None:
                self._db.execute(
                    "INSERT INTO slot VALUES (?, ?, ?, ?)", (number, author, round_number, digest)
                )
            elif held != digest:
                raise PeerFault("A second, different message was offered where one already stands.")

    def may_be_answered(self, number: int) -> bool:
        """Whether the other side may know the answer: whether our tables were ever let out."""
        return self.slot(number, "own", 3) is not None

    def slot(self, number: int, author: str, round_number: int) -> bytes | None:
        """The digest of the message in a slot."""
        row = self._db.execute(
            "SELECT digest FROM slot WHERE sitting = ? AND author = ? AND round = ?",
            (number, author, round_number),
        ).fetchone()
        return None if row is None else row[0]

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _connect(path: Path, key: bytes | None) -> Any:  # noqa: ANN401 - of one library or the other
    if key is None:
        return sqlite3.connect(path, isolation_level=None, timeout=0)
    return cipher.connect(path, key, patience=0)


def _seal(salt: bytes, position: bytes) -> bytes:
    return hmac.digest(salt, hashlib.sha256(position).digest(), "sha256")
