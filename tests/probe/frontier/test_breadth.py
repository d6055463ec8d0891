"""Breadth in points: enforced in the circuit, against an evaluator that enters anything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from frontiers import output_bits, scoring_of
from matters import plain
from tracktwo.deal.frontier import best_alone, is_broad
from tracktwo.deal.trellis import Scoring, Trellis
from tracktwo.probe.frontier.circuit import FrontierCircuit
from tracktwo.probe.question import Question

TRELLIS = Trellis(plain(3, 2, points=20))


def program(breadth: int) -> FrontierCircuit:
    return FrontierCircuit(Question(("exists",), "nash", breadth, "points"), TRELLIS)


def bits_of(values: list[int], rows: int) -> np.ndarray:
    return np.array([[value >> row & 1 for value in values] for row in range(rows)], np.uint8)


BROAD = scoring_of(TRELLIS, [[12, 6, 0], [8, 0]], 5)  # 15 points above its line
GARBLER = scoring_of(TRELLIS, [[12, 12, 12], [8, 8]], 0)


@pytest.mark.parametrize(("breadth", "refused"), [(1, 0), (15, 0), (16, 1), (1000, 1)])
def test_a_side_is_as_broad_as_its_best_package_lies_above_its_line(
    breadth: int, refused: int
) -> None:
    assert is_broad(TRELLIS, BROAD, breadth) is not bool(refused)
    assert output_bits(program(breadth), GARBLER, BROAD)[0] == (refused or breadth > 20)


@pytest.mark.parametrize("breadth", [1, 15])
def test_the_garblers_own_breadth_counts_too(breadth: int) -> None:
    narrow = scoring_of(TRELLIS, [[12, 6, 0], [8, 0]], 20 - breadth + 1)
    assert output_bits(program(breadth), narrow, BROAD)[0] == 1
    assert output_bits(program(breadth), BROAD, narrow)[0] == 1


def test_the_best_package_is_one_the_side_does_not_forbid() -> None:
    forbidding = replace(BROAD, allowed=tuple(of.copy() for of in BROAD.allowed))
    forbidding.allowed[0][0] = False  # its best option of the first issue: 6 points less
    assert best_alone(TRELLIS, forbidding) == (14, [1, 0])
    assert output_bits(program(9), GARBLER, forbidding)[0] == 0
    assert output_bits(program(10), GARBLER, forbidding)[0] == 1
    nothing = replace(BROAD, allowed=tuple(np.zeros_like(of) for of in BROAD.allowed))
    assert best_alone(TRELLIS, nothing)[0] is None
    assert output_bits(program(1), GARBLER, nothing)[0] == 1


# An evaluator that cheats


def cheated(breadth: int, side: Scoring, **parts: list[int]) -> int:
    """Whether the circuit refuses, if the evaluator enters these numbers."""
    of = program(breadth)
    shapes = of.layout.parts
    entered = {name: bits_of(values, shapes[name][0]) for name, values in parts.items()}
    return output_bits(of, GARBLER, side, entered=entered)[0]


def test_naming_a_package_it_forbids_does_not_make_a_side_broad() -> None:
    forbidding = replace(BROAD, allowed=tuple(of.copy() for of in BROAD.allowed))
    forbidding.allowed[0][0] = False
    assert cheated(15, forbidding, witness=[0, 0]) == 1
    assert cheated(9, forbidding, witness=[0, 0]) == 1, "the named one counts, and no other"


def test_naming_an_option_that_there_is_not_does_not_either() -> None:
    assert cheated(1, BROAD, witness=[3, 0]) == 1
    assert cheated(1, BROAD, witness=[0, 0]) == 0


def test_points_beyond_the_agendas_budget_do_not_either() -> None:
    """With 22 points in all a side could lose more on each issue than it can afford."""
    assert cheated(1, BROAD, loss=[0, 6, 12, 0, 8]) == 0
    assert cheated(1, BROAD, loss=[0, 6, 12, 0, 9]) == 0, "21 points are within rounding"
    assert cheated(1, BROAD, loss=[0, 6, 12, 0, 10]) == 1
    assert cheated(1, BROAD, loss=[0, 31, 31, 0, 31]) == 1


@settings(max_examples=examples(150))
@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_whatever_it_enters_a_side_that_gets_an_answer_has_room(seed: int, breadth: int) -> None:
    """A package it does not forbid, worth so much, on points that fit the budget."""
    random = np.random.default_rng(seed)
    of = program(breadth)
    shapes = of.layout.parts
    entered = {
        name: random.integers(0, 2, shapes[name], np.uint8)
        for name in ("loss", "slack", "witness", "allowed")
    }
    if output_bits(of, GARBLER, BROAD, entered=entered)[0]:
        return
    weights = 1 << np.arange(shapes["loss"][0])
    losses = weights @ entered["loss"]
    slack = int(weights @ entered["slack"][:, 0])
    first, second = losses[:3], losses[3:]
    assert max(first) + max(second) < of.layout.reach
    allowed = entered["allowed"][0]
    spare = [
        slack - 1 - int(x) - int(y)
        for a, x in enumerate(first)
        for b, y in enumerate(second)
        if allowed[a] and allowed[3 + b]
    ]
    assert max(spare) >= breadth
