"""The tournament: the greatest key wins; of equal ones the first lane, or the last by the coin."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from tracktwo.mpc.gates import Clear, Tally, Wires
from tracktwo.probe.lanes import in_playing_order
from tracktwo.probe.tournament import play, play_out

GATES = Clear(b"\0" * 16)
KEYS = st.integers(0, 5).flatmap(
    lambda width: st.tuples(
        st.just(width), st.lists(st.integers(0, (1 << width) - 1), min_size=1, max_size=70)
    )
)


def wires(numbers: list[int], rows: int) -> Wires:
    bits = np.array(numbers, np.int64) >> np.arange(rows)[:, None] & 1
    return bits.astype(np.uint8)[..., None]


def numbers(of: Wires) -> list[int]:
    return [sum(int(bit) << row for row, bit in enumerate(lane)) for lane in of[..., 0].T]


def expected(keys: list[int], coin: int) -> int:
    places = [place for place, key in enumerate(keys) if key == max(keys)]
    return places[-1 if coin else 0]


@settings(max_examples=examples(1000))
@given(KEYS, st.integers(0, 1))
def test_the_winner_is_the_greatest_key_at_the_place_the_coin_says(
    case: tuple[int, list[int]], coin: int
) -> None:
    width, keys = case
    key, index = play_out(GATES, wires(keys, width), GATES.zeros(0, len(keys)), wires([coin], 1))
    assert numbers(key) == [max(keys)]
    # Zeros that fill up the lanes can only win where every key is 0, by a coin of 1.
    if max(keys) or not coin:
        assert numbers(index) == [expected(keys, coin)]


@settings(max_examples=examples(300))
@given(st.data(), st.integers(1, 4), st.integers(1, 9), st.integers(0, 1))
def test_some_rounds_give_the_winner_of_each_stretch_of_lanes(
    data: st.DataObject, rounds: int, groups: int, coin: int
) -> None:
    count = groups << rounds
    keys = data.draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
    order = in_playing_order(count, rounds)
    key, index = play(
        GATES,
        wires([keys[n] for n in order], 2),
        GATES.zeros(0, count),
        wires([coin], 1),
        rounds,
    )
    stretches = [keys[n << rounds : n + 1 << rounds] for n in range(groups)]
    assert numbers(key) == [max(stretch) for stretch in stretches]
    assert numbers(index) == [expected(stretch, coin) for stretch in stretches]


@given(st.integers(1, 20), st.integers(0, 4), st.integers(1, 8))
def test_a_match_costs_two_gates_a_row_of_the_key_and_one_a_row_of_the_index(
    width: int, known: int, matches: int
) -> None:
    tally = Tally()
    play(
        tally,
        tally.zeros(width, 2 * matches),
        tally.zeros(known, 2 * matches),
        tally.zeros(1, 1),
        1,
    )
    assert (tally.ands, tally.halves) == (matches * (2 * width + known), 0)
