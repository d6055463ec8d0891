"""The tables that relay processes share, and what each part of the storage needs to use them.

mailbox   rid | sid | recv_auth | send_auth | next_seq | held | messages | expires_hour
message   rid, mid | digest              what was once here: the tombstone, until the mailbox ends
body      rid, seq | mid | bytes         what was not yet acknowledged, in order
blob      id | read_auth | write_auth | total | done | expires_hour
piece     id, start | bytes              what of a blob is there, in order
version   number                         of these tables
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tracktwo.relay.bells import Bells
from tracktwo.relay.connections import Connection, Connections
from tracktwo.relay.limits import TOMBSTONE, Limits
from tracktwo.relay.store import VERSION, require_version, this_hour

SCHEMA = """
CREATE TABLE IF NOT EXISTS mailbox (
    rid bytea PRIMARY KEY,
    sid bytea NOT NULL UNIQUE,
    recv_auth bytea NOT NULL,
    send_auth bytea NOT NULL,
    next_seq bigint NOT NULL DEFAULT 1,
    held bigint NOT NULL DEFAULT 0,
    messages bigint NOT NULL DEFAULT 0,
    expires_hour bigint NOT NULL
) WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS message (
    rid bytea NOT NULL,
    mid bytea NOT NULL,
    digest bytea NOT NULL,
    PRIMARY KEY (rid, mid)
);
CREATE TABLE IF NOT EXISTS body (
    rid bytea NOT NULL,
    seq bigint NOT NULL,
    mid bytea NOT NULL,
    bytes bytea STORAGE EXTERNAL NOT NULL,
    PRIMARY KEY (rid, seq)
) WITH (toast_tuple_target = 8160);
CREATE TABLE IF NOT EXISTS blob (
    id bytea PRIMARY KEY,
    read_auth bytea NOT NULL,
    write_auth bytea NOT NULL,
    total bigint NOT NULL,
    done bigint NOT NULL DEFAULT 0,
    expires_hour bigint NOT NULL
);
CREATE TABLE IF NOT EXISTS piece (
    id bytea NOT NULL,
    start bigint NOT NULL,
    bytes bytea STORAGE EXTERNAL NOT NULL,
    PRIMARY KEY (id, start)
);
CREATE TABLE IF NOT EXISTS version (
    one integer PRIMARY KEY CHECK (one = 1),
    number integer NOT NULL
)
"""
_VERSION = (
    "INSERT INTO version VALUES (1, %s) ON CONFLICT (one) DO UPDATE SET one = 1 RETURNING number"
)
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(7370616365)"  # two relays may start together
_HELD = """
SELECT (SELECT coalesce(sum(held + %(row)s), 0) FROM mailbox)::bigint
     + (SELECT coalesce(sum(done + %(row)s), 0) FROM blob)::bigint
"""
_NEWS = "SELECT pg_notify('tracktwo_relay', %s)"
CHANNEL = "LISTEN tracktwo_relay"


async def make_tables(connection: Connection) -> None:
    """Make the tables that are not there. Raises psycopg.Error, BadInput for a later program's."""
    async with connection.transaction():
        await connection.execute(_ONE_AT_A_TIME)
        for statement in SCHEMA.split(";"):
            await connection.execute(statement.encode())
        row = await (await connection.execute(_VERSION, [VERSION])).fetchone()
        require_version(int(row[0]) if row else 0, "the database")


async def tell(connection: Connection, names: set[bytes]) -> None:
    """Let the other processes ring for these mailboxes or blobs once this transaction is through.

    One NOTIFY for all: each takes a lock of the whole server at the commit.
    """
    if names:
        await connection.execute(_NEWS, ["".join(name.hex() for name in names)])


@dataclass
class Shared:
    """What the parts of the storage have in common in one process."""

    connections: Connections
    limits: Limits
    clock: Callable[[], float]
    bells: Bells
    held: int = 0  # bytes counted of everything; measured now and then, other processes write too

    def hour(self) -> int:
        """Hours since 1970."""
        return this_hour(self.clock())

    def room(self) -> int:
        """The bytes that may still be written."""
        return self.limits.total_bytes - self.held

    async def measure(self) -> None:
        """Count anew what everything holds. Raises Unavailable."""
        async with self.connections.one() as connection:
            cursor = await connection.execute(_HELD, {"row": TOMBSTONE})
            row = await cursor.fetchone()
            self.held = 0 if row is None else row[0]
