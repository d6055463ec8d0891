"""The agendas of a node, with a position and supposed ones on each: kept encrypted, never as files.

They are kept as TOML, as files would be, among what the node keeps beside its channels:

    matters             every agenda's ident and title, the newest first
    matter IDENT        the agenda
    matter IDENT WHOSE  a position on it
    judged IDENT WHOSE  what was answered of packages about its line
    rehearsal IDENT     how it is rehearsed
    draft /a/IDENT/...  what was typed at its screens and not sent, as page.py keeps it
"""

from __future__ import annotations

import secrets
from typing import Any

from tracktwo.channel.node import Node
from tracktwo.deal.agenda import Agenda, read_agenda, write_agenda
from tracktwo.deal.fitting import blank, fitted
from tracktwo.deal.position import Position, read_position, rounded, write_position
from tracktwo.encoding import decode, encode
from tracktwo.errors import BadInput
from tracktwo.said import said

OWN, SUPPOSED = "own", "supposed"
WHOSE = (OWN, SUPPOSED)
"""One's own position, and what one supposes the other side's to be."""

_INDEX = "matters"
_LARGEST = 1 << 22


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


def change(node: Node, ident: str, agenda: Agenda) -> bool:
    """Keep an agenda in place of the one before. Whether positions on it had to be fitted."""
    with node.transaction():
        before = agenda_in(node, ident)
        found = {whose: position_in(node, ident, whose, before) for whose in WHOSE}
        _write_agenda(node, ident, agenda)
        changed = False
        for whose, position in found.items():
            if position is not None:
                other = fitted(position, agenda)
                keep_position(node, ident, whose, agenda, other)
                node.drop(f"judged {ident} {whose}")
                if other != position:
                    drop_drafts(node, ident, whose)
                    changed = True
        return changed


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


def begin_position(node: Node, ident: str, whose: str, agenda: Agenda) -> Position:
    """The position there is, or a blank one."""
    found = position_in(node, ident, whose, agenda)
    return blank(agenda) if found is None else found


def drop_position(node: Node, ident: str, whose: str) -> None:
    """Keep a position no longer."""
    with node.transaction():
        node.drop(f"matter {ident} {_known(whose)}")
        node.drop(f"judged {ident} {whose}")
        drop_drafts(node, ident, whose)


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
