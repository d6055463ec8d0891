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

_UNTOLD, _ACKNOWLEDGED, _SAID = 0, 1, 2
# How far the others were told of a head. An acknowledgement is no event and holds nothing up: what
# we say next refers to all it answers whether or not we acknowledged it before.
_ASKED_AT_ONCE = 1000
# What one member can make us keep that leads nowhere. What is beyond can be said again.
_MOST_WAITING, _MOST_FORKED, _MOST_SEEN, _MOST_ALARMS = 10_000, 200, 1000, 200

Placed = Callable[[bytes, Event], None]
"""Told of each event, with its id, as it takes its place, inside the transaction."""


class Log:
    """See the module. `own` is our member id. Every method wants a transaction around it."""

    def __init__(
        self,
        store: Store,
        channel: bytes,
        own: bytes,
        placed: Placed,
        is_going: Callable[[bytes], bool] = lambda _: False,
    ) -> None:
        """`is_going`: whether a member is being removed: nothing of it is waited for, or taken."""
        self._store, self._channel, self._own, self._placed = store, channel, own, placed
        self._is_going = is_going

    # Our own events

    def begin(self, epoch: int) -> None:
        """Begin our chain anew, after a backup was restored."""
        self._store.do(
            "INSERT INTO head VALUES (?1, ?2, 0, x'', ?3, 0, 0) ON CONFLICT (author) "
            "DO UPDATE SET epoch = max(?2, epoch + 1), seq = 0",  # a clock may be behind
            *(self._own, epoch, _SAID),
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
        self._store.do("UPDATE head SET told = ?", _SAID)
        ident = id_of(data)
        self._insert(ident, event, data, "waiting", hour)
        self._place(ident, event, hour)
        return ident, event, data

    def _untold(self) -> list[Head]:
        rows = self._store.rows(
            "SELECT author, epoch, seq, id FROM head WHERE told < ? AND author != ? "
            "AND seq > 0 ORDER BY author",
            *(_SAID, self._own),
        )
        return [Head(*row) for row in rows]

    def acknowledged(self) -> bool:
        """Take it that all heads were told in notes; whether there was one to tell."""
        return bool(
            self._store.do("UPDATE head SET told = ? WHERE told = ?", _ACKNOWLEDGED, _UNTOLD)
        )

    def has_untold(self) -> bool:
        """Whether there is a head that the others were not told of."""
        return bool(self._store.one("SELECT 1 FROM head WHERE told = ?", _UNTOLD))

    def acknowledge_again(self) -> None:
        """Somebody does not know what we acknowledged: tell all heads again, in a note."""
        self._store.do("UPDATE head SET told = ? WHERE told = ?", _UNTOLD, _ACKNOWLEDGED)

    # Others' events

    def receive(self, data: bytes, author: bytes, *, starts: bool, hour: int) -> bool:
        """Take an event from the author itself; whether it was new.

        `starts`: the author says that its chain begins here for us. Raises Malformed if this is no
        event of that author in this channel, or too much of its waits already.
        """
        event = read(data)
        if event.channel != self._channel or event.author != author:
            raise Malformed("An event is under another's name.")
        ident = id_of(data)
        if self._store.one("SELECT 1 FROM event WHERE id = ?", ident):
            return False
        if self._is_going(author):  # others may have their places without it already
            return False
        if starts:
            self._base_before(Head(event.author, event.epoch, event.seq - 1, event.prev))
        kind = self._conflict(event)
        if kind is None and not self._is_next(event) and self._is_full(author, "waiting"):
            raise Malformed("Too much of this member waits already.")
        self._insert(ident, event, data, "waiting", hour)
        if kind is not None:
            self.alarm(kind, author, author, ident.hex(), hour)
            self._put_aside(ident, author)
        self.settle(hour)
        return True

    def _put_aside(self, ident: bytes, author: bytes) -> None:
        """Keep what has no place beside what has it; of too much the alarm is enough."""
        if self._is_full(author, "forked"):
            self._store.do("DELETE FROM event WHERE id = ?", ident)
        else:
            self._store.do("UPDATE event SET state = 'forked' WHERE id = ?", ident)

    def _is_full(self, author: bytes, state: str) -> bool:
        """Whether no more events of an author are kept in this state."""
        most = {"waiting": _MOST_WAITING, "forked": _MOST_FORKED}[state]
        found: int = self._store.one(
            "SELECT count(*) FROM event WHERE author = ? AND state = ?", author, state
        )
        return found >= most

    def _is_next(self, event: Event) -> bool:
        head = self.head(event.author) or Head(event.author, 0, 0, b"")
        return (event.epoch, event.seq) == (head.epoch, head.seq + 1)

    def start(self, head: Head, hour: int) -> None:
        """An author says that its chain up to here is none of ours."""
        self._base_before(head)
        self.settle(hour)

    def _base_before(self, before: Head) -> None:
        head = self.head(before.author)
        placed = self._store.one(
            "SELECT 1 FROM event WHERE author = ? AND state = 'placed'", before.author
        )
        if placed or (head and (head.epoch, head.seq) > (before.epoch, before.seq)):
            return
        if head and not head.id:  # came in after us: cannot have begun before our time
            return
        self.base(before)

    def base(self, head: Head) -> None:
        """Take it that everything of an author up to here is known: it was before our time."""
        self._store.do(
            "INSERT OR REPLACE INTO head VALUES (?1, ?2, ?3, ?4, ?5, ?2, ?3)",
            *(head.author, head.epoch, head.seq, head.id, _SAID),
        )

    def _conflict(self, event: Event) -> str | None:
        """What is wrong with the place this event wants: another stands there, or it is past."""
        where = (event.author, event.epoch, event.seq)
        if self._store.one(
            "SELECT 1 FROM event WHERE author = ? AND epoch = ? AND seq = ? AND state != 'forked'",
            *where,
        ):
            return "fork"
        head = self.head(event.author)
        if head is None or (event.epoch, event.seq) > (head.epoch, head.seq):
            return None
        return "fork" if event.epoch == head.epoch else "rewound"

    def settle(self, hour: int) -> None:
        """Give their places to all that can have one."""
        while self._settle_one(hour):
            pass

    def _settle_one(self, hour: int) -> bool:
        authors = self._store.rows(
            "SELECT DISTINCT author FROM event WHERE state = 'waiting' ORDER BY author"
        )
        return any(self._settle_next(author, hour) for (author,) in authors)

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
            self._put_aside(ident, author)
            return True
        if not self._follows(event, head):
            return False
        if not all(self.knows(seen, told_by=author, hour=hour) for seen in event.heads):
            return False
        if event.prev != head.id:  # a backup was restored, or two faces hide behind saying so
            self.alarm("rewound", author, author, ident.hex(), hour)
        self._place(ident, event, hour)
        return True

    def _follows(self, event: Event, head: Head) -> bool:
        """Whether what an event follows in its chain is here."""
        return event.prev in (head.id, b"") or bool(
            self._store.one(
                "SELECT 1 FROM event WHERE id = ? AND author = ? AND state = 'placed'",
                *(event.prev, event.author),
            )
        )

    def knows(self, head: Head, *, told_by: bytes, hour: int) -> bool:
        """Whether what somebody has seen has its place here too, or never will have one.

        Raises an alarm if something else stands in its place.
        """
        ours = self.head(head.author)
        if ours is None and head.author == self._own:
            ours = Head(self._own, 0, 0, b"")
        if ours is None:
            return self._is_lost(head)
        base = self._store.row(
            "SELECT base_epoch, base_seq FROM head WHERE author = ?", head.author
        )
        where = (head.epoch, head.seq)
        if where <= tuple(base or (0, 0)):
            return True
        stands = self._store.one(
            "SELECT id FROM event WHERE author = ? AND epoch = ? AND seq = ? AND state = 'placed'",
            *(head.author, *where),
        )
        if stands is None and where <= (ours.epoch, ours.seq):
            self.alarm("rewound", head.author, told_by, head.id.hex(), hour)
            return True
        if stands is None and head.author == self._own:
            self.alarm("ahead", head.author, told_by, head.id.hex(), hour)
            return True
        if stands is None:
            return self._is_lost(head)
        if stands != head.id:
            self.alarm("fork", head.author, told_by, head.id.hex(), hour)
        return True

    def _is_lost(self, head: Head) -> bool:
        """Whether an author is gone, or going, and its chain up to here is not all here."""
        if self._is_active(head.author) and not self._is_going(head.author):
            return False
        first, ident = None, head.id
        while data := self._store.one(
            "SELECT bytes FROM event WHERE id = ? AND author = ? AND state = 'waiting'",
            *(ident, head.author),
        ):
            first = read(data)
            ident = first.prev
        ours = self.head(head.author) or Head(head.author, 0, 0, b"")
        return first is None or not self._follows(first, ours)

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
        """Keep that something is not as it should be. Said once each, and not without end."""
        self._store.do(
            "INSERT OR IGNORE INTO alarm SELECT ?1, ?2, ?3, ?4, ?5 "
            "WHERE (SELECT count(*) FROM alarm WHERE told_by = ?3) < ?6",
            *(kind, about, told_by, detail, hour, _MOST_ALARMS),
        )

    def _insert(self, ident: bytes, event: Event, data: bytes, state: str, hour: int) -> None:
        self._store.do(
            "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?)",
            *(ident, event.author, event.epoch, event.seq, event.kind, data, state, hour),
        )

    def _place(self, ident: bytes, event: Event, hour: int) -> None:
        self._store.do(
            "UPDATE event SET state = 'placed', "
            "place = (SELECT 1 + coalesce(max(place), 0) FROM event) WHERE id = ?",
            ident,
        )
        self._store.do(
            "INSERT INTO head VALUES (?1, ?2, ?3, ?4, ?5, 0, 0) ON CONFLICT (author) "
            "DO UPDATE SET epoch = ?2, seq = ?3, id = ?4, told = ?5",
            *(event.author, event.epoch, event.seq, ident),
            _SAID if event.author == self._own else _UNTOLD,
        )
        for (reporter,) in self._store.rows(
            "SELECT reporter FROM seen WHERE author = ? AND epoch = ? AND seq = ? AND id != ?",
            *(event.author, event.epoch, event.seq, ident),
        ):
            self.alarm("fork", event.author, reporter, ident.hex(), hour)
        for head in event.heads:
            self.note_seen(event.author, head)
        self.note_seen(event.author, Head(event.author, event.epoch, event.seq, ident))
        self._placed(ident, event)

    def note_seen(self, reporter: bytes, head: Head) -> None:
        """Keep how far a member says it has seen an author; of strangers, not without end."""
        self._store.do(
            "INSERT INTO seen SELECT ?1, ?2, ?3, ?4, ?5 "
            "WHERE EXISTS (SELECT 1 FROM member WHERE id = ?2) "
            "OR (SELECT count(*) FROM seen WHERE reporter = ?1) < ?6 "
            "ON CONFLICT (reporter, author) DO UPDATE "
            "SET epoch = ?3, seq = ?4, id = ?5 WHERE (epoch, seq) < (?3, ?4)",
            *(reporter, head.author, head.epoch, head.seq, head.id, _MOST_SEEN),
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
        return found + self._cut_off({(author, epoch) for author, epoch, _, _ in found})

    def _cut_off(self, asked: set[tuple[bytes, int]]) -> list[tuple[bytes, int, int, int]]:
        """What is missing of a chain's last epoch, where the next has begun and follows on it."""
        found = []
        for author, data in self._store.rows(
            "SELECT author, bytes FROM event WHERE state = 'waiting' AND seq = 1 AND epoch > 0"
        ):
            head = self.head(author) or Head(author, 0, 0, b"")
            if (author, head.epoch) not in asked and not self._follows(read(data), head):
                found.append((author, head.epoch, head.seq + 1, head.seq + _ASKED_AT_ONCE))
        return found
