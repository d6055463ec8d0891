"""Every format an agenda or a position can be in: one door for reading, one for writing."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import PurePath
from typing import Literal

from tracktwo.deal import genius, genius_writing, spreadsheet
from tracktwo.deal.agenda import Agenda, read_agenda, write_agenda
from tracktwo.deal.points import point_table
from tracktwo.deal.position import (
    DECIMALS,
    Position,
    read_position,
    require_covers,
    rounded,
    write_position,
)
from tracktwo.errors import BadInput
from tracktwo.said import said, series

Format = Literal["toml", "xml", "xlsx", "csv"]
"""Our own files, GENIUS, and the two kinds of spreadsheet."""

_CSV = re.compile(rb'"?kind"?[,;\t]')
"""How our tables begin."""

_FORMATS: tuple[Format, ...] = ("toml", "xml", "xlsx", "csv")


def format_of(name: str) -> Format:
    """The format a file of that name is written in. Raises BadInput for any other ending."""
    ending = PurePath(name).suffix.removeprefix(".").lower()
    for known in _FORMATS:
        if ending == known:
            return known
    what = said("The name of the file says no format that is known.")
    endings = series([f".{known}" for known in _FORMATS])
    advice = said("Let the name end in one of: {endings}.", endings=endings)
    raise BadInput(what, where=name, advice=advice)


def load_agenda(data: bytes, where: str) -> Agenda:
    """The agenda in the bytes of a file called `where`, by its ending or else by its look.

    Raises BadInput, with the line where there is one.
    """
    match _look(data, where):
        case "xml":
            return genius.read_domain(data, where)
        case "xlsx" | "csv":
            return spreadsheet.read_agenda_sheet(data, where)
        case "toml":
            return read_agenda(data, where)


def load_position(data: bytes, where: str, agenda: Agenda) -> Position:
    """The position on `agenda` in the bytes of a file called `where`, as `load_agenda` reads.

    What a foreign format left to be settled stands in its notes. Raises BadInput, with the line.
    """
    match _look(data, where):
        case "xml":
            return genius.read_profile(data, where, agenda)
        case "xlsx" | "csv":
            return spreadsheet.read_position_sheet(data, where, agenda)
        case "toml":
            return read_position(data, where, agenda)


def dump_agenda(agenda: Agenda, kind: Format) -> bytes:
    """A file that `load_agenda` turns into an equal agenda.

    Raises BadInput for what the format cannot say: nothing is dropped.
    """
    match kind:
        case "xml":
            return genius_writing.write_domain(agenda)
        case "xlsx" | "csv":
            return spreadsheet.write_agenda_sheet(agenda, kind)
        case "toml":
            return write_agenda(agenda).encode()


def dump_position(position: Position, agenda: Agenda, kind: Format) -> bytes:
    """A file that `load_position` turns into an equal position, or one rounded that says so.

    Raises BadInput for what the format cannot say: nothing is dropped.
    """
    position = in_places(position, agenda)
    match kind:
        case "xml":
            return genius_writing.write_profile(position, agenda)
        case "xlsx" | "csv":
            return spreadsheet.write_position_sheet(position, agenda, kind)
        case "toml":
            return write_position(position, agenda).encode()


def in_places(position: Position, agenda: Agenda) -> Position:
    """The position as files can hold it: fractions rounded, and a note of what that changed.

    A position of decimals alone is returned as it is.
    """
    require_covers(position, agenda)
    scores = [score for of in position.scores.values() for score in of.values()]
    figures = [position.accept_from, *position.weights.values(), *scores]
    if not any(isinstance(figure, Fraction) for figure in figures):
        return position
    plain = rounded(position)
    before, after = point_table(agenda, position), point_table(agenda, plain)
    changed = int(before.line != after.line) + sum(
        int((old != new).sum()) for old, new in zip(before.points, after.points, strict=True)
    )
    what = f"changed {changed} of the points" if changed else "changed nothing in points"
    note = f"Rounding figures that have no end to {DECIMALS} decimals {what}."
    return replace(plain, notes="\n".join(filter(None, [position.notes, note])))


def _look(data: bytes, where: str) -> Format:
    ending = PurePath(where).suffix.removeprefix(".").lower()
    for known in _FORMATS:
        if ending == known:
            return known
    if data[:2] == b"PK":
        return "xlsx"
    start = data[:100].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] == b"<":
        return "xml"
    return "csv" if _CSV.match(start) else "toml"
