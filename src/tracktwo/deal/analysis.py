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

from tracktwo.deal.agenda import Agenda
from tracktwo.deal.package import OutcomeSpace, Package, Packages, enumerate_packages
from tracktwo.deal.position import Position
from tracktwo.deal.room import Point, Room, Side
from tracktwo.deal.room_along import room_along
from tracktwo.deal.room_listed import room_listed
from tracktwo.deal.trellis import Trellis
from tracktwo.errors import BadInput
from tracktwo.said import said

_WHOLE, _BRANCH, _OPTIONS = 100_000, 3, 50
"""A trellis takes as long as to list so many packages: `_WHOLE` for itself, `_BRANCH` for each
branch and point, and one for each `_OPTIONS` options and pair of points, of which the room is
counted.

Measured on two cores of a Xeon, at 7 to 20 ns a package listed and without red lines, which make a
list slower and a trellis hardly: of 2 to 21 issues of 2 to 255 options at 100, 250 and 1000 points
and four lines, the way taken was never more than 8 ms slower than the other, but for 59 ms against
28 ms once.
"""


class Rule(StrEnum):
    """What may be called best; the module says what each means."""

    NASH = "nash"
    EGALITARIAN = "egalitarian"
    KALAI_SMORODINSKY = "kalai-smorodinsky"
    UTILITARIAN = "utilitarian"
    NEAREST_TO_IDEAL = "nearest-to-ideal"


@dataclass(frozen=True, slots=True, repr=False)
class Study:
    """What two positions leave open. SECRET: it tells of both. See the module for every term.

    `room`: how many packages. `where`: for each issue and option, whether it is part of the room.
    `frontier`: by the worth to side a, greatest first. `best`: by each rule, every tie; none
    where there is no room.
    """

    packages: OutcomeSpace
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
                {"utilities": self._floats(point), "packages": point.count}
                for point in self.frontier
            ],
            "frontier_packages": sum(point.count for point in self.frontier),
            "distance_to_ideal": self._distance(),
            "best": {rule.value: self._best_json(self.best[rule], listed) for rule in Rule},
        }

    def _best_json(self, points: tuple[Point, ...], listed: int) -> dict[str, Any]:
        named: list[Package] = []
        for point in points:
            named += point.first(listed - len(named))
        return {
            "utilities": [self._floats(point) for point in points],
            "exact": [[str(share) for share in self.shares(point)] for point in points],
            "ties": len(points),
            "tied_packages": sum(point.count for point in points),
            "packages": named,
        }

    def _distance(self) -> float | None:
        nearest = self.best[Rule.NEAREST_TO_IDEAL]
        return math.dist((1, 1), self._floats(nearest[0])) if nearest else None

    def _floats(self, point: Point) -> list[float]:
        return [float(share) for share in self.shares(point)]


def study(agenda: Agenda, a: Position, b: Position, *, exact: bool) -> Study:
    """What positions `a` and `b` leave open, in points or on their exact figures.

    In points it lists the packages or goes along the trellis of the agenda, whichever is faster and
    can be done; both find the same. Raises BadInput for a position on another agenda; for more
    packages than can be listed where they must be, which is on exact figures and where a red line
    joins issues that the agenda does not link; and for exact figures so long that they are not
    worth it (beyond some 400 bits in common units).
    """
    packages, room = (_exactly if exact else _in_points)(agenda, a, b)
    return Study(
        packages=packages,
        exact=exact,
        a=room.a,
        b=room.b,
        room=room.count,
        where=room.where,
        frontier=room.frontier,
        best=_best_by_rule(room.frontier, room.a, room.b),
    )


_Found = tuple[OutcomeSpace, Room]


def _exactly(agenda: Agenda, a: Position, b: Position) -> _Found:
    try:
        packages = enumerate_packages(agenda)
    except BadInput as refusal:
        if _trellis(agenda) is None:
            raise
        advice = said("Study the positions in points: then the packages need not be listed.")
        raise BadInput(refusal.what, advice=advice) from None
    return packages, room_listed(packages, a, b, exact=True)


def _in_points(agenda: Agenda, a: Position, b: Position) -> _Found:
    trellis = _faster_trellis(agenda)
    packages = _listed(agenda) if trellis is None else None
    if packages is None:
        trellis = trellis or Trellis(agenda)
        try:
            return trellis, room_along(trellis, a, b)
        except BadInput:
            packages = _listed(agenda)
            if packages is None:
                raise
    return packages, room_listed(packages, a, b, exact=False)


def _faster_trellis(agenda: Agenda) -> Trellis | None:
    """The trellis of an agenda, if to go along it is the faster way. From public facts."""
    options = sum(len(issue.options) for issue in agenda.issues)
    raw = math.prod(len(issue.options) for issue in agenda.issues)
    work = _WHOLE + agenda.points**2 * options // _OPTIONS
    if raw <= work:
        return None
    trellis = _trellis(agenda)
    if trellis is None:
        return None
    return trellis if raw > work + _BRANCH * agenda.points * trellis.branches else None


def _listed(agenda: Agenda) -> Packages | None:
    """The packages of an agenda, if they can be listed."""
    try:
        return enumerate_packages(agenda)
    except BadInput:
        return None


def _trellis(agenda: Agenda) -> Trellis | None:
    """The trellis of an agenda, if it can have one."""
    try:
        return Trellis(agenda)
    except BadInput:
        return None


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
