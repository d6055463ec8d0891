"""Numbers on wires against Python's integers, in the clear and garbled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from one_run import LINEAR, clear, garbled, tally
from sample_program import numbers
from tracktwo.mpc import arithmetic
from tracktwo.mpc.blocks import Bits
from tracktwo.mpc.gates import Clear, Gates, Tally, Wires

ROWS = st.integers(1, 7)


def bits_of(values: list[int], rows: int) -> Bits:
    """Numbers as an array (rows, lanes), row 0 the lowest bit."""
    return np.array([[value >> row & 1 for value in values] for row in range(rows)], np.uint8)


def wires_of(values: list[int], rows: int) -> Wires:
    return bits_of(values, rows).reshape(rows, len(values), 1)


def read(wires: Wires) -> list[int]:
    return numbers(wires[..., 0])


@st.composite
def pairs(draw: st.DrawFn) -> tuple[int, list[int], list[int]]:
    """rows, and two lists of as many numbers of so many bits."""
    rows = draw(ROWS)
    lanes = draw(st.integers(1, 6))
    value = st.lists(st.integers(0, (1 << rows) - 1), min_size=lanes, max_size=lanes)
    return rows, draw(value), draw(value)


@given(st.integers(0, 300), st.integers(1, 9), st.integers(1, 4))
def test_a_constant_is_its_number_in_every_lane_cut_to_its_rows(
    value: int, rows: int, lanes: int
) -> None:
    assert read(arithmetic.constant(Clear(LINEAR), value, rows, lanes)) == [value % 2**rows] * lanes


@given(pairs())
def test_adding_keeps_the_carry(case: tuple[int, list[int], list[int]]) -> None:
    rows, x, y = case
    gates, own = Clear(LINEAR), bits_of(x, rows)
    total = arithmetic.add_own(gates, own, gates.enter(own, *own.shape), wires_of(y, rows))
    assert total.shape[0] == rows + 1
    assert read(total) == [a + b for a, b in zip(x, y, strict=True)]


@given(pairs(), st.data())
def test_less_is_less_and_ties_go_as_told(
    case: tuple[int, list[int], list[int]], data: st.DataObject
) -> None:
    rows, x, y = case
    one_for_all = data.draw(st.booleans())
    width = 1 if one_for_all else len(x)
    ties = data.draw(st.lists(st.integers(0, 1), min_size=width, max_size=width))
    result = arithmetic.less(
        Clear(LINEAR).both, wires_of(x, rows), wires_of(y, rows), wires_of(ties, 1)
    )
    told = ties * len(x) if one_for_all else ties
    assert read(result) == [
        int(a < b or (a == b and tie == 1)) for a, b, tie in zip(x, y, told, strict=True)
    ]


@given(pairs())
def test_equal_numbers_are_less_only_by_the_tie(case: tuple[int, list[int], list[int]]) -> None:
    rows, x, _ = case
    for tie in (0, 1):
        wires = wires_of(x, rows)
        assert read(arithmetic.less(Clear(LINEAR).both, wires, wires, wires_of([tie], 1))) == (
            [tie] * len(x)
        )


@given(pairs(), st.integers(0, 63))
def test_choose_takes_the_second_number_where_the_choice_is_one(
    case: tuple[int, list[int], list[int]], choices: int
) -> None:
    rows, x, y = case
    choice = [choices >> lane & 1 for lane in range(len(x))]
    chosen = arithmetic.choose(
        Clear(LINEAR).both, wires_of(choice, 1), wires_of(x, rows), wires_of(y, rows)
    )
    assert read(chosen) == [b if c else a for c, a, b in zip(choice, x, y, strict=True)]


@given(pairs())
def test_any_row_is_one_exactly_for_numbers_that_are_not_0(
    case: tuple[int, list[int], list[int]],
) -> None:
    rows, x, y = case
    wires = wires_of([*x, 0, *y], rows)
    assert read(arithmetic.any_row(Clear(LINEAR).both, wires)) == [int(n > 0) for n in (*x, 0, *y)]


@given(st.integers(0, 6), ROWS, st.integers(0, 2**32 - 1))
def test_any_of_is_one_exactly_for_rows_that_hold_a_one(power: int, rows: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    values = (random.random((rows, 1 << power, 1)) < 1 / (1 << power)).astype(np.uint8)
    result = arithmetic.any_of(Clear(LINEAR), values)
    assert result.shape == (rows, 1, 1)
    assert np.array_equal(result[:, 0, 0], values.any(axis=(1, 2)))


COUNTED = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 3)), max_size=70)


@given(COUNTED)
def test_a_counter_counts_every_bit_by_its_weight(weighted: list[tuple[int, int]]) -> None:
    gates = Clear(LINEAR)
    counter = arithmetic.Counter(gates, gates.both, 10)
    for bit, weight in weighted:
        counter.add(wires_of([bit], 1), weight)
    assert read(counter.total()) == [sum(bit << weight for bit, weight in weighted)]


@given(st.integers(0, 200), st.integers(0, 2**32 - 1), st.integers(2, 40))
def test_condensing_between_adds_does_not_change_the_count(
    lanes: int, seed: int, kept: int
) -> None:
    random = np.random.default_rng(seed)
    gates = Clear(LINEAR)
    counter = arithmetic.Counter(gates, gates.both_seen, 10)
    expected = 0
    for _ in range(3):
        row = random.integers(0, 2, (1, lanes, 1), np.uint8)
        expected += int(row.sum())
        counter.add(row)
        pools = counter.condense(kept)
        assert all(pool.shape[1] <= kept for pool in pools)
        waiting = sum(int(pool.sum()) << weight for weight, pool in enumerate(pools))
        assert waiting == expected
    assert read(counter.total()) == [expected]


@given(st.integers(0, 40), st.integers(1, 4))
def test_a_count_too_large_for_its_weights_is_cut_like_a_machine_number(
    ones: int, weights: int
) -> None:
    gates = Clear(LINEAR)
    counter = arithmetic.Counter(gates, gates.both, weights)
    counter.add(np.ones((1, ones, 1), np.uint8))
    assert read(counter.total()) == [ones % 2**weights]


@given(ROWS, st.data())
def test_at_least_compares_with_a_public_bound_even_one_out_of_range(
    rows: int, data: st.DataObject
) -> None:
    value = data.draw(st.integers(0, (1 << rows) - 1))
    bound = data.draw(st.integers(0, 3 << rows) | st.just(value) | st.just(value + 1))
    gates = Clear(LINEAR)
    result = arithmetic.at_least(gates, gates.both, wires_of([value], rows), bound)
    assert result.shape == (1, 1, 1)
    assert read(result) == [int(value >= bound)]


@given(ROWS, st.data())
def test_bit_length_is_pythons(rows: int, data: st.DataObject) -> None:
    value = data.draw(st.integers(0, (1 << rows) - 1))
    result = arithmetic.bit_length(Clear(LINEAR), wires_of([value], rows))
    assert result.shape == (rows.bit_length(), 1, 1)
    assert read(result) == [value.bit_length()]


# The same over labels, and the gates that they say they cost


def everything(gates: Gates, own: Bits | None, seen: Wires) -> Wires:
    """Every function once; the garbler has x, the evaluator y, 4 rows each."""
    ours = gates.enter(own, 4, 8)
    total = arithmetic.add_own(gates, own, ours, seen)
    smaller = arithmetic.less(gates.both, ours, seen, ours[:1])
    chosen = arithmetic.choose(gates.both, smaller, ours, seen)
    marked = arithmetic.any_row(gates.both_seen, seen)
    found = arithmetic.any_of(gates, chosen)
    counter = arithmetic.Counter(gates, gates.both_seen, 5)
    counter.add(seen[:1])
    counter.add(seen[1:2], 1)
    count = counter.total()
    tops = [
        found,
        count,
        arithmetic.at_least(gates, gates.both_seen, count, 7),
        arithmetic.bit_length(gates, count),
        arithmetic.constant(gates, 5, 3, 1),
    ]
    wide = [np.repeat(top, 8, axis=1) for top in tops]
    return np.concatenate([total, smaller, chosen, marked, *wide])


@given(st.integers(0, 2**32 - 1))
def test_over_labels_every_function_gives_what_it_gives_in_the_clear(seed: int) -> None:
    own, other = np.random.default_rng(seed).integers(0, 2, (2, 4, 8), np.uint8)
    assert np.array_equal(
        garbled(everything, own, other, seed=seed).bits, clear(everything, own, other)
    )


def test_tables_of_all_functions_are_as_long_as_counted() -> None:
    own, other = np.zeros((2, 4, 8), np.uint8)
    assert (
        len(garbled(everything, own, other).table) == 16 * tally(everything, own, other).ciphertexts
    )


@pytest.mark.parametrize("rows", [1, 4, 7])
def test_every_function_costs_what_its_docstring_says(rows: int) -> None:
    gates = Tally()
    lanes = 16

    def cost() -> tuple[int, int]:
        spent = gates.ands, gates.halves
        gates.ands = gates.halves = 0
        return spent

    x = gates.zeros(rows, lanes)
    arithmetic.constant(gates, 5, rows, lanes)
    assert cost() == (0, 0)
    arithmetic.add_own(gates, None, x, x)
    assert cost() == ((rows - 1) * lanes, lanes)
    arithmetic.less(gates.both, x, x, gates.zeros(1, 1))
    assert cost() == (rows * lanes, 0)
    arithmetic.choose(gates.both, gates.zeros(1, lanes), x, x)
    assert cost() == (rows * lanes, 0)
    arithmetic.any_row(gates.both, x)
    assert cost() == ((rows - 1) * lanes, 0)
    arithmetic.any_of(gates, x)
    assert cost() == (rows * (lanes - 1), 0)
    arithmetic.at_least(gates, gates.both_seen, gates.zeros(rows, 1), 1)
    assert cost() == (0, rows)


@given(st.integers(1, 2000))
def test_counting_costs_about_one_gate_a_bit(lanes: int) -> None:
    gates = Tally()
    weights = lanes.bit_length()
    counter = arithmetic.Counter(gates, gates.both_seen, weights)
    counter.add(gates.zeros(1, lanes))
    counter.total()
    assert gates.ands == 0
    assert gates.halves <= lanes + 2 * weights
