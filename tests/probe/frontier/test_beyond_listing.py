"""The frontier circuit on agendas of 10^6 to 10^20 packages: it says what CP-SAT proves."""

from __future__ import annotations

import pytest

import brute
from effort import some
from frontiers import ASKED, by_circuit
from matters import tight
from solver import Pair, Solver
from tracktwo.deal.agenda import Agenda
from tracktwo.deal.position import Position
from tracktwo.deal.trellis import Trellis
from tracktwo.probe.question import Answer, Question

MERITS = {
    "nash": lambda pair: (sum(map(brute.logarithm, pair)),),
    "egalitarian": lambda pair: (min(pair), max(pair)),
}

# Issues, points, and the highest whole line with which anything is acceptable to both.
CASES = [
    *((6, 250, 61), (6, 1000, 68), (7, 60, 70), (8, 250, 68), (9, 100, 69), (10, 250, 64)),
    *((11, 30, 70), (12, 250, 67), (13, 100, 64), (14, 250, 72), (16, 1000, 66), (17, 60, 66)),
    *((18, 250, 67), (20, 250, 68)),
]
FEW = 10
"""Issues up to which the solver is quick to prove of every option whether it is in the room."""


def answered(agenda: Agenda, a: Position, b: Position, rule: str, coins: tuple[int, int]) -> Answer:
    return by_circuit(Question(ASKED, rule), Trellis(agenda), a, b, coins)


def gains_of(agenda: Agenda, a: Position, b: Position, found: Answer) -> Pair:
    assert found.best is not None
    assert not any(brute.holds(found.best, excluded) for excluded in agenda.exclude)
    return brute.gain(agenda, a, found.best), brute.gain(agenda, b, found.best)


@pytest.mark.parametrize("rule", ["nash", "egalitarian"])
@pytest.mark.parametrize(("issues", "points", "line"), some(CASES, 3))
def test_the_best_package_is_worth_what_the_solver_proves_is_the_most(
    issues: int, points: int, line: int, rule: str
) -> None:
    agenda, a, b = tight(issues, str(line), points=points, seed=7 * issues + points)
    best = Solver(agenda, a, b).best(rule)
    assert best is not None
    for ours, theirs, coins in ((a, b, (0, 0)), (b, a, (0, 1))):
        found = answered(agenda, ours, theirs, rule, coins)
        assert found.exists
        gains = gains_of(agenda, a, b, found)
        assert min(gains) > 0
        assert MERITS[rule](gains) == MERITS[rule](best)


@pytest.mark.parametrize(("issues", "points", "line"), some(CASES, 3))
def test_one_point_of_a_hundred_higher_the_solver_and_the_circuit_find_no_room(
    issues: int, points: int, line: int
) -> None:
    agenda, a, b = tight(issues, str(line + 1), points=points, seed=7 * issues + points)
    assert Solver(agenda, a, b).best("egalitarian") is None
    found = answered(agenda, a, b, "nash", (1, 0))
    assert (found.exists, found.best) == (False, None)
    assert found.where is not None
    assert not any(any(of.values()) for of in found.where.values())


@pytest.mark.parametrize(
    ("issues", "points", "line"), some([case for case in CASES if case[0] <= FEW], 3)
)
def test_the_room_reaches_the_options_that_the_solver_proves_are_part_of_it(
    issues: int, points: int, line: int
) -> None:
    agenda, a, b = tight(issues, str(line - 2), points=points, seed=7 * issues + points)
    found = answered(agenda, b, a, "nash", (0, 0)).where
    assert found is not None
    marked = {(issue, option) for issue, of in found.items() for option in of if of[option]}
    assert marked == Solver(agenda, a, b).where()
    assert 0 < len(marked) < 10 * issues
