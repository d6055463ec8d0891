"""A position said back along a trellis: word for word what is said package by package."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brute
from effort import examples
from matters import Matter, matter, matters, plain
from strategies import agendas, positions
from tracktwo.deal.agenda import Agenda
from tracktwo.deal.census import Kind, census
from tracktwo.deal.package import OutcomeSpace, enumerate_packages
from tracktwo.deal.position import Position, RedLine
from tracktwo.deal.sentences import describe
from tracktwo.deal.trellis import Trellis
from tracktwo.errors import BadInput


def require_both_ways_equal(agenda: Agenda, position: Position) -> None:
    along = describe(agenda, position, Trellis(agenda))
    listed = describe(agenda, position, enumerate_packages(agenda))
    assert along.to_dict() == listed.to_dict()


@settings(max_examples=examples(500))
@given(matters())
def test_both_ways_say_the_same(matter: Matter) -> None:
    require_both_ways_equal(*matter[:2])


@settings(max_examples=examples(200))
@given(matters(min_issues=5, max_issues=8, max_options=2))
def test_both_ways_say_the_same_where_many_issues_hang_together(matter: Matter) -> None:
    require_both_ways_equal(*matter[:2])


@settings(max_examples=examples(100))
@given(st.data())
def test_both_ways_say_the_same_on_any_texts_and_figures(data: st.DataObject) -> None:
    agenda = data.draw(agendas(linked=True))
    require_both_ways_equal(agenda, data.draw(positions(agenda)))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("sizes", [(10,) * 5, (90, 30, 7), (3,) * 11, (2,) * 17])
def test_both_ways_say_the_same_of_very_many(sizes: tuple[int, ...], seed: int) -> None:
    require_both_ways_equal(*matter(seed, sizes)[:2])


@pytest.mark.parametrize("make", [enumerate_packages, Trellis])
@settings(max_examples=examples(150))
@given(matter=matters())
def test_packages_of_a_kind_are_those_of_the_brute_force(
    matter: Matter, make: type[OutcomeSpace]
) -> None:
    agenda, position, _ = matter
    found = census(position, make(agenda))
    line = brute.line(agenda, position)
    kinds: dict[Kind, dict[int, list[tuple[int, dict[str, str]]]]] = {kind: {} for kind in Kind}
    for number, package in enumerate(brute.packages(agenda)):
        worth = brute.points(agenda, position, package)
        crossing = any(brute.crosses(red_line, package) for red_line in position.red_lines)
        if worth >= line:
            of_kinds = [Kind.FORBIDDEN if crossing else Kind.ACCEPTED]
        else:
            of_kinds = [Kind.MISSING] if crossing else [Kind.MISSING, Kind.SHORT]
        for kind in of_kinds:
            kinds[kind].setdefault(worth, []).append((number, package))
    for kind, expected in kinds.items():
        assert dict(found.counts(kind)) == {worth: len(of) for worth, of in expected.items()}
        assert list(found.counts(kind)) == sorted(expected)
        for worth, of in expected.items():
            assert found.named(kind, worth, range(0, len(of), 2)) == of[::2]


def test_of_more_packages_than_can_be_listed_all_numbers_are_exact() -> None:
    # An option is worth as many points as its place, so a package the sum of its twenty digits.
    agenda = plain(*[10] * 20, points=180)
    scores = {
        i.id: {o.id: Fraction(100 * n, 9) for n, o in enumerate(i.options)} for i in agenda.issues
    }
    wary = RedLine(frozenset({("i19", "o9")}))
    position = Position(Decimal(95), dict.fromkeys(scores, Decimal(1)), scores, (wary,))
    said = describe(agenda, position, Trellis(agenda))
    nines = int("9" * 20)
    reaching = sum(math.comb(lost + 19, 19) for lost in range(10))
    crossing = sum(math.comb(lost + 18, 18) for lost in range(10))
    assert (said.line, said.count, said.accepted) == (171, 10**20, reaching - crossing)
    assert [(r.crossing, r.costing) for r in said.red_lines] == [(10**19, crossing)]
    assert [(view.number, view.points) for view in said.best] == [
        (nines - 1, 179),
        (nines - 10**19 - 1, 178),
        (nines - 10**9 - 1, 178),
    ]
    assert [(view.number, view.points) for view in said.forbidden][:1] == [(nines, 180)]


def test_a_red_line_that_a_trellis_cannot_express_is_refused() -> None:
    agenda, position, _ = matter(1, (2, 2))
    across = RedLine(frozenset({("i0", "o0"), ("i1", "o1")}))
    wary = replace(position, red_lines=(across,))
    open_agenda = replace(agenda, linked=None, exclude=(), exclude_notes=())
    with pytest.raises(BadInput, match="Red line 1 joins issues"):
        describe(open_agenda, wary, Trellis(open_agenda))


def test_a_census_shows_nothing_by_itself() -> None:
    agenda, position, _ = matter(1, (2, 2))
    assert repr(census(position, Trellis(agenda))) == "<TrellisCensus: not shown>"
    assert repr(census(position, enumerate_packages(agenda))) == "<ListedCensus: not shown>"
