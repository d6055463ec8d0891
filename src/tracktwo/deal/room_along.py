"""The room of two positions along a trellis: in points, without listing packages.

The frontier and `where` by frontier.py, the numbers of packages by counting.py; both are exact.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from tracktwo.deal.counting import Tally, all_paths, paths_along
from tracktwo.deal.frontier import Frontier, Pair
from tracktwo.deal.joint_counting import JointTally
from tracktwo.deal.package import Package
from tracktwo.deal.position import Position
from tracktwo.deal.room import Naming, Point, Room, Side
from tracktwo.deal.trellis import Scoring, Trellis, scoring


def room_along(trellis: Trellis, a: Position, b: Position) -> Room:
    """The room of positions `a` and `b` in points.

    Raises BadInput for a position on another agenda, and where the trellis cannot express one.
    """
    scoring_a, scoring_b = scoring(trellis, a), scoring(trellis, b)
    allowed = [x & y for x, y in zip(scoring_a.allowed, scoring_b.allowed, strict=True)]
    tops = [sum(int(of.max()) for of in side.table.points) for side in (scoring_a, scoring_b)]
    tally = JointTally(
        paths_along(trellis, allowed),
        (_losses(scoring_a), _losses(scoring_b)),
        (tops[0] - scoring_a.table.line, tops[1] - scoring_b.table.line),
    )
    frontier = Ties(trellis, scoring_a, scoring_b)

    def point(pair: Pair) -> Point:
        worth_a = pair[0] - 1 + scoring_a.table.line
        worth_b = pair[1] - 1 + scoring_b.table.line
        count = tally.at(tops[0] - worth_a, tops[1] - worth_b)
        return Point(worth_a, worth_b, count, _naming(trellis, frontier, pair))

    return Room(
        a=_side(trellis, scoring_a),
        b=_side(trellis, scoring_b),
        count=tally.count,
        where=frontier.where(),
        frontier=tuple(point(pair) for pair in frontier.pairs),
    )


class Ties(Frontier):
    """A Frontier that names every package of its pairs. SECRET."""

    def packages(self, pair: Pair) -> Iterator[tuple[int, ...]]:
        """All packages that gain this pair of `self.pairs`, in order: option indices.

        No package improves on it, so on the way to it nothing does either: what B has from the rest
        is then always the most it can have (see frontier.py).
        """
        return self._finished(0, 0, self._slack - pair[0] + 1)

    def _finished(self, place: int, state: int, lost: int) -> Iterator[tuple[int, ...]]:
        if place == len(self._trellis.layers):
            yield ()
            return
        for option, target, left in self._onward(place, state, lost):
            for rest in self._finished(place + 1, target, left):
                yield option, *rest

    def _onward(self, place: int, state: int, lost: int) -> Iterator[tuple[int, int, int]]:
        """Each option that leads there, the state after it, and what A may then still lose."""
        layer = self._trellis.layers[place]
        start, stop = np.searchsorted(layer.source, [state, state + 1]).tolist()
        options, targets = layer.option[start:stop], layer.target[start:stop]
        left = lost - self._losses[place][options]
        worth = self._worths[place][options] + self._best[place + 1][targets, np.maximum(left, 0)]
        good = self._allowed[place][start:stop] & (left >= 0)
        good &= worth == self._best[place][state, lost]
        return zip(options[good].tolist(), targets[good].tolist(), left[good].tolist(), strict=True)


def _naming(trellis: Trellis, frontier: Ties, pair: Pair) -> Naming:
    def first(most: int) -> list[Package]:
        return [trellis.package(o) for o in itertools.islice(frontier.packages(pair), most)]

    return first


def _side(trellis: Trellis, of: Scoring) -> Side:
    points = [worths.tolist() for worths in of.table.points]
    everything = Tally(all_paths(trellis), points).counts
    worst = next(worth for worth, count in enumerate(everything) if count)
    acceptable = sum(Tally(paths_along(trellis, of.allowed), points).counts[of.table.line :])
    line = of.table.line
    return Side(trellis.agenda.points, line, max(line, worst), acceptable)


def _losses(of: Scoring) -> list[list[int]]:
    """What each option costs against the best of its issue."""
    return [(worths.max() - worths).tolist() for worths in of.table.points]
