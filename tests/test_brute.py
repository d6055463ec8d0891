"""The brute force itself, on figures worked by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import brute
from matters import Matter, matters


@given(st.integers(1, 1033))
def test_the_logarithm_means_what_the_design_says(gain: int) -> None:
    # L = 1 + floor(1024 log2 g) is the one whole number with 2**(L-1) <= g**1024 < 2**L
    length = brute.logarithm(gain)
    assert 2 ** (length - 1) <= gain**1024 < 2**length


@pytest.mark.parametrize(
    ("a", "b", "nash", "egalitarian"),
    [
        ([0, 3], [5, 0], set(), set()),
        ([1, 4, 2], [9, 2, 3], {0}, {1}),
        ([2, 3, 2], [3, 2, 3], {0, 1, 2}, {0, 1, 2}),
        ([5, 1, 0], [1, 5, 9], {0, 1}, {0, 1}),
        ([2, 2], [6, 7], {1}, {1}),
    ],
)
def test_the_best_on_gains_worked_by_hand(
    a: list[int], b: list[int], nash: set[int], egalitarian: set[int]
) -> None:
    assert brute.best(a, b, "nash") == nash
    assert brute.best(a, b, "egalitarian") == egalitarian


@pytest.mark.parametrize(
    ("count", "bracket"), [(0, (0, 0)), (1, (1, 1)), (2, (2, 3)), (3, (2, 3)), (4, (4, 7))]
)
def test_the_bracket_is_a_power_of_two(count: int, bracket: tuple[int, int]) -> None:
    assert brute.how_much([1] * count + [0], [1] * (count + 1)) == bracket


@given(matters())
def test_the_gains_of_many_are_the_gains(matter: Matter) -> None:
    agenda, *sides = matter
    for position in sides:
        assert brute.many_gains(agenda, position) == brute.gains(agenda, position)
