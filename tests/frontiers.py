"""The frontier circuit run on clear bits, and its questions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

import answers
import brute
from tracktwo.deal.agenda import Agenda
from tracktwo.deal.points import PointTable
from tracktwo.deal.position import Position
from tracktwo.deal.trellis import Scoring, Trellis
from tracktwo.mpc.gates import Clear
from tracktwo.mpc.program import run_section
from tracktwo.probe.frontier.circuit import FrontierCircuit
from tracktwo.probe.function import read_answer
from tracktwo.probe.question import Answer, Question

ASKED = ("exists", "where", "best")


def by_circuit(
    question: Question,
    trellis: Trellis,
    a: Position | Scoring,
    b: Position | Scoring,
    coins: tuple[int, int] = (0, 0),
) -> Answer:
    """The answer of the circuit on clear bits; the garbler is the side of `a`."""
    program = FrontierCircuit(question, trellis)
    return read_answer(program, output_bits(program, a, b, coins))


def output_bits(
    program: FrontierCircuit,
    a: Position | Scoring,
    b: Position | Scoring,
    coins: tuple[int, int] = (0, 0),
    entered: dict[str, Any] | None = None,
) -> tuple[int, ...]:
    """All that comes out, if the evaluator enters `entered` in place of some of its parts."""
    ours, theirs = (
        program.entries(side if isinstance(side, Scoring) else program.take(side), coin)
        for side, coin in zip((a, b), coins, strict=True)
    )
    parts: list[Any] = []
    outputs = None
    for section, shape in enumerate(program.shapes):
        own, seen = ours.bits(section), theirs.bits(section).copy()
        assert own.shape == seen.shape == shape
        if section == 0:
            for name, bits in (entered or {}).items():
                program.layout.split(seen)[name][:] = bits
        gates = Clear(bytes(range(16)))
        outputs = run_section(program, gates, parts, own, seen[..., None].copy())
    assert outputs is not None
    assert outputs.shape == (program.outputs, 1, 1)
    return tuple(outputs[:, 0, 0].tolist())


def scoring_of(trellis: Trellis, points: list[list[int]], line: int) -> Scoring:
    """A side with these points an option and no red line."""
    allowed = tuple(np.ones(layer.branches, np.bool_) for layer in trellis.layers)
    return Scoring(PointTable(tuple(np.array(of, np.int32) for of in points), line), allowed)


def by_brute_force(
    question: Question, agenda: Agenda, a: Position, b: Position, coin: int
) -> Answer:
    """The answer straight from DESIGN 4.2, breadth in points."""
    if not all(_is_broad(agenda, side, question.breadth) for side in (a, b)):
        return Answer(refused=True)
    ours, theirs = (brute.gains(agenda, side) for side in (a, b))
    narrow = replace(question, breadth=0, unit="packages")
    return answers.by_brute_force(narrow, agenda, ours, theirs, coin)


def _is_broad(agenda: Agenda, side: Position, breadth: int) -> bool:
    """Whether a package that crosses none of its red lines lies so far above its line."""
    line = brute.line(agenda, side)
    return not breadth or any(
        brute.points(agenda, side, package) - line >= breadth
        for package in brute.packages(agenda)
        if not any(brute.crosses(red_line, package) for red_line in side.red_lines)
    )


@st.composite
def questions(draw: st.DrawFn, *, breadths: bool = True) -> Question:
    """Any question the frontier can answer."""
    asked = draw(st.sets(st.sampled_from(ASKED), min_size=1))
    rule = draw(st.sampled_from(["nash", "egalitarian"]))
    breadth = draw(st.sampled_from([0, 0, 1, 2, 20, 100, 1000])) if breadths else 0
    unit = "points" if breadth else "packages"
    return Question(tuple(ask for ask in ASKED if ask in asked), rule, breadth, unit)
