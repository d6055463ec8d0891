"""The log of one channel on one machine: what was said, in an order that never runs ahead.

Every author's events form a chain (event.py). An event takes its place once the one before it in
its chain and everything its author had seen are here; until then it waits. So loss, reordering and
withholding only delay, and who tells two members different things is found out when their heads
meet. Found out, not proven: without signatures a liar can also claim a false head, so an alarm
names whom it is about and who told (research: channel.md 4).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracktwo.channel.event import Event, Head, id_of, read
from tracktwo.channel.store import Store
from tracktwo.errors import Malformed

Placed = Callable[[bytes, Event], None]
"""Told of each event, with its id, as it takes its place, inside the transaction."""


class Log:
    """See the module. `own` is our member id. Every method wants a transaction around it."""

    def __init__(self, store: Store, channel: bytes, own: bytes, placed: Placed) -> None:
        self._store, self._channel, self._own, self._placed = store, channel, own, placed

    # Our own events

    def begin(self, epoch: int) -> None:
        """Begin our chain anew, after a backup was restored."""
        self._store.do(
            "UPDATE head SET epoch = ?, seq = 0 WHERE author = ? AND epoch < ?",
            *(epoch, self._own, epoch),
        )

    def append(self, kind: str, body: Any, hour: int) -> tuple[bytes, Event, bytes]:  # noqa: ANN401 - a plain tree
        """Say something: the event's id, the event, its bytes. Raises Malformed if too long."""
        last = self.head(self._own) or Head(self._own, 0, 0, b"")
        heads = self._untold()
        event = Event(
            *(self._channel, self._own, last.epoch, last.seq + 1, last.id),
            heads=tuple(heads),
            kind=kind,
            body=body,
            hour=hour,
        )
        data = event.encode()
        self._store.do("UPDATE head SET told = 1")
        ident = id_of(data)
        self._insert(ident, event, data, "waiting")
        self._place(ident, event)
        return ident, event, data

    def _untold(self) -> list[Head]:
        rows = self._store.rows(
            "SELECT author, epoch, seq, id FROM head WHERE told = 0 AND author != ? "
            "AND seq > 0 ORDER BY author",
            self._own,
        )
        return [Head(*row) for row in rows]

    # Others' events

    def receive(self, data: bytes, author: bytes, *, starts: bool, hour: int) -> bool:
        """Take an event from the author itself; whether it was new.

        `starts`: the author says that its chain begins here for us. Raises Malformed if this is no
        event of that author in this channel.
        """
        event = read(data)
        if event.channel != self._channel or event.author != author:
            raise Malformed("An event is under another's name.")
        ident = id_of(data)
        if self._store.one("SELECT 1 FROM event WHERE id = ?", ident):
            return False
        if starts:
            self._start(event)
        state = "waiting"
        if self._conflicts(event):
            self.alarm("fork", author, author, ident.hex(), hour)
            state = "forked"
        self._insert(ident, event, data, state)
        self.settle(hour)
        return True

    def _start(self, event: Event) -> None:
        head = self.head(event.author)
        placed = self._store.one(
            "SELECT 1 FROM event WHERE author = ? AND state = 'placed'", event.author
        )
        if placed or (head and (head.epoch, head.seq) > (event.epoch, event.seq - 1)):
            return
        self.base(Head(event.author, event.epoch, event.seq - 1, event.prev))

    def base(self, head: Head) -> None:
        """Take it that everything of an author up to here is known: it was before our time."""
        self._store.do(
            "INSERT OR REPLACE INTO head VALUES (?1, ?2, ?3, ?4, 1, ?2, ?3)",
            *(head.author, head.epoch, head.seq, head.id),
        )

    def _conflicts(self, event: Event) -> bool:
        """Whether another event stands where this one wants to."""
        where = (event.author, event.epoch, event.seq)
        if self._store.one(
            "SELECT 1 FROM event WHERE author = ? AND epoch = ? AND seq = ? AND state != 'forked'",
            *where,
        ):
            return True
        head = self.head(event.author)
        return head is not None and (event.epoch, event.seq) <= (head.epoch, head.seq)

    def settle(self, hour: int) -> None:
        """Give their places to all that can have one."""
        moved = True
        while moved:
            moved = False
            for (author,) in self._store.rows(
                "SELECT DISTINCT author FROM event WHERE state = 'waiting' ORDER BY author"
            ):
                while self._settle_next(author, hour):
                    moved = True

    def _settle_next(self, author: bytes, hour: int) -> bool:
        head = self.head(author) or Head(author, 0, 0, b"")
        row = self._store.row(
            "SELECT id, bytes FROM event WHERE author = ?1 AND state = 'waiting' AND "
            "(epoch = ?2 AND seq = ?3 OR epoch > ?2 AND seq = 1) ORDER BY epoch LIMIT 1",
            *(author, head.epoch, head.seq + 1),
        )
        if row is None:
            return False
        ident, data = row
        event = read(data)
        if event.epoch == head.epoch and event.prev != head.id:
            self.alarm("fork", author, author, ident.hex(), hour)
            self._store.do("UPDATE event SET state = 'forked' WHERE id = ?", ident)
            return True
        if not all(self.knows(seen, told_by=author, hour=hour) for seen in event.heads):
            return False
        self._place(ident, event)
        return True

    def knows(self, head: Head, *, told_by: bytes, hour: int) -> bool:
        """Whether what somebody has seen is here too, or never will be asked for.

        Raises an alarm if something else stands in its place.
        """
        ours = self.head(head.author)
        if ours is None:  # nobody we know, or gone
            return not self._is_active(head.author)
        base = self._store.row(
            "SELECT base_epoch, base_seq FROM head WHERE author = ?", head.author
        )
        where = (head.epoch, head.seq)
        if where <= tuple(base):
            return True
        stands = self._store.one(
            "SELECT id FROM event WHERE author = ? AND epoch = ? AND seq = ? AND state = 'placed'",
            *(head.author, *where),
        )
        if stands is None and head.author == self._own:
            if where > (ours.epoch, ours.seq):
                self.alarm("ahead", head.author, told_by, head.id.hex(), hour)
            return True
        if stands is None:
            return where <= (ours.epoch, ours.seq) or not self._is_active(head.author)
        if stands != head.id:
            self.alarm("fork", head.author, told_by, head.id.hex(), hour)
        return True

    def _is_active(self, author: bytes) -> bool:
        return bool(
            self._store.one("SELECT 1 FROM member WHERE id = ? AND state = 'active'", author)
        )

    # Both

    def head(self, author: bytes) -> Head | None:
        """The last placed event of an author."""
        row = self._store.row("SELECT author, epoch, seq, id FROM head WHERE author = ?", author)
        return None if row is None else Head(*row)

    def heads(self) -> list[Head]:
        """The last placed event of every author."""
        rows = self._store.rows("SELECT author, epoch, seq, id FROM head ORDER BY author")
        return [Head(*row) for row in rows if row[2]]

    def alarm(self, kind: str, about: bytes, told_by: bytes, detail: str, hour: int) -> None:
        """Keep that something is not as it should be. Said once each."""
        self._store.do(
            "INSERT OR IGNORE INTO alarm VALUES (?, ?, ?, ?, ?)",
            *(kind, about, told_by, detail, hour),
        )

    def _insert(self, ident: bytes, event: Event, data: bytes, state: str) -> None:
        self._store.do(
            "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?)",
            *(ident, event.author, event.epoch, event.seq, event.kind, data, state, event.hour),
        )

    def _place(self, ident: bytes, event: Event) -> None:
        self._store.do(
            "UPDATE event SET state = 'placed', "
            "place = (SELECT 1 + coalesce(max(place), 0) FROM event) WHERE id = ?",
            ident,
        )
        self._store.do(
            "INSERT INTO head VALUES (?1, ?2, ?3, ?4, ?5, 0, 0) ON CONFLICT (author) "
            "DO UPDATE SET epoch = ?2, seq = ?3, id = ?4, told = ?5",
            *(event.author, event.epoch, event.seq, ident, int(event.author == self._own)),
        )
        for head in event.heads:
            self.note_seen(event.author, head)
        self.note_seen(event.author, Head(event.author, event.epoch, event.seq, ident))
        self._placed(ident, event)

    def note_seen(self, reporter: bytes, head: Head) -> None:
        """Keep how far a member says it has seen an author."""
        self._store.do(
            "INSERT INTO seen VALUES (?1, ?2, ?3, ?4) ON CONFLICT (reporter, author) DO UPDATE "
            "SET epoch = ?3, seq = ?4 WHERE (epoch, seq) < (?3, ?4)",
            *(reporter, head.author, head.epoch, head.seq),
        )

    def missing(self) -> list[tuple[bytes, int, int, int]]:
        """What others have seen and we have not: author, epoch, first and last seq."""
        found = []
        for author, epoch, last in self._store.rows(
            "SELECT author, epoch, max(seq) FROM (SELECT author, epoch, seq FROM seen UNION ALL "
            "SELECT author, epoch, seq - 1 FROM event WHERE state = 'waiting') "
            "WHERE author != ? GROUP BY author, epoch ORDER BY author, epoch",
            self._own,
        ):
            head = self.head(author) or Head(author, 0, 0, b"")
            first = head.seq + 1 if epoch == head.epoch else 1
            if epoch < head.epoch or first > last or not self._is_active(author):
                continue
            present = self._store.one(
                "SELECT count(*) FROM event WHERE author = ? AND epoch = ? AND seq BETWEEN ? AND ? "
                "AND state = 'waiting'",
                *(author, epoch, first, last),
            )
            if present < last - first + 1:
                found.append((author, epoch, first, last))
        return found
