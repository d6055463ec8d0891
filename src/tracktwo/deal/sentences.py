"""A position said back, so that a person sees whether the file says what they mean.

Computed from the same points as the probe uses (DESIGN 4.1). All of it is SECRET: a description
shows itself only through its fields, to its own side. Writing it out is the work of render.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracktwo.deal.agenda import Agenda, Combination, Issue
from tracktwo.deal.package import Package, Packages
from tracktwo.deal.points import PointTable, crossed, point_table, utilities
from tracktwo.deal.position import Figure, Position, RedLine, Secret

SHOWN = 3
"""How many packages are shown of each kind."""

Marks = NDArray[np.bool_]  # (count,) one for each package


@dataclass(frozen=True, slots=True, repr=False)
class IssueView(Secret):
    """What an issue counts for: its share of the weights, and its best and worst option ids."""

    issue: str
    name: str
    share: str
    best: tuple[str, ...]
    best_points: int
    worst: tuple[str, ...]
    worst_points: int
    sentence: str


@dataclass(frozen=True, slots=True, repr=False)
class RedLineView(Secret):
    """A red line in words; `crossing` packages cross it, `costing` of these reach the line."""

    number: int  # from 1, in the order of the file
    sentence: str
    note: str
    crossing: int
    costing: int


@dataclass(frozen=True, slots=True, repr=False)
class PackageView(Secret):
    """A package: its points, how far these lie above the line, and the red lines it crosses."""

    number: int
    package: Package
    points: int
    above: int
    red_lines: tuple[int, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Remark(Secret):
    """Something in a position that is probably not meant. `kind` is a fixed word for programs."""

    kind: str
    sentence: str


@dataclass(frozen=True, slots=True, repr=False)
class Description(Secret):
    """A position said back.

    `line` of `points` points is what a package must reach; `accepted` of `count` packages are
    acceptable. `issues` stand by weight, the heaviest first. Of packages, at most SHOWN each:
    `best` acceptable ones, the lowest acceptable ones (`just_above`), the highest that miss the
    line (`just_below`), and the best that only a red line forbids (`forbidden`).
    """

    title: str
    accept_from: str
    line: int
    points: int
    accepted: int
    count: int
    issues: tuple[IssueView, ...]
    red_lines: tuple[RedLineView, ...]
    best: tuple[PackageView, ...]
    just_above: tuple[PackageView, ...]
    just_below: tuple[PackageView, ...]
    forbidden: tuple[PackageView, ...]
    remarks: tuple[Remark, ...]

    def sentences(self) -> list[str]:
        """The position in sentences: the line, the issues, the red lines, the count."""
        return [
            f"You accept a package worth at least {self.line} of {self.points} points"
            f" ({self.accept_from} of 100){' and crossing no red line' if self.red_lines else ''}.",
            *(issue.sentence for issue in self.issues),
            *(red_line.sentence for red_line in self.red_lines),
            f"You accept {self.accepted:,} of {_counted(self.count, 'package')}.",
        ]

    def to_dict(self) -> dict[str, Any]:
        """All of it as a tree of dict, tuple, list, str and int, for JSON."""
        return {**asdict(self), "sentences": self.sentences()}


def describe(agenda: Agenda, position: Position, packages: Packages) -> Description:
    """The position said back. Raises BadInput if it is for another agenda."""
    table = point_table(agenda, position)
    points = utilities(packages, table)
    reaching = points >= table.line
    forbidding = crossed(packages, position)
    accepted = reaching & ~forbidding
    red_lines = tuple(_red_line_views(agenda, position, packages, reaching))

    def shown(which: Marks, *, highest: bool) -> tuple[PackageView, ...]:
        numbers = _extreme(points, which, highest=highest)
        return tuple(_package_view(n, packages, points, table.line, position) for n in numbers)

    return Description(
        title=agenda.title,
        accept_from=_plain(position.accept_from, 6),
        line=table.line,
        points=agenda.points,
        accepted=int(np.count_nonzero(accepted)),
        count=packages.count,
        issues=tuple(_issue_views(agenda, position, table)),
        red_lines=red_lines,
        best=shown(accepted, highest=True),
        just_above=shown(accepted, highest=False),
        just_below=shown(~reaching, highest=True),
        forbidden=shown(reaching & forbidding, highest=True),
        remarks=(
            *_count_remarks(accepted, reaching),
            *_red_line_remarks(red_lines),
            *_issue_remarks(agenda, position, table),
            *_option_remarks(packages, accepted),
        ),
    )


def red_line_sentence(agenda: Agenda, red_line: RedLine) -> str:
    """`Never X and Y together, unless also Z.`"""
    together = " together" if len(red_line.never) > 1 else ""
    unless = f", unless also {_named(agenda, red_line.unless)}" if red_line.unless else ""
    return f"Never {_named(agenda, red_line.never)}{together}{unless}."


def _named(agenda: Agenda, combination: Combination) -> str:
    """The options of a combination by name, in the order of the agenda."""
    issues = [(agenda.issue(issue), option) for issue, option in agenda.in_order(combination)]
    return " and ".join(f'"{i.name}: {i.option(option).name}"' for i, option in issues)


def _issue_views(agenda: Agenda, position: Position, table: PointTable) -> Iterator[IssueView]:
    total = sum((Fraction(weight) for weight in position.weights.values()), Fraction(0))
    pairs = zip(agenda.issues, table.points, strict=True)
    for issue, of in sorted(pairs, key=lambda pair: -Fraction(position.weights[pair[0].id])):
        share = _share(Fraction(position.weights[issue.id]) / total)
        yield _issue_view(issue, share, of.tolist())


def _issue_view(issue: Issue, share: str, points: list[int]) -> IssueView:
    high, low = max(points), min(points)
    best = [o for o, worth in zip(issue.options, points, strict=True) if worth == high]
    worst = [o for o, worth in zip(issue.options, points, strict=True) if worth == low]
    if high == low:
        rest = f"{_counted(high, 'point')} whatever is chosen"
    else:
        up, down = (_either([option.name for option in options]) for options in (best, worst))
        rest = f"{_counted(high, 'point')} for {up}, down to {low} for {down}"
    return IssueView(
        issue=issue.id,
        name=issue.name,
        share=share,
        best=tuple(option.id for option in best),
        best_points=high,
        worst=tuple(option.id for option in worst),
        worst_points=low,
        sentence=f'"{issue.name}" counts for {share}: {rest}.',
    )


def _red_line_views(
    agenda: Agenda, position: Position, packages: Packages, reaching: Marks
) -> Iterator[RedLineView]:
    for number, red_line in enumerate(position.red_lines, start=1):
        crossing = packages.crossing([(red_line.never, red_line.unless)])
        yield RedLineView(
            number=number,
            sentence=red_line_sentence(agenda, red_line),
            note=red_line.note,
            crossing=int(np.count_nonzero(crossing)),
            costing=int(np.count_nonzero(crossing & reaching)),
        )


def _extreme(points: NDArray[np.int32], which: Marks, *, highest: bool) -> list[int]:
    """The numbers of the SHOWN packages of `which` with most or fewest points, ties spread out."""
    levels = np.flatnonzero(np.bincount(points[which]))
    numbers: list[int] = []
    for level in (levels[::-1] if highest else levels)[:SHOWN]:
        wanted = SHOWN - len(numbers)
        tied = np.flatnonzero(which & (points == level))
        # Neighbours differ in the last issue alone; a person learns more from a spread.
        numbers += tied[:: max(1, len(tied) // max(1, wanted))][:wanted].tolist()
    return numbers


def _package_view(
    number: int, packages: Packages, points: NDArray[np.int32], line: int, position: Position
) -> PackageView:
    package = packages.package(number)
    crossing = tuple(
        place
        for place, red_line in enumerate(position.red_lines, start=1)
        if red_line.crossed_by(package)
    )
    worth = int(points[number])
    return PackageView(number, package, worth, worth - line, crossing)


def _count_remarks(accepted: Marks, reaching: Marks) -> Iterator[Remark]:
    if accepted.all():
        yield Remark("everything", "You accept every package: is the line where you want it?")
    elif not reaching.any():
        yield Remark("nothing", "No package reaches your line, so the answer can only be no.")
    elif not accepted.any():
        sentence = "Every package that reaches your line crosses a red line: you accept none."
        yield Remark("nothing", sentence)


def _red_line_remarks(red_lines: Sequence[RedLineView]) -> Iterator[Remark]:
    for view in red_lines:
        if not view.crossing:
            sentence = f"Red line {view.number} is never crossed: no package of the agenda can."
            yield Remark("red-line-never-crossed", sentence)
        elif not view.costing:
            sentence = f"Red line {view.number} changes nothing: all it forbids misses your line."
            yield Remark("red-line-without-effect", sentence)


def _issue_remarks(agenda: Agenda, position: Position, table: PointTable) -> Iterator[Remark]:
    for issue, of in zip(agenda.issues, table.points, strict=True):
        scores = [Fraction(position.scores[issue.id][option.id]) for option in issue.options]
        if not position.weights[issue.id]:
            sentence = f'"{issue.name}" has weight 0: its options make no difference to you.'
            yield Remark("weight-zero", sentence)
        elif len(set(scores)) == 1 and len(scores) > 1:
            sentence = f'Every option of "{issue.name}" has the same score.'
            yield Remark("scores-equal", sentence)
        elif len(set(scores)) > len(set(of.tolist())):
            sentence = f'Options of "{issue.name}" with different scores are worth equal points.'
            yield Remark("rounded-together", sentence)


def _option_remarks(packages: Packages, accepted: Marks) -> Iterator[Remark]:
    if not accepted.any():
        return
    for place, issue in enumerate(packages.agenda.issues):
        for index, option in enumerate(issue.options):
            held = packages.mask(place, index)
            if not held.any():
                why = "is in no package of the agenda"
            elif not (held & accepted).any():
                why = "is in no package you accept"
            else:
                continue
            yield Remark("option-never", f'"{issue.name}: {option.name}" {why}.')


def _either(names: list[str]) -> str:
    shown = " or ".join(f'"{name}"' for name in names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} or {len(names) - SHOWN} more"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _share(share: Fraction) -> str:
    """A share in percent, to a tenth."""
    return "under 0.1 %" if 0 < share < Fraction(1, 2000) else f"{_plain(100 * share, 1)} %"


def _plain(value: Figure, places: int) -> str:
    """A number of at least 0 in digits, rounded to `places`, halves up, no zeros at its end."""
    whole, part = divmod(math.floor(Fraction(value) * 10**places + Fraction(1, 2)), 10**places)
    return f"{whole}.{part:0{places}}".rstrip("0").rstrip(".")
