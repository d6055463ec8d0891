"""Packages about the line of a position, for a person to judge: would you take this one?

A line is a number nobody has a feeling for; a package is something one takes or leaves. So a few
packages just above the line and just below it are shown, and the best that only a red line forbids.
Packages of about equal worth tell most about weights if their worth comes from different issues.
Therefore those are chosen that lie far from each other, by the points in which they differ issue by
issue: each next one is the farthest from all before it (Gonzalez 1985, "Clustering to Minimize the
Maximum Intercluster Distance"). Packages are never listed to find them. SECRET.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tracktwo.deal.census import Census, Kind, census
from tracktwo.deal.package import OutcomeSpace, Package
from tracktwo.deal.points import point_table
from tracktwo.deal.position import Position, Secret
from tracktwo.deal.sentences import PackageView, package_view

EACH = 3
"""Packages shown above the line, and below it."""

CANDIDATES = 60
"""Packages nearest to the line that a handful is chosen from."""

ALIKE = 12
"""Of these, the most that are worth equally many points."""


@dataclass(frozen=True, slots=True, repr=False)
class Borderline(Secret):
    """A handful of packages.

    `above` are acceptable, `below` miss the line and cross no red line, `forbidden` reach the line
    and cross one.
    """

    above: tuple[PackageView, ...]
    below: tuple[PackageView, ...]
    forbidden: tuple[PackageView, ...]


def borderline(
    position: Position, packages: OutcomeSpace, *, each: int = EACH, known: Sequence[Package] = ()
) -> Borderline:
    """A handful of packages about the line: at most `each` (1 or more) on each side, one forbidden.

    Those `known` are left out. Raises BadInput if `position` is for another
    agenda, or if `packages` is a trellis that cannot express it.
    """
    table = point_table(packages.agenda, position)
    points = [of.tolist() for of in table.points]
    found = census(position, packages)

    def worths(view: PackageView) -> list[int]:
        issues = packages.agenda.issues
        return [of[i.index(view.package[i.id])] for i, of in zip(issues, points, strict=True)]

    def views(kind: Kind, *, highest: bool) -> list[PackageView]:
        return [
            package_view(position, table.line, total, number, package)
            for total, number, package in _nearest(found, kind, highest, known)
        ]

    above = _spread(views(Kind.ACCEPTED, highest=False), worths, (), each)
    below = _spread(views(Kind.SHORT, highest=True), worths, above, each)
    return Borderline(above, below, tuple(views(Kind.FORBIDDEN, highest=True)[:1]))


def _nearest(
    found: Census, kind: Kind, highest: bool, known: Sequence[Package]
) -> list[tuple[int, int, Package]]:
    """Points, number and package of those CANDIDATES of a kind with most or fewest points."""
    counts = found.counts(kind)
    nearest: list[tuple[int, int, Package]] = []
    for points in sorted(counts, reverse=highest):
        wanted = min(ALIKE, CANDIDATES - len(nearest))
        if wanted <= 0:
            break
        # Neighbours differ in the last issues alone, so of many the ranks are spread.
        ranks = range(0, counts[points], max(1, counts[points] // wanted))[:wanted]
        named = found.named(kind, points, ranks)
        nearest += [(points, number, of) for number, of in named if of not in known]
    return nearest


def _spread(
    views: Sequence[PackageView],
    worths: Callable[[PackageView], list[int]],
    shown: Sequence[PackageView],
    most: int,
) -> tuple[PackageView, ...]:
    """Always the one farthest from those chosen and `shown`, the first of all if there are none."""
    left = [worths(view) for view in views]
    chosen = list(views[:1] if not shown else ())
    before = [worths(view) for view in (*shown, *chosen)]
    gaps = [min(_distance(of, other) for other in before) for of in left]
    while len(chosen) < most and max(gaps, default=0):
        place = gaps.index(max(gaps))
        chosen.append(views[place])
        gaps = [min(gap, _distance(of, left[place])) for gap, of in zip(gaps, left, strict=True)]
    return tuple(chosen)


def _distance(one: Sequence[int], other: Sequence[int]) -> int:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))
