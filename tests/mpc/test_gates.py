"""Circuits in the clear, and what they cost: from the words of Gates, and against each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circuits import KINDS, LANES, RandomCircuit, Step, bits_for, circuits
from one_run import LINEAR, clear, tally
from tracktwo.mpc.gates import Clear, Tally

BITS = st.integers(0, 1)


@given(BITS, BITS)
def test_in_the_clear_every_gate_is_its_truth_table(x: int, y: int) -> None:
    gates = Clear(LINEAR)
    left, right = (np.full((1, 1, 1), bit, np.uint8) for bit in (x, y))
    own = np.full((1, 1), x, np.uint8)
    assert gates.both(left, right).item() == (x and y)
    assert gates.both_seen(left, right).item() == (x and y)
    assert gates.both_read(left, right).item() == (x and y)
    assert gates.products(left, right).item() == (x and y)
    assert gates.both_own(own, right).item() == (x and y)
    assert gates.enter(own, 1, 1).item() == x
    assert (left ^ right).item() == (x != y)
    assert (left ^ gates.one).item() == 1 - x
    assert not gates.zeros(2, 3).any()


def test_entered_bits_are_a_copy_so_that_a_circuit_cannot_change_an_input() -> None:
    own = np.ones((1, 4), np.uint8)
    gates = Clear(LINEAR)
    gates.enter(own, 1, 4)[...] = 0
    assert own.all()


def test_a_clear_run_without_the_garblers_bits_is_refused() -> None:
    gates = Clear(LINEAR)
    with pytest.raises(TypeError):
        gates.enter(None, 1, 1)
    with pytest.raises(TypeError):
        gates.both_own(None, gates.zeros(1, 1))


@given(st.sampled_from((8, 16, 128, 1000)), st.integers(0, 2**32 - 1))
def test_a_collapsed_row_is_all_zero_exactly_if_the_picked_lanes_are(lanes: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    gates = Clear(LINEAR)
    row = (random.random((1, lanes, 1)) < 1 / lanes).astype(np.uint8)
    picked = random.integers(0, 2, lanes, np.uint8)
    columns = gates.columns(row)
    whole = gates.collapse(columns, None)
    part = gates.collapse(columns, np.packbits(picked, bitorder="little"))
    assert whole.shape == part.shape == (1, 128, 1)
    assert whole.any() == row.any()
    assert part.any() == (row.reshape(-1) & picked).any()


def single(kind: str, rows: int, lanes: int) -> RandomCircuit:
    return RandomCircuit(rows, lanes, (Step(kind, 0, 0),), 0)


COSTS = [
    *((kind, 2, 0) for kind in ("both", "both over one row")),
    *((kind, 0, 1) for kind in ("both_own", "both_read", "both_seen", "products")),
    *((kind, 0, 0) for kind in ("xor", "not", "enter", "zeros", "collapse", "collapse picked")),
]


@pytest.mark.parametrize(("kind", "pairs", "singles"), COSTS)
def test_a_gate_costs_the_ciphertexts_that_it_says(kind: str, pairs: int, singles: int) -> None:
    gates = tally(single(kind, 3, 16), *bits_for(single(kind, 3, 16), 0))
    assert gates.ands == 3 * 16 * pairs // 2
    assert gates.halves == 3 * 16 * singles
    assert gates.ciphertexts == 3 * 16 * (pairs + singles)


def test_every_kind_of_gate_has_a_cost_in_this_test() -> None:
    assert {kind for kind, _, _ in COSTS} == set(KINDS)


@given(circuits(LANES[:4]), st.integers(0, 99))
def test_shapes_are_the_same_in_the_clear_and_counted(circuit: RandomCircuit, number: int) -> None:
    own, other = bits_for(circuit, number)
    gates = Tally()
    counted = circuit(gates, None, gates.zeros(*other.shape))
    assert counted.shape == (*clear(circuit, own, other).shape, 0)


def test_counting_holds_no_wires_so_that_its_memory_does_not_grow_with_the_lanes() -> None:
    gates = Tally()
    wires = gates.zeros(64, 1 << 40)
    gates.both(wires, wires)
    assert gates.ands == 64 << 40
