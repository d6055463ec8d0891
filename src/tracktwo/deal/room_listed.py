"""The room of two positions, package by package: on any figures and any red lines."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tracktwo.deal.package import Package, Packages
from tracktwo.deal.position import Position
from tracktwo.deal.room import Naming, Point, Room, Side
from tracktwo.deal.worth import Keys, Worth

_FEW = 500
_STRIDE = 61  # prime, so that a part has all options of issues of other sizes
_STEP_BITS = 10


def room_listed(packages: Packages, a: Position, b: Position, *, exact: bool) -> Room:
    """The room of positions `a` and `b`, in points or on their exact figures.

    Raises BadInput for a position on another agenda, and for exact figures so long that they are
    not worth it (beyond some 400 bits in common units).
    """
    worth_a, worth_b = (Worth(packages, position, exact=exact) for position in (a, b))
    accepted_a, accepted_b = worth_a.acceptable(), worth_b.acceptable()
    in_room = accepted_a & accepted_b
    return Room(
        a=_side(worth_a, accepted_a),
        b=_side(worth_b, accepted_b),
        count=int(np.count_nonzero(in_room)),
        where=options_among(packages, in_room),
        frontier=_frontier(packages, in_room, worth_a, worth_b),
    )


def options_among(packages: Packages, which: NDArray[np.bool_]) -> tuple[tuple[bool, ...], ...]:
    """For each issue, for each option, whether it is part of some package of `which`: (count,)."""
    shape = tuple(len(issue.options) for issue in packages.agenda.issues)
    grid = which
    if packages.raw is not None:
        grid = np.zeros(math.prod(shape), np.bool_)
        grid[packages.raw] = which
    grid = grid.reshape(shape)
    half = len(shape) // 2  # looked through twice, not once for every issue
    upper = np.asarray(grid.any(axis=tuple(range(half, len(shape)))))
    lower = np.asarray(grid.any(axis=tuple(range(half))))
    return _marks(upper) + _marks(lower)


def _marks(grid: NDArray[np.bool_]) -> tuple[tuple[bool, ...], ...]:
    """For each axis, which of its places hold anything."""
    axes = range(grid.ndim)
    marks = (grid.any(axis=tuple(a for a in axes if a != axis), keepdims=True) for axis in axes)
    return tuple(tuple(mark.reshape(-1).tolist()) for mark in marks)


def undominated(x: Keys, y: Keys, among: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Where (x, y) is dominated by none of `among`: by x, greatest first, equal pairs adjacent.

    All three: (count,); `x` and `y` as keys are. One pair dominates another if
    neither of its numbers is less and one is greater; so equal pairs all stay.
    """
    if np.count_nonzero(among) > _FEW:
        # A part of them beats nearly all, so that few are left to sort.
        part = np.flatnonzero(among[::_STRIDE]) * _STRIDE
        left = np.flatnonzero(among & ~_beaten(x, y, x[part], y[part]))
        left = left[~_beaten(x[left], y[left], x[left], y[left])]
    else:
        left = np.flatnonzero(among)
    x, y = x[left], y[left]
    order = np.lexsort((-y, -x))
    left, x, y = left[order], x[order], y[order]
    first = np.ones(len(x), np.bool_)  # of its pair
    first[1:] = (x[1:] != x[:-1]) | (y[1:] != y[:-1])
    stays = first.copy()
    stays[1:] &= y[1:] > np.maximum.accumulate(y)[:-1]
    kept: NDArray[np.intp] = left[stays[first][np.cumsum(first) - 1]]
    return kept


def _beaten(x: Keys, y: Keys, by_x: Keys, by_y: Keys) -> NDArray[np.bool_]:
    """Which pairs are surely dominated by one of others taken from among them: not all that are.

    Looks at `x` in steps only: what is a step higher is higher.
    """
    low = x.min()
    shift = max(0, int(x.max() - low).bit_length() - _STEP_BITS)
    highest = np.full(2**_STEP_BITS + 1, np.iinfo(y.dtype).min, y.dtype)
    np.maximum.at(highest, (by_x - low) >> shift, by_y)
    above = np.maximum.accumulate(highest[::-1])[::-1][1:]
    beaten: NDArray[np.bool_] = y <= above.take((x - low) >> shift)  # twice as fast as indexing
    return beaten


def _side(worth: Worth, accepted: NDArray[np.bool_]) -> Side:
    disagreement = max(worth.line, worth.worst())
    return Side(worth.unit, worth.line, disagreement, int(np.count_nonzero(accepted)))


def _frontier(
    packages: Packages, in_room: NDArray[np.bool_], a: Worth, b: Worth
) -> tuple[Point, ...]:
    numbers = undominated(a.keys, b.keys, in_room)
    starts = np.flatnonzero(np.diff(a.keys[numbers], prepend=a.keys[numbers[:1]] + 1))
    heads = numbers[starts]
    groups = np.split(numbers, starts[1:]) if len(starts) else []
    return tuple(
        Point(worth_a, worth_b, len(group), _naming(packages, group))
        for worth_a, worth_b, group in zip(a.of(heads), b.of(heads), groups, strict=True)
    )


def _naming(packages: Packages, numbers: NDArray[np.intp]) -> Naming:
    def first(most: int) -> list[Package]:
        return [packages.package(number) for number in np.sort(numbers)[:most].tolist()]

    return first
