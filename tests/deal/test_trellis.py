"""The trellis of an agenda: its paths are the packages, and red lines are branches taken away."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brute
from effort import examples
from matters import Matter, matters, plain
from strategies import agendas, positions
from tracktwo.deal.package import Packages
from tracktwo.deal.position import RedLine
from tracktwo.deal.trellis import BRANCH_LIMIT, Allowed, Trellis, outcome_space, scoring
from tracktwo.errors import BadInput


def paths(trellis: Trellis, allowed: tuple[Allowed, ...] | None = None) -> list[dict[str, str]]:
    """The packages of all paths along allowed branches, in the order of the branches."""

    def onward(place: int, state: int) -> Iterator[tuple[int, ...]]:
        if place == len(trellis.layers):
            yield ()
            return
        layer = trellis.layers[place]
        for branch in range(layer.branches):
            if layer.source[branch] == state and (allowed is None or allowed[place][branch]):
                for rest in onward(place + 1, int(layer.target[branch])):
                    yield int(layer.option[branch]), *rest

    return [trellis.package(options) for options in onward(0, 0)]


@settings(max_examples=examples(500))
@given(matters())
def test_the_paths_are_the_packages_in_their_order(matter: Matter) -> None:
    trellis = Trellis(matter[0])
    every = brute.packages(matter[0])
    assert paths(trellis) == every
    assert trellis.count == len(every)


@settings(max_examples=examples(500))
@given(matters())
def test_paths_along_allowed_branches_cross_no_red_line(matter: Matter) -> None:
    agenda, position, _ = matter
    free = [
        package
        for package in brute.packages(agenda)
        if not any(brute.crosses(line, package) for line in position.red_lines)
    ]
    trellis = Trellis(agenda)
    assert paths(trellis, trellis.allowed(position.red_lines)) == free


@settings(max_examples=examples(300))
@given(matters())
def test_every_branch_knows_what_it_holds_and_stands_by_state_and_option(matter: Matter) -> None:
    trellis = Trellis(matter[0])
    states = 1
    for place, layer in enumerate(trellis.layers):
        assert (layer.before, layer.held.shape) == (states, (layer.branches, len(layer.scope)))
        assert layer.scope[-1] == place
        assert np.array_equal(layer.held[:, -1], layer.option)
        rows = list(zip(layer.source.tolist(), layer.option.tolist(), strict=True))
        assert rows == sorted(set(rows))
        # None leads nowhere, and none comes from nowhere.
        assert set(layer.source.tolist()) == set(range(layer.before))
        assert set(layer.target.tolist()) == set(range(layer.after))
        states = layer.after
    assert states == 1


@given(matters())
def test_it_holds_exactly_the_packages_of_the_agenda(matter: Matter) -> None:
    agenda = matter[0]
    trellis = Trellis(agenda)
    every = brute.packages(agenda)
    for options in itertools.product(*(range(len(issue.options)) for issue in agenda.issues)):
        assert trellis.holds(options) == (trellis.package(options) in every)


@given(st.data())
def test_a_position_on_it_has_the_points_of_the_brute_force(data: st.DataObject) -> None:
    agenda = data.draw(agendas(linked=True))
    position = data.draw(positions(agenda))
    found = scoring(Trellis(agenda), position)
    assert found.table.line == brute.line(agenda, position)
    for issue, points in zip(agenda.issues, found.table.points, strict=True):
        expected = [brute.option_points(agenda, position, issue.id, o.id) for o in issue.options]
        assert points.tolist() == expected
    assert repr(found) == "<Scoring: not shown>"


def test_issues_that_nothing_joins_have_one_state_between_them() -> None:
    trellis = Trellis(plain(*[10] * 20))
    assert [layer.before for layer in trellis.layers] == [1] * 20
    assert (trellis.branches, trellis.count) == (200, 10**20)


def test_a_state_holds_a_linked_issue_until_the_last_one_linked_with_it() -> None:
    trellis = Trellis(plain(3, 4, 5, 2, linked=(("i0", "i2"),)))
    assert [layer.before for layer in trellis.layers] == [1, 3, 3, 1]
    assert [layer.scope for layer in trellis.layers] == [(0,), (0, 1), (0, 2), (3,)]


def test_an_exclusion_joins_its_issues_and_takes_away_its_packages_alone() -> None:
    never = frozenset({("i0", "o1"), ("i2", "o0")})
    trellis = Trellis(plain(2, 2, 2, exclude=(never,)))
    assert [layer.before for layer in trellis.layers] == [1, 2, 2]
    assert trellis.count == 6


def test_an_option_that_no_package_can_have_has_no_branch() -> None:
    never = tuple(frozenset({("i0", "o1"), ("i1", option)}) for option in ("o0", "o1"))
    trellis = Trellis(plain(2, 2, exclude=never))
    assert trellis.layers[0].option.tolist() == [0]
    assert trellis.count == 2


@pytest.mark.parametrize("sizes", [(2, 2), (2, 2, 3), (3, 2, 2)])
def test_exclusions_that_leave_nothing_are_refused(sizes: tuple[int, ...]) -> None:
    never = tuple(
        frozenset({("i0", f"o{x}"), ("i1", f"o{y}")})
        for x, y in itertools.product(range(sizes[0]), range(sizes[1]))
    )
    with pytest.raises(BadInput, match="leave no package at all"):
        Trellis(plain(*sizes, exclude=never))


def test_a_red_line_across_issues_not_linked_is_refused_by_its_number() -> None:
    trellis = Trellis(plain(2, 2, 2, linked=(("i0", "i1"),)))
    within = RedLine(frozenset({("i0", "o1")}), frozenset({("i1", "o0")}))
    across = RedLine(frozenset({("i0", "o1"), ("i2", "o0")}))
    assert trellis.allowed([within])[1].tolist() == [True, True, True, False]
    with pytest.raises(BadInput, match="Red line 2 joins issues") as caught:
        trellis.allowed([within, across])
    assert "o1" not in str(caught.value)


def test_too_many_issues_that_hang_together_are_refused_by_name() -> None:
    ids = tuple(f"i{place}" for place in range(6))
    sizes = [10, 10, 10, 10, 10, 2]
    assert math.prod(sizes[:4]) <= BRANCH_LIMIT < math.prod(sizes[:5])
    with pytest.raises(BadInput, match="hang together before 'i4'"):
        Trellis(plain(*sizes, linked=(ids,)))


def test_packages_are_listed_where_they_can_be_and_else_stand_along_a_trellis() -> None:
    assert isinstance(outcome_space(plain(4, 4, 4)), Packages)
    assert isinstance(outcome_space(plain(*[10] * 7)), Trellis)
    with pytest.raises(BadInput, match=r"10,000,000 packages; 4,000,000 can be listed"):
        outcome_space(plain(*[10] * 7, linked=(tuple(f"i{n}" for n in range(7)),)))
