"""What a channel shows a person: its lines, what is not delivered, what needs attention."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tracktwo.channel import card as cards
from tracktwo.channel import signatures
from tracktwo.channel.card import Card
from tracktwo.channel.event import Event
from tracktwo.channel.event import read as read_event
from tracktwo.channel.membership import ADD, LEAVE, REMOVE, RENEW
from tracktwo.channel.replica import TALK, Replica
from tracktwo.channel.roster import Member
from tracktwo.channel.signed_text import SIGN, is_right, read_body
from tracktwo.errors import Malformed
from tracktwo.legible import legible
from tracktwo.said import Said, said

ROLES = {
    "convener": said("convener"),
    "delegate": said("delegate"),
    "observer": said("observer"),
}
"""What a member may be, in words."""

_READ = "read up to"
# of our events: their place in our chain, which an index has, and the letters need not be read
_WAITING = "SELECT DISTINCT peer, epoch, seq FROM outbox WHERE epoch IS NOT NULL"
_SHOWN = "(kind IN (?, ?, ?, ?, ?) OR hex(id) IN (SELECT value FROM json_each(?)))"
_NONE: Mapping[bytes, Said] = {}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing said, at its place. `undelivered`: who has not said that it has seen it.

    `signature` is "" where there is none, as under all talk; else "right" or "wrong", by the key of
    the author's card; then `note` says so, and whether that card was verified.
    """

    place: int
    author: Member
    hour: int
    kind: str
    text: str
    undelivered: tuple[Member, ...]
    signature: str = ""
    note: Said | None = None


def lines(replica: Replica, since: int, more: Mapping[bytes, Said] = _NONE) -> Iterator[Line]:
    """What took a place after `since` and is for a person to read, in order.

    `more`: what other events say to a person, by their ids.
    """
    rows = replica.store.rows(
        "SELECT id, place, bytes FROM event WHERE place > ? AND bytes IS NOT NULL ORDER BY place",
        since,
    )
    return _lines(replica, rows, more)


def last_lines(
    replica: Replica,
    count: int,
    before: int | None = None,
    more: Mapping[bytes, Said] = _NONE,
) -> list[Line]:
    """The last so many of them, or the last before a place, in order."""
    rows = replica.store.rows(
        "SELECT id, place, bytes FROM event WHERE place < ? AND bytes IS NOT NULL "  # noqa: S608 - our own text
        f"AND {_SHOWN} ORDER BY place DESC LIMIT ?",
        *(1 << 62 if before is None else before, *_shown(more), count),
    )
    return list(_lines(replica, rows[::-1], more))


def unread(replica: Replica, more: Mapping[bytes, Said] = _NONE) -> int:
    """How much others have said since the person last read."""
    found: int = replica.store.one(
        "SELECT count(*) FROM event WHERE place > ? AND author != ? AND bytes IS NOT NULL "  # noqa: S608 - as above
        f"AND {_SHOWN}",
        *(read_up_to(replica), replica.own, *_shown(more)),
    )
    return found


def _shown(more: Mapping[bytes, Said]) -> tuple[str, ...]:
    """What _SHOWN asks for."""
    return (TALK, SIGN, ADD, REMOVE, LEAVE, json.dumps([ident.hex().upper() for ident in more]))


def _lines(replica: Replica, rows: list[Any], more: Mapping[bytes, Said]) -> Iterator[Line]:
    people = {member.id: member for member in replica.roster.everyone()}
    conveners = {member.id for member in people.values() if replica.is_convener(member)}
    waiting: dict[tuple[int, int], list[Member]] = {}
    came = {ident: number for number, ident in enumerate(people)}
    for peer, epoch, seq in sorted(replica.store.rows(_WAITING), key=lambda row: came[row[0]]):
        waiting.setdefault((epoch, seq), []).append(people[peer])
    signers: dict[str, tuple[Member, ...]] | None = None  # not asked for where nothing is signed
    for ident, place, data in rows:
        event = read_event(data)
        if event.kind in (ADD, REMOVE) and event.author not in conveners:
            continue  # it claims what it may not do, and nothing was done
        text = more[ident] if ident in more else _text(event, people)
        if text is not None:
            is_own = event.author == replica.own
            late = tuple(waiting.get((event.epoch, event.seq), ())) if is_own else ()
            author = people[event.author]
            line = Line(place, author, event.hour, event.kind, text, late)
            if event.kind == SIGN:
                if signers is None:
                    signers = {of.text: of.signers for of in signatures.texts(replica)}
                line = _signed(replica, line, event, signers)
            yield line


def _signed(
    replica: Replica, line: Line, event: Event, signers: Mapping[str, tuple[Member, ...]]
) -> Line:
    """A line with what is to be said of its signature, and who else signed the same text."""
    author, who = line.author, name_of(replica, line.author)
    if not is_right(author.card.text, *read_body(event.body)):
        note = said("The signature is wrong: {who} has not signed this.", who=who)
        return replace(line, signature="wrong", note=note)
    if author.is_verified or author.id == replica.own:
        note = said("Signed by {who}: the signature is right.", who=who)
    else:
        note = said(
            "Signed by {who}, whose keys you have not compared: by those shown, the signature is"
            " right.",
            who=who,
        )
    others = (member for member in signers.get(line.text, ()) if member.id != author.id)
    also = [name_of(replica, member) for member in others]
    if also:
        note = said("{signed} Signed too by: {names}.", signed=note, names=", ".join(also))
    return replace(line, signature="right", note=note)


