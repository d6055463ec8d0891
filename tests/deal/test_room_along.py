"""The room of two positions along a trellis: equal in everything to the room package by package."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

import brute
from effort import examples
from matters import Matter, matter, matters
from strategies import every_kind_of_matter
from tracktwo.deal.agenda import Agenda
from tracktwo.deal.package import enumerate_packages
from tracktwo.deal.position import Position
from tracktwo.deal.room_along import room_along
from tracktwo.deal.room_listed import room_listed
from tracktwo.deal.trellis import Trellis
from tracktwo.errors import BadInput


def require_both_ways_equal(agenda: Agenda, a: Position, b: Position) -> None:
    along = room_along(Trellis(agenda), a, b)
    listed = room_listed(enumerate_packages(agenda), a, b, exact=False)
    assert (along.a, along.b, along.count) == (listed.a, listed.b, listed.count)
    assert along.where == listed.where
    assert along.frontier == listed.frontier
    for found, expected in zip(along.frontier, listed.frontier, strict=True):
        assert found.first(found.count + 1) == expected.first(expected.count)
        assert found.first(1) == expected.first(1)


@settings(max_examples=examples(1000))
@given(every_kind_of_matter())
def test_both_ways_find_the_same(matter: Matter) -> None:
    require_both_ways_equal(*matter)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("sizes", [(10,) * 5, (90, 30, 7), (3,) * 11, (2,) * 17])
def test_both_ways_find_the_same_among_very_many(sizes: tuple[int, ...], seed: int) -> None:
    require_both_ways_equal(*matter(seed, sizes))


@settings(max_examples=examples(200))
@given(matters())
def test_the_room_counts_what_both_gain_from(matter: Matter) -> None:
    agenda, a, b = matter
    room = room_along(Trellis(agenda), a, b)
    ours, theirs = brute.many_gains(agenda, a), brute.many_gains(agenda, b)
    assert room.count == len(brute.joint(ours, theirs))
    assert room.a.acceptable == sum(gain > 0 for gain in ours)
    assert room.b.acceptable == sum(gain > 0 for gain in theirs)


def test_a_position_on_another_agenda_is_refused() -> None:
    agenda, a, _ = matter(3, (2, 3))
    _, other, _ = matter(3, (2, 3, 2))
    with pytest.raises(BadInput, match="not an issue"):
        room_along(Trellis(agenda), a, other)


def test_it_shows_nothing_by_itself() -> None:
    agenda, a, b = matter(4, (2, 2))
    assert repr(room_along(Trellis(agenda), a, b)) == "<Room: not shown>"
