"""Plots as SVG, and the table behind each: pure functions of numbers and labels.

Shapes, dashes and hatching say everything, so a plot reads in black and white and to the
colour-blind; colour may come on top by the classes below. Nothing in it is a style, so the
strictest policy lets it pass. Everything is drawn in currentColor on what is behind. A screen
reader hears title and description, and the table has every figure. Labels come in from outside,
in any language; in one that runs from right to left the bars do too, while axes of numbers do not.

Classes: plot, axis, grid, line, room, frontier, mark, mark-NAME, bar, bar-0, bar-1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape

from tracktwo.said import series

Number = int | Fraction

_SIZE, _LEFT, _TOP, _RIGHT, _BOTTOM = 400, 56, 74, 14, 48  # above there is room for names


@dataclass(frozen=True)
class Plot:
    """An SVG element, and the table that says the same."""

    svg: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Words:
    """What a plot says of itself: `name` is unique on its page; `number` writes a figure,
    `series` a list."""

    name: str
    title: str
    description: str
    number: Callable[[Number], str] = str
    right_to_left: bool = False
    series: Callable[[Sequence[str]], str] = series


@dataclass(frozen=True)
class Mark:
    """A point with a shape and a label of its own. `shape`: one of SHAPES."""

    x: int
    y: int
    label: str
    shape: str


SHAPES = ("square", "triangle", "cross")


@dataclass(frozen=True)
class Axis:
    """One side of a pareto plot: what is counted, how far it goes, from where it is accepted."""

    label: str
    top: int
    line: int
    line_label: str


@dataclass(frozen=True)
class Bar:
    """What one row of bars is about, and a number of at least 0 for each series."""

    label: str
    values: tuple[Number, ...]


def pareto(
    words: Words, x: Axis, y: Axis, points: Sequence[tuple[int, int]], marks: Sequence[Mark]
) -> Plot:
    """The frontier of two sides, their lines, and up to three marks of different shapes."""
    scale = _Scale(x, y)
    parts = [
        _frame(scale, words),
        _lines(scale),
        _frontier(scale, points),
        *(_mark(scale, mark) for mark in marks),
        _legend(marks),
    ]
    labels: dict[tuple[int, int], list[str]] = {}
    for mark in marks:
        labels.setdefault((mark.x, mark.y), []).append(mark.label)
    every = sorted({*points, *labels}, reverse=True)
    rows = tuple(
        (words.number(a), words.number(b), words.series(labels.get((a, b), ()))) for a, b in every
    )
    height = _SIZE + _TOP + _BOTTOM
    svg = _svg(words, _SIZE + _LEFT + _RIGHT, height, "".join(parts), "ltr")
    return Plot(svg, (x.label, y.label, ""), rows)


def bars(words: Words, header: Sequence[str], rows: Sequence[Bar]) -> Plot:
    """Bars side by side, one row of them for each label. `header`: of the table behind it.

    The series are told apart by filling: full, hatched.
    """
    top = max([1, *(value for row in rows for value in row.values)])
    drawn, at = [], 0.0
    for number, label in enumerate(header[1:] if len(header) > 2 else ()):
        drawn.append(_box(words, at, 24, number) + _text(32, at + 11, label, words))
        at += 20
    for row in rows:
        drawn.append(_text(0, at + 13, row.label, words))
        at += 19
        for number, value in enumerate(row.values):
            drawn.append(_bar(words, at, float(_LENGTH * value / top), number, value))
            at += 17
        at += 7
    svg = _svg(words, _WIDTH, at, "".join(drawn), "rtl" if words.right_to_left else "ltr")
    table = tuple((row.label, *map(words.number, row.values)) for row in rows)
    return Plot(svg, tuple(header), table)


def _svg(words: Words, width: float, height: float, inside: str, direction: str) -> str:
    name = escape(words.name)
    hatch = (
        f'<defs><pattern id="{name}-hatch" width="5" height="5" patternUnits="userSpaceOnUse">'
        '<path d="M-1,6 6,-1M-1,1 1,-1M4,6 6,4" stroke="currentColor"/></pattern></defs>'
    )
    return (
        f'<svg class="plot" role="img" aria-labelledby="{name}-title {name}-desc"'
        f' viewBox="0 0 {_n(width)} {_n(height)}" direction="{direction}" font-size="12"'
        ' fill="currentColor">'
        f'<title id="{name}-title">{escape(words.title)}</title>'
        f'<desc id="{name}-desc">{escape(words.description)}</desc>{hatch}{inside}</svg>'
    )


# The plane of two sides


class _Scale:
    """From points to places."""

    def __init__(self, x: Axis, y: Axis) -> None:
        self.x_axis, self.y_axis = x, y

    def x(self, value: float) -> float:
        """How far from the left."""
        return _LEFT + _SIZE * value / max(1, self.x_axis.top)

    def y(self, value: float) -> float:
        """How far from the top."""
        return _TOP + _SIZE - _SIZE * value / max(1, self.y_axis.top)


def _frame(scale: _Scale, words: Words) -> str:
    bottom, right = _TOP + _SIZE, _LEFT + _SIZE
    parts = [
        f'<path class="axis" d="M{_LEFT},{_TOP}V{bottom}H{right}" fill="none"'
        ' stroke="currentColor"/>'
    ]
    for quarter in range(5):
        across, up = (axis.top * quarter // 4 for axis in (scale.x_axis, scale.y_axis))
        x, y = scale.x(across), scale.y(up)
        parts += [
            f'<path class="grid" d="M{_n(x)},{bottom}v4M{_LEFT},{_n(y)}h-4"'
            ' stroke="currentColor"/>',
            _place(x, bottom + 17, words.number(across), "middle"),
            _place(_LEFT - 8, y + 4, words.number(up), "end"),
        ]
    middle = _n(_TOP + _SIZE / 2)
    parts += [
        _place(_LEFT + _SIZE / 2, bottom + 38, scale.x_axis.label, "middle"),
        f'<text x="14" y="{middle}" text-anchor="middle" transform="rotate(-90 14 {middle})">'
        f"{escape(scale.y_axis.label)}</text>",
    ]
    return "".join(parts)


def _lines(scale: _Scale) -> str:
    """Each side's line, and the corner that both accept, lightly filled."""
    x, y = scale.x(scale.x_axis.line), scale.y(scale.y_axis.line)
    right, bottom = _LEFT + _SIZE, _TOP + _SIZE
    return (
        f'<path class="room" d="M{_n(x)},{_n(y)}H{right}V{_TOP}H{_n(x)}z" fill-opacity=".08"/>'
        f'<path class="line" d="M{_n(x)},{bottom}V{_TOP}M{_LEFT},{_n(y)}H{right}"'
        ' stroke="currentColor" stroke-dasharray="6 4"/>'
        + _place(x - 4, _TOP + 11, scale.x_axis.line_label, "end")
        + _place(_LEFT + 6, y - 5, scale.y_axis.line_label, "start")
    )


