"""One member's copy of a channel: say something, take what comes, and what follows from it.

What a member sends another inside Olm is a note, canonical CBOR:

    ["event", event, private, starts]   an event; what this member alone gets with it, or null;
                                        whether our chain begins here for it
    ["heads", heads]                    how far we have seen everyone: an acknowledgement
    ["resend", epoch, first, last]      your events I miss
    ["since", epoch, seq, id]           my events up to this one are none of yours: from before I
                                        knew you
    ["reset", heads]                    I cannot open yours: begin a new session, and say again
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from tracktwo.channel import charter as charters
from tracktwo.channel.card import Card
from tracktwo.channel.charter import Charter
from tracktwo.channel.envelope import FIRST_WORD, Frame
from tracktwo.channel.event import ID, LIMIT, Event, Head, id_of, is_count, plain_heads, read_heads
from tracktwo.channel.event import read as read_event
from tracktwo.channel.keys import Keys
from tracktwo.channel.log import Log
from tracktwo.channel.mail import Arrived, Mail
from tracktwo.channel.membership import follow, is_going
from tracktwo.channel.roster import ACTIVE, Member, Roster
from tracktwo.channel.signed_text import SIGN, require_right
from tracktwo.channel.store import Store
from tracktwo.encoding import decode, encode
from tracktwo.errors import BadInput, Malformed

TALK = "talk"

_HOUR = 3600
_RESET_EVERY = 3600  # seconds between two resets asked of one member
_OWED = "reset owed to "  # and a member's id: the name of what is ours until it is sent
_RESENT = "resent to "  # the same: when what it misses was last said again, for the asking
_ASK_EVERY = 60  # seconds between two requests for what is missing, to one member
_RESENT_AT_ONCE = 1000
_NOTE_LIMIT = LIMIT + 65_536

Clock = Callable[[], int]


def seconds() -> int:
    """Now, in seconds since 1970."""
    return int(time.time())


class Replica:
    """See the module."""

    def __init__(self, store: Store, now: Clock = seconds) -> None:
        self.store, self.now = store, now
        self.channel = store.own("channel") or b""
        self.own = store.own("member") or b""
        self.charter: Charter = charters.read(store.own("charter") or b"")
        self.roster = Roster(store, self.own)
        self.log = Log(store, self.channel, self.own, self._placed, partial(is_going, self))

    def __repr__(self) -> str:
        return "Replica(<secret>)"

    @classmethod
    def found(
        cls, store: Store, charter: Charter, keys: Keys, card: Card, now: Clock = seconds
    ) -> Replica:
        """Begin a channel, with ourselves in it alone."""
        nonce = secrets.token_bytes(32)
        material = encode([charter.encode(), card.encode(), nonce])
        channel = hashlib.blake2b(material, digest_size=ID, person=b"tracktwo channel").digest()
        with store.transaction():
            cls.settle_in(store, channel, charter, keys, card)
            store.keep("founder", card.member(channel))
            Roster(store, b"").put(card.member(channel), card)
        return cls(store, now)

    @staticmethod
    def settle_in(store: Store, channel: bytes, charter: Charter, keys: Keys, card: Card) -> None:
        """Write into a new file whose channel it is, and who we are in it."""
        store.keep("channel", channel)
        store.keep("charter", charter.encode())
        store.keep("member", card.member(channel))
        store.keep("relay", card.relay.encode())
        keys.save(store)

    @property
    def is_in(self) -> bool:
        """Whether we were let in, and are in it still."""
        me = self.roster.get(self.own)
        return me is not None and me.state == ACTIVE

    @property
    def relay(self) -> str:
        """Where our inbox is; empty if nowhere."""
        return (self.store.own("relay") or b"").decode()

    @property
    def me(self) -> Member:
        """Ourselves."""
        member = self.roster.get(self.own)
        if member is None:
            raise BadInput("The convener has not let you into this channel yet.")
        return member

    @property
    def may_convene(self) -> bool:
        """Whether we may let members in and remove them."""
        return self.may_convene_of(self.own)

    def may_convene_of(self, member: bytes) -> bool:
        """Whether a member may."""
        known = self.roster.get(member)
        return known is not None and known.state == ACTIVE and self.is_convener(known)

    def is_convener(self, member: Member) -> bool:
        """Whether a member lets others in and removes them, as long as it is in the channel."""
        return member.id == self.store.own("founder") or member.card.role == "convener"

    # Saying

    def say(
        self,
        kind: str,
        body: Any,  # noqa: ANN401 - a plain tree
        private: Mapping[bytes, bytes] | None = None,
    ) -> bytes:
        """Say something to all: committed, sealed and queued when this returns. The event's id.

        `private`: what some members alone get with it. Raises Malformed if it is too long, BadInput
        if we are not in the channel any more.
        """
        with self.store.transaction():
            if self.me.state != ACTIVE:
                raise BadInput("You are not in this channel any more.")
            mail = self.mail()
            before = {member.id for member in self.roster.others()}
            ident, event, data = self.log.append(kind, body, self.now() // _HOUR)
            for whom, part in (private or {}).items():
                self.store.do("INSERT INTO private VALUES (?, ?, ?)", ident, whom, part)
            for member in self.roster.everyone():  # who was removed by this hears it too
                if member.id in before or (member.state == ACTIVE and member.id != self.own):
                    self._send_event(mail, member, ident, event, data)
        return ident

    def _send_event(
        self, mail: Mail, member: Member, ident: bytes, event: Event, data: bytes
    ) -> None:
        since = self.store.row("SELECT since_epoch, since_seq FROM member WHERE id = ?", member.id)
        if since[0] is None:
            since = (event.epoch, event.seq)
            self.store.do(
                "UPDATE member SET since_epoch = ?, since_seq = ? WHERE id = ?", *since, member.id
            )
        starts = tuple(since) == (event.epoch, event.seq)
        private = self.store.one(
            "SELECT bytes FROM private WHERE event = ? AND member = ?", ident, member.id
        )
        still_in = member.state == ACTIVE
        place = (ident, event.epoch, event.seq) if still_in else None  # nobody acknowledges it
        mail.send(member, ["event", data, private, starts], place)

    def mail(self) -> Mail:
        """Envelopes, with our keys as they are now."""
        return Mail(self.store, self.channel, self.own, Keys.load(self.store))

    def acknowledge(self) -> None:
        """Tell all how far we have seen them, if that is news to them."""
        with self.store.transaction():
            if not self.log.acknowledged():
                return
            note: list[object] = ["heads", plain_heads(self.log.heads())]
            mail = self.mail()
            for member in self.roster.others():
                mail.send(member, note)

    def ask(self) -> None:
        """Ask for what others have seen and we have not, or could not open."""
        now = self.now()
        with self.store.transaction():
            mail = self.mail()
            for other in self.roster.others():
                if self.store.own(_OWED + other.id.hex()) is not None:
                    self._reset(mail, other)
            for author, epoch, first, last in self.log.missing():
                member = self.roster.get(author)
                if member is None or not self._may_again("asked", author, _ASK_EVERY, now):
                    continue
                mail.send(member, ["resend", epoch, first, last])

    def _may_again(self, what: str, member: bytes, every: int, now: int) -> bool:
        """Whether this was last done for a member long enough ago; notes that it is done now."""
        return bool(
            self.store.do(
                f"UPDATE member SET {what} = ?1 WHERE id = ?2 "  # noqa: S608 - a column of ours
                f"AND ({what} IS NULL OR {what} <= ?3)",
                *(now, member, now - every),
            )
        )

    # Taking what comes

    def accept(self, envelope: bytes) -> bool:
        """Keep what came from a relay or a courier, durably; whether it is new."""
        mail, now = self.mail(), self.now()
        with self.store.transaction():
            is_new = mail.accept(envelope, now)
            if not is_new and mail.came_long_after(envelope, now):
                self.log.acknowledge_again()
        return is_new

    def read_mail(self, first_word: Callable[[Frame], None] | None = None) -> int:
        """Open all that came, and do what follows. How many envelopes were read.

        `first_word` is given what somebody invited says; it may raise Malformed.
        """
        total = 0
        while True:
            with self.store.transaction():
                mail = self.mail()
                batch = mail.arrived()
                for one in batch:
                    state = self._read_one(mail, one, first_word)
                    mail.settle(one.digest, state)
            total += len(batch)
            if not batch:
                return total

    def _read_one(
        self, mail: Mail, one: Arrived, first_word: Callable[[Frame], None] | None
    ) -> str:
        """What becomes of an envelope."""
        frame = one.frame
        if frame is None:
            return "refused"
        try:
            with self.store.attempt():
                if frame.type == FIRST_WORD:
                    if first_word is None:
                        return "held"
                    first_word(frame)
                    return "read"
                return self._read_frame(mail, frame)
        except Malformed:
            return "refused"

    def _read_frame(self, mail: Mail, frame: Frame) -> str:
        peer = self.roster.get(frame.sender)
        if peer is None:
            return "held"
        if peer.state != ACTIVE or not mail.is_from(frame, peer):
            return "refused"
        self.roster.heard(peer.id, self.now())
        try:
            with self.store.attempt():
                plain = mail.plain_of(frame, peer)
        except Malformed:
            self._reset(mail, peer)
            return "read"
        self._take(mail, peer, decode(plain, limit=_NOTE_LIMIT))
        return "read"

    def _reset(self, mail: Mail, peer: Member) -> None:
        """A member whom we cannot understand any more is told so; later, if that was just done.

        What it said is not kept: it has it until we have seen it, and says it again.
        """
        owed = _OWED + peer.id.hex()
        if not self._may_again("reset", peer.id, _RESET_EVERY, self.now()):
            self.store.keep(owed, b"")
            return
        self.store.do("DELETE FROM own WHERE name = ?", owed)
        mail.sessions.retire(peer.id)
        mail.send(peer, ["reset", plain_heads(self.log.heads())])

    def _take(self, mail: Mail, peer: Member, note: object) -> None:
        match note:
            case ["event", bytes(data), bytes() | None as private, bool(starts)]:
                if private is not None:
                    self._take_private(data, private)
                self.log.receive(data, peer.id, starts=starts, hour=self.now() // _HOUR)
            case ["heads", heads]:
                self._take_heads(peer, read_heads(heads))
            case ["resend", int(epoch), int(first), int(last)] if all(
                map(is_count, (epoch, first, last))
            ):
                self._resend(mail, peer, epoch, first, last)
            case ["since", *items]:
                (head,) = read_heads([[peer.id, *items]])
                self.log.start(head, self.now() // _HOUR)
            case ["reset", heads]:
                self._take_heads(peer, read_heads(heads))
                mail.sessions.retire(peer.id)
                self.say_again(mail, peer)
                mail.send(
                    peer, ["heads", plain_heads(self.log.heads())]
                )  # it may have forgotten much
            case _:
                raise Malformed("A member said something this program does not know.")

    def _take_private(self, data: bytes, private: bytes) -> None:
        ident = id_of(data)
        self.store.do("INSERT OR IGNORE INTO private VALUES (?, ?, ?)", ident, self.own, private)

    def _take_heads(self, peer: Member, heads: tuple[Head, ...]) -> None:
        for head in heads:
            self.log.note_seen(peer.id, head)
            self.log.knows(head, told_by=peer.id, hour=self.now() // _HOUR)
        self._settle_deliveries(peer.id)

    def _settle_deliveries(self, peer: bytes) -> None:
        seen = self.store.row(
            "SELECT epoch, seq FROM seen WHERE reporter = ? AND author = ?", peer, self.own
        )
        if seen is not None:
            self.mail().delivered(peer, *seen)

    def _resend(self, mail: Mail, peer: Member, epoch: int, first: int, last: int) -> None:
        """Say again what a member misses, if it was ever said to it.

        Once an hour at once. Else only what it did not get within the hour: it could make us say
        all again and again.
        """
        lately = self.now() // _HOUR - 1 if self._was_lately_resent(peer) else 1 << 62
        since = self.store.row("SELECT since_epoch, since_seq FROM member WHERE id = ?", peer.id)
        rows = self.store.rows(
            "SELECT id, bytes FROM event WHERE author = ? AND epoch = ? AND seq BETWEEN ? AND ? "
            "AND (epoch, seq) >= (?, ?) AND state = 'placed' AND bytes IS NOT NULL AND id NOT IN "
            "(SELECT event FROM outbox WHERE peer = ? AND event IS NOT NULL "
            "AND (state = 'queued' OR hour >= ?)) ORDER BY seq LIMIT ?",
            *(self.own, epoch, first, last, *since, peer.id, lately, _RESENT_AT_ONCE),
        )
        for ident, data in rows:
            self.store.do("DELETE FROM outbox WHERE peer = ? AND event = ?", peer.id, ident)
            self._send_event(mail, peer, ident, read_event(data), data)
        before = self._before(since, (epoch, first))
        if before is not None:
            mail.send(peer, ["since", before.epoch, before.seq, before.id])

    def _was_lately_resent(self, peer: Member) -> bool:
        """Whether a member was told again within the hour; notes that it is now."""
        last = int.from_bytes(self.store.own(_RESENT + peer.id.hex()) or b"")
        if last <= self.now() < last + _HOUR:
            return True
        self.store.keep(_RESENT + peer.id.hex(), self.now().to_bytes(8))
        return False

    def _before(self, since: Any, asked: tuple[int, int]) -> Head | None:  # noqa: ANN401 - a row
        """Our last event that somebody may not have, if it asks for one that it may not have."""
        if since[0] is None:
            return next((h for h in self.log.heads() if h.author == self.own), None)
        if since[1] == 1 or asked >= since:
            return None
        epoch, seq = since[0], since[1] - 1
        ident = self.store.one(
            "SELECT id FROM event WHERE author = ? AND epoch = ? AND seq = ?", self.own, epoch, seq
        )
        return Head(self.own, epoch, seq, ident)

    def say_again(self, mail: Mail, peer: Member) -> None:
        """Seal anew what a member has not seen yet: its envelopes may be beyond opening."""
        rows = self.store.rows(
            "SELECT DISTINCT e.id, e.bytes, e.epoch, e.seq FROM outbox o JOIN event e "
            "ON e.id = o.event WHERE o.peer = ? ORDER BY e.epoch, e.seq",
            peer.id,
        )
        self.store.do("DELETE FROM outbox WHERE peer = ? AND event IS NOT NULL", peer.id)
        for ident, data, _, _ in rows:
            self._send_event(mail, peer, ident, read_event(data), data)

    # What events do

    def _placed(self, ident: bytes, event: Event) -> None:
        self._settle_deliveries(event.author)
        try:
            with self.store.attempt():
                follow(self, ident, event)
                if event.kind == SIGN and (author := self.roster.get(event.author)) is not None:
                    require_right(author.card, event.body)
        except Malformed:  # it keeps its place: nonsense must not hold up what waits for it
            self.log.alarm("nonsense", event.author, event.author, ident.hex(), event.hour)
