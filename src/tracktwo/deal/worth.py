"""The worth of every package to one side, exactly, in a form NumPy can sort.

In points, or (`exact`) on scores and weights as they stand: units are then so fine that all of them
are whole. Worths that do not fit 64 bits are ranked, so that nothing is ever rounded.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tracktwo.deal.agenda import Agenda
from tracktwo.deal.package import Packages
from tracktwo.deal.points import crossed, point_table
from tracktwo.deal.position import TOP_SCORE, Position, in_units, require_covers
from tracktwo.errors import BadInput
from tracktwo.said import said

Keys = NDArray[np.int32] | NDArray[np.int64]

_LIMB = 55  # bits, so that 64 of them with a carry still fit 62
_LIMBS = 8


_Scale = tuple[list[list[int]], int, int]
"""A position in whole units: what each option of each issue is worth, the line, everything."""


def _point_scale(agenda: Agenda, position: Position) -> _Scale:
    table = point_table(agenda, position)
    return [of.tolist() for of in table.points], table.line, agenda.points


def _exact_scale(agenda: Agenda, position: Position) -> _Scale:
    """Units so fine that everything is whole: weight * score for an option, 100 * W for all."""
    require_covers(position, agenda)
    weights, _ = in_units([position.weights[issue.id] for issue in agenda.issues])
    scores = [position.scores[issue.id][o.id] for issue in agenda.issues for o in issue.options]
    (line, *fine), one = in_units([position.accept_from, *scores])
    of = iter(fine)
    options = [
        [weight * next(of) for _ in issue.options]
        for weight, issue in zip(weights, agenda.issues, strict=True)
    ]
    return options, line * sum(weights), TOP_SCORE * one * sum(weights)


class Worth:
    """The worth of every package to one side. SECRET, so its repr shows nothing.

    `keys`: (count,) int32 within 2**30 or int64 within 2**62, in the order of the worths and equal
    where they are, below 0 under the line and only there. `line`: the least worth accepted.
    `unit`: the worth of everything. Raises BadInput for a position on another agenda, and for
    exact figures beyond some 400 bits.
    """

    __slots__ = ("_distances", "_options", "_packages", "_position", "keys", "line", "unit")

    def __init__(self, packages: Packages, position: Position, *, exact: bool) -> None:
        scale = _exact_scale if exact else _point_scale
        self._packages, self._position = packages, position
        self._options, self.line, self.unit = scale(packages.agenda, position)
        first, *others = self._options
        self._distances = ([worth - self.line for worth in first], *others)
        self.keys = _order(packages, self._distances)

    def __repr__(self) -> str:
        return "<Worth: not shown>"

    def of(self, numbers: NDArray[np.intp]) -> list[int]:
        """The exact worths of some packages."""
        if _fit(self._distances):
            return [key + self.line for key in self.keys[numbers].tolist()]
        return [self._exact(number) for number in numbers.tolist()]

    def acceptable(self) -> NDArray[np.bool_]:
        """Which packages reach the line and cross no red line: (count,)."""
        mask: NDArray[np.bool_] = self.keys >= 0
        if self._position.red_lines:
            mask &= ~crossed(self._packages, self._position)
        return mask

    def worst(self) -> int:
        """The exact worth of the package worth least."""
        (worst,) = self.of(np.array([np.argmin(self.keys)]))
        return worst

    def _exact(self, number: int) -> int:
        (held,) = self._packages.options(number, number + 1).tolist()
        return sum(of[option] for of, option in zip(self._options, held, strict=True))


def _fit(distances: Sequence[Sequence[int]]) -> bool:
    """Whether every sum of one from each fits 64 bits with room to spare."""
    return _reach(distances) < 2**62


def _reach(distances: Sequence[Sequence[int]]) -> int:
    return sum(max(map(abs, of)) for of in distances)


def _order(packages: Packages, distances: Sequence[Sequence[int]]) -> Keys:
    """The sums of one from each where they fit, else their ranks, counted from 0 upwards at 0."""
    if _reach(distances) < 2**30:  # half the memory to go through
        return packages.totals([np.array(of, np.int32) for of in distances])
    if _fit(distances):
        return packages.totals([np.array(of, np.int64) for of in distances])
    limbs = _limbs(packages, distances)
    order = np.lexsort(limbs)
    new = np.zeros(packages.count, np.bool_)
    for limb in limbs:
        new[1:] |= limb[order[1:]] != limb[order[:-1]]
    ranks = np.empty(packages.count, np.int64)
    ranks[order] = np.cumsum(new)
    reached = ranks[limbs[-1] >= 0]
    return ranks - (reached.min() if len(reached) else packages.count)


def _limbs(packages: Packages, distances: Sequence[Sequence[int]]) -> list[NDArray[np.int64]]:
    """The sums cut into limbs of 55 bits, the least significant first, the sign in the last."""
    bits = _reach(distances).bit_length()
    count = bits // _LIMB + 1
    if count > _LIMBS:
        what = said("The figures of these positions are too long to be compared exactly.")
        raise BadInput(what, advice=said("Study them in points, or round the figures."))
    limbs: list[NDArray[np.int64]] = []
    carry = np.zeros(packages.count, np.int64)
    for place in range(count):
        last = place == count - 1
        mask = -1 if last else 2**_LIMB - 1
        tables = [
            np.array([(worth >> _LIMB * place) & mask for worth in of], np.int64)
            for of in distances
        ]
        limb = packages.totals(tables) + carry
        if not last:
            carry = limb >> _LIMB
            limb &= mask
        limbs.append(limb)
    return limbs
