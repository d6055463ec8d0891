"""Members, machines that crash, a relay that errs, in any order: nothing lost, nothing twice.

Hypothesis draws what happens; at the end the relay is honest, time passes, and then every member
has everything that was said to it, once, after all it refers to; or there is an alarm, and alarms
there are only about who went on from an old copy.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from effort import examples
from network import DAY, Crash, Network, Person
from tracktwo.channel import renewal
from tracktwo.channel.membership import LEAVE, REMOVE

_NAMES = ["Ada", "Ben", "Cleo", "Dan", "Eve", "Fay", "Gil", "Hal"]
_FATES = ["keep"] * 6 + ["drop", "double", "hold", "hold", "cut", "refuse"]
_SEEDS = st.integers(0, 2**32)
_WHO = st.integers(0, 7)


class Talks(RuleBasedStateMachine):
    """See the module. Ada, who lets in and removes, stays and restores no backup."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.network = Network(self.folder)
        self.backups: dict[str, Path] = {}
        self.restored: set[bytes] = set()

    @initialize(others=st.integers(1, 3))
    def begin(self, others: int) -> None:
        self.network.found("Ada")
        for name in _NAMES[1 : 1 + others]:
            self.network.let_in(name, by="Ada")

    def pick(self, who: int) -> Person:
        people = list(self.network.people.values())
        return people[who % len(people)]

    def set_fate(self, seed: int) -> None:
        draw = random.Random(seed)
        self.network.relay.fate = lambda _: draw.choice(_FATES)

    @rule(who=_WHO)
    def say(self, who: int) -> None:
        person = self.pick(who)
        if person.replica.is_in:
            person.say(f"{person.name} {self.network.number()}")

    @rule(who=_WHO, seed=_SEEDS, acknowledge=st.booleans())
    def sync(self, who: int, seed: int, acknowledge: bool) -> None:
        self.set_fate(seed)
        self.pick(who).sync(acknowledge=acknowledge)

    @rule(seed=_SEEDS)
    def all_sync(self, seed: int) -> None:
        self.set_fate(seed)
        self.network.settle(1)

    @rule(who=_WHO, seed=_SEEDS, fuse=st.integers(0, 80))
    def crash(self, who: int, seed: int, fuse: int) -> None:
        self.set_fate(seed)
        person = self.pick(who)
        person.store.fuse = fuse
        try:
            person.sync()
            if person.replica.is_in:
                person.say(f"{person.name} {self.network.number()}")
        except Crash:
            pass
        person.crash()

    @rule(seed=_SEEDS)
    def reorder(self, seed: int) -> None:
        draw = random.Random(seed)
        self.network.relay.reorder(lambda waiting: draw.sample(waiting, len(waiting)))

    @rule()
    def release(self) -> None:
        self.network.relay.release()

    @rule(seconds=st.sampled_from([1, 61, 3601, DAY, 8 * DAY]))
    def wait(self, seconds: int) -> None:
        self.network.clock.pass_by(seconds)

    @precondition(lambda self: len(self.network.people) < len(_NAMES))
    @rule()
    def come_in(self) -> None:
        self.network.join(_NAMES[len(self.network.people)], self.network.invite("Ada"))

    @rule(who=_WHO)
    def remove(self, who: int) -> None:
        person = self.pick(who)
        if person.name in self.network.person("Ada").names() - {"Ada"}:
            self.network.person("Ada").replica.say(REMOVE, {"member": person.replica.own})

    @rule(who=_WHO)
    def leave(self, who: int) -> None:
        person = self.pick(who)
        if person.name != "Ada" and person.replica.is_in:
            person.replica.say(LEAVE, None)

    @rule(who=_WHO)
    def renew(self, who: int) -> None:
        person = self.pick(who)
        if person.replica.is_in and not renewal.behind(person.replica):
            renewal.renew(person.replica)

    @rule(who=_WHO)
    def back_up(self, who: int) -> None:
        person = self.pick(who)
        if person.name != "Ada" and person.replica.is_in:
            self.backups[person.name] = person.back_up()

    @rule(who=_WHO)
    def restore(self, who: int) -> None:
        person = self.pick(who)
        if person.name in self.backups and person.replica.is_in:
            self.network.clock.pass_by(1)
            person.restore(self.backups.pop(person.name))
            self.restored.add(person.replica.own)

    @invariant()
    def nothing_twice_and_nothing_before_what_it_refers_to(self) -> None:
        for person in self.network.people.values():
            events = person.events()
            places = {ident: place for place, (ident, _) in enumerate(events)}
            assert len(places) == len(events)
            for place, (_, event) in enumerate(events):
                for ident in (event.prev, *(head.id for head in event.heads)):
                    assert places.get(ident, -1) < place

    @invariant()
    def alarms_are_about_who_went_on_from_an_old_copy_alone(self) -> None:
        for person in self.network.people.values():
            for kind, about, _ in person.alarms():
                assert kind == "rewound"
                assert about in self.restored

    def teardown(self) -> None:
        try:
            if self.network.people:
                self._end()
        finally:
            self.network.close()
            shutil.rmtree(self.folder)

    def _end(self) -> None:
        self.network.heal()
        self.alarms_are_about_who_went_on_from_an_old_copy_alone()
        self.nothing_twice_and_nothing_before_what_it_refers_to()
        names = self.network.person("Ada").names()
        active = [person for person in self.network.people.values() if person.name in names]
        for reader in active:
            assert reader.replica.is_in
            assert reader.names() == names
            have = {ident for ident, _ in reader.events()}
            for author in active:
                if author is not reader:
                    missing = _said_to(author, reader) - have
                    assert not missing, f"{reader.name} misses words of {author.name}"
            assert reader.store.one("SELECT count(*) FROM inbox WHERE state = 'new'") == 0
            assert reader.store.one("SELECT count(event) FROM outbox") == 0
            waiting = reader.store.rows("SELECT author FROM event WHERE state = 'waiting'")
            assert not {author for (author,) in waiting} & {x.replica.own for x in active}


def _said_to(author: Person, reader: Person) -> set[bytes]:
    """Ids of the events of one member that are for another."""
    since = author.store.row(
        "SELECT since_epoch, since_seq FROM member WHERE id = ?", reader.replica.own
    )
    return {
        ident
        for ident, event in author.events()
        if event.author == author.replica.own and since[0] is not None
        if (event.epoch, event.seq) >= tuple(since)
    }


TestTalks = Talks.TestCase
TestTalks.settings = settings(max_examples=examples(60), stateful_step_count=25, deadline=None)
