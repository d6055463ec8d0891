"""Choosing on wires, against Python's own indexing, in the clear and garbled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from one_run import LINEAR, clear, garbled, tally
from tracktwo.mpc.blocks import Bits, colours
from tracktwo.mpc.gates import Clear, Gates, Wires
from tracktwo.mpc.selection import Offsets, look_up, one_hot


def bits_of(values: list[int], rows: int) -> Bits:
    return np.array([[value >> row & 1 for value in values] for row in range(rows)], np.uint8)


@given(st.integers(1, 7), st.data())
def test_one_hot_has_its_only_one_where_the_number_is(rows: int, data: st.DataObject) -> None:
    numbers = data.draw(st.lists(st.integers(0, (1 << rows) - 1), min_size=1, max_size=5))
    gates = Clear(LINEAR)
    leaves = one_hot(gates, gates.both, bits_of(numbers, rows)[..., None])
    assert leaves.shape == (1 << rows, len(numbers), 1)
    assert np.array_equal(leaves.sum(axis=0)[:, 0], np.ones(len(numbers)))
    assert np.argmax(leaves[..., 0], axis=0).tolist() == numbers


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_one_hot_of_wires_that_are_read_can_be_read_and_costs_two_to_the_rows_less_two(
    rows: int,
) -> None:
    def circuit(gates: Gates, own: Bits | None, seen: Wires) -> Wires:
        return one_hot(gates, gates.both_seen, seen)

    other = bits_of(list(range(1 << rows)), rows)
    run = garbled(circuit, other, other)
    assert np.array_equal(run.bits, np.eye(1 << rows, dtype=np.uint8))
    assert np.array_equal(colours(run.held), run.bits)
    assert tally(circuit, other, other).halves == ((1 << rows) - 2) << rows


def moving(rows: int, lanes: int, digits: int) -> object:
    """Moves the evaluator's further rows by the number in its first column of bits."""

    def circuit(gates: Gates, own: Bits | None, seen: Wires) -> Wires:
        number = np.ascontiguousarray(seen[:digits, :1])
        moved = gates.enter(own, rows, lanes)
        return Offsets(gates, number, lanes).move(gates, 0, moved)

    return circuit


@settings(max_examples=examples(60))
@given(st.integers(2, 9), st.integers(1, 3), st.integers(1, 40), st.data())
def test_lanes_are_moved_up_and_zeros_move_in_whatever_the_number(
    digits: int, rows: int, lanes: int, data: st.DataObject
) -> None:
    number = data.draw(st.integers(0, (1 << digits) - 1))
    own = np.random.default_rng(number).integers(0, 2, (rows, lanes), np.uint8)
    other = np.repeat(bits_of([number], digits), lanes, axis=1)
    expected = np.zeros((rows, lanes), np.uint8)
    if number < lanes:
        expected[:, number:] = own[:, : lanes - number]
    circuit = moving(rows, lanes, digits)
    assert np.array_equal(clear(circuit, own, other), expected)  # type: ignore[arg-type]
    assert np.array_equal(garbled(circuit, own, other).bits, expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(("digits", "lanes"), [(3, 8), (4, 8), (9, 256), (9, 264), (4, 11)])
def test_exactly_one_place_is_chosen_whatever_number_is_entered(digits: int, lanes: int) -> None:
    """Else the evaluator could draw all streams of `products`, and with them the offset."""
    gates = Clear(LINEAR)
    numbers = bits_of(list(range(1 << digits)), digits)[..., None]
    offsets = Offsets(gates, numbers, lanes)
    for digit in (offsets._low, offsets._high):
        assert np.array_equal(digit.sum(axis=0), np.ones((1 << digits, 1)))


def test_moving_costs_two_ciphertexts_a_wire() -> None:
    own, other = np.zeros((3, 16), np.uint8), np.zeros((5, 16), np.uint8)
    gates = tally(moving(3, 16, 5), own, other)  # type: ignore[arg-type]
    assert (gates.ands, gates.halves) == (0, 2 * 3 * 16 + 2 + 6)


@settings(max_examples=examples(60))
@given(st.integers(1, 7), st.integers(1, 6), st.data())
def test_what_is_looked_up_is_the_entry_and_nothing_past_the_end(
    bits: int, rows: int, data: st.DataObject
) -> None:
    entry = st.integers(0, (1 << rows) - 1)
    table = data.draw(st.lists(entry, min_size=1, max_size=1 << bits))
    addresses = data.draw(st.lists(st.integers(0, (1 << bits) - 1), min_size=1, max_size=4))

    def circuit(gates: Gates, own: Bits | None, seen: Wires) -> Wires:
        return look_up(gates, seen, table, rows)

    other = bits_of(addresses, bits)
    padded = [*table, *[0] * (1 << bits)]
    expected = bits_of([padded[address] for address in addresses], rows)
    assert np.array_equal(clear(circuit, other, other), expected)
    assert np.array_equal(garbled(circuit, other, other).bits, expected)


def test_looking_up_a_logarithm_costs_a_third_of_a_whole_one_hot() -> None:
    def circuit(gates: Gates, own: Bits | None, seen: Wires) -> Wires:
        return look_up(gates, seen, list(range(256)), 13)

    other = np.zeros((8, 1), np.uint8)
    assert tally(circuit, other, other).ands == (64 - 2) + 3 * 13
