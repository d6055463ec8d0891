"""The packages shown about the line are there, near it, and unlike each other."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brute
from matters import Matter, matter, matters, plain, tight
from tracktwo.deal.agenda import Agenda
from tracktwo.deal.borderline import ALIKE, CANDIDATES, borderline
from tracktwo.deal.package import OutcomeSpace, enumerate_packages
from tracktwo.deal.position import Position
from tracktwo.deal.trellis import Trellis

Package = dict[str, str]


def farthest_first(
    agenda: Agenda, position: Position, found: list[Package], shown: list[Package], most: int
) -> list[Package]:
    """The definition, played out: the first, unless some are shown; then what is farthest."""

    def distance(p: Package, q: Package) -> int:
        return sum(
            abs(
                brute.option_points(agenda, position, i, p[i])
                - brute.option_points(agenda, position, i, q[i])
            )
            for i in p
        )

    chosen = [] if shown else found[:1]
    while found and len(chosen) < most:
        far = max(found, key=lambda p: min(distance(p, q) for q in chosen + shown))
        if not min(distance(far, q) for q in chosen + shown):
            break
        chosen.append(far)
    return chosen


@pytest.mark.parametrize("make", [enumerate_packages, Trellis])
@settings(max_examples=150)
@given(matter=matters(max_issues=4), each=st.integers(1, 4))
def test_they_are_those_the_definition_gives(
    matter: Matter, each: int, make: type[OutcomeSpace]
) -> None:
    agenda, position, _ = matter
    line = brute.line(agenda, position)
    worth = {n: brute.points(agenda, position, p) for n, p in enumerate(brute.packages(agenda))}
    every = brute.packages(agenda)
    crossing = {
        n for n, p in enumerate(every) if any(brute.crosses(r, p) for r in position.red_lines)
    }
    above = [
        every[n] for n in sorted(worth, key=worth.get) if worth[n] >= line and n not in crossing
    ]
    below = [
        every[n]
        for n in sorted(worth, key=lambda n: (-worth[n], n))
        if worth[n] < line and n not in crossing
    ]
    if max(len(above), len(below)) > CANDIDATES or max(Counter(worth.values()).values()) > ALIKE:
        return  # then only some are looked at
    shown = borderline(position, make(agenda), each=each)
    expected = farthest_first(agenda, position, above, [], each)
    assert [view.package for view in shown.above] == expected
    assert [view.package for view in shown.below] == farthest_first(
        agenda, position, below, expected, each
    )
    best = [n for n in sorted(worth, key=lambda n: (-worth[n], n)) if worth[n] >= line]
    forbidden = [every[n] for n in best if n in crossing]
    assert [view.package for view in shown.forbidden] == forbidden[:1]
    for view in (*shown.above, *shown.below, *shown.forbidden):
        assert every[view.number] == view.package
        assert view.above == worth[view.number] - line


def test_what_was_shown_before_is_not_shown_again() -> None:
    agenda, position, _ = matter(3, (4, 4, 4))
    packages = enumerate_packages(agenda)
    first = borderline(position, packages)
    known = [view.package for view in (*first.above, *first.below, *first.forbidden)]
    second = borderline(position, packages, known=known)
    assert second.above
    again = [view.package for view in (*second.above, *second.below, *second.forbidden)]
    assert not [package for package in again if package in known]


@pytest.mark.parametrize(("issues", "make"), [(6, enumerate_packages), (20, Trellis)])
def test_of_very_many_packages_a_handful_near_the_line_is_found_soon(
    issues: int, make: type[OutcomeSpace]
) -> None:
    agenda, position, _ = tight(issues, "55")
    space = make(agenda)
    began = time.perf_counter()
    shown = borderline(position, space)
    assert time.perf_counter() - began < 5
    assert [len(shown.above), len(shown.below)] == [3, 3]
    for view in (*shown.above, *shown.below):
        assert abs(view.above) <= 5
        assert not view.red_lines
    every = [view.package for view in (*shown.above, *shown.below)]
    for one, other in itertools.combinations(every, 2):
        assert sum(one[issue] != other[issue] for issue in one) >= 2


def test_packages_alike_in_every_issue_are_shown_once() -> None:
    agenda = plain(2, 2)
    scores = {i.id: {o.id: Decimal(50) for o in i.options} for i in agenda.issues}
    position = Position(Decimal(50), {"i0": Decimal(1), "i1": Decimal(1)}, scores)
    shown = borderline(position, enumerate_packages(agenda))
    assert [view.number for view in shown.above] == [0]
    assert shown.below == ()
