"""A position said back, so that a person sees whether the file says what they mean.

Computed from the same points as the probe uses (DESIGN 4.1). All of it is SECRET: a description
shows itself only through its fields, to its own side. Writing it out is the work of render.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tracktwo.deal.agenda import Agenda, Combination, Issue
from tracktwo.deal.census import Census, Kind, census
from tracktwo.deal.package import OutcomeSpace, Package
from tracktwo.deal.points import PointTable, point_table
from tracktwo.deal.position import Position, RedLine, Secret
from tracktwo.said import Value, counted, joined, rounded, said

SHOWN = 3
"""How many packages are shown of each kind."""


@dataclass(frozen=True, slots=True, repr=False)
class IssueView(Secret):
    """What an issue counts for: its share of all swings, and its best and worst option ids."""

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
    acceptable. `issues` stand by swing, the largest first. Of packages, at most SHOWN each:
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
            self._line_sentence(),
            *(issue.sentence for issue in self.issues),
            *self.red_line_sentences(),
            self.count_sentence(),
        ]

    def red_line_sentences(self) -> list[str]:
        """The red lines, each with its number."""
        return [numbered_line(view.number, view.sentence) for view in self.red_lines]

    def count_sentence(self) -> str:
        """How many packages it accepts."""
        return counted(
            "You accept {accepted} of {count} package.",
            "You accept {accepted} of {count} packages.",
            self.count,
            accepted=self.accepted,
        )

    def _line_sentence(self) -> str:
        figures: dict[str, Value] = {
            "line": self.line,
            "points": self.points,
            "accept_from": Decimal(self.accept_from),
        }
        if not self.red_lines:
            return said(
                "You accept a package worth at least {line} of {points} points"
                " ({accept_from} of 100).",
                **figures,
            )
        return said(
            "You accept a package worth at least {line} of {points} points"
            " ({accept_from} of 100) and crossing no red line.",
            **figures,
        )

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
            package_view(position, table.line, points, *each)
            for points, ranks in _extreme(kinds[kind], highest=highest)
            for each in found.named(kind, points, ranks)
        )

    return Description(
        title=agenda.title,
        accept_from=f"{rounded(position.accept_from, 6):f}",
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
    never, unless = _named(agenda, red_line.never), _named(agenda, red_line.unless)
    if len(red_line.never) == 1:
        if not red_line.unless:
            return said("Never {options}.", options=never)
        return said("Never {options}, unless also {others}.", options=never, others=unless)
    if not red_line.unless:
        return said("Never {options} together.", options=never)
    return said("Never {options} together, unless also {others}.", options=never, others=unless)


def numbered_line(number: int, sentence: str) -> str:
    """A red line by its number, from 1, as other sentences call it."""
    return said("Red line {number}: {sentence}", number=number, sentence=sentence)


def shares_of(position: Position) -> dict[str, Fraction]:
    """What each issue counts for: its swing as a share of all swings, by issue id.

    The swing is the weight times the span of the scores: an issue whose options are all alike
    decides nothing, whatever its weight. All are 0 where no issue has a swing.
    """
    swings = {}
    for issue, weight in position.weights.items():
        scores = position.scores[issue].values()
        swings[issue] = Fraction(weight) * (Fraction(max(scores)) - Fraction(min(scores)))
    total = sum(swings.values(), Fraction(0))
    return {issue: swing / total if total else swing for issue, swing in swings.items()}


def _named(agenda: Agenda, combination: Combination) -> str:
    """The options of a combination by name, in the order of the agenda."""
    issues = [(agenda.issue(issue), option) for issue, option in agenda.in_order(combination)]
    names = [
        said('"{issue}: {option}"', issue=issue.name, option=issue.option(option).name)
        for issue, option in issues
    ]
    return joined(names, "{first} and {rest}") if names else ""


def _issue_views(agenda: Agenda, position: Position, table: PointTable) -> Iterator[IssueView]:
    shares = shares_of(position)
    pairs = zip(agenda.issues, table.points, strict=True)
    for issue, of in sorted(pairs, key=lambda pair: -shares[pair[0].id]):
        yield _issue_view(issue, share_of(shares[issue.id]), of.tolist())


def _issue_view(issue: Issue, share: str, points: list[int]) -> IssueView:
    high, low = max(points), min(points)
    best = [o for o, worth in zip(issue.options, points, strict=True) if worth == high]
    worst = [o for o, worth in zip(issue.options, points, strict=True) if worth == low]
    if high == low:
        sentence = counted(
            '"{issue}" counts for {share}: {count} point whatever is chosen.',
            '"{issue}" counts for {share}: {count} points whatever is chosen.',
            high,
            issue=issue.name,
            share=share,
        )
    else:
        sentence = counted(
            '"{issue}" counts for {share}: {count} point for {best}, down to {low} for {worst}.',
            '"{issue}" counts for {share}: {count} points for {best}, down to {low} for {worst}.',
            high,
            issue=issue.name,
            share=share,
            best=either([option.name for option in best]),
            low=low,
            worst=either([option.name for option in worst]),
        )
    return IssueView(
        issue=issue.id,
        name=issue.name,
        share=share,
        best=tuple(option.id for option in best),
        best_points=high,
        worst=tuple(option.id for option in worst),
        worst_points=low,
        sentence=sentence,
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


def package_view(
    position: Position, line: int, points: int, number: int, package: Package
) -> PackageView:
    """A package of so many points as it stands to a position with that line, in points."""
    crossing = tuple(
        place
        for place, red_line in enumerate(position.red_lines, start=1)
        if red_line.crossed_by(package)
    )
    return PackageView(number, package, points, points - line, crossing)


def _count_remarks(accepted: int, reaching: int, count: int) -> Iterator[Remark]:
    if accepted == count:
        sentence = said("You accept every package: is the line where you want it?")
        yield Remark("everything", sentence)
    elif not reaching:
        sentence = said("No package reaches your line, so the answer can only be no.")
        yield Remark("nothing", sentence)
    elif not accepted:
        sentence = said("Every package that reaches your line crosses a red line: you accept none.")
        yield Remark("nothing", sentence)


def _red_line_remarks(red_lines: Sequence[RedLineView]) -> Iterator[Remark]:
    for view in red_lines:
        if not view.crossing:
            sentence = said(
                "Red line {number} is never crossed: no package of the agenda can.",
                number=view.number,
            )
            yield Remark("red-line-never-crossed", sentence)
        elif not view.costing:
            sentence = said(
                "Red line {number} changes nothing: all it forbids misses your line.",
                number=view.number,
            )
            yield Remark("red-line-without-effect", sentence)


def _issue_remarks(agenda: Agenda, position: Position, table: PointTable) -> Iterator[Remark]:
    for issue, of in zip(agenda.issues, table.points, strict=True):
        scores = [Fraction(position.scores[issue.id][option.id]) for option in issue.options]
        if not position.weights[issue.id]:
            sentence = said(
                '"{issue}" has weight 0: its options make no difference to you.', issue=issue.name
            )
            yield Remark("weight-zero", sentence)
        elif len(set(scores)) == 1 and len(scores) > 1:
            sentence = said('Every option of "{issue}" has the same score.', issue=issue.name)
            yield Remark("scores-equal", sentence)
        elif len(set(scores)) > len(set(of.tolist())):
            sentence = said(
                'Options of "{issue}" with different scores are worth equal points.',
                issue=issue.name,
            )
            yield Remark("rounded-together", sentence)


def _option_remarks(agenda: Agenda, found: Census) -> Iterator[Remark]:
    for issue, *marks in zip(agenda.issues, found.held(), found.accepted(), strict=True):
        for option, held, accepted in zip(issue.options, *marks, strict=True):
            if accepted:
                continue
            names = {"issue": issue.name, "option": option.name}
            if held:
                sentence = said('"{issue}: {option}" is in no package you accept.', **names)
            else:
                sentence = said('"{issue}: {option}" is in no package of the agenda.', **names)
            yield Remark("option-never", sentence)


def either(names: Sequence[str]) -> str:
    """`"A" or "B"`, and no more than SHOWN of them by name."""
    shown = [said('"{name}"', name=name) for name in names[:SHOWN]]
    more = len(names) - SHOWN
    if more > 0:
        shown.append(counted("{count} more", "{count} more", more))
    return joined(shown, "{first} or {rest}")


def share_of(share: Fraction) -> str:
    """A share in percent, to a tenth."""
    if 0 < share < Fraction(1, 2000):
        return said("under {least} %", least=Decimal("0.1"))
    return said("{share} %", share=rounded(100 * share, 1))
