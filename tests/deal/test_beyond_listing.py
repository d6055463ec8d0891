"""Agendas of up to 10^20 packages: the frontier finds what an exact solver of others' finds."""

from __future__ import annotations

import pytest

import brute
from matters import tight
from solver import Solver
from tracktwo.deal.analysis import study
from tracktwo.deal.frontier import Frontier, best_pairs
from tracktwo.deal.trellis import Trellis, scoring

MERITS = {
    "nash": lambda pair: sum(map(brute.logarithm, pair)),
    "egalitarian": lambda pair: (min(pair), max(pair)),
}


@pytest.mark.parametrize(("issues", "line"), [(6, "64"), (9, "64"), (12, "64"), (20, "68.4")])
def test_exists_best_and_where_are_those_of_the_solver(issues: int, line: str) -> None:
    agenda, a, b = tight(issues, line)
    trellis, solver = Trellis(agenda), Solver(agenda, a, b)
    found = Frontier(trellis, scoring(trellis, a), scoring(trellis, b))
    assert found.exists
    for rule, merit in MERITS.items():
        pairs = best_pairs(found.pairs, merit)
        assert merit(pairs[0]) == merit(solver.best(rule))
        for last in (False, True):
            package = trellis.package(found.package(pairs, last=last))
            assert (brute.gain(agenda, a, package), brute.gain(agenda, b, package)) in pairs
    where = {
        (issue.id, option.id)
        for issue, row in zip(agenda.issues, found.where(), strict=True)
        for option, held in zip(issue.options, row, strict=True)
        if held
    }
    assert where == solver.where()
    assert 0 < len(where) < 9 * issues


@pytest.mark.parametrize(("issues", "line"), [(9, "66"), (12, "64"), (20, "69")])
def test_the_room_has_as_many_packages_as_the_solver_lists(issues: int, line: str) -> None:
    agenda, a, b = tight(issues, line)
    found, listed = study(agenda, a, b, exact=False), Solver(agenda, a, b).packages()
    assert found.room == len(listed) > 50
    for point in found.frontier:
        tied = [
            package
            for package in listed
            if brute.points(agenda, a, package) == point.a
            and brute.points(agenda, b, package) == point.b
        ]
        assert point.count == len(tied)
        assert point.first(len(tied) + 1) == sorted(tied, key=_in_order)


def _in_order(package: dict[str, str]) -> list[str]:
    return [package[f"i{place}"] for place in range(len(package))]


@pytest.mark.parametrize(("issues", "line"), [(6, "72"), (9, "70"), (12, "66"), (20, "70")])
def test_where_the_solver_finds_no_room_there_is_none(issues: int, line: str) -> None:
    agenda, a, b = tight(issues, line)
    trellis, solver = Trellis(agenda), Solver(agenda, a, b)
    found = Frontier(trellis, scoring(trellis, a), scoring(trellis, b))
    assert solver.best("nash") is None
    assert (found.exists, found.pairs) == (False, ())
    assert not any(map(any, found.where()))
