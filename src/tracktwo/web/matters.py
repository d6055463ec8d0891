"""The agendas of a node, with a position and supposed ones on each: kept encrypted, never as files.

They are kept as TOML, as files would be, among what the node keeps beside its channels:

    matters             every agenda's ident and title, the newest first
    matter IDENT        the agenda
    matter IDENT WHOSE  a position on it
    judged IDENT WHOSE  what was answered of packages about its line
    again IDENT WHOSE   what has other words since it was scored, and is to be looked at again
    rehearsal IDENT     how it is rehearsed
    draft /a/IDENT/...  what was typed at its screens and not sent, as page.py keeps it
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from tracktwo.channel.node import Node
from tracktwo.deal.agenda import Agenda, Choice, read_agenda, write_agenda
from tracktwo.deal.fitting import (
    fitted,
    judgement_stands,
    lost,
    lost_exclusions,
    reworded,
)
from tracktwo.deal.position import Position, read_position, rounded, write_position
from tracktwo.encoding import decode, encode
from tracktwo.errors import BadInput
from tracktwo.said import counted, said

OWN, SUPPOSED = "own", "supposed"
WHOSE = (OWN, SUPPOSED)
"""One's own position, and what one supposes the other side's to be."""

AGENDA = "agenda"

_INDEX = "matters"
_LARGEST = 1 << 22


@dataclass(frozen=True)
class Change:
    """What a changed agenda did to the positions on it.

    `is_fitted`: whether anything came or went. `again`: the names that stand where others had been
    scored.
    """

    is_fitted: bool
    again: tuple[str, ...]


def titles(node: Node) -> dict[str, str]:
    """Every agenda's title, by its ident, the newest first."""
    return dict(_read(node, _INDEX, []))


def add(node: Node, agenda: Agenda) -> str:
    """Keep a new agenda. Its ident."""
    ident = secrets.token_hex(6)
    _write_agenda(node, ident, agenda)
    return ident


def agenda_in(node: Node, ident: str) -> Agenda:
    """An agenda. Raises BadInput if there is none."""
    kept = node.kept(f"matter {ident}") if ident in titles(node) else None
    if kept is None:
        raise BadInput(said("There is no such agenda here."))
    return read_agenda(kept, "agenda")


def change(node: Node, ident: str, agenda: Agenda) -> Change:
    """Keep an agenda in place of the one before, and fit the positions on it."""
    with node.transaction():
        before = agenda_in(node, ident)
        found = {whose: position_in(node, ident, whose, before) for whose in WHOSE}
        _write_agenda(node, ident, agenda)
        fresh = reworded(before, agenda)
        is_fitted = False
        names: dict[str, None] = {}
        for whose, position in found.items():
            if position is not None:
                other = fitted(position, agenda)
                words = reworded(before, agenda, to_look_at(node, ident, whose))
                stay = [
                    j for j in judged(node, ident, whose) if judgement_stands(j[0], agenda, fresh)
                ]
                keep_position(node, ident, whose, agenda, other)
                _keep_to_look_at(node, ident, whose, words)
                keep_judged(node, ident, whose, stay)
                if other != position:
                    drop_drafts(node, ident, whose)
                    is_fitted = True
                names |= dict.fromkeys(_named(agenda, place) for place in fresh if place in words)
        return Change(is_fitted, tuple(names))


def losses(node: Node, ident: str, agenda: Agenda) -> dict[str, list[str]]:
    """What `change` would take away: AGENDA or whose position, and sentences that name it."""
    before = agenda_in(node, ident)
    words = reworded(before, agenda)
    found = {AGENDA: list(lost_exclusions(before, agenda))}
    for whose in WHOSE:
        position = position_in(node, ident, whose, before)
        if position is None:
            continue
        found[whose] = list(lost(position, before, agenda))
        gone = [j for j in judged(node, ident, whose) if not judgement_stands(j[0], agenda, words)]
        if gone:
            found[whose].append(
                counted(
                    "What you said of {count} package.",
                    "What you said of {count} packages.",
                    len(gone),
                )
            )
    return {of: sentences for of, sentences in found.items() if sentences}


