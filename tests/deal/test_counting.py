"""Counting along a trellis: the counts, the n-th package and its number, as in a plain list."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brute
from effort import examples
from matters import Matter, matter, matters, plain
from tracktwo.deal.agenda import Agenda
from tracktwo.deal.counting import Paths, Tally, all_paths, paths_along, paths_off
from tracktwo.deal.position import Position
from tracktwo.deal.trellis import Trellis

Packages = list[dict[str, str]]


def free(agenda: Agenda, position: Position) -> Packages:
    return [
        package
        for package in brute.packages(agenda)
        if not any(brute.crosses(line, package) for line in position.red_lines)
    ]


def crossing(agenda: Agenda, position: Position) -> Packages:
    kept = free(agenda, position)
    return [package for package in brute.packages(agenda) if package not in kept]


SETS: dict[str, tuple[Callable[[Trellis, Position], Paths], Callable[..., Packages]]] = {
    "all": (lambda trellis, _: all_paths(trellis), lambda agenda, _: brute.packages(agenda)),
    "along": (lambda trellis, of: paths_along(trellis, trellis.allowed(of.red_lines)), free),
    "off": (lambda trellis, of: paths_off(trellis, trellis.allowed(of.red_lines)), crossing),
}


def values(agenda: Agenda, position: Position) -> list[list[int]]:
    return [
        [brute.option_points(agenda, position, issue.id, option.id) for option in issue.options]
        for issue in agenda.issues
    ]


@pytest.mark.parametrize("name", SETS)
@settings(max_examples=examples(400))
@given(matter=matters())
def test_counts_by_points_are_those_of_the_list(matter: Matter, name: str) -> None:
    agenda, position, _ = matter
    make, listed = SETS[name]
    paths = make(Trellis(agenda), position)
    found = Tally(paths, values(agenda, position))
    expected = Counter(brute.points(agenda, position, p) for p in listed(agenda, position))
    assert paths.count == expected.total()
    assert {worth: count for worth, count in enumerate(found.counts) if count} == expected


@pytest.mark.parametrize("name", SETS)
@settings(max_examples=examples(150))
@given(matter=matters(max_issues=4))
def test_a_place_and_its_package_lead_to_each_other(matter: Matter, name: str) -> None:
    agenda, position, _ = matter
    make, listed = SETS[name]
    trellis = Trellis(agenda)
    found = Tally(make(trellis, position), values(agenda, position))
    tied: dict[int, Packages] = {}
    for package in listed(agenda, position):
        tied.setdefault(brute.points(agenda, position, package), []).append(package)
    for worth, packages in tied.items():
        named = [found.package(worth, rank) for rank in range(len(packages))]
        assert [trellis.package(options) for options in named] == packages
        assert [found.rank(options) for options in named] == list(range(len(packages)))
    for worth in range(len(found.counts)):
        for beyond in (-1, len(tied.get(worth, []))):
            with pytest.raises(IndexError):
                found.package(worth, beyond)


@settings(max_examples=examples(200))
@given(matters())
def test_states_lie_on_paths_and_those_from_which_the_same_can_follow_are_one(
    matter: Matter,
) -> None:
    agenda, position, _ = matter
    for make, _ in SETS.values():
        paths = make(Trellis(agenda), position)
        for states in paths.steps:
            assert len(set(states)) == len(states)
        if paths.count:
            assert all(branches for states in paths.steps for branches in states)
        for states, after in itertools.pairwise(paths.steps):
            reached = {target for branches in states for _, target in branches}
            assert reached == set(range(len(after)))


def test_issues_linked_but_joined_by_no_red_line_take_no_more_states() -> None:
    ids = tuple(f"i{place}" for place in range(5))
    trellis = Trellis(plain(*[7] * 5, linked=(ids,)))
    assert max(layer.before for layer in trellis.layers) == 7**4
    assert [len(states) for states in all_paths(trellis).steps] == [1] * 5
    assert paths_off(trellis, trellis.allowed([])).count == 0


def test_counts_beyond_all_machine_numbers_are_exact() -> None:
    # Twenty issues, one of whose ten options is worth a point: the binomial theorem.
    steps = all_paths(Trellis(plain(*[10] * 20)))
    tally = Tally(steps, [[0, 1] + [0] * 8] * 20)
    assert tally.counts == [math.comb(20, points) * 9 ** (20 - points) for points in range(21)]
    widest = all_paths(Trellis(plain(*[255] * 64)))
    assert widest.count == 255**64
    assert Tally(widest, [[0] * 255] * 64).counts == [255**64]


@given(st.integers(0, 10**20 - 1))
def test_numbers_of_ten_options_an_issue_are_written_in_its_options(number: int) -> None:
    tally = Tally(all_paths(Trellis(plain(*[10] * 20))), [[0] * 10] * 20)
    digits = tuple(map(int, f"{number:020}"))
    assert tally.package(0, number) == digits
    assert tally.rank(digits) == number


def test_a_set_or_its_counts_show_nothing_by_themselves() -> None:
    agenda, position, _ = matter(1, (2, 2))
    trellis = Trellis(agenda)
    paths = paths_along(trellis, trellis.allowed(position.red_lines))
    assert repr(paths) == "<Paths: not shown>"
    assert repr(Tally(paths, values(agenda, position))) == "<Tally: not shown>"
