"""Posts and acknowledgements in batches: a handful of statements for all that came meanwhile.

Every step of a statement may have to wait for the event loop's thread to pause, so statements are
few and wide. A wide one that fails rolls back all, so that SQLite need not copy every page for the
case that it alone is undone. One process holds the file, so a seq is simply the next.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from tracktwo.relay.boxes import Ack, Box, Boxes
from tracktwo.relay.sqlite_tables import SEQ_BITS, Shared, charge
from tracktwo.relay.store import Post

_FIND = """
SELECT box, rid, sid, recv_auth, send_auth, held, messages, last_seq + 1 FROM mailbox
WHERE (sid IN ({sids}) OR rid IN ({rids})) AND expires_hour > ?
"""
_KNOWN = """
WITH asked (box, mid) AS (VALUES {rows})
SELECT message.box, message.mid, digest FROM asked CROSS JOIN message
ON message.box = asked.box AND message.mid = asked.mid
"""
_DROP = """
WITH gone (low, high) AS (VALUES {rows})
DELETE FROM body WHERE place IN
(SELECT place FROM gone CROSS JOIN body WHERE place > low AND place <= high)
RETURNING place >> {bits}, length(bytes)
"""
_COUNT = """
WITH change (box, seqs, held, messages) AS (VALUES {rows})
UPDATE OR ROLLBACK mailbox SET last_seq = last_seq + seqs, held = mailbox.held + change.held,
                   messages = mailbox.messages + change.messages
FROM change WHERE mailbox.box = change.box
"""
_REMEMBER = "INSERT OR ROLLBACK INTO message VALUES {rows}"
_KEEP = "INSERT OR ROLLBACK INTO body VALUES {rows}"

Numbers = dict[bytes, int]  # the box of each rid


class Writing:
    """Writes batches for one process."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def run(
        self, db: sqlite3.Connection, batch: list[Post | Ack]
    ) -> tuple[list[HTTPStatus], Boxes]:
        """A status for each post and acknowledgement, and the mailboxes they concern."""
        numbers, boxes = self._find(db, batch)
        _drop(db, batch, numbers, boxes)
        _recall(db, batch, numbers, boxes)
        statuses = boxes.decide(batch, self._shared.room(db), self._shared.limits)
        _carry_out(db, numbers, boxes.changed())
        return statuses, boxes

    def _find(self, db: sqlite3.Connection, batch: list[Post | Ack]) -> tuple[Numbers, Boxes]:
        sids = list({item.sid for item in batch if isinstance(item, Post)})
        rids = list({item.rid for item in batch if isinstance(item, Ack)})
        statement = _FIND.format(sids=_marks(len(sids)), rids=_marks(len(rids)))
        rows = db.execute(statement, [*sids, *rids, self._shared.hour()]).fetchall()
        return {row[1]: row[0] for row in rows}, Boxes(Box(*row[1:]) for row in rows)


def _drop(db: sqlite3.Connection, batch: list[Post | Ack], numbers: Numbers, boxes: Boxes) -> None:
    """Drop what is acknowledged."""
    upto: dict[bytes, int] = {}
    for item in batch:
        if isinstance(item, Ack) and boxes.of_reader(item) is not None:
            upto[item.rid] = max(item.upto, upto.get(item.rid, 0))
    ranges = []
    for rid, seq in upto.items():
        low = numbers[rid] << SEQ_BITS
        ranges.append((low, low + min(seq, boxes.by_rid[rid].first - 1)))
    rids = {numbers[rid]: rid for rid in upto}
    for box, size in _wide(db, _DROP, ranges):
        boxes.by_rid[rids[box]].drop(size)


def _recall(
    db: sqlite3.Connection, batch: list[Post | Ack], numbers: Numbers, boxes: Boxes
) -> None:
    """See which posts are known already."""
    rids: dict[int, bytes] = {}
    asked = []
    for item in batch:
        if isinstance(item, Post) and (box := boxes.of_sender(item)) is not None:
            number = numbers[box.rid]
            rids[number] = box.rid
            asked.append((number, item.mid))
    for number, mid, digest in _wide(db, _KNOWN, asked):
        boxes.by_rid[rids[number]].known[mid] = digest


def _carry_out(db: sqlite3.Connection, numbers: Numbers, changed: list[Box]) -> None:
    counts, tombstones, bodies = [], [], []
    for box in changed:
        number = numbers[box.rid]
        counts.append((number, len(box.posts), box.charged, len(box.posts) - box.dropped))
        place = (number << SEQ_BITS) + box.first
        for at, post in enumerate(box.posts, place):
            tombstones.append((number, post.mid, box.known[post.mid]))
            bodies.append((at, post.mid, post.body))
    _wide(db, _COUNT, counts)
    _wide(db, _REMEMBER, tombstones)
    _wide(db, _KEEP, bodies)
    if changed:
        charge(db, sum(box.charged for box in changed))


def _wide(
    db: sqlite3.Connection, statement: str, rows: Sequence[tuple[object, ...]]
) -> list[tuple[Any, ...]]:
    """What one statement over all these rows finds; nothing is asked of none."""
    if not rows:
        return []
    marks = ", ".join([f"({_marks(len(rows[0]))})"] * len(rows))
    flat = [value for row in rows for value in row]
    return db.execute(statement.format(rows=marks, bits=SEQ_BITS), flat).fetchall()


def _marks(count: int) -> str:
    return ", ".join("?" * count)
