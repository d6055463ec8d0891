"""The least change of weights that meets given conditions, exactly.

Least is the sum of what is added to some weights and taken from others, so that few weights change:
a linear program, solved by the dual simplex method (Lemke 1954) in fractions. No change at all is
where it starts, which is as good as can be but for the conditions; each step meets one more of
them. Of equal choices the first is taken, so that it ends (Bland 1977).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Condition:
    """The sum of `each` times its weight is at least `line` times the free number, and `more`.

    The free number is one more unknown, of any size and at no cost: with 0 for `line` it plays no
    part.
    """

    each: tuple[Fraction, ...]
    line: Fraction
    more: Fraction


def least_change(
    weights: Sequence[Fraction], conditions: Sequence[Condition]
) -> list[Fraction] | None:
    """Weights of at least 0 and of the same sum that meet all conditions, changed the least.

    None if there are none.
    """
    rows = _rows(weights, conditions)
    count = len(weights)
    # Added to each weight, taken from each, and the free number as the difference of two.
    costs = [Fraction(1)] * 2 * count + [Fraction(0)] * 2
    values = _minimum(costs, rows)
    if values is None:
        return None
    added, taken = values[:count], values[count : 2 * count]
    return [w + more - less for w, more, less in zip(weights, added, taken, strict=True)]


_Row = list[Fraction]
"""Coefficients, and behind them what their sum must not exceed."""


def _rows(weights: Sequence[Fraction], conditions: Sequence[Condition]) -> list[_Row]:
    zero, one, count = Fraction(0), Fraction(1), len(weights)
    rows: list[_Row] = []
    for condition in conditions:
        now = sum((e * w for e, w in zip(condition.each, weights, strict=True)), zero)
        changes = [-e for e in condition.each] + list(condition.each)
        rows.append([*changes, condition.line, -condition.line, now - condition.more])
    same = [one] * count + [-one] * count
    rows.append([*same, zero, zero, zero])
    rows.append([*(-s for s in same), zero, zero, zero])
    for place, weight in enumerate(weights):
        row = [zero] * (2 * count + 2)
        row[count + place] = one
        rows.append([*row, weight])
    return rows


def _minimum(costs: list[Fraction], rows: list[_Row]) -> list[Fraction] | None:
    """The numbers of at least 0 that keep every row at the least cost, if any do.

    Costs are at least 0. Each row has a slack of its own, numbered behind the others.
    """
    width = len(costs)
    basis = list(range(width, width + len(rows)))
    columns = list(range(width))  # which unknown each column stands for
    costs = list(costs)
    while True:
        short = [place for place, row in enumerate(rows) if row[-1] < 0]
        if not short:
            break
        leaving = min(short, key=lambda place: basis[place])
        row = rows[leaving]
        falling = [at for at in range(width) if row[at] < 0]
        if not falling:
            return None
        entering = min(falling, key=lambda at: (costs[at] / -row[at], columns[at]))
        _pivot(costs, rows, leaving, entering)
        basis[leaving], columns[entering] = columns[entering], basis[leaving]
    values = dict(zip(basis, (row[-1] for row in rows), strict=True))
    return [values.get(unknown, Fraction(0)) for unknown in range(width)]


def _pivot(costs: list[Fraction], rows: list[_Row], leaving: int, entering: int) -> None:
    """Exchange the unknown of a row for that of a column."""
    row = rows[leaving]
    by = row[entering]
    row[entering] = Fraction(1)
    rows[leaving] = row = [value / by for value in row]
    used = [at for at, value in enumerate(row) if value]
    for place, other in enumerate(rows):
        if place != leaving and (times := other[entering]):
            other[entering] = Fraction(0)
            for at in used:
                other[at] -= times * row[at]
    times = costs[entering]
    costs[entering] = Fraction(0)
    for at in used:
        if at < len(costs):
            costs[at] -= times * row[at]
