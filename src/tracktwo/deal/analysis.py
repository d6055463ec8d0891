"""What two positions leave open: for rehearsal, and for a mediator both sides have given theirs to.

Works in the clear on both positions, so no side ever runs it on the other's. Whole numbers
throughout: in points, as the probe computes, or (`exact`) on scores and weights as they stand in
the files, so that what is equal is found equal. The words, for utilities u, lines r, and the
packages the agenda allows:

- **room**: the packages acceptable to both: u >= r and no red line crossed, for each side.
- **frontier** (Pareto): the packages of the room that no package of the room dominates. One
  dominates another if it is worth no less to either side and more to one. Packages of equal worth
  to both do not dominate each other: all stay, together in one `Point`.
- **surplus** of a side: u - d, where d = max(r, its u of the package worth least to it) is what it
  has without a deal. It is not the gain of the probe, which is u - r + 1 so that a package just
  acceptable counts. The second term of d matters where a line excludes nothing: a surplus is then
  counted from the worst package, as NegMAS counts it and as the reference figures of the GENIUS
  scenarios are counted (docs/decisions/0004-genius-scores.md).
- **Nash**: greatest product of the two surpluses.
- **egalitarian** (leximin): greatest smaller surplus, then greatest larger one, each surplus a
  share of its side's own whole. Its first step is what NegMAS calls "Kalai". The word means two
  more things elsewhere: the least |u_a - u_b| on the frontier in GENIUS and ANL 2023 files, the
  greatest u_a + u_b in NegoLog files. So it is not used here.
- **Kalai-Smorodinsky**, among finitely many packages: greatest smaller ratio, then greatest larger
  one, where a side's ratio is its surplus over its greatest surplus in the room. NegMAS takes
  the least difference of the two ratios instead, which may choose what is worse for both.
- **utilitarian**: greatest u_a + u_b, as shares. It supposes that shares compare between sides.
- **nearest to ideal**: least distance to (1, 1), everything for both.

Each rule chooses on the frontier and keeps every tie. For Nash that adds efficiency where all
products are 0; elsewhere it changes nothing, since no rule here is greatest off the frontier.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracktwo.deal.agenda import Agenda
from tracktwo.deal.package import Packages, enumerate_packages
from tracktwo.deal.position import Position
from tracktwo.deal.worth import Keys, Worth

_FEW = 500
_STRIDE = 61  # prime, so that a part has all options of issues of other sizes
_STEP_BITS = 10


class Rule(StrEnum):
    """What may be called best; the module says what each means."""

    NASH = "nash"
    EGALITARIAN = "egalitarian"
    KALAI_SMORODINSKY = "kalai-smorodinsky"
    UTILITARIAN = "utilitarian"
    NEAREST_TO_IDEAL = "nearest-to-ideal"


@dataclass(frozen=True, slots=True)
class Point:
    """A pair of utilities on the frontier, in units of each side, and all packages worth it."""

    a: int
    b: int
    packages: tuple[int, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Side:
    """What one side is worth where. SECRET. All in units, of which `unit` make the whole.

    `line`: the least worth it accepts. `disagreement`: what surplus is counted from. `acceptable`:
    how many packages it accepts.
    """

    unit: int
    line: int
    disagreement: int
    acceptable: int

    def __repr__(self) -> str:
        return "<Side: not shown>"


@dataclass(frozen=True, slots=True, repr=False)
class Study:
    """What two positions leave open. SECRET: it tells of both. See the module for every term.

    `room`: how many packages. `where`: for each issue and option, whether it is part of the room.
    `frontier`: by the worth to side a, greatest first. `best`: by each rule, every tie; none
    where there is no room.
    """

    packages: Packages
    exact: bool
    a: Side
    b: Side
    room: int
    where: tuple[tuple[bool, ...], ...]
    frontier: tuple[Point, ...]
    best: Mapping[Rule, tuple[Point, ...]]

    def __repr__(self) -> str:
        return "<Study: not shown>"

    def shares(self, point: Point) -> tuple[Fraction, Fraction]:
        """The utilities of a point, each as a share of its side's whole, exactly."""
        return Fraction(point.a, self.a.unit), Fraction(point.b, self.b.unit)

    def to_json(self, listed: int = 100) -> dict[str, Any]:
        """Everything as JSON data.

        Of each rule, `ties` counts pairs of utilities, `tied_packages` the packages worth them, of
        which at most `listed` are named.
        """
        issues = self.packages.agenda.issues
        return {
            "exact": self.exact,
            "packages": self.packages.count,
            "a": _side_json(self.a),
            "b": _side_json(self.b),
            "room": self.room,
            "where": {
                issue.id: {option.id: held for option, held in zip(issue.options, row, strict=True)}
                for issue, row in zip(issues, self.where, strict=True)
            },
            "frontier": [
                {"utilities": self._floats(point), "packages": len(point.packages)}
                for point in self.frontier
            ],
            "frontier_packages": sum(len(point.packages) for point in self.frontier),
            "distance_to_ideal": self._distance(),
            "best": {rule.value: self._best_json(self.best[rule], listed) for rule in Rule},
        }

    def _best_json(self, points: tuple[Point, ...], listed: int) -> dict[str, Any]:
        numbers = [number for point in points for number in point.packages]
        return {
            "utilities": [self._floats(point) for point in points],
            "exact": [[str(share) for share in self.shares(point)] for point in points],
            "ties": len(points),
            "tied_packages": len(numbers),
            "packages": [self.packages.package(number) for number in numbers[:listed]],
        }

    def _distance(self) -> float | None:
        nearest = self.best[Rule.NEAREST_TO_IDEAL]
        return math.dist((1, 1), self._floats(nearest[0])) if nearest else None

    def _floats(self, point: Point) -> list[float]:
        return [float(share) for share in self.shares(point)]


