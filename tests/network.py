"""Members of channels on one machine, and a relay between them that can be told to misbehave.

from network import Network

def test_...(tmp_path):
    network = Network(tmp_path)
    network.found("Ada")
    network.let_in("Ben", by="Ada")
    network.person("Ada").say("hello")
    network.settle()
    assert network.person("Ben").texts() == ["hello"]

`Relay` has the methods of `tracktwo.channel.post.Post`. The real relay is used in the tests of the
whole program; this one is here because a relay that loses, doubles and reorders what it was given,
at places Hypothesis chooses and shrinks, cannot be had from an honest server.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracktwo.channel import event as events
from tracktwo.channel import invite as invites
from tracktwo.channel import renewal
from tracktwo.channel.card import Card
from tracktwo.channel.charter import Charter
from tracktwo.channel.envelope import Frame
from tracktwo.channel.event import Event, Head
from tracktwo.channel.invite import Invitation
from tracktwo.channel.keys import Keys
from tracktwo.channel.post import TTL_HOURS, Delivery, Full, Unknown
from tracktwo.channel.replica import TALK, Replica
from tracktwo.channel.roster import ACTIVE, Member
from tracktwo.channel.store import Store
from tracktwo.channel.sync import synchronise
from tracktwo.errors import Unreachable

ADDRESS = "http://relay.test"
DAY = 86_400
_START = 1_800_000_000
_KEY = bytes(range(32))


class Clock:
    """Seconds since 1970, moved by hand."""

    def __init__(self) -> None:
        self.second = _START

    def __call__(self) -> int:
        return self.second

    def pass_by(self, seconds: int) -> None:
        self.second += seconds


@dataclass
class _Mailbox:
    receive: bytes
    send: bytes
    ends: int
    next: int = 1
    kept: dict[int, bytes] = field(default_factory=dict)
    mids: set[bytes] = field(default_factory=set)

    def add(self, data: bytes) -> None:
        self.kept[self.next] = data
        self.next += 1


class Relay:
    """A relay in memory. `fate` decides what becomes of each envelope it is given.

    A mailbox ends as it does at a real one, and lasts as long as Post asks for, at the latest
    moment at which Post asks again.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.boxes: list[_Mailbox] = []
        self.fate: Callable[[bytes], str] = lambda _: "keep"
        self.held: list[tuple[_Mailbox, bytes]] = []
        self.put_bytes: list[bytes] = []
        """All that was ever new to it, in order."""
        self.tried: list[bytes] = []
        """All it was given, as often as it was."""
        self.capacity = 1 << 30

    def make_mailbox(self, relay: str, receive: bytes, send: bytes) -> None:
        """As Post."""
        ends = self._clock() + 3600 * TTL_HOURS
        box = next((box for box in self._there() if box.receive == receive), None)
        if box is None:
            self.boxes.append(_Mailbox(receive, send, ends))
        elif box.ends - self._clock() <= 3600 * TTL_HOURS // 2:
            box.ends = ends

    def put(self, relay: str, send: bytes, mid: bytes, envelope: bytes) -> None:
        """As Post, but for the fate: keep, drop, double, hold, cut, refuse."""
        box = self._box(lambda one: one.send == send)
        fate = self.fate(envelope)
        self.tried.append(envelope)
        if fate == "refuse":
            raise Unreachable("refused")
        if len(box.kept) >= self.capacity:
            raise Full("full")
        if mid not in box.mids:
            self.put_bytes.append(envelope)
            if fate == "hold":
                self.held.append((box, envelope))
            elif fate != "drop":
                box.add(envelope)
                box.mids.add(mid)
            if fate == "double":
                box.add(envelope)
        if fate == "cut":
            raise Unreachable("the answer was lost")

    def get(self, relay: str, receive: bytes, after: int, wait: int = 0) -> list[Delivery]:
        """As Post."""
        box = self._box(lambda one: one.receive == receive)
        places = sorted(seq for seq in box.kept if seq > after)
        return [Delivery(seq, box.kept[seq]) for seq in places[:64]]

    def forget(self, relay: str, receive: bytes, upto: int) -> None:
        """As Post."""
        box = self._box(lambda one: one.receive == receive)
        box.kept = {seq: data for seq, data in box.kept.items() if seq > upto}

    def close_mailbox(self, relay: str, receive: bytes) -> None:
        """As Post."""
        self.boxes = [box for box in self.boxes if box.receive != receive]

    def _there(self) -> list[_Mailbox]:
        self.boxes = [box for box in self.boxes if box.ends > self._clock()]
        return self.boxes

    def _box(self, fits: Callable[[_Mailbox], bool]) -> _Mailbox:
        for box in self._there():
            if fits(box):
                return box
        raise Unknown("no such mailbox")

    # Mischief

    def release(self) -> None:
        """Deliver what was withheld, last first."""
        held, self.held = self.held, []
        for box, envelope in reversed(held):
            box.add(envelope)

    def reorder(self, order: Callable[[list[bytes]], list[bytes]]) -> None:
        """Give what waits in each mailbox another order."""
        for box in self.boxes:
            box.kept = dict(zip(sorted(box.kept), order(list(box.kept.values())), strict=True))

    def change(self, change: Callable[[bytes], Iterable[bytes]]) -> None:
        """Put other envelopes in place of each that waits."""
        for box in self.boxes:
            waiting, box.kept = list(box.kept.values()), {}
            for data in waiting:
                for other in change(data):
                    box.add(other)

    def waiting(self) -> list[bytes]:
        """All that was not fetched."""
        return [data for box in self.boxes for data in box.kept.values()]


