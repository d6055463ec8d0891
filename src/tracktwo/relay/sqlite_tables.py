"""The tables of one relay process, and what each part of the storage needs to use them.

mailbox   box | rid | sid | recv_auth | send_auth | last_seq | held | messages | expires_hour
message   box, mid | digest              what was once here: the tombstone, until the mailbox ends
body      place = box << 40 | seq | mid | bytes      what was not yet acknowledged, in order
blob      id | read_auth | write_auth | total | offset | expires_hour
usage     held                           bytes counted of all mailboxes and blobs together
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tracktwo.relay.bells import Bells
from tracktwo.relay.committing import Committer
from tracktwo.relay.limits import Limits
from tracktwo.relay.store import this_hour

SEQ_BITS = 40  # of a place, the rest is the number of the box

SCHEMA = """
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


@dataclass(frozen=True)
class Shared:
    """What mailboxes and blobs have in common."""

    committer: Committer
    folder: Path
    limits: Limits
    clock: Callable[[], float]
    bells: Bells

    def hour(self) -> int:
        """Hours since 1970."""
        return this_hour(self.clock())

    def room(self, db: sqlite3.Connection) -> int:
        """The bytes that may still be written: of what is allowed, and of what the disk has."""
        (held,) = db.execute("SELECT held FROM usage").fetchone()
        free = shutil.disk_usage(self.folder).free - self.limits.keep_free
        return min(self.limits.total_bytes - int(held), free)


def charge(db: sqlite3.Connection, size: int) -> None:
    """Count so many bytes more, or fewer."""
    db.execute("UPDATE usage SET held = held + ?", (size,))