def _frontier(scale: _Scale, points: Sequence[tuple[int, int]]) -> str:
    """All points as one path: dots are lines of no length with round ends."""
    dots = "".join(f"M{_n(scale.x(a))},{_n(scale.y(b))}h0" for a, b in points)
    if not dots:
        return ""
    return (
        f'<path class="frontier" d="{dots}" fill="none" stroke="currentColor" stroke-width="5"'
        ' stroke-linecap="round"/>'
    )


_OUTLINES = {
    "square": "M-7,-7H7V7H-7z",
    "triangle": "M0,-10 9,7H-9z",
    "cross": "M-8,-8 8,8M8,-8 -8,8",
}


def _mark(scale: _Scale, mark: Mark) -> str:
    x, y = scale.x(mark.x), scale.y(mark.y)
    return _outline(mark, x, y)


def _legend(marks: Sequence[Mark]) -> str:
    """What each shape means."""
    rows = [(10 + 22 * place, mark) for place, mark in enumerate(marks)]
    return "".join(
        _outline(mark, _LEFT + 8, y + 2) + _place(_LEFT + 26, y + 6, mark.label, "start")
        for y, mark in rows
    )


def _outline(mark: Mark, x: float, y: float) -> str:
    return (
        f'<path class="mark mark-{mark.shape}" d="{_OUTLINES[mark.shape]}" fill="none"'
        f' transform="translate({_n(x)} {_n(y)})" stroke="currentColor" stroke-width="2"/>'
    )


def _place(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}">{escape(text)}</text>'


# Bars

_WIDTH, _LENGTH = 520, 440


def _bar(words: Words, at: float, length: float, series: int, value: Number) -> str:
    return _box(words, at, length, series) + _text(length + 6, at + 11, words.number(value), words)


def _box(words: Words, at: float, length: float, series: int) -> str:
    x = _WIDTH - length if words.right_to_left else 0
    fill = f' fill="url(#{escape(words.name)}-hatch)"' if series else ""
    return (
        f'<rect class="bar bar-{series}" x="{_n(x)}" y="{_n(at)}" width="{_n(length)}" height="13"'
        f'{fill} stroke="currentColor"/>'
    )


def _text(x: float, y: float, text: str, words: Words) -> str:
    """A text that starts so far from where reading starts."""
    place = _WIDTH - x if words.right_to_left else x
    if words.right_to_left:
        text = f"\u2068{text}\u2069"  # it is read its own way
    return f'<text x="{_n(place)}" y="{_n(y)}">{escape(text)}</text>'


def _n(value: float) -> str:
    """A number of a drawing, in as few signs as matter."""
    return f"{value:.1f}".removesuffix(".0")
