"""The answer to a question by brute force and by the circuit on clear bits, and any question."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

import brute
from sides import EVERYTHING, entries
from tracktwo.deal.agenda import Agenda
from tracktwo.deal.best import Gains
from tracktwo.mpc.gates import Clear
from tracktwo.mpc.program import run_section
from tracktwo.probe.enumeration import Enumeration
from tracktwo.probe.function import read_answer
from tracktwo.probe.question import Answer, Question

BOTH_RULES = ("nash", "egalitarian")

Values = list[int] | Gains


def by_brute_force(
    question: Question, agenda: Agenda, a: list[int], b: list[int], coin: int
) -> Answer:
    """The answer straight from DESIGN 4.2."""
    if brute.refused(a, b, question.breadth):
        return Answer(refused=True)
    parts: dict[str, Any] = {}
    if "exists" in question.asked:
        parts["exists"] = brute.exists(a, b)
    if "how-much" in question.asked:
        low, high = brute.how_much(a, b)
        parts["how_much"] = (low, high + 1)
    if "where" in question.asked:
        there = brute.where(agenda, a, b)
        parts["where"] = {
            issue.id: {option.id: (issue.id, option.id) in there for option in issue.options}
            for issue in agenda.issues
        }
    if "best" in question.asked:
        tied = sorted(brute.best(a, b, question.rule))
        every = brute.packages(agenda)
        parts["best"] = every[tied[-1 if coin else 0]] if tied else None
    return Answer(refused=False, **parts)


def by_circuit(
    program: Enumeration, a: Values, b: Values, coins: tuple[int, int] = (0, 0)
) -> Answer:
    """The answer of the circuit, run on clear bits; the garbler is the side of `a`."""
    return read_answer(program, output_bits(program, a, b, coins))


def output_bits(
    program: Enumeration,
    a: Values,
    b: Values,
    coins: tuple[int, int] = (0, 0),
    padding: int = 0,
) -> tuple[int, ...]:
    """All that comes out of the circuit, if the evaluator enters `padding` beyond the packages."""
    gates, parts, outputs = Clear(bytes(range(16))), [], None
    ours, theirs = entries(program, a, coins[0]), entries(program, b, coins[1])
    for section, (rows, lanes) in enumerate(program.shapes):
        own, seen = ours.bits(section), theirs.bits(section)
        assert own.shape == seen.shape == (rows, lanes)
        if 0 < section <= len(program.lanes):
            seen[:, program.lanes[section - 1] >= program.packages.count] = padding
        outputs = run_section(program, gates, parts, own, seen[..., None].copy())
    assert outputs is not None
    assert outputs.shape == (program.outputs, 1, 1)
    return tuple(outputs[:, 0, 0].tolist())


@st.composite
def questions(draw: st.DrawFn, count: int) -> Question:
    """Any question on `count` packages, breadth at its edges."""
    asked = draw(st.sets(st.sampled_from(EVERYTHING), min_size=1))
    breadth = draw(st.sampled_from([0, 0, 1, 2, max(0, count - 1), count, count + 1]))
    rule = draw(st.sampled_from(["nash", "egalitarian"]))
    return Question(tuple(ask for ask in EVERYTHING if ask in asked), rule, breadth)
