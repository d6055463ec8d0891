"""A rehearsal against a supposed position of the other side: in the clear, on one's own machine.

It shows what would be left open (the study of analysis.py), what a concession on each issue costs
and gives, and what a probe would find if one exaggerated. That the other side's position is only
supposed matters most for the last: a line raised a little meets no harm if their line lies where it
is thought to, and loses the deal if it lies a little higher. So their line is taken to lie, as
likely as not at each point, up to a `doubt` on both sides of where it is supposed.

All of it comes from one frontier. A higher line only takes packages away, and what is dominated is
dominated by something that goes later; so the pairs of the lowest lines that reach the higher ones
are the frontier of the higher ones. In points, as the probe computes, by the rule of `best.py`.
Nothing is listed that the trellis can do without. All of it is SECRET, of both sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

import numpy as np

from tracktwo.deal.agenda import Agenda
from tracktwo.deal.analysis import Study, study
from tracktwo.deal.best import best_along, best_listed, merit
from tracktwo.deal.frontier import Frontier
from tracktwo.deal.package import OutcomeSpace, Package, Packages
from tracktwo.deal.points import crossed, gains, point_table, utilities
from tracktwo.deal.position import TOP_SCORE, Figure, Position, Secret
from tracktwo.deal.room import Point
from tracktwo.deal.trellis import Scoring, Trellis, scoring

RAISES = (5, 10, 20, 30, 40, 50)
"""How far the line is raised: of 100 on the way from where it is to everything."""

STRETCHES = (50, 100)
"""How much is added to a weight, of 100 of it."""

DOUBT = Decimal(10)
"""How far off the supposed line may be, of 100."""

WORK_LIMIT = 40_000_000
"""Packages, or places of the trellis, gone through for exaggerated weights, every time counted."""


@dataclass(frozen=True, slots=True, repr=False)
class Concession(Secret):
    """What an option costs against one's best of its issue, and gives the other side, in points.

    `wasteful`: another option of the issue costs no more and gives no less, and one of them better.
    """

    issue: str
    option: str
    costs: int
    gives: int
    wasteful: bool


@dataclass(frozen=True, slots=True, repr=False)
class Raise(Secret):
    """A line raised by `percent` of the way to everything, to `line` points.

    `deals` of all the lines the other side may have leave an honest deal, of which `lost` are lost.
    `mine` and `theirs`: what either side has above its true line, in points, on average over them;
    0 where the deal is lost.
    """

    percent: int
    line: int
    deals: int
    lost: int
    mine: Fraction
    theirs: Fraction


@dataclass(frozen=True, slots=True, repr=False)
class Stretch(Secret):
    """A weight raised by `percent` of it, all else as it is.

    `package`: what would come out then, None if nothing. `mine`, `theirs`: what it changes for
    either side against honesty, in true points; all they had if nothing comes out. `below`: whether
    the package is truly not acceptable.
    """

    issue: str
    percent: int
    package: Package | None
    mine: Fraction
    theirs: Fraction
    below: bool


@dataclass(frozen=True, slots=True, repr=False)
class Rehearsal(Secret):
    """All of it. `raises` begins with honesty. `stretches` is None where it would take too long."""

    study: Study
    rule: str
    doubt: tuple[int, int]  # from which to which line of the other side's, in points
    concessions: tuple[Concession, ...]
    raises: tuple[Raise, ...]
    stretches: tuple[Stretch, ...] | None


def rehearse(
    agenda: Agenda, mine: Position, theirs: Position, rule: str, doubt: Figure = DOUBT
) -> Rehearsal:
    """Rehearse `mine` against a supposed `theirs`. Raises BadInput as `study` does."""
    found = study(agenda, mine, theirs, exact=False)
    tables = point_table(agenda, mine), point_table(agenda, theirs)
    off = int(doubt * agenda.points / TOP_SCORE)
    lines = max(0, tables[1].line - off), min(agenda.points, tables[1].line + off)
    lowest = replace(theirs, accept_from=Fraction(TOP_SCORE * lines[0], agenda.points))
    frontier = study(agenda, mine, lowest, exact=False).frontier
    return Rehearsal(
        study=found,
        rule=rule,
        doubt=lines,
        concessions=tuple(concessions(agenda, mine, theirs)),
        raises=tuple(_raises(agenda, frontier, tables[0].line, lines, rule)),
        stretches=_stretches(found.packages, mine, theirs, rule),
    )


def concessions(agenda: Agenda, mine: Position, theirs: Position) -> Iterator[Concession]:
    """What each option costs and gives, in the order of the agenda.

    Of several best options of one's own, the one best for the other side counts.
    """
    tables = point_table(agenda, mine).points, point_table(agenda, theirs).points
    for issue, *worths in zip(agenda.issues, *tables, strict=True):
        pairs = list(zip(*(of.tolist() for of in worths), strict=True))
        top = max(pairs)
        for option, pair in zip(issue.options, pairs, strict=True):
            wasteful = any(
                other != pair and other[0] >= pair[0] and other[1] >= pair[1] for other in pairs
            )
            yield Concession(issue.id, option.id, top[0] - pair[0], pair[1] - top[1], wasteful)


def _raises(
    agenda: Agenda, frontier: Sequence[Point], line: int, lines: tuple[int, int], rule: str
) -> Iterator[Raise]:
    """Honesty, and each of RAISES."""
    honest = [_settled(frontier, line, other, rule) for other in range(lines[0], lines[1] + 1)]
    deals = sum(deal is not None for deal in honest)
    for percent in (0, *RAISES):
        raised = line + -(-percent * (agenda.points - line) // 100)
        own = other_side = Fraction(0)
        lost = 0
        for other, deal in zip(range(lines[0], lines[1] + 1), honest, strict=True):
            if deal is None:
                continue
            found = _settled(frontier, raised, other, rule)
            if found is None:
                lost += 1
                continue
            own += found[0] - line
            other_side += found[1] - other
        share = max(1, deals)
        yield Raise(percent, raised, deals, lost, own / share, other_side / share)


def _settled(
    frontier: Sequence[Point], line: int, other: int, rule: str
) -> tuple[Fraction, Fraction] | None:
    """What is best for these two lines, in points: of several equally good pairs their mean."""
    best: list[Point] = []
    top = (0, 0)
    for point in frontier:
        if point.a >= line and point.b >= other:
            found = merit(rule, point.a - line + 1, point.b - other + 1)
            if found >= top:
                best = [*best, point] if found == top else [point]
                top = found
    if not best:
        return None
    return (
        Fraction(sum(point.a for point in best), len(best)),
        Fraction(sum(point.b for point in best), len(best)),
    )


# Exaggerated weights


class _Listed:
    """What comes out for other weights of one's own, package by package."""

    def __init__(self, packages: Packages, mine: Position, theirs: Position, rule: str) -> None:
        self._packages, self._rule = packages, rule
        self._theirs, self._open = gains(packages, theirs), ~crossed(packages, mine)
        self.work = packages.count

    def outcomes(self, mine: Position) -> list[Package]:
        """What the coin may give: no package, one, or two."""
        table = point_table(self._packages.agenda, mine)
        own = np.maximum(utilities(self._packages, table) - (table.line - 1), 0) * self._open
        found = [
            best_listed(self._packages, own, self._theirs, self._rule, last=last)
            for last in (False, True)
        ]
        return [package for package in found if package is not None]


