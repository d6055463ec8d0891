"""Lanes: every package in one lane, and every fold keeps the lower numbers in the first half."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracktwo.probe import lanes
from tracktwo.probe.lanes import LANES, ROUNDS, arrange, in_playing_order


@given(st.integers(1, 40_000))
def test_every_package_lies_in_one_lane_and_the_rest_is_padding(count: int) -> None:
    sections = arrange(count)
    numbers = np.concatenate(sections)
    assert sorted(numbers[numbers < count].tolist()) == list(range(count))
    assert len(np.unique(numbers)) == len(numbers)
    assert len(numbers) - count < 128


@given(st.integers(1, 40_000))
def test_a_section_is_a_multiple_of_128_lanes_of_consecutive_numbers(count: int) -> None:
    start = 0
    for section in arrange(count):
        assert len(section) % 128 == 0
        assert 0 < len(section) <= LANES
        assert sorted(section.tolist()) == list(range(start, start + len(section)))
        start += len(section)


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        (1, [128]),
        (127, [128]),
        (128, [128]),
        (129, [256]),
        (8192, [8192]),
        (8193, [8192, 128]),
        (3 * 8192 - 1, [8192] * 3),
    ],
)
def test_sections_at_their_edges(count: int, sizes: list[int]) -> None:
    assert [len(section) for section in arrange(count)] == sizes


def test_sections_hold_a_whole_number_of_rounds_and_of_128_lanes() -> None:
    assert LANES % 128 == 0
    assert 128 % (1 << ROUNDS) == 0
    assert lanes._MULTIPLE == 128


@given(st.integers(1, 40), st.integers(0, 5))
def test_the_playing_order_is_a_permutation(groups: int, rounds: int) -> None:
    count = groups << rounds
    assert sorted(in_playing_order(count, rounds).tolist()) == list(range(count))


@given(st.integers(1, 40), st.integers(0, 5))
def test_each_fold_meets_lower_numbers_in_the_first_half_and_ends_in_order(
    groups: int, rounds: int
) -> None:
    # A lane after some folds stands for the set of lanes folded into it.
    held = [{number} for number in in_playing_order(groups << rounds, rounds).tolist()]
    for _ in range(rounds):
        half = len(held) // 2
        pairs = list(zip(held[:half], held[half:], strict=True))
        assert all(max(first) < min(second) for first, second in pairs)
        held = [first | second for first, second in pairs]
    assert held == [set(range(n << rounds, n + 1 << rounds)) for n in range(groups)]
