"""A position said back, so that a person sees whether the file says what they mean.

Computed from the same points as the probe uses (DESIGN 4.1). All of it is SECRET: a description
shows itself only through its fields, to its own side. Writing it out is the work of render.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from tracktwo.deal.agenda import Agenda, Combination, Issue
from tracktwo.deal.census import Census, Kind, census
from tracktwo.deal.package import OutcomeSpace, Package
from tracktwo.deal.points import PointTable, point_table
from tracktwo.deal.position import Figure, Position, RedLine, Secret

SHOWN = 3
"""How many packages are shown of each kind."""


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


def describe(agenda: Agenda, position: Position, packages: OutcomeSpace) -> Description:
    """The position said back; the same whether `packages` are listed or stand along a trellis.

    Raises BadInput if it is for another agenda, or joins in a red line what the trellis does not.
    """
    table = point_table(agenda, position)
    found = census(position, packages)
    kinds = {kind: found.counts(kind) for kind in Kind}
    accepted, forbidden = (sum(kinds[of].values()) for of in (Kind.ACCEPTED, Kind.FORBIDDEN))
    red_lines = tuple(_red_line_views(agenda, position, found))

    def shown(kind: Kind, *, highest: bool) -> tuple[PackageView, ...]:
        return tuple(
            _package_view(position, table.line, points, *each)
            for points, ranks in _extreme(kinds[kind], highest=highest)
            for each in found.named(kind, points, ranks)
        )

    return Description(
        title=agenda.title,
        accept_from=_plain(position.accept_from, 6),
        line=table.line,
        points=agenda.points,
        accepted=accepted,
        count=packages.count,
        issues=tuple(_issue_views(agenda, position, table)),
        red_lines=red_lines,
        best=shown(Kind.ACCEPTED, highest=True),
        just_above=shown(Kind.ACCEPTED, highest=False),
        just_below=shown(Kind.MISSING, highest=True),
        forbidden=shown(Kind.FORBIDDEN, highest=True),
        remarks=(
            *_count_remarks(accepted, accepted + forbidden, packages.count),
            *_red_line_remarks(red_lines),
            *_issue_remarks(agenda, position, table),
            *(_option_remarks(agenda, found) if accepted else ()),
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


def _red_line_views(agenda: Agenda, position: Position, found: Census) -> Iterator[RedLineView]:
    for number, red_line in enumerate(position.red_lines, start=1):
        crossing, costing = found.crossing(red_line)
        yield RedLineView(
            number=number,
            sentence=red_line_sentence(agenda, red_line),
            note=red_line.note,
            crossing=crossing,
            costing=costing,
        )


def _extreme(counts: Mapping[int, int], *, highest: bool) -> Iterator[tuple[int, Sequence[int]]]:
    """The points of the SHOWN packages with most or fewest, and which of the tied: spread out."""
    wanted = SHOWN
    for points in sorted(counts, reverse=highest)[:SHOWN]:
        tied = counts[points]
        # Neighbours differ in the last issue alone; a person learns more from a spread.
        ranks = range(0, tied, max(1, tied // max(1, wanted)))[:wanted]
        yield points, ranks
        wanted -= len(ranks)


def _package_view(
    position: Position, line: int, points: int, number: int, package: Package
) -> PackageView:
    crossing = tuple(
        place
        for place, red_line in enumerate(position.red_lines, start=1)
        if red_line.crossed_by(package)
    )
    return PackageView(number, package, points, points - line, crossing)


def _count_remarks(accepted: int, reaching: int, count: int) -> Iterator[Remark]:
    if accepted == count:
        yield Remark("everything", "You accept every package: is the line where you want it?")
    elif not reaching:
        yield Remark("nothing", "No package reaches your line, so the answer can only be no.")
    elif not accepted:
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


def _option_remarks(agenda: Agenda, found: Census) -> Iterator[Remark]:
    for issue, *marks in zip(agenda.issues, found.held(), found.accepted(), strict=True):
        for option, held, accepted in zip(issue.options, *marks, strict=True):
            if accepted:
                continue
            why = "is in no package you accept" if held else "is in no package of the agenda"
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
