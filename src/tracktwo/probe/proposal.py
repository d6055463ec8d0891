"""A probe as the log of a channel shows it: asked, accepted or declined, and whose turn it is.

Events, of bodies that are maps:

    probe.ask      agenda (TOML), asked, rule, breadth, unit, circuit, to (member)
    probe.accept   probe (the id of the event that asked)
    probe.decline  probe, text
    probe.part     probe, part (0 to 5, or "stop"), size, digest (SHA-256)

All members see these: that a probe was asked of whom, on which agenda, that its messages passed and
how long they were. What a message says goes to the other side alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tracktwo.channel.event import Event
from tracktwo.channel.event import read as read_event
from tracktwo.channel.replica import Replica
from tracktwo.channel.roster import Member
from tracktwo.deal.agenda import Agenda, read_agenda
from tracktwo.deal.best import RULES
from tracktwo.errors import BadInput, Malformed, TrackTwoError
from tracktwo.probe.question import ASKS, UNITS, Question

ASK, ACCEPT, DECLINE, PART = "probe.ask", "probe.accept", "probe.decline", "probe.part"
STOP = "stop"
PARTS = (0, 1, 2, 3, 4, 5, STOP)
STATES = ("asked", "accepted", "declined", "withdrawn")


@dataclass
class Proposal:
    """A probe that was asked. `parts`: for each member, the messages it has sent."""

    id: bytes
    asker: Member
    other: Member
    question: Question
    circuit: str
    text: str
    hour: int
    state: str = "asked"
    because: str = ""
    was_accepted: bool = False
    """Whether it was ever agreed to: then it counts as held, however it ended."""
    parts: dict[bytes, dict[int | str, tuple[bytes, int, bytes]]] = field(default_factory=dict)
    """For each member and part: the id of its event, size, digest."""

    @cached_property
    def agenda(self) -> Agenda:
        """What is on the table. Raises BadInput if the asker sent something else."""
        return read_agenda(self.text.encode(), "agenda.toml")

    @property
    def name(self) -> str:
        """Six digits by which a person names it."""
        return self.id[:3].hex()

    def peer_of(self, own: bytes) -> Member:
        """Who sits on the other side. Raises BadInput for who is in it not at all."""
        if own not in (self.asker.id, self.other.id):
            raise BadInput(f"Probe {self.name} is between two others.")
        return self.other if own == self.asker.id else self.asker


def proposals(replica: Replica) -> list[Proposal]:
    """All probes of a channel, in the order they were asked."""
    people = {member.id: member for member in replica.roster.everyone()}
    found: dict[bytes, Proposal] = {}
    for ident, event in _events(replica):
        if event.kind == ASK:
            proposal = _asked(ident, event, people)
            if proposal is not None:
                found[ident] = proposal
        elif isinstance(event.body, dict) and (about := found.get(event.body.get("probe", b""))):
            _follow(about, ident, event)
    return list(found.values())


def find(replica: Replica, name: str | None, states: tuple[str, ...]) -> Proposal:
    """The probe of this name, in one of these states; the only one where no name is given.

    Raises BadInput if there is none, or not one alone.
    """
    return choose(ours(replica), name, states)


def ours(replica: Replica) -> list[Proposal]:
    """The probes of a channel that we asked for or were asked for."""
    return [p for p in proposals(replica) if replica.own in (p.asker.id, p.other.id)]


def choose(among: list[Proposal], name: str | None, states: tuple[str, ...]) -> Proposal:
    """As `find`, among these."""
    named = [p for p in among if name in (None, p.name)]
    fitting = [p for p in named if p.state in states]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting and len(named) == 1:
        advice = "To go on: tracktwo probe go." if named[0].state == "accepted" else ""
        raise BadInput(f"Probe {named[0].name} is {named[0].state} already.", advice=advice)
    listed = ", ".join(p.name for p in among if p.state in states) or "none"
    if fitting:
        raise BadInput("Which probe?", advice=f"Name it: --probe. Open now: {listed}.")
    raise BadInput("There is no such probe.", advice=f"Open now: {listed}.")


def _events(replica: Replica) -> Iterator[tuple[bytes, Event]]:
    for ident, data in replica.store.rows(
        "SELECT id, bytes FROM event WHERE kind IN (?, ?, ?, ?) AND state = 'placed' "
        "AND bytes IS NOT NULL ORDER BY place",
        *(ASK, ACCEPT, DECLINE, PART),
    ):
        yield ident, read_event(data)


def _asked(ident: bytes, event: Event, people: dict[bytes, Member]) -> Proposal | None:
    match event.body:
        case {
            "agenda": str(text),
            "asked": list(asked),
            "rule": str(rule),
            "breadth": int(breadth),
            "unit": str(unit),
            "circuit": str(circuit),
            "to": bytes(to),
        } if to in people and to != event.author:
            try:
                question = _question(asked, rule, breadth, unit)
            except (TrackTwoError, TypeError):
                return None
            return Proposal(
                ident, people[event.author], people[to], question, circuit, text, event.hour
            )
    return None


def _question(asked: list[Any], rule: str, breadth: int, unit: str) -> Question:
    if asked != [ask for ask in ASKS if ask in asked] or not asked:
        raise Malformed("These are no questions.")
    if rule not in RULES or unit not in UNITS or breadth not in range(10**9):
        raise Malformed("This is no rule.")
    return Question(tuple(asked), rule, breadth, unit)


def _follow(about: Proposal, ident: bytes, event: Event) -> None:
    """Take note of what was said about a probe, by whom it may be said."""
    by_other = event.author == about.other.id
    match event.kind, event.body:
        case kind, _ if kind == ACCEPT and by_other:
            about.was_accepted = True
            if about.state == "asked":
                about.state = "accepted"
        # Also once agreed to: agreeing and taking back may cross, and come in either order.
        case kind, {"text": str(text)} if kind == DECLINE and about.state in ("asked", "accepted"):
            if by_other or event.author == about.asker.id:
                about.state, about.because = "declined" if by_other else "withdrawn", text
        case kind, {"part": int() | str() as part, "size": int(size), "digest": bytes(digest)} if (
            kind == PART and event.author in (about.asker.id, about.other.id) and part in PARTS
        ):
            sent = about.parts.setdefault(event.author, {})
            sent.setdefault(part, (ident, size, digest))