def _text(event: Event, people: dict[bytes, Member]) -> str | None:
    """What an event says to a person; None if it is the program's own business."""
    match event.kind, event.body:
        case kind, {"text": str(text)} if kind == TALK:
            return text
        case kind, body if kind == SIGN:
            try:
                return read_body(body)[0]
            except Malformed:
                return None
        case kind, {"card": bytes(data)} if kind == ADD:
            try:
                return _comes_in(cards.read(data))
            except Malformed:
                return None
        case kind, {"member": bytes(member)} if kind == REMOVE and member in people:
            return said("{who} is removed.", who=people[member].card.pseudonym)
        case kind, _ if kind == LEAVE:
            return said("leaves.")
        case kind, _ if kind == RENEW:
            return None
        case _:
            return None


def _comes_in(card: Card) -> Said:
    who, role = card.pseudonym, ROLES[card.role]
    if not card.side:
        return said("{who} comes in: {role}.", who=who, role=role)
    return said("{who} comes in: {role} for {side}.", who=who, role=role, side=card.side)


def name_of(replica: Replica, member: Member) -> str:
    """A pseudonym; with the beginning of the id where two have the same."""
    same = [m for m in replica.roster.everyone() if m.card.pseudonym == member.card.pseudonym]
    pseudonym = legible(member.card.pseudonym)
    return pseudonym if len(same) == 1 else f"{pseudonym}#{member.id[:3].hex()}"


def read_up_to(replica: Replica) -> int:
    """The place up to which the person has read."""
    return int.from_bytes(replica.store.own(_READ) or b"")


def mark_read(replica: Replica, place: int | None = None) -> None:
    """The person has read up to here, or to the end."""
    if place is None:
        place = replica.store.one("SELECT max(place) FROM event") or 0
    replica.store.keep(_READ, place.to_bytes(8))


def undelivered(replica: Replica) -> dict[bytes, int]:
    """For each member, how many of our events it has not said it has seen."""
    return dict(Counter(peer for peer, _, _ in replica.store.rows(_WAITING)))


def warnings(replica: Replica) -> list[Said]:
    """What should not be, in sentences."""
    names = {member.id: member.card.pseudonym for member in replica.roster.everyone()}
    found = []
    for kind, about, told_by in replica.store.rows(
        "SELECT DISTINCT kind, about, told_by FROM alarm ORDER BY hour"
    ):
        somebody = said("somebody")
        who, teller = names.get(about, somebody), names.get(told_by, somebody)
        if warning := _alarm(kind, who, teller, is_by_itself=about == told_by):
            found.append(warning)
    return found + _held_up(replica, names) + _elsewhere(replica)


def _alarm(kind: str, who: str, teller: str, *, is_by_itself: bool) -> Said | None:
    match kind:
        case "fork" if is_by_itself:
            return said(
                "{who} has said two different things in one place. Compare what each of you has,"
                " over another way.",
                who=who,
            )
        case "fork":
            return said(
                "{teller} has another version of what {who} said. One of the two is lying, or a"
                " copy of its machine is; compare over another way.",
                teller=teller,
                who=who,
            )
        case "ahead":
            return said("{teller} claims to have seen something you never said.", teller=teller)
        case "rewound":
            return said(
                "{who} went on from an older copy, as after restoring a backup: what was said"
                " since may be missing somewhere. Compare over another way.",
                who=who,
            )
        case "nonsense":
            return said("{who} sent something that cannot be; nothing was done.", who=who)
        case _:
            return None


def _elsewhere(replica: Replica) -> list[Said]:
    """Whose inbox is at a relay we do not use ourselves: whoever runs it sees where we are."""
    return [
        said(
            "{who} has its inbox at another relay, {relay}: whoever runs that sees your address"
            " when you write, unless you go through a proxy.",
            who=member.card.pseudonym,
            relay=member.card.relay,
        )
        for member in replica.roster.others()
        if member.card.relay not in ("", replica.relay)
    ]


def _held_up(replica: Replica, names: dict[bytes, str]) -> list[Said]:
    """Whose words wait for whose, which have not come and may have been withheld."""
    pairs = set()
    for author, data in replica.store.rows(
        "SELECT author, bytes FROM event WHERE state = 'waiting' ORDER BY author, epoch, seq"
    ):
        for head in read_event(data).heads:
            ours = replica.log.head(head.author)
            is_here = ours is not None and (head.epoch, head.seq) <= (ours.epoch, ours.seq)
            if not is_here and head.author in names:
                pairs.add((names[author], names[head.author]))
    return [
        said(
            "What {author} said waits for something that {other} said and that has not come.",
            author=author,
            other=other,
        )
        for author, other in sorted(pairs)
    ]
