"""What a sitting is said to take: from public facts, and what a real one then takes."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from matters import Matter, matter, matters
from sides import Side, answers, two_sides
from tracktwo.cli import commands
from tracktwo.probe import cost as module
from tracktwo.probe.choice import CIRCUITS, Circuits, Offer
from tracktwo.probe.circuit import Circuit
from tracktwo.probe.cost import Cost, cost_of, pace
from tracktwo.probe.question import Question

AGENDA, *POSITIONS = matter(8, (3, 4, 2))
QUESTIONS = {
    "exists": Question(("exists",)),
    "all by nash": Question(("exists", "where", "best")),
    "best by the other rule": Question(("best",), "egalitarian"),
}
COST = Cost("frontier", 10**6, 3_000, 5_000, 2_500_000, 1_250_000)


def made(circuit: str, question: Question) -> Circuit[Any]:
    offer = Circuits(AGENDA).offers(question)[circuit]
    assert isinstance(offer, Offer)
    return offer.circuit


def broad(circuit: str) -> Question:
    """With breadth as that circuit counts it."""
    unit = "points" if circuit == "frontier" else "packages"
    return Question(("exists", "where", "best"), "nash", 2, unit)


# Of public facts


@pytest.mark.parametrize("circuit", CIRCUITS)
@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_the_cost_is_the_same_for_whoever_builds_the_circuit_anew(
    circuit: str, question: Question
) -> None:
    ours, theirs = cost_of(made(circuit, question)), cost_of(made(circuit, question))
    assert ours == theirs
    assert ours.bytes_sent == ours.bytes_received
    assert (ours.circuit, ours.packages) == (circuit, Circuits(AGENDA).packages.count)
    assert ours.and_gates < ours.ciphertexts <= 2 * ours.and_gates


@settings(max_examples=examples(20))
@given(matters(max_issues=3))
def test_no_position_changes_what_a_sitting_takes(case: Matter) -> None:
    agenda, *positions = case
    for offer in Circuits(agenda).offers(QUESTIONS["all by nash"]).values():
        assert isinstance(offer, Offer)
        for position in positions:
            offer.circuit.sealed(offer.circuit.take(position))
            offer.circuit.entries(offer.circuit.take(position), 1)
            assert cost_of(offer.circuit) == offer.cost


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_asking_more_takes_more(circuit: str) -> None:
    costs = [
        cost_of(made(circuit, of))
        for of in (QUESTIONS["exists"], QUESTIONS["all by nash"], broad(circuit))
    ]
    for field in ("and_gates", "ciphertexts", "bytes_sent"):
        figures = [getattr(cost, field) for cost in costs]
        assert figures == sorted(set(figures))


# What a real sitting takes


@pytest.mark.parametrize("circuit", CIRCUITS)
@pytest.mark.parametrize("question", ["exists", "all by nash", "broad"])
def test_the_messages_of_a_real_sitting_have_as_many_bytes_as_were_told(
    tmp_path: Path, circuit: str, question: str
) -> None:
    """All but the terms, message 0, whose length is that of the sides' names too."""
    program = made(circuit, broad(circuit) if question == "broad" else QUESTIONS[question])
    private = (program.take(position) for position in POSITIONS)
    sides = two_sides(tmp_path, program, *private)
    answers(*sides)
    told = cost_of(program)
    assert [written(side) for side in sides] == [told.bytes_sent, told.bytes_received]


def written(side: Side) -> int:
    return sum(side.message(number).stat().st_size for number in range(1, 6))


# How long that is


@pytest.mark.parametrize("circuit", CIRCUITS)
@given(ciphertexts=st.integers(1, 10**10), pace=st.floats(1e-10, 1e-4))
def test_computing_takes_time_in_proportion_to_the_ciphertexts_and_to_the_pace(
    circuit: str, ciphertexts: int, pace: float
) -> None:
    def beyond_fixed(count: int, at: float) -> float:
        cost = replace(COST, circuit=circuit)
        nothing = replace(cost, ciphertexts=0).seconds(at)
        return replace(cost, ciphertexts=count).seconds(at) - nothing

    once = beyond_fixed(ciphertexts, pace)
    # A floor for what is left of a difference between floats.
    assert once > ciphertexts * pace * (1 - 1e-9) - 1e-9
    assert beyond_fixed(3 * ciphertexts, pace) == pytest.approx(3 * once, rel=1e-6, abs=1e-9)
    assert beyond_fixed(ciphertexts, 3 * pace) == pytest.approx(3 * once, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_time_depends_on_ciphertexts_and_where_packages_are_listed_on_them(circuit: str) -> None:
    cost = replace(COST, circuit=circuit)
    longer = [
        field.name
        for field in fields(Cost)
        if field.name != "circuit"
        and replace(cost, **{field.name: getattr(cost, field.name) * 1000}).seconds(1e-7)
        > cost.seconds(1e-7)
    ]
    listed = ["packages"] if circuit == "enumeration" else []
    assert longer == [*listed, "ciphertexts"]


@pytest.mark.parametrize(
    ("sent", "received", "megabits", "seconds"),
    [
        (2_500_000, 2_500_000, 20, 1.0),
        (2_500_000, 1_250_000, 20, 1.0),
        (1_250_000, 2_500_000, 20, 1.0),
        (2_500_000, 2_500_000, 100, 0.2),
        (63_000_000, 63_000_000, 0.5, 1008.0),
        (0, 0, 20, 0.0),
    ],
)
def test_a_line_carries_both_ways_at_once_so_the_longer_way_counts(
    sent: int, received: int, megabits: float, seconds: float
) -> None:
    cost = replace(COST, bytes_sent=sent, bytes_received=received)
    assert cost.seconds_of_line(megabits) == pytest.approx(seconds)


def test_a_line_nobody_described_is_taken_for_a_slow_one() -> None:
    probe = commands.commands["probe"]
    assert isinstance(probe, click.Group)
    (option,) = [of for of in probe.commands["folder"].params if of.name == "line"]
    assert option.default == module.LINE == 20
    assert COST.seconds_of_line(module.LINE) == pytest.approx(1.0)


def test_the_pace_measured_here_is_a_time_and_gives_one() -> None:
    measured = pace()
    assert 0 < measured < 1e-3, "a thousand ciphertexts a second is less than any machine does"
    assert math.isfinite(measured)
    assert 0 < COST.seconds(measured) < math.inf


def test_the_pace_is_the_best_of_several_trials_over_what_each_side_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A clock that stands still but for the trials: 8, 4, 6, 5 and 7 seconds."""
    readings = iter([0, 8, 10, 14, 20, 26, 30, 35, 40, 47])
    clock = SimpleNamespace(perf_counter=lambda: next(readings))
    monkeypatch.setattr(module, "time", clock)
    assert pace() == pytest.approx(4 / (2 * 4 * module.CHUNK))
