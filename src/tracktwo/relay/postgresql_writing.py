"""Posts and acknowledgements in batches: one transaction, three round trips, one NOTIFY.

A seq is taken from the mailbox's row, which stays locked until the commit. Were it taken from a
database sequence, commits could become visible out of order, and a reader's cursor skip a message.
Rows are locked in the order of their rids, so that two batches never wait for each other.
"""

from __future__ import annotations

from http import HTTPStatus

from tracktwo.relay.boxes import Ack, Box, Boxes
from tracktwo.relay.connections import Connection
from tracktwo.relay.postgresql_tables import Shared, tell
from tracktwo.relay.store import Post

_LOCK = """
SELECT rid, sid, recv_auth, send_auth, held, messages FROM mailbox
WHERE (sid = ANY(%b) OR rid = ANY(%b)) AND expires_hour > %b ORDER BY rid FOR UPDATE
"""
_KNOWN = """
SELECT m.rid, m.mid, m.digest FROM unnest(%b::bytea[], %b::bytea[]) AS a(sid, mid)
JOIN mailbox USING (sid) JOIN message m ON m.rid = mailbox.rid AND m.mid = a.mid
"""
_DROP = """
DELETE FROM body
USING unnest(%b::bytea[], %b::bytea[], %b::bigint[]) AS a(rid, auth, upto), mailbox AS m
WHERE m.rid = a.rid AND m.recv_auth = a.auth AND body.rid = a.rid AND seq <= a.upto
RETURNING body.rid, length(bytes)
"""
_COUNT = """
UPDATE mailbox SET next_seq = next_seq + n, held = mailbox.held + a.held,
                   messages = mailbox.messages + a.messages
FROM unnest(%b::bytea[], %b::bigint[], %b::bigint[], %b::bigint[]) AS a(rid, n, held, messages)
WHERE mailbox.rid = a.rid RETURNING mailbox.rid, next_seq - n
"""
_REMEMBER = "INSERT INTO message SELECT * FROM unnest(%b::bytea[], %b::bytea[], %b::bytea[])"
_KEEP = "INSERT INTO body SELECT * FROM unnest(%b::bytea[], %b::bigint[], %b::bytea[], %b::bytea[])"


class Writing:
    """Writes batches for one process."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    async def run(self, batch: list[Post | Ack]) -> list[HTTPStatus]:
        """A status for each post and acknowledgement, durable. Raises Full or Unavailable.

        The readers of what was stored have been rung for, here and in the other processes.
        """
        async with self._shared.connections.one() as connection:
            boxes = await self._lock(connection, batch)
            statuses = boxes.decide(batch, self._shared.room(), self._shared.limits)
            await self._carry_out(connection, boxes)
        self._shared.held += sum(box.charged for box in boxes.changed())
        boxes.ring(self._shared.bells)
        return statuses

    async def _lock(self, connection: Connection, batch: list[Post | Ack]) -> Boxes:
        """Lock the mailboxes, drop what is acknowledged, see which posts are known already."""
        posts = [item for item in batch if isinstance(item, Post)]
        acks = [item for item in batch if isinstance(item, Ack)]
        sids, rids = [post.sid for post in posts], [ack.rid for ack in acks]
        auths, upto = [ack.auth for ack in acks], [ack.upto for ack in acks]
        async with connection.pipeline():
            await connection.execute("BEGIN")
            locked = await connection.execute(_LOCK, [sids, rids, self._shared.hour()], binary=True)
            mids = [post.mid for post in posts]
            known = await connection.execute(_KNOWN, [sids, mids], binary=True)
            dropped = await connection.execute(_DROP, [rids, auths, upto], binary=True)
        boxes = Boxes(Box(*row) for row in await locked.fetchall())
        for rid, mid, digest in await known.fetchall():
            if rid in boxes.by_rid:
                boxes.by_rid[rid].known[mid] = digest
        for rid, size in await dropped.fetchall():
            if rid in boxes.by_rid:
                boxes.by_rid[rid].drop(size)
        return boxes

    async def _carry_out(self, connection: Connection, boxes: Boxes) -> None:
        changed = boxes.changed()
        if not changed:
            await connection.execute("COMMIT")
            return
        changes = [
            [box.rid for box in changed],
            [len(box.posts) for box in changed],
            [box.charged for box in changed],
            [len(box.posts) - box.dropped for box in changed],
        ]
        counted = await connection.execute(_COUNT, changes, binary=True)
        for rid, first in await counted.fetchall():
            boxes.by_rid[rid].first = first
        placed = [(box.rid, frame) for box in changed for frame in box.frames()]
        rids, frames = [rid for rid, _ in placed], [frame for _, frame in placed]
        mids, seqs = [frame.mid for frame in frames], [frame.seq for frame in frames]
        async with connection.pipeline():
            if placed:
                digests = [box.known[post.mid] for box in changed for post in box.posts]
                await connection.execute(_REMEMBER, [rids, mids, digests])
                bodies = [frame.body for frame in frames]
                await connection.execute(_KEEP, [rids, seqs, mids, bodies])
                await tell(connection, set(rids))
            await connection.execute("COMMIT")
