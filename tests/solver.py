"""The room of two positions as a constraint program for CP-SAT, the exact solver of OR-tools.

It shares nothing with the program but the points of the brute force, needs no list of packages, and
says of an answer that it is proven. So it is what large agendas are compared with.
"""

from __future__ import annotations

from collections.abc import Callable

from ortools.sat.python import cp_model

import brute
from tracktwo.deal.agenda import Agenda, Choice
from tracktwo.deal.position import Position

Pair = tuple[int, int]


class Solver:
    """The packages acceptable to both sides, by what each gains."""

    def __init__(self, agenda: Agenda, a: Position, b: Position) -> None:
        self._agenda, self._sides = agenda, (a, b)

    def _model(
        self,
    ) -> tuple[cp_model.CpModel, dict[Choice, cp_model.IntVar], list[cp_model.IntVar]]:
        model = cp_model.CpModel()
        held = {
            (issue.id, option.id): model.new_bool_var(f"{issue.id}={option.id}")
            for issue in self._agenda.issues
            for option in issue.options
        }
        for issue in self._agenda.issues:
            model.add_exactly_one(held[issue.id, option.id] for option in issue.options)
        for never in self._agenda.exclude:
            model.add_bool_or(~held[choice] for choice in never)
        gains = [self._gain(model, held, side) for side in self._sides]
        return model, held, gains

    def _gain(
        self, model: cp_model.CpModel, held: dict[Choice, cp_model.IntVar], side: Position
    ) -> cp_model.IntVar:
        """What an acceptable package gains the side."""
        gain = model.new_int_var(1, 2 * self._agenda.points, "gain")
        points = sum(
            brute.option_points(self._agenda, side, *choice) * taken
            for choice, taken in held.items()
        )
        model.add(gain == points - brute.line(self._agenda, side) + 1)
        for line in side.red_lines:
            never = [~held[choice] for choice in line.never]
            if not line.unless:
                model.add_bool_or(never)
            for choice in line.unless:  # all of never is together with all of unless
                model.add_bool_or([*never, held[choice]])
        return gain

    def best(self, rule: str) -> Pair | None:
        """The gains of a package best by a rule; None if there is no room."""
        if rule == "egalitarian":
            return self._most(self._smaller, self._smaller_and_larger)
        return self._most(self._logarithms)

    def _most(self, *merits: Callable[..., cp_model.IntVar]) -> Pair | None:
        """The gains where the merits are greatest, each of them in its turn."""
        reached: list[int] = []
        pair: Pair | None = None
        for merit in merits:
            model, _, gains = self._model()
            model.maximize(merit(model, gains, *reached))
            solver = _solved(model)
            if solver is None:
                return None
            reached.append(round(solver.objective_value))
            pair = (solver.value(gains[0]), solver.value(gains[1]))
        return pair

    def _smaller(self, model: cp_model.CpModel, gains: list[cp_model.IntVar]) -> cp_model.IntVar:
        least = model.new_int_var(0, 2 * self._agenda.points, "least")
        model.add_min_equality(least, gains)
        return least

    def _smaller_and_larger(
        self, model: cp_model.CpModel, gains: list[cp_model.IntVar], least: int
    ) -> cp_model.IntVar:
        model.add(self._smaller(model, gains) == least)
        most = model.new_int_var(0, 2 * self._agenda.points, "most")
        model.add_max_equality(most, gains)
        return most

    def _logarithms(self, model: cp_model.CpModel, gains: list[cp_model.IntVar]) -> cp_model.IntVar:
        table = [0, *map(brute.logarithm, range(1, 2 * self._agenda.points + 1))]
        both = [model.new_int_var(0, table[-1], "logarithm") for _ in gains]
        for gain, logarithm in zip(gains, both, strict=True):
            model.add_element(gain, table, logarithm)
        total = model.new_int_var(0, 2 * table[-1], "total")
        model.add(total == sum(both))
        return total

    def where(self) -> set[Choice]:
        """The options that are part of some acceptable package."""
        found: set[Choice] = set()
        while True:
            model, held, _ = self._model()
            model.add_bool_or(taken for choice, taken in held.items() if choice not in found)
            solver = _solved(model)
            if solver is None:
                return found
            found |= {choice for choice, taken in held.items() if solver.value(taken)}

    def packages(self) -> list[dict[str, str]]:
        """Every acceptable package."""
        model, held, _ = self._model()
        solver, every = cp_model.CpSolver(), _Every(held)
        solver.parameters.enumerate_all_solutions = True
        if solver.solve(model, every) != cp_model.OPTIMAL:
            raise AssertionError("not all were found")
        return every.found


class _Every(cp_model.CpSolverSolutionCallback):
    """Keeps each package as it is found."""

    def __init__(self, held: dict[Choice, cp_model.IntVar]) -> None:
        super().__init__()
        self._held, self.found = held, list[dict[str, str]]()

    def on_solution_callback(self) -> None:
        self.found.append(dict(choice for choice, of in self._held.items() if self.value(of)))


def _solved(model: cp_model.CpModel) -> cp_model.CpSolver | None:
    """The solver once it has proven its answer; None if there is no solution."""
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return None
    if status != cp_model.OPTIMAL:
        raise AssertionError(solver.status_name(status))
    return solver
