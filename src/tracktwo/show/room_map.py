"""The room map as a drawing: a row for each issue, a box for each option, a line through the best.

SVG for a printed page: shapes and words say everything, so it reads in black and white; a table
beside it says the same to a screen reader.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from tracktwo.deal.agenda import Agenda, Issue
from tracktwo.probe.question import Answer
from tracktwo.show import words

_GAP = 8
_TITLE = 17  # height of an issue's name
_HEAD, _WORDS = 14, 10  # heights in a box: of its mark, and of a line of its words
_MOST_WORDS = 7  # lines; what differs is often at the end
_SIGN = 5.1  # width of a letter in a box, generously
_HEADING = (  # with a white rim, for the line through the best may pass behind it
    'font-weight="bold" font-size="11" paint-order="stroke" stroke="Canvas" stroke-width="4"'
)


@dataclass(frozen=True)
class Signs:
    """What a map says beside the agenda's own words, and how wide it is for letters of size 9.

    `title`: to a screen reader. `most`: options drawn in one row.
    """

    title: str
    best: str = "IN, BEST"
    inside: str = "IN"
    outside: str = "not"
    right_to_left: bool = False
    width: int = 720
    most: int = 8

    def of(self, mark: str) -> str:
        """What stands in a box of this mark."""
        return {"best": self.best, "in": self.inside, "not": self.outside}[mark]


def drawing(agenda: Agenda, answer: Answer, signs: Signs | None = None) -> str:
    """The SVG element. `answer` must have answered `where`."""
    signs = signs or Signs(f"Room map of {agenda.title}; the table that follows says the same.")
    rows = list(_rows(agenda, answer, signs))
    whole = _svg(rows[0].top, rows[-1].bottom, _line(rows) + "".join(r.drawn for r in rows), signs)
    return whole.replace("<svg", f'<svg role="img" aria-label="{escape(signs.title)}"', 1)


def strips(agenda: Agenda, answer: Answer, signs: Signs) -> str:
    """The same as a strip for each issue, so that a sheet of paper ends between two of them."""
    rows = list(_rows(agenda, answer, signs))
    line = _line(rows)  # each strip shows its part of it
    drawn = "".join(_svg(row.top, row.bottom, line + row.drawn, signs) for row in rows)
    return f'<div role="img" aria-label="{escape(signs.title)}" class="map">{drawn}</div>'


@dataclass(frozen=True)
class _Best:
    """A box of the best package: its middle, and whether no other box is above it, or below."""

    x: float
    top: float
    bottom: float
    is_first: bool
    is_last: bool


@dataclass(frozen=True)
class _Row:
    """An issue: from where to where it is drawn, and where its best option is."""

    top: float
    bottom: float
    drawn: str
    best: _Best | None


def _rows(agenda: Agenda, answer: Answer, signs: Signs) -> Iterator[_Row]:
    top = 0.0
    for issue in agenda.issues:
        row = _row(issue, answer, top, signs)
        yield row
        top = row.bottom


def _line(rows: list[_Row]) -> str:
    """From each option of the best package to the next, where no other box is between them."""
    drawn = ""
    for row, after in pairwise(rows):
        one, other = row.best, after.best
        if one is not None and other is not None and one.is_last and other.is_first:
            ends = f'x1="{one.x:.1f}" y1="{one.bottom:.1f}" x2="{other.x:.1f}" y2="{other.top:.1f}"'
            drawn += f'<line {ends} stroke="CanvasText" stroke-width="2"/>'
    return drawn


def _svg(top: float, bottom: float, drawn: str, signs: Signs) -> str:
    direction = "rtl" if signs.right_to_left else "ltr"
    return (
        f'<svg class="plot" direction="{direction}"'
        f' viewBox="-2 {top:.0f} {signs.width + 4} {bottom - top:.0f}" font-family="sans-serif"'
        f' fill="CanvasText">{drawn}</svg>'
    )


def _row(issue: Issue, answer: Answer, top: float, signs: Signs) -> _Row:
    columns = min(len(issue.options), signs.most)
    width = (signs.width - _GAP * (columns - 1)) / columns
    drawn, best = _text(0, top + 11, issue.name, _HEADING, signs), None
    y = top + _TITLE
    for begin in range(0, len(issue.options), columns):
        band = issue.options[begin : begin + columns]
        shown = [_wrapped(option.name, width) for option in band]
        height = _HEAD + _WORDS * max(map(len, shown))
        for place, (option, lines) in enumerate(zip(band, shown, strict=True)):
            x = place * (width + _GAP)
            mark = words.mark_of(answer, issue.id, option.id)
            drawn += _box((x, y, width, height), mark, lines, signs)
            if mark == "best":
                across = signs.width - x - width / 2 if signs.right_to_left else x + width / 2
                is_last = begin + columns >= len(issue.options)
                best = _Best(across, y, y + height, begin == 0, is_last)
        y += height + 4
    return _Row(top, y + 10, drawn, best)


def _wrapped(name: str, width: float) -> list[str]:
    lines = textwrap.wrap(name, max(6, int((width - 10) / _SIGN)))
    return lines if len(lines) <= _MOST_WORDS else [*lines[: _MOST_WORDS - 1], "..."]


# The colours of the system, so that it is seen on dark and on light, and on paper.
_STYLE = {
    "best": 'fill="Canvas" stroke="CanvasText" stroke-width="3"',
    "in": 'fill="Canvas" stroke="CanvasText"',
    "not": 'fill="Canvas" stroke="GrayText" stroke-dasharray="3 3"',
}
_TINT = 'fill-opacity=".11"'


def _box(at: tuple[float, float, float, float], mark: str, lines: list[str], signs: Signs) -> str:
    x, y, width, height = at
    left = signs.width - x - width if signs.right_to_left else x
    place = f'x="{left:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    drawn = f"<rect {place} {_STYLE[mark]}/>" + (f"<rect {place} {_TINT}/>" * (mark == "in"))
    said = _text(x + 5, y + 9.5, signs.of(mark), 'font-size="7" font-weight="bold"', signs)
    return (
        drawn
        + said
        + "".join(
            _text(x + 5, y + 19 + _WORDS * number, line, 'font-size="9"', signs)
            for number, line in enumerate(lines)
        )
    )


def _text(x: float, y: float, text: str, style: str, signs: Signs) -> str:
    """A text that starts so far from where reading starts, and is read its own way."""
    place = signs.width - x if signs.right_to_left else x
    if signs.right_to_left:
        text = f"\u2068{text}\u2069"
    return f'<text x="{place:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'
