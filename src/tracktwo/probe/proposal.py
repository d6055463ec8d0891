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
from functools import lru_cache
from typing import Any

from tracktwo.channel.event import Event
from tracktwo.channel.event import read as read_event
from tracktwo.channel.replica import Replica
from tracktwo.channel.roster import Member
from tracktwo.channel.view import name_of
from tracktwo.deal.agenda import Agenda, read_agenda
from tracktwo.deal.best import RULES
from tracktwo.errors import BadInput, Malformed, TrackTwoError
from tracktwo.legible import legible
from tracktwo.probe.question import ASKS, UNITS, Question
from tracktwo.said import Said, said, series

ASK, ACCEPT, DECLINE, PART = "probe.ask", "probe.accept", "probe.decline", "probe.part"
STOP = "stop"
PARTS = (0, 1, 2, 3, 4, 5, STOP)
STATES = {
    "asked": said("asked"),
    "accepted": said("agreed to"),
    "declined": said("declined"),
    "withdrawn": said("withdrawn"),
}
"""How far a probe may have come, and in words."""


LONGEST_REASON = 500
"""Signs of why a probe is declined; what is longer is cut."""


@dataclass(frozen=True)
class _Heading:
    """What is wanted of an agenda wherever probes are listed."""

    title: str
    digest: bytes


# Reading an agenda takes long, and the page wants every heading again and again. Nothing makes
# room: who asks for more than these would else make the page read them all each time.
_headings: dict[bytes, _Heading | None] = {}
_MOST_HEADINGS = 1 << 16


@dataclass
class Proposal:
    """A probe that was asked. `parts`: for each member, the messages it has sent."""

    id: bytes
    place: int
    """Where the event that asked stands in our log, and in no other."""
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

    lines: dict[bytes, Said] = field(default_factory=dict)
    """What a person reads of it in the talk, by the events that say it."""

    @property
    def agenda(self) -> Agenda:
        """What is on the table. Raises BadInput if the asker sent something else."""
        return _agenda(self.text)

    @property
    def title(self) -> str:
        """What its agenda is called."""
        return self._heading.title if self._heading else said("an agenda that cannot be read")

    @property
    def digest(self) -> bytes:
        """The digest of its agenda; nothing if it cannot be read."""
        return self._heading.digest if self._heading else b""

    @property
    def counts(self) -> bool:
        """Whether it is one of the sittings that the charter allows."""
        return self.state == "asked" or self.was_accepted

    @property
    def _heading(self) -> _Heading | None:
        if self.id in _headings:
            return _headings[self.id]
        try:
            heading = _Heading(legible(self.agenda.title), self.agenda.digest())
        except BadInput:
            heading = None
        if len(_headings) < _MOST_HEADINGS:
            _headings[self.id] = heading
        return heading

    @property
    def name(self) -> str:
        """Six digits by which a person names it."""
        return self.id[:3].hex()

    def peer_of(self, own: bytes) -> Member:
        """Who sits on the other side. Raises BadInput for who is in it not at all."""
        if own not in (self.asker.id, self.other.id):
            raise BadInput(said("Probe {name} is between two others.", name=self.name))
        return self.other if own == self.asker.id else self.asker


@lru_cache(maxsize=32)
def _agenda(text: str) -> Agenda:
    return read_agenda(text.encode(), "agenda.toml")


def proposals(replica: Replica) -> list[Proposal]:
    """All probes of a channel, in the order they were asked."""
    people = {member.id: member for member in replica.roster.everyone()}
    found: dict[bytes, Proposal] = {}
    for ident, place, event in _events(replica):
        if event.kind == ASK:
            proposal = _asked(ident, place, event, people)
            if proposal is not None:
                found[ident] = proposal
        else:
            match event.body:
                case {"probe": bytes(about)} if about in found:
                    _follow(found[about], ident, event)
    return list(found.values())


def lines(replica: Replica) -> dict[bytes, Said]:
    """What a person reads of probes in the talk, by the event that says it.

    Only of what was said by whom it may be said: nobody can make it look as if.
    """
    found: dict[bytes, Said] = {}
    for proposal in proposals(replica):
        asks = said(
            "asks {who} for probe {probe} on “{title}”: {questions}.",
            who=name_of(replica, proposal.other),
            probe=proposal.name,
            title=proposal.title,
            questions=proposal.question.in_words(),
        )
        found |= {proposal.id: asks, **proposal.lines}
    return found


def find(replica: Replica, name: str | None, states: tuple[str, ...]) -> Proposal:
    """The probe of this name, in one of these states; the only one where no name is given.

    Raises BadInput if there is none, or not one alone.
    """
    return choose(ours(replica), name, states)


def at(replica: Replica, place: int) -> Proposal:
    """The probe that was asked at this place of our log. Raises BadInput."""
    for proposal in proposals(replica):
        if proposal.place == place:
            return proposal
    raise BadInput(said("There is no such probe."))


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
        advice = said("To go on: tracktwo probe go.") if named[0].state == "accepted" else ""
        raise BadInput(
            said(
                "Probe {name} is {state} already.", name=named[0].name, state=STATES[named[0].state]
            ),
            advice=advice,
        )
    names = series([p.name for p in among if p.state in states]) or said("none")
    if fitting:
        advice = said("Name it: --probe. Open now: {names}.", names=names)
        raise BadInput(said("Which probe?"), advice=advice)
    advice = said("Open now: {names}.", names=names)
    raise BadInput(said("There is no such probe."), advice=advice)


def _events(replica: Replica) -> Iterator[tuple[bytes, int, Event]]:
    for ident, place, data in replica.store.rows(
        "SELECT id, place, bytes FROM event WHERE kind IN (?, ?, ?, ?) AND state = 'placed' "
        "AND bytes IS NOT NULL ORDER BY place",
        *(ASK, ACCEPT, DECLINE, PART),
    ):
        yield ident, place, read_event(data)


def _asked(ident: bytes, place: int, event: Event, people: dict[bytes, Member]) -> Proposal | None:
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
            by, whom = people[event.author], people[to]
            return Proposal(ident, place, by, whom, question, circuit, text, event.hour)
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
            if not about.was_accepted:
                about.lines[ident] = _agrees(about)
            about.was_accepted = True
            if about.state == "asked":
                about.state = "accepted"
        # Also once agreed to: agreeing and taking back may cross, and come in either order.
        case kind, {"text": str(text)} if kind == DECLINE and about.state in ("asked", "accepted"):
            if by_other or event.author == about.asker.id:
                about.state = "declined" if by_other else "withdrawn"
                about.because = text[:LONGEST_REASON]
                about.lines[ident] = _refuses(about)
        case kind, {"part": int() | str() as part, "size": int(size), "digest": bytes(digest)} if (
            kind == PART and event.author in (about.asker.id, about.other.id) and part in PARTS
        ):
            sent = about.parts.setdefault(event.author, {})
            sent.setdefault(part, (ident, size, digest))


def _agrees(about: Proposal) -> Said:
    if about.state == "withdrawn":
        return said("agrees to probe {probe}, which was taken back already.", probe=about.name)
    if about.state == "declined":
        return said("agrees to probe {probe} after all, too late.", probe=about.name)
    return said("agrees to probe {probe}.", probe=about.name)


def _refuses(about: Proposal) -> Said:
    if about.was_accepted:
        done = said("gives up probe {probe}", probe=about.name)
    elif about.state == "declined":
        done = said("says no to probe {probe}", probe=about.name)
    else:
        done = said("takes back probe {probe}", probe=about.name)
    if not about.because:
        return said("{done}.", done=done)
    return said("{done}: “{why}”", done=done, why=legible(about.because))
