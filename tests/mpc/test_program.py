"""Programs: their sections in order, and their size from public facts alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from circuits import RandomCircuit, Step
from sample_program import Sample, sample_answer
from tracktwo.mpc.blocks import Bits
from tracktwo.mpc.gates import Clear, Gates, Tally, Wires
from tracktwo.mpc.program import Size, run_section, size_of
from two_parties import Given, OneSection, in_clear, random_inputs


class Three:
    """Three sections of which each says what it got."""

    digest = bytes(32)
    shapes = [(1, 128), (2, 128), (3, 256)]  # noqa: RUF012 - a Program says its shapes in a list
    outputs = 1

    def __init__(self) -> None:
        self.heard: list[tuple[int, Any, tuple[int, ...]]] = []

    def run(self, gates: Gates, parts: list[Any], own: Bits | None, seen: Wires) -> Any:  # noqa: ANN401
        self.heard.append((len(parts), list(parts), seen.shape[:2]))
        gates.both_seen(seen, seen)
        return f"part {len(parts)}"

    def finish(self, gates: Gates, parts: list[Any], own: Bits | None, seen: Wires) -> Wires:
        self.heard.append((len(parts), list(parts), seen.shape[:2]))
        return gates.both(seen[:1, :1], seen[:1, :1])


def test_sections_run_in_order_and_each_sees_what_the_earlier_ones_left() -> None:
    program, parts = Three(), []
    gates = Clear(bytes(16))
    results = [
        run_section(program, gates, parts, None, gates.zeros(rows, lanes))
        for rows, lanes in program.shapes
    ]
    assert results[:2] == [None, None]
    assert results[2] is not None
    assert program.heard == [
        (0, [], (1, 128)),
        (1, ["part 0"], (2, 128)),
        (2, ["part 0", "part 1"], (3, 256)),
    ]


def test_the_size_counts_every_section_by_itself() -> None:
    assert size_of(Three()) == Size(
        ciphertexts=(128, 256, 2), ands=1, halves=384, transfers=128 + 256 + 768
    )


def test_a_program_of_one_section_has_only_an_end() -> None:
    program = OneSection("copy", (2, 128), 1, lambda gates, own, seen: seen[:1, :1])
    assert size_of(program) == Size(ciphertexts=(0,), ands=0, halves=0, transfers=256)


def test_the_size_is_what_a_circuit_tallies() -> None:
    circuit = RandomCircuit(2, 128, (Step("both", 0, 0), Step("both_own", 1, 0)), 0)
    gates = Tally()
    circuit(gates, None, gates.zeros(2, 128))
    size = size_of(OneSection("random", (2, 128), 0, circuit))
    assert (size.ands, size.halves) == (gates.ands, gates.halves)
    assert size.ciphertexts == (gates.ciphertexts,)


def test_the_sample_program_is_what_its_brute_force_says() -> None:
    """The sample stands for all programs in the tests of a party, so it is proved here."""
    program = Sample()
    answers = set()
    for number in range(0, 60, 2):
        first, second = random_inputs(program, number), random_inputs(program, number + 1)
        expected = sample_answer(first, second)
        assert in_clear(program, first, second) == expected
        assert in_clear(program, second, first) == expected
        answers.add(expected)
    assert {answer[2] for answer in answers} == {0, 1}


def test_the_sample_program_says_so_when_nothing_is_found() -> None:
    program = Sample()
    first, second = ([np.ones(shape, np.uint8) for shape in program.shapes] for _ in range(2))
    second[0][3] = 0
    first_given, second_given = Given(first), Given(second)
    expected = sample_answer(first_given, second_given)
    assert in_clear(program, first_given, second_given) == expected
    assert expected[:3] == (0, 0, 1)