class _Along:
    """The same along a trellis."""

    def __init__(self, trellis: Trellis, mine: Position, theirs: Position, rule: str) -> None:
        self._trellis, self._rule = trellis, rule
        self._theirs, self._open = scoring(trellis, theirs), trellis.allowed(mine.red_lines)
        self.work = trellis.branches * trellis.agenda.points

    def outcomes(self, mine: Position) -> list[Package]:
        """See _Listed."""
        own = Scoring(point_table(self._trellis.agenda, mine), self._open)
        frontier = Frontier(self._trellis, own, self._theirs)
        found = [best_along(frontier, self._rule, last=last) for last in (False, True)]
        return [self._trellis.package(options) for options in found if options is not None]


def _stretches(
    space: OutcomeSpace, mine: Position, theirs: Position, rule: str
) -> tuple[Stretch, ...] | None:
    """Each weight above 0 raised by each of STRETCHES; None where it would take too long."""
    agenda = space.agenda
    way = (
        _Listed(space, mine, theirs, rule)
        if isinstance(space, Packages)
        else _Along(_trellis(space), mine, theirs, rule)
    )
    if way.work * len(agenda.issues) * len(STRETCHES) > WORK_LIMIT:
        return None
    worth_mine, worth_theirs = _Worth(agenda, mine), _Worth(agenda, theirs)
    honest = way.outcomes(mine)
    found = []
    for issue in agenda.issues:
        for percent in STRETCHES:
            weight = Fraction(mine.weights[issue.id])
            if not weight:
                continue
            weights = {**mine.weights, issue.id: weight * (100 + percent) / 100}
            outcomes = way.outcomes(replace(mine, weights=weights))
            own = [worth_mine.above(package) for package in outcomes]
            found.append(
                Stretch(
                    issue=issue.id,
                    percent=percent,
                    package=outcomes[0] if outcomes else None,
                    mine=_mean(own) - worth_mine.mean(honest),
                    theirs=worth_theirs.mean(outcomes) - worth_theirs.mean(honest),
                    below=min(own, default=0) < 0,
                )
            )
    return tuple(found)


class _Worth:
    """How far packages lie above a position's line, in points."""

    def __init__(self, agenda: Agenda, position: Position) -> None:
        table = point_table(agenda, position)
        self._line = table.line
        self._points = {
            issue.id: dict(zip((o.id for o in issue.options), of.tolist(), strict=True))
            for issue, of in zip(agenda.issues, table.points, strict=True)
        }

    def above(self, package: Mapping[str, str]) -> int:
        """Below 0 for one that misses it."""
        worth: int = sum(self._points[issue][option] for issue, option in package.items())
        return worth - self._line

    def mean(self, packages: Sequence[Package]) -> Fraction:
        """Of several, on average; 0 of none."""
        return _mean([self.above(package) for package in packages])


def _mean(numbers: Sequence[int]) -> Fraction:
    return Fraction(sum(numbers), max(1, len(numbers)))


def _trellis(space: OutcomeSpace) -> Trellis:
    if isinstance(space, Trellis):
        return space
    raise TypeError("packages are listed or stand along a trellis")