class Crash(BaseException):
    """The machine stopped."""


class FragileStore(Store):
    """A store that stops at the statement it is told to stop at."""

    fuse: int | None = None

    def do(self, statement: str, *values: object) -> int:
        """As Store."""
        if self.fuse is not None:
            if self.fuse == 0:
                raise Crash
            self.fuse -= 1
        return super().do(statement, *values)

    def die(self) -> None:
        """Close without any goodbye."""
        self._db.close()


class Person:
    """One member, with one machine."""

    def __init__(self, network: Network, name: str, file: Path | None = None) -> None:
        """`file`: one to begin with a copy of."""
        self.network, self.name = network, name
        self.path = network.folder / f"{name}-{len(network.people)}.db"
        if file is not None:
            shutil.copy(file, self.path)
        self.store = self._open()
        self.replica: Replica

    def _open(self) -> FragileStore:
        store = FragileStore(self.path, _KEY)
        store.do("PRAGMA synchronous=OFF")  # nobody cuts the power in these tests
        return store

    # What a member does

    def say(self, text: str, kind: str = TALK) -> bytes:
        return self.replica.say(kind, {"text": text})

    def sync(self, *, acknowledge: bool = True) -> None:
        """Synchronise as far as the relay lets us."""
        try:
            synchronise(self.replica, self.network.relay, acknowledge=acknowledge)  # type: ignore[arg-type]
        except Unreachable:
            return

    def crash(self) -> None:
        """Stop where we are, and start again."""
        self.store.die()
        self.start()

    def start(self) -> None:
        self.store = self._open()
        self.replica = Replica(self.store, self.network.clock)

    def back_up(self) -> Path:
        """A copy of the file."""
        backup = self.path.with_name(f"{self.path.stem}-{self.network.number()}.backup")
        self.flush()
        shutil.copy(self.path, backup)
        return backup

    def flush(self) -> None:
        """Have everything in the one file."""
        self.store.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def put_back(self, copy: Path) -> None:
        """Continue from a copy of the file, without saying so."""
        self.store.die()
        for suffix in ("-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        shutil.copy(copy, self.path)
        self.start()

    def restore(self, copy: Path) -> None:
        """Continue from a copy of the file as `restore` does."""
        self.put_back(copy)
        renewal.begin_anew(self.replica)

    def clone(self, name: str) -> Person:
        """A second machine with a copy of our file."""
        copy = self.back_up()
        twin = Person(self.network, name)
        twin.put_back(copy)
        return twin

    # What a member knows

    def member(self, other: Person) -> Member:
        """Another, as we know it."""
        found = self.replica.roster.get(other.replica.own)
        assert found is not None
        return found

    def events(self) -> list[tuple[bytes, Event]]:
        """Ids and events with a place, in order."""
        rows = self.store.rows("SELECT id, bytes FROM event WHERE place IS NOT NULL ORDER BY place")
        return [(ident, events.read(data)) for ident, data in rows]

    def texts(self) -> list[str]:
        """What was said, in order."""
        bodies = [event.body for _, event in self.events() if event.kind == TALK]
        return [body["text"] for body in bodies if isinstance(body, dict) and "text" in body]

    def alarms(self) -> list[tuple[str, bytes, bytes]]:
        """Kind, about whom, told by whom."""
        return self.store.rows("SELECT kind, about, told_by FROM alarm ORDER BY rowid")

    def names(self) -> set[str]:
        """Who is in the channel."""
        everyone = self.replica.roster.everyone()
        return {member.card.pseudonym for member in everyone if member.state == ACTIVE}

    # What a liar does

    def note(self, to: Person, note: list[Any]) -> None:
        """Send another member any note at all."""
        with self.store.transaction():
            self.replica.mail().send(self.member(to), note)

    def raw_note(self, to: Person, plain: bytes) -> None:
        """Send another member any bytes at all inside Olm, in a frame that is truly ours."""
        with self.store.transaction():
            mail = self.replica.mail()
            peer = self.member(to)
            kind, olm = mail.sessions.seal(peer.id, peer.card, plain)
            frame = Frame(self.replica.own, 1, kind, olm)
            key = mail._pair_key(peer.card)
            mail.post(peer.id, peer.card, frame.signed_with(key, self.replica.channel, peer.id))


class Network:
    """People, a relay and a clock."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, Clock()
        self.relay = Relay(self.clock)
        self.people: dict[str, Person] = {}
        self._number = 0

    def copied(self, folder: Path) -> Network:
        """The same as it is now, once more; in a tenth of the time in which it came about."""
        twin = Network(folder)
        twin.relay, twin.clock.second = copy.deepcopy(self.relay), self.clock.second
        for name, person in self.people.items():
            person.flush()
            other = twin.people[name] = Person(twin, name, person.path)
            other.replica = Replica(other.store, twin.clock)
        return twin

    def number(self) -> int:
        """Another number each time."""
        self._number += 1
        return self._number

    def person(self, name: str) -> Person:
        return self.people[name]

    def found(self, name: str, role: str = "convener", charter: Charter | None = None) -> Person:
        """Begin the channel."""
        person = self.people[name] = Person(self, name)
        keys = Keys.draw()
        card = keys.card(relay=ADDRESS, pseudonym=name, side="", role=role)
        person.replica = Replica.found(
            person.store, charter or Charter("A test"), keys, card, self.clock
        )
        return person

    def invite(self, by: str, role: str = "delegate", side: str = "north") -> Invitation:
        return invites.invite(self.person(by).replica, role=role, side=side, now=self.clock)

    def join(self, name: str, invitation: Invitation, relay: str = ADDRESS) -> Person:
        """Say the first word."""
        person = self.people[name] = Person(self, name)
        person.replica = invites.join(person.store, invitation, name, relay, self.clock)
        return person

    def let_in(self, name: str, by: str, role: str = "delegate", side: str = "north") -> Person:
        """Invite, join, and go on until all know it."""
        self.person(by).sync()
        person = self.join(name, self.invite(by, role, side))
        self.settle()
        return person

    def settle(self, rounds: int = 4) -> None:
        """All synchronise, several times."""
        for _ in range(rounds):
            for person in self.people.values():
                person.sync()

    def heal(self) -> None:
        """The relay is honest from now on, time passes, and all synchronise until all is known."""
        self.relay.fate = lambda _: "keep"
        self.relay.release()
        self.settle(2)
        for pause in (3601, 61, 30 * DAY, 3601, 61, 61):
            self.clock.pass_by(pause)
            self.settle(2)

    def close(self) -> None:
        for person in self.people.values():
            person.store.die()


def card(name: str = "Ada", side: str = "", role: str = "convener") -> tuple[Keys, Card]:
    """New keys and what they show."""
    keys = Keys.draw()
    return keys, keys.card(relay=ADDRESS, pseudonym=name, side=side, role=role)


class Liar:
    """A member who says different things to different others, each chain sound by itself."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self._last: dict[str, tuple[int, int, bytes]] = {}

    def tell(
        self,
        others: Iterable[Person],
        text: str,
        *,
        chain: str = "one",
        start: tuple[int, int, bytes] | None = None,
        kind: str = TALK,
        body: object = ...,
        heads: list[Head] | None = None,
        starts: bool = False,
    ) -> Head:
        """Say the next thing of a chain to some. The head it makes."""
        replica = self.person.replica
        epoch, seq, prev = start or self._last.get(chain, (0, 0, b""))
        known = [head for head in replica.log.heads() if head.author != replica.own]
        event = Event(
            *(replica.channel, replica.own, epoch, seq + 1, prev),
            heads=tuple(known if heads is None else heads),
            kind=kind,
            body={"text": text} if body is ... else body,
            hour=self.person.network.clock() // 3600,
        )
        data = event.encode()
        ident = events.id_of(data)
        self._last[chain] = (epoch, seq + 1, ident)
        for other in others:
            self.person.note(other, ["event", data, None, starts])
        return Head(replica.own, epoch, seq + 1, ident)
