"""The room map as a drawing: a row for each issue, a box for each option, a line through the best.

SVG for a printed page: shapes and words say everything, so it reads in black and white; a table
beside it says the same to a screen reader.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from html import escape

from tracktwo.deal.agenda import Agenda, Issue
from tracktwo.probe.question import Answer
from tracktwo.show import words

_WIDTH = 720
_GAP = 8
_TITLE = 15  # height of an issue's name
_BOX = 38
_ROW = _TITLE + _BOX + 12
_SIGN = 5.1  # width of a letter in a box, generously
_MOST = 8  # options drawn in one row
_HEADING = (  # with a white rim, for the line through the best may pass behind it
    'font-weight="bold" font-size="11" paint-order="stroke" stroke="#fff" stroke-width="4"'
)


def drawing(agenda: Agenda, answer: Answer) -> str:
    """The SVG element. `answer` must have answered `where`."""
    rows: list[str] = []
    path: list[tuple[float, float]] = []
    top = 0.0
    for issue in agenda.issues:
        rows.append(_text(0, top + 11, issue.name, _HEADING))
        boxes = list(_boxes(issue, answer, top + _TITLE))
        rows += [box for box, _ in boxes]
        path += [place for _, place in boxes if place is not None]
        top += _ROW + _BOX * ((len(issue.options) - 1) // _MOST)
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in path)
    best = f'<polyline points="{line}" fill="none" stroke="#000" stroke-width="2"/>' if path else ""
    title = escape(f"Room map of {agenda.title}; the table that follows says the same.")
    return (
        f'<svg role="img" aria-label="{title}" viewBox="-2 0 {_WIDTH + 4} {top:.0f}"'
        f' font-family="sans-serif">{best}{"".join(rows)}</svg>'
    )


def _boxes(
    issue: Issue, answer: Answer, top: float
) -> Iterator[tuple[str, tuple[float, float] | None]]:
    """The box of each option, and the middle of it if it is in the best package."""
    columns = min(len(issue.options), _MOST)
    width = (_WIDTH - _GAP * (columns - 1)) / columns
    for place, option in enumerate(issue.options):
        x = place % columns * (width + _GAP)
        y = top + place // columns * _BOX
        mark = words.mark_of(answer, issue.id, option.id)
        middle = (x + width / 2, y + _BOX / 2) if mark == "best" else None
        yield _box(x, y, width, mark, option.name), middle


_STYLE = {
    "best": 'fill="#fff" stroke="#000" stroke-width="3"',
    "in": 'fill="#e4e4e4" stroke="#000"',
    "not": 'fill="#fff" stroke="#666" stroke-dasharray="3 3"',
}
_SAID = {"best": "IN, BEST", "in": "IN", "not": "not"}


def _box(x: float, y: float, width: float, mark: str, name: str) -> str:
    height = _BOX - 4
    rectangle = (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" {_STYLE[mark]}/>'
    )
    wrapped = textwrap.wrap(name, max(6, int((width - 10) / _SIGN)))
    shown = wrapped[:2] if len(wrapped) <= 2 else [wrapped[0], wrapped[1] + " ..."]
    fill = 'font-size="9"' + (' fill="#444"' if mark == "not" else "")
    said = _text(x + 5, y + 9.5, _SAID[mark], 'font-size="7" font-weight="bold"')
    return (
        rectangle
        + said
        + "".join(
            _text(x + 5, y + 19 + 10 * number, part, fill) for number, part in enumerate(shown)
        )
    )


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'
