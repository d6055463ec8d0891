"""The best packages of two positions in points by CP-SAT, the exact solver of OR-tools.

Needs `ortools`, a dependency of the tests. Imported by bench/analysis.py where it is there.
"""

from __future__ import annotations

from collections.abc import Sequence

from ortools.sat.python import cp_model

from tracktwo.deal.points import PointTable

Tables = Sequence[PointTable]


def nash(tables: Tables, disagreements: Sequence[int]) -> int:
    """The greatest product of the two surpluses, proven."""
    model, surpluses, top = _model(tables, disagreements)
    product = model.new_int_var(0, top * top, "product")
    model.add_multiplication_equality(product, surpluses)
    return _greatest(model, product)


def egalitarian(tables: Tables, disagreements: Sequence[int]) -> tuple[int, int]:
    """The greatest smaller surplus, and with it the greatest larger one, proven."""
    model, smaller, _ = _smaller_and_larger(tables, disagreements)
    least = _greatest(model, smaller)
    model, smaller, larger = _smaller_and_larger(tables, disagreements)
    model.add(smaller == least)
    return least, _greatest(model, larger)


def _smaller_and_larger(
    tables: Tables, disagreements: Sequence[int]
) -> tuple[cp_model.CpModel, cp_model.IntVar, cp_model.IntVar]:
    model, surpluses, top = _model(tables, disagreements)
    smaller, larger = (model.new_int_var(0, top, name) for name in ("smaller", "larger"))
    model.add_min_equality(smaller, surpluses)
    model.add_max_equality(larger, surpluses)
    return model, smaller, larger


def _model(
    tables: Tables, disagreements: Sequence[int]
) -> tuple[cp_model.CpModel, list[cp_model.IntVar], int]:
    """One option for each issue; each side's surplus; more than any surplus can be."""
    model = cp_model.CpModel()
    options = [len(of) for of in tables[0].points]
    held = [[model.new_bool_var("") for _ in range(count)] for count in options]
    for of in held:
        model.add_exactly_one(of)
    top = max(sum(int(of.max()) for of in table.points) for table in tables)
    surpluses = []
    for table, disagreement in zip(tables, disagreements, strict=True):
        surplus = model.new_int_var(0, top, "surplus")
        terms = (
            int(worth) * taken
            for worths, of in zip(table.points, held, strict=True)
            for worth, taken in zip(worths, of, strict=True)
        )
        model.add(surplus == sum(terms) - disagreement)
        surpluses.append(surplus)
    return model, surpluses, top


def _greatest(model: cp_model.CpModel, value: cp_model.IntVar) -> int:
    model.maximize(value)
    solver = cp_model.CpSolver()
    if solver.solve(model) != cp_model.OPTIMAL:
        raise SystemExit("CP-SAT did not come to an end.")
    return round(solver.objective_value)
