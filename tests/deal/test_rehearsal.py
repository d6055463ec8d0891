"""A rehearsal is what the brute force finds when every line and weight is tried out."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brute
from matters import Matter, matters, plain, tight
from tracktwo.deal.agenda import Agenda
from tracktwo.deal.package import Packages
from tracktwo.deal.position import Position, RedLine
from tracktwo.deal.rehearsal import RAISES, STRETCHES, concessions, rehearse
from tracktwo.deal.trellis import Trellis

RULES = ["nash", "egalitarian"]


def open_pairs(agenda: Agenda, a: Position, b: Position) -> set[tuple[int, int]]:
    """What the packages that cross no red line are worth to both."""
    lines = (*a.red_lines, *b.red_lines)
    return {
        (brute.points(agenda, a, p), brute.points(agenda, b, p))
        for p in brute.packages(agenda)
        if not any(brute.crosses(line, p) for line in lines)
    }


def settled(
    pairs: set[tuple[int, int]], lines: tuple[int, int], rule: str
) -> tuple[Fraction, Fraction] | None:
    """The mean of the best pairs, each counted once."""
    room = sorted(p for p in pairs if p[0] >= lines[0] and p[1] >= lines[1])
    gains = [[p[side] - lines[side] + 1 for p in room] for side in (0, 1)]
    best = [room[number] for number in brute.best(*gains, rule)]
    if not best:
        return None
    return Fraction(sum(a for a, _ in best), len(best)), Fraction(
        sum(b for _, b in best), len(best)
    )


@settings(max_examples=60)
@given(matters(max_issues=4), st.sampled_from(RULES))
def test_raising_the_line_does_what_trying_every_line_of_theirs_says(
    matter: Matter, rule: str
) -> None:
    agenda, a, b = matter
    pairs = open_pairs(agenda, a, b)
    own, other, off = brute.line(agenda, a), brute.line(agenda, b), agenda.points // 10
    lines = range(max(0, other - off), min(agenda.points, other + off) + 1)
    found = rehearse(agenda, a, b, rule)
    assert found.doubt == (lines[0], lines[-1])
    honest = {t: settled(pairs, (own, t), rule) for t in lines}
    deals = [t for t in lines if honest[t] is not None]
    assert [one.percent for one in found.raises] == [0, *RAISES]
    for one in found.raises:
        share = Fraction(one.percent * (agenda.points - own), 100)
        assert 0 <= one.line - own - share < 1
        got = {t: settled(pairs, (one.line, t), rule) for t in deals}
        made = {t: deal for t, deal in got.items() if deal is not None}
        count = max(1, len(deals))
        assert (one.deals, one.lost) == (len(deals), len(deals) - len(made))
        assert one.mine == sum((d[0] - own for d in made.values()), Fraction(0)) / count
        assert one.theirs == sum((d[1] - t for t, d in made.items()), Fraction(0)) / count


@settings(max_examples=60)
@given(matters(max_issues=4), st.sampled_from(RULES), st.booleans())
def test_raising_a_weight_does_what_a_probe_would_answer(
    matter: Matter, rule: str, listed: bool
) -> None:
    agenda, a, b = matter
    every = brute.packages(agenda)
    if listed:
        agenda = replace(agenda, linked=None)

    def outcomes(mine: Position) -> list[dict[str, str]]:
        best = brute.best(brute.gains(agenda, mine), brute.gains(agenda, b), rule)
        return [every[min(best)], every[max(best)]] if best else []

    def mean(position: Position, packages: list[dict[str, str]]) -> Fraction:
        worths = [
            brute.points(agenda, position, p) - brute.line(agenda, position) for p in packages
        ]
        return Fraction(sum(worths), max(1, len(worths)))

    honest = outcomes(a)
    found = {(one.issue, one.percent): one for one in rehearse(agenda, a, b, rule).stretches or ()}
    assert set(found) == {(i, p) for i, weight in a.weights.items() if weight for p in STRETCHES}
    for (issue, percent), one in found.items():
        weight = a.weights[issue] * (100 + percent) / 100
        out = outcomes(replace(a, weights={**a.weights, issue: weight}))
        assert one.package == (out[0] if out else None)
        assert one.mine == mean(a, out) - mean(a, honest)
        assert one.theirs == mean(b, out) - mean(b, honest)
        worths = [brute.points(agenda, a, p) for p in out]
        assert one.below == any(worth < brute.line(agenda, a) for worth in worths)


@given(matters())
def test_concessions_are_differences_of_points(matter: Matter) -> None:
    agenda, a, b = matter
    found = list(concessions(agenda, a, b))
    assert [(one.issue, one.option) for one in found] == [
        (issue.id, option.id) for issue in agenda.issues for option in issue.options
    ]
    for one in found:
        options = [option.id for option in agenda.issue(one.issue).options]
        own = {o: brute.option_points(agenda, a, one.issue, o) for o in options}
        other = {o: brute.option_points(agenda, b, one.issue, o) for o in options}
        top = max(own.values())
        kept = max(other[o] for o in options if own[o] == top)
        assert (one.costs, one.gives) == (top - own[one.option], other[one.option] - kept)
        assert one.wasteful == any(
            own[o] >= own[one.option]
            and other[o] >= other[one.option]
            and (own[o], other[o]) != (own[one.option], other[one.option])
            for o in options
        )


def test_a_hundred_thousand_packages_and_more_than_can_be_listed_are_rehearsed_soon() -> None:
    for issues in (5, 20):
        matter = tight(issues, "50")
        began = time.perf_counter()
        found = rehearse(*matter, "nash")
        assert time.perf_counter() - began < 20  # a second or two on an idle machine
        assert found.stretches is not None
        assert found.study.room


def test_weights_are_left_out_where_they_would_take_too_long() -> None:
    agenda, a, b = tight(64, "50")
    assert rehearse(agenda, a, b, "nash").stretches is None


@pytest.mark.parametrize("rule", RULES)
def test_without_room_nothing_is_lost_by_exaggerating(rule: str) -> None:
    agenda = plain(2)
    scores = {"i0": {"o0": Decimal(0), "o1": Decimal(100)}}
    a = Position(Decimal(60), {"i0": Decimal(1)}, scores)
    b = replace(a, red_lines=(RedLine(frozenset({("i0", "o1")})),))
    found = rehearse(agenda, a, b, rule)
    assert {(one.deals, one.lost, one.mine) for one in found.raises} == {(0, 0, 0)}
    assert {one.package for one in found.stretches or ()} == {None}


@pytest.mark.parametrize("rule", RULES)
def test_along_the_trellis_and_package_by_package_come_to_the_same(rule: str) -> None:
    agenda, a, b = tight(6, "50")
    along = rehearse(agenda, a, b, rule)
    listed = rehearse(replace(agenda, linked=None), a, b, rule)
    assert [type(found.study.packages) for found in (along, listed)] == [Trellis, Packages]
    fields = [
        [(one.percent, one.lost, one.mine, one.theirs) for one in found.raises]
        + [
            (one.issue, one.percent, one.package, one.mine, one.below)
            for one in found.stretches or ()
        ]
        for found in (along, listed)
    ]
    assert fields[0] == fields[1]
