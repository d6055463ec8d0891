"""Knock-out rounds: the greatest of each group in every lane, and the way back to who it was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from tracktwo.mpc.gates import Clear, Tally
from tracktwo.probe.frontier.draw import Draw

ROWS = 3


@settings(max_examples=examples(200))
@given(
    st.lists(st.integers(1, 7), min_size=1, max_size=5),
    st.integers(1, 4),
    st.integers(0, 1),
    st.integers(0, 2**32 - 1),
)
def test_the_greatest_of_each_group_wins_the_first_or_by_the_coin_the_last_of_equals(
    sizes: list[int], lanes: int, coin: int, seed: int
) -> None:
    groups = [group for group, size in enumerate(sizes) for _ in range(size)]
    values = np.random.default_rng(seed).integers(0, 1 << ROWS, (len(groups), lanes))
    wires = (values[None] >> np.arange(ROWS)[:, None, None] & 1).astype(np.uint8)[..., None]
    gates, draw = Clear(bytes(16)), Draw(groups)
    best, wins = draw.play(gates, wires, np.full((1, 1, 1), coin, np.uint8))
    found = (best[..., 0].astype(int) << np.arange(ROWS)[:, None, None]).sum(axis=0)
    mask = np.ones((1, len(sizes), lanes, 1), np.uint8)
    back = draw.retrace(gates, mask, wins)[0, ..., 0]
    for group in range(len(sizes)):
        places = [place for place, of in enumerate(groups) if of == group]
        for lane in range(lanes):
            column = [int(values[place, lane]) for place in places]
            assert found[group, lane] == max(column)
            tied = [at for at, value in enumerate(column) if value == max(column)]
            winner = [int(bit) for bit in back[places, lane]]
            assert winner == [int(at == tied[-1 if coin else 0]) for at in range(len(column))]


def test_a_mask_goes_back_only_where_it_was() -> None:
    draw = Draw([0, 0, 1])
    wires = np.array([[[1, 0], [0, 1], [1, 1]]], np.uint8)[..., None]
    _, wins = draw.play(Clear(bytes(16)), wires, np.zeros((1, 1, 1), np.uint8))
    mask = np.array([[[0, 1], [1, 0]]], np.uint8)[..., None]
    back = draw.retrace(Clear(bytes(16)), mask, wins)
    assert back[0, ..., 0].tolist() == [[0, 0], [0, 1], [1, 0]]


@pytest.mark.parametrize("entrants", [1, 2, 3, 10])
def test_a_match_costs_two_ands_a_row_and_the_way_back_one(entrants: int) -> None:
    gates, draw = Tally(), Draw([0] * entrants)
    x = np.empty((ROWS, entrants, 16, 0), np.uint8)
    best, wins = draw.play(gates, x, gates.zeros(1, 1))
    assert best.shape == (ROWS, 1, 16, 0)
    assert gates.ands == 2 * ROWS * 16 * (entrants - 1)
    draw.retrace(gates, best[:1], wins)
    assert gates.ands == (2 * ROWS + 1) * 16 * (entrants - 1)
