"""How the packages of an agenda stand to one position: counted, and the ones at the edges found.

Where packages are listed, by looking at each; along a trellis, by counting (counting.py), which
needs no list and comes to the same. In points, as the probe computes. SECRET.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Protocol

import numpy as np

from tracktwo.deal.counting import Tally, all_paths, paths_along, paths_off
from tracktwo.deal.frontier import Frontier
from tracktwo.deal.package import OutcomeSpace, Package, Packages
from tracktwo.deal.points import crossed, point_table, utilities
from tracktwo.deal.position import Position, RedLine
from tracktwo.deal.room_listed import options_among
from tracktwo.deal.trellis import Trellis, scoring

Marks = tuple[tuple[bool, ...], ...]
"""For each issue, for each option."""


class Kind(Enum):
    """Where packages stand to a position. Those that are SHORT are some of those MISSING."""

    ACCEPTED = "reach the line and cross no red line"
    FORBIDDEN = "reach the line, but cross a red line"
    MISSING = "miss the line"
    SHORT = "miss the line, but cross no red line"


class Census(Protocol):
    """The packages of an agenda as they stand to a position."""

    def counts(self, kind: Kind) -> Mapping[int, int]:
        """How many packages of a kind have how many points, lowest first; only what there is."""
        ...

    def named(self, kind: Kind, points: int, ranks: Sequence[int]) -> list[tuple[int, Package]]:
        """Packages of a kind and of so many points, by their places among these, from 0.

        Each with its number among all packages of the agenda.
        """
        ...

    def crossing(self, red_line: RedLine) -> tuple[int, int]:
        """How many packages cross a red line, and how many of these reach the position's line."""
        ...

    def held(self) -> Marks:
        """Which options are part of some package."""
        ...

    def accepted(self) -> Marks:
        """Which options are part of some acceptable package."""
        ...


def census(position: Position, packages: OutcomeSpace) -> Census:
    """How packages stand to a position.

    Raises BadInput if it is for another agenda, or if `packages` is a trellis that cannot express
    it.
    """
    if isinstance(packages, Packages):
        return ListedCensus(packages, position)
    if isinstance(packages, Trellis):
        return TrellisCensus(packages, position)
    raise TypeError("packages are listed or stand along a trellis")


class ListedCensus:
    """Package by package. See Census. SECRET."""

    def __init__(self, packages: Packages, position: Position) -> None:
        table = point_table(packages.agenda, position)
        self._packages = packages
        self._points = utilities(packages, table)
        self._reaching = self._points >= table.line
        forbidding = crossed(packages, position)
        self._kinds = {
            Kind.ACCEPTED: self._reaching & ~forbidding,
            Kind.FORBIDDEN: self._reaching & forbidding,
            Kind.MISSING: ~self._reaching,
            Kind.SHORT: ~(self._reaching | forbidding),
        }

    def __repr__(self) -> str:
        return "<ListedCensus: not shown>"

    def counts(self, kind: Kind) -> Mapping[int, int]:
        """See Census."""
        return _present(np.bincount(self._points[self._kinds[kind]]).tolist())

    def named(self, kind: Kind, points: int, ranks: Sequence[int]) -> list[tuple[int, Package]]:
        """See Census."""
        numbers = np.flatnonzero(self._kinds[kind] & (self._points == points))[list(ranks)]
        return [(number, self._packages.package(number)) for number in numbers.tolist()]

    def crossing(self, red_line: RedLine) -> tuple[int, int]:
        """See Census."""
        crossing = self._packages.crossing([(red_line.never, red_line.unless)])
        return int(np.count_nonzero(crossing)), int(np.count_nonzero(crossing & self._reaching))

    def held(self) -> Marks:
        """See Census."""
        return options_among(self._packages, np.ones(self._packages.count, np.bool_))

    def accepted(self) -> Marks:
        """See Census."""
        return options_among(self._packages, self._kinds[Kind.ACCEPTED])


class TrellisCensus:
    """By counting along a trellis. See Census. SECRET."""

    def __init__(self, trellis: Trellis, position: Position) -> None:
        self._trellis, self._scoring = trellis, scoring(trellis, position)
        self._line = self._scoring.table.line
        self._points = [of.tolist() for of in self._scoring.table.points]
        allowed = self._scoring.allowed
        crossing_none = Tally(paths_along(trellis, allowed), self._points)
        self._kinds = {
            Kind.ACCEPTED: crossing_none,
            Kind.FORBIDDEN: Tally(paths_off(trellis, allowed), self._points),
            Kind.MISSING: Tally(all_paths(trellis), self._points),
            Kind.SHORT: crossing_none,
        }
        # Of packages that are all worth nothing, the place of each is its number.
        self._numbers = Tally(all_paths(trellis), [[0] * len(of) for of in self._points])

    def __repr__(self) -> str:
        return "<TrellisCensus: not shown>"

    def counts(self, kind: Kind) -> Mapping[int, int]:
        """See Census."""
        counts = self._kinds[kind].counts
        if kind in (Kind.MISSING, Kind.SHORT):
            return _present(counts[: self._line])
        return _present([0] * self._line + list(counts[self._line :]))

    def named(self, kind: Kind, points: int, ranks: Sequence[int]) -> list[tuple[int, Package]]:
        """See Census."""
        found = [self._kinds[kind].package(points, rank) for rank in ranks]
        return [(self._numbers.rank(options), self._trellis.package(options)) for options in found]

    def crossing(self, red_line: RedLine) -> tuple[int, int]:
        """See Census."""
        off = paths_off(self._trellis, self._trellis.allowed([red_line]))
        counts = Tally(off, self._points).counts
        return sum(counts), sum(counts[self._line :])

    def held(self) -> Marks:
        """See Census."""
        return tuple(
            tuple(index in set(layer.option.tolist()) for index in range(len(issue.options)))
            for issue, layer in zip(self._trellis.agenda.issues, self._trellis.layers, strict=True)
        )

    def accepted(self) -> Marks:
        """See Census."""
        # Acceptable to both of two sides of one mind.
        return Frontier(self._trellis, self._scoring, self._scoring).where()


def _present(counts: Sequence[int]) -> dict[int, int]:
    return {points: count for points, count in enumerate(counts) if count}