def forget(node: Node, ident: str) -> None:
    """Keep an agenda and all about it no longer."""
    with node.transaction():
        node.keep(_INDEX, encode([[i, title] for i, title in titles(node).items() if i != ident]))
        node.drop(f"matter {ident}")
        node.drop(f"rehearsal {ident}")
        for whose in WHOSE:
            drop_position(node, ident, whose)
        node.drop_below(f"draft /a/{ident}/")


def position_in(node: Node, ident: str, whose: str, agenda: Agenda) -> Position | None:
    """A position on an agenda, if there is one. Raises BadInput if it cannot be read."""
    kept = node.kept(f"matter {ident} {_known(whose)}")
    return None if kept is None else read_position(kept, "position", agenda)


def keep_position(node: Node, ident: str, whose: str, agenda: Agenda, position: Position) -> None:
    """Keep a position, rounded as files are."""
    text = write_position(rounded(position), agenda)
    node.keep(f"matter {ident} {_known(whose)}", text.encode())


def drop_position(node: Node, ident: str, whose: str) -> None:
    """Keep a position no longer."""
    with node.transaction():
        node.drop(f"matter {ident} {_known(whose)}")
        node.drop(f"judged {ident} {whose}")
        node.drop(f"again {ident} {whose}")
        drop_drafts(node, ident, whose)


def to_look_at(node: Node, ident: str, whose: str) -> dict[Choice, str]:
    """What has other words since it was scored, or is new: its place, and its words before."""
    found = _read(node, f"again {ident} {_known(whose)}", [])
    return {(issue, option): before for issue, option, before in found}


def looked_at(node: Node, ident: str, whose: str) -> None:
    """All of it was looked at: the position is meant as it stands."""
    node.drop(f"again {ident} {_known(whose)}")


def _keep_to_look_at(node: Node, ident: str, whose: str, words: dict[Choice, str]) -> None:
    node.keep(f"again {ident} {whose}", encode([[*place, name] for place, name in words.items()]))


def _named(agenda: Agenda, place: Choice) -> str:
    issue = agenda.issue(place[0])
    return f"{issue.name}: {issue.option(place[1]).name}" if place[1] else issue.name


def drop_drafts(node: Node, ident: str, whose: str) -> None:
    """Forget what was typed about a position and not sent: it would hide another that came."""
    node.drop_below(f"draft /a/{ident}/{_known(whose)}/")


def drop_issue_drafts(node: Node, ident: str, mark: str) -> None:
    """The same about an issue that is gone, by what stands for it in addresses."""
    for at in ("", *(f"{whose}/" for whose in WHOSE)):
        node.drop(f"draft /a/{ident}/{at}issue/{mark}")


def judged(node: Node, ident: str, whose: str) -> list[tuple[dict[str, str], bool]]:
    """Packages that were judged, and whether they would be taken."""
    return [(package, accepts) for package, accepts in _read(node, f"judged {ident} {whose}", [])]


def keep_judged(
    node: Node, ident: str, whose: str, packages: list[tuple[dict[str, str], bool]]
) -> None:
    """Keep what was judged."""
    node.keep(f"judged {ident} {_known(whose)}", encode([[p, accepts] for p, accepts in packages]))


def terms(node: Node, ident: str) -> dict[str, str]:
    """How a matter is rehearsed."""
    return dict(_read(node, f"rehearsal {ident}", {}))


def keep_terms(node: Node, ident: str, terms: dict[str, str]) -> None:
    """Keep how it is rehearsed."""
    node.keep(f"rehearsal {ident}", encode(terms))


def _known(whose: str) -> str:
    if whose not in WHOSE:
        raise BadInput(said("There is no such position here."))
    return whose


def _write_agenda(node: Node, ident: str, agenda: Agenda) -> None:
    with node.transaction():
        others = [[i, title] for i, title in titles(node).items() if i != ident]
        node.keep(f"matter {ident}", write_agenda(agenda).encode())
        node.keep(_INDEX, encode([[ident, agenda.title], *others]))


def _read(node: Node, name: str, default: Any) -> Any:  # noqa: ANN401 - whatever was kept
    kept = node.kept(name)
    return default if kept is None else decode(kept, limit=_LARGEST)