def study(agenda: Agenda, a: Position, b: Position, *, exact: bool) -> Study:
    """What positions `a` and `b` leave open, in points or on their exact figures.

    Raises BadInput for a position on another agenda, for more packages than can be listed, and for
    exact figures so long that they are not worth it (beyond some 400 bits in common units).
    """
    packages = enumerate_packages(agenda)
    worth_a, worth_b = (Worth(packages, position, exact=exact) for position in (a, b))
    accepted_a, accepted_b = worth_a.acceptable(), worth_b.acceptable()
    side_a, side_b = _side(worth_a, accepted_a), _side(worth_b, accepted_b)
    in_room = accepted_a & accepted_b
    frontier = _frontier(in_room, worth_a, worth_b)
    return Study(
        packages=packages,
        exact=exact,
        a=side_a,
        b=side_b,
        room=int(np.count_nonzero(in_room)),
        where=_where(packages, in_room),
        frontier=frontier,
        best=_best_by_rule(frontier, side_a, side_b),
    )


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


def _frontier(in_room: NDArray[np.bool_], a: Worth, b: Worth) -> tuple[Point, ...]:
    numbers = undominated(a.keys, b.keys, in_room)
    starts = np.flatnonzero(np.diff(a.keys[numbers], prepend=a.keys[numbers[:1]] + 1))
    heads = numbers[starts]
    groups = np.split(numbers, starts[1:]) if len(starts) else []
    return tuple(
        Point(worth_a, worth_b, tuple(sorted(group.tolist())))
        for worth_a, worth_b, group in zip(a.of(heads), b.of(heads), groups, strict=True)
    )


def _where(packages: Packages, in_room: NDArray[np.bool_]) -> tuple[tuple[bool, ...], ...]:
    shape = tuple(len(issue.options) for issue in packages.agenda.issues)
    grid = in_room
    if packages.raw is not None:
        grid = np.zeros(math.prod(shape), np.bool_)
        grid[packages.raw] = in_room
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


def _best_by_rule(frontier: tuple[Point, ...], a: Side, b: Side) -> dict[Rule, tuple[Point, ...]]:
    whole = math.lcm(a.unit, b.unit)
    fine_a, fine_b = whole // a.unit, whole // b.unit

    def surplus(p: Point) -> tuple[int, int]:
        return p.a - a.disagreement, p.b - b.disagreement

    top_a = max((surplus(p)[0] for p in frontier), default=0)
    top_b = max((surplus(p)[1] for p in frontier), default=0)

    def smaller_first(x: int, y: int) -> tuple[int, int]:
        return min(x, y), max(x, y)

    def ratios(p: Point) -> tuple[int, int]:
        x, y = surplus(p)
        # Multiplied out rather than divided, so that equal ratios are equal.
        return smaller_first(x * top_b, y * top_a)

    def shares(x: int, y: int) -> tuple[int, int]:
        return x * fine_a, y * fine_b

    return {
        Rule.NASH: _best(frontier, lambda p: math.prod(surplus(p))),
        Rule.EGALITARIAN: _best(frontier, lambda p: smaller_first(*shares(*surplus(p)))),
        Rule.KALAI_SMORODINSKY: _best(frontier, ratios),
        Rule.UTILITARIAN: _best(frontier, lambda p: sum(shares(p.a, p.b))),
        Rule.NEAREST_TO_IDEAL: _best(
            frontier, lambda p: -sum((whole - share) ** 2 for share in shares(p.a, p.b))
        ),
    }


def _best(points: Iterable[Point], merit: Callable[[Point], Any]) -> tuple[Point, ...]:
    """All points of the greatest merit."""
    merits = [(merit(point), point) for point in points]
    top = max((found for found, _ in merits), default=None)
    return tuple(point for found, point in merits if found == top)


def _side_json(side: Side) -> dict[str, Any]:
    return {
        "line": float(Fraction(side.line, side.unit)),
        "disagreement": float(Fraction(side.disagreement, side.unit)),
        "acceptable": side.acceptable,
    }
