"""Envelopes out and in, in the channel's file: sealed once, kept until they are acknowledged.

    out   sealed and stored in one transaction with the event and the session it moved
          -> queued -> posted (a relay has it) -> gone, once the member says it has seen the event
          posted too long ago -> queued, the same bytes under the same name
    in    stored raw -> the relay may forget it -> opened in the order its sender counted, in one
          transaction with all that follows from it -> the digest stays, so that it counts once

What is no event (heads, requests) is gone once it is posted: the next one says the same and more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import NamedTuple

from tracktwo.channel.card import Card
from tracktwo.channel.envelope import (
    BUCKETS,
    FIRST_WORD,
    Frame,
    mid_of,
    open_envelope,
    pair_key,
    seal,
)
from tracktwo.channel.keys import Keys
from tracktwo.channel.roster import Member
from tracktwo.channel.sessions import Sessions
from tracktwo.channel.store import Store
from tracktwo.encoding import encode
from tracktwo.errors import Malformed

BATCH = 256
"""Envelopes opened in one transaction."""

_HOUR = 3600
_DAY = 24  # hours
_FIRST = b"first word"  # stands where an event's id would
_MOST_HELD = 1000  # envelopes of senders we do not know; what is lost is asked for again
_LEAP = 1 << 32  # further than anybody counted since the backup


class Letter(NamedTuple):
    """An envelope to post."""

    mid: bytes
    relay: str
    send: bytes
    data: bytes
    is_event: bool


class Arrived(NamedTuple):
    """An envelope that was opened; `frame` is None if none of our keys opens it."""

    digest: bytes
    frame: Frame | None


class Mail:
    """See the module. Every method but `letters` and `accept` wants a transaction around it."""

    def __init__(self, store: Store, channel: bytes, own: bytes, keys: Keys) -> None:
        self._store, self._channel, self._own, self._keys = store, channel, own, keys
        self.sessions = Sessions(store, keys)

    def __repr__(self) -> str:
        return "Mail(<secret>)"

    # Out

    def send(
        self, peer: Member, note: list[object], event: tuple[bytes, int, int] | None = None
    ) -> None:
        """Seal a note for a member. `event`: its id, epoch and seq, if it carries one."""
        kind, olm = self.sessions.seal(peer.id, peer.card, encode(note))
        frame = Frame(self._own, self._count(peer.id), kind, olm)
        key = self._pair_key(peer.card)
        self.post(peer.id, peer.card, frame.signed_with(key, self._channel, peer.id), event)

    def post(
        self, peer: bytes, card: Card, frame: Frame, event: tuple[bytes, int, int] | None = None
    ) -> None:
        """Seal a frame for whoever has this card, and queue it."""
        envelope = seal(frame, card.hpke)
        ident, epoch, seq = event or (None, None, None)
        self._store.do(
            "INSERT INTO outbox (mid, peer, relay, send, bytes, event, epoch, seq, turn) VALUES "
            "(?, ?, ?, ?, ?, ?, ?, ?, (SELECT 1 + coalesce(max(turn), 0) FROM outbox))",
            *(mid_of(envelope), peer, card.relay, card.send, envelope, ident, epoch, seq),
        )

    def letters(self, limit: int = BATCH, *, but: Collection[bytes] = ()) -> list[Letter]:
        """What is to be posted to a relay now, in the order it was said.

        `but`: capabilities of mailboxes that are left out.
        """
        holes = ", ".join("?" * len(but))
        rows = self._store.rows(
            "SELECT mid, relay, send, bytes, event IS NOT NULL FROM outbox "  # noqa: S608 - holes
            f"WHERE state = 'queued' AND relay != '' AND send NOT IN ({holes}) "
            "ORDER BY turn LIMIT ?",
            *(*but, limit),
        )
        return [Letter(mid, relay, send, data, bool(e)) for mid, relay, send, data, e in rows]

    def posted(self, letters: list[Letter], now: int) -> None:
        """A relay has these, durably."""
        for letter in letters:
            if letter.is_event:
                self._store.do(
                    "UPDATE outbox SET state = 'posted', hour = ? WHERE mid = ?",
                    *(now // _HOUR, letter.mid),
                )
            else:
                self._store.do("DELETE FROM outbox WHERE mid = ?", letter.mid)

    def give_up(self, send: bytes) -> None:
        """No relay knows this mailbox: what nobody acknowledges would wait there for ever."""
        self._store.do("DELETE FROM outbox WHERE send = ? AND event IS NULL", send)

    def post_again(self, before: int) -> None:
        """Queue what was posted before this hour and is not acknowledged: the relay forgets."""
        self._store.do(
            "UPDATE outbox SET state = 'queued' WHERE state = 'posted' AND hour < ?", before
        )

    def delivered(self, peer: bytes, epoch: int, seq: int) -> None:
        """A member has seen our events up to here."""
        self._store.do(
            "DELETE FROM outbox WHERE peer = ? AND event IS NOT NULL AND "
            "(epoch < ? OR epoch = ? AND seq <= ?)",
            *(peer, epoch, epoch, seq),
        )

    def first_word(self, peer: bytes, card: Card, frame: Frame) -> None:
        """Queue the first word of somebody invited; it is kept until we are let in."""
        self.post(peer, card, frame, (_FIRST, 0, 0))

    def let_in(self) -> None:
        """The first word was heard."""
        self._store.do("DELETE FROM outbox WHERE event = ?", _FIRST)

    def redirect(self, peer: bytes, card: Card) -> None:
        """A member has another inbox; what is under way goes there."""
        self._store.do(
            "UPDATE outbox SET send = ?, state = 'queued' WHERE peer = ?", card.send, peer
        )

    def forget(self, peer: bytes) -> None:
        """Nothing more goes to this member."""
        self._store.do("DELETE FROM outbox WHERE peer = ?", peer)
        self.sessions.forget(peer)

    def restart(self, peer: Member) -> None:
        """After a backup was put back: no session of before ever seals again.

        What was queued and is an event stays until it is sealed anew.
        """
        self._store.do("DELETE FROM outbox WHERE peer = ? AND event IS NULL", peer.id)
        self._store.do("UPDATE member SET counter = counter + ? WHERE id = ?", _LEAP, peer.id)
        self.sessions.forget(peer.id)

    def _count(self, peer: bytes) -> int:
        self._store.do("UPDATE member SET counter = counter + 1 WHERE id = ?", peer)
        return int(self._store.one("SELECT counter FROM member WHERE id = ?", peer))

    # In

    def came_long_after(self, envelope: bytes, now: int) -> bool:
        """Whether an envelope we had came again, a day and more after the last time.

        Then it is its sender who posts it again, and does not know that we have it. What comes
        twice at once a relay doubled: were that answered, two would answer each other for ever.
        """
        return bool(
            self._store.do(
                "UPDATE inbox SET hour = ? WHERE digest = ? AND hour <= ?",
                *(now // _HOUR, _digest(envelope), now // _HOUR - _DAY),
            )
        )

    def accept(self, envelope: bytes, now: int) -> bool:
        """Keep an envelope that came, durably; whether it is new. Anything at all may come."""
        if len(envelope) not in BUCKETS:
            return False
        with self._store.transaction():
            return bool(
                self._store.do(
                    "INSERT OR IGNORE INTO inbox VALUES (?, ?, 'new', ?)",
                    *(_digest(envelope), envelope, now // _HOUR),
                )
            )

    def arrived(self) -> list[Arrived]:
        """What came and was not read, opened, in the order each sender counted."""
        rows = self._store.rows(
            "SELECT digest, raw FROM inbox WHERE state = 'new' ORDER BY rowid LIMIT ?", BATCH
        )
        opened = [Arrived(digest, self._open(raw)) for digest, raw in rows]
        return sorted(opened, key=lambda one: one.frame.counter if one.frame else 0)

    def _open(self, raw: bytes) -> Frame | None:
        try:
            return open_envelope(raw, self._keys.hpke)
        except Malformed:
            return None

    def settle(self, digest: bytes, state: str) -> None:
        """An envelope was "read", is "held" for a sender we do not know yet, or is "refused"."""
        if state == "held":
            self._store.do("UPDATE inbox SET state = 'held' WHERE digest = ?", digest)
            self._store.do(
                "UPDATE inbox SET state = 'refused', raw = NULL WHERE state = 'held' "
                "AND digest NOT IN (SELECT digest FROM inbox WHERE state = 'held' "
                "ORDER BY rowid DESC LIMIT ?)",
                _MOST_HELD,
            )
        else:
            self._store.do("UPDATE inbox SET state = ?, raw = NULL WHERE digest = ?", state, digest)

    def release(self) -> None:
        """Read again what was held: somebody new is known."""
        self._store.do("UPDATE inbox SET state = 'new' WHERE state = 'held'")

    def plain_of(self, frame: Frame, peer: Member) -> bytes:
        """What a member says in a frame. Raises Malformed; `is_from` was asked before."""
        return self.sessions.open(peer.id, peer.card.curve, frame.type, frame.olm)

    def is_from(self, frame: Frame, peer: Member) -> bool:
        """Whether a member made this frame, or we did."""
        return frame.type != FIRST_WORD and frame.is_from(
            self._pair_key(peer.card), self._channel, self._own
        )

    def _pair_key(self, card: Card) -> bytes:
        return pair_key(self._keys.mac, card.mac, self._channel)


def _digest(envelope: bytes) -> bytes:
    return hashlib.blake2b(envelope, digest_size=32, person=b"tracktwo inbox").digest()
