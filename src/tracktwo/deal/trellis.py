"""The trellis of an agenda: its issues in order, and what each must remember of those before it.

A package is a path through it, one branch for each issue. Where nothing joins two issues, there is
one state between them and a branch for each option: then the work of a computation along the
trellis grows with the options, not with the packages. Issues hang together where the agenda
declares them `linked` or an exclusion names both; from the first to the last of those that do, a
state holds which options were chosen. So what is fast is few issues hanging together, near each
other in the agenda: the branches of an issue are its options times the combinations of the earlier
issues still open there.

The method is bucket elimination along a path decomposition (Dechter 1999, "Bucket Elimination: A
Unifying Framework for Reasoning"; the states are the separators); trellis, state and branch are the
words of coding theory (Forney 1973, "The Viterbi Algorithm").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tracktwo.deal.agenda import Agenda, Combination
from tracktwo.deal.package import OutcomeSpace, Package, enumerate_packages
from tracktwo.deal.points import PointTable, point_table
from tracktwo.deal.position import Position, RedLine
from tracktwo.errors import BadInput
from tracktwo.said import said

BRANCH_LIMIT = 20_000
"""Branches of one issue."""

Whole = NDArray[np.intp]
Allowed = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Layer:
    """The branches of one issue, ordered by the state they leave and then by option.

    `source`, `option` and `target` have shape (branches,): the state before, the option's index,
    the state after. `scope` holds the places of the issues a branch knows, the layer's own last,
    and `held` (branches, scope) their options' indices.
    """

    before: int
    after: int
    source: Whole
    option: Whole
    target: Whole
    scope: tuple[int, ...]
    held: Whole

    @property
    def branches(self) -> int:
        """How many there are."""
        return len(self.option)


class Trellis:
    """The trellis of an agenda. `layers` has one Layer for each issue, in the agenda's order.

    Raises BadInput where too many issues hang together, or the exclusions leave no package.
    """

    def __init__(self, agenda: Agenda) -> None:
        self.agenda = agenda
        self._places = {issue.id: place for place, issue in enumerate(agenda.issues)}
        self.layers = _without_dead_ends(self._grown())

    @cached_property
    def count(self) -> int:
        """How many packages the agenda allows."""
        ways = [1]
        for layer in reversed(self.layers):
            before = [0] * layer.before
            for source, target in zip(layer.source.tolist(), layer.target.tolist(), strict=True):
                before[source] += ways[target]
            ways = before
        return ways[0]

    @cached_property
    def branches(self) -> int:
        """How many there are in all layers: what the work grows with."""
        return sum(layer.branches for layer in self.layers)

    def package(self, options: Sequence[int]) -> Package:
        """The package with these options, one index for each issue."""
        pairs = zip(self.agenda.issues, options, strict=True)
        return {issue.id: issue.options[index].id for issue, index in pairs}

    def holds(self, options: Sequence[int]) -> bool:
        """Whether there is a package with these options, one index for each issue."""
        state = 0
        for layer, option in zip(self.layers, options, strict=True):
            found = layer.target[(layer.source == state) & (layer.option == option)]
            if not len(found):
                return False
            state = int(found[0])
        return True

    def allowed(self, red_lines: Sequence[RedLine]) -> tuple[Allowed, ...]:
        """For each layer, which branches cross none of the red lines: (branches,).

        A red line is judged at the last of its issues. Raises BadInput for one whose issues the
        trellis does not hold together.
        """
        allowed = tuple(np.ones(layer.branches, np.bool_) for layer in self.layers)
        for number, line in enumerate(red_lines, start=1):
            last = self._last([line.never, line.unless])
            layer = self.layers[last]
            if not self._issues([line.never, line.unless]) <= set(layer.scope):
                raise BadInput(
                    said(
                        "Red line {number} joins issues that the agenda does not declare linked.",
                        number=number,
                    ),
                    advice=said(
                        "Agree with the other side on an agenda that links them, or take the"
                        " red line out."
                    ),
                )
            crossed = self._holding(layer, line.never)
            if line.unless:
                crossed &= ~self._holding(layer, line.unless)
            allowed[last][crossed] = False
        return allowed

    # How it grows

    def _grown(self) -> list[Layer]:
        states: list[tuple[int, ...]] = [()]
        layers = []
        open_before: list[int] = []
        for place, issue in enumerate(self.agenda.issues):
            scope = (*open_before, place)
            open_after = [at for at in scope if self._lasts[at] > place]
            columns = [scope.index(at) for at in open_after]
            if len(states) * len(issue.options) > BRANCH_LIMIT:
                raise self._too_many(place)
            held = [(*state, option) for state in states for option in range(len(issue.options))]
            source = [state for state in range(len(states)) for _ in issue.options]
            keep = ~self._excluded(scope, np.array(held, np.intp).reshape(len(held), len(scope)))
            kept = np.flatnonzero(keep).tolist()
            after = {tuple(held[at][c] for c in columns): 0 for at in kept}
            numbers = {state: number for number, state in enumerate(sorted(after))}
            layers.append(
                Layer(
                    before=len(states),
                    after=len(numbers),
                    source=np.array([source[at] for at in kept], np.intp),
                    option=np.array([held[at][-1] for at in kept], np.intp),
                    target=np.array(
                        [numbers[tuple(held[at][c] for c in columns)] for at in kept], np.intp
                    ),
                    scope=scope,
                    held=np.array([held[at] for at in kept], np.intp).reshape(-1, len(scope)),
                )
            )
            states, open_before = sorted(after), open_after
        return layers

    @cached_property
    def _lasts(self) -> list[int]:
        """For each issue, the place of the last issue that hangs together with it."""
        lasts = list(range(len(self.agenda.issues)))
        groups = [self._issues([excluded]) for excluded in self.agenda.exclude]
        groups += [{self._places[issue] for issue in group} for group in self.agenda.linked or ()]
        for group in groups:
            for place in group:
                lasts[place] = max(lasts[place], *group)
        return lasts

    def _excluded(self, scope: tuple[int, ...], held: Whole) -> NDArray[np.bool_]:
        """Which combinations of options the agenda excludes, judged at their last issue."""
        found = np.zeros(len(held), np.bool_)
        for combination in self.agenda.exclude:
            if self._last([combination]) == scope[-1]:
                found |= self._matching(scope, held, combination)
        return found

    def _holding(self, layer: Layer, combination: Combination) -> NDArray[np.bool_]:
        return self._matching(layer.scope, layer.held, combination)

    def _matching(
        self, scope: tuple[int, ...], held: Whole, combination: Combination
    ) -> NDArray[np.bool_]:
        matching = np.ones(len(held), np.bool_)
        for issue_id, option_id in combination:
            place = self._places[issue_id]
            matching &= held[:, scope.index(place)] == self.agenda.issues[place].index(option_id)
        return matching

    def _issues(self, combinations: Sequence[Combination]) -> set[int]:
        return {self._places[issue] for of in combinations for issue, _ in of}

    def _last(self, combinations: Sequence[Combination]) -> int:
        return max(self._issues(combinations))

    def _too_many(self, place: int) -> BadInput:
        issue = self.agenda.issues[place]
        return BadInput(
            said(
                "Too many issues hang together before {issue}, by exclusions or `linked`.",
                issue=repr(issue.id),
            ),
            advice=said("Put issues that hang together next to each other, or link fewer of them."),
        )


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Scoring:
    """A position as numbers on a trellis. SECRET, so its repr shows nothing.

    `table`: points and line. `allowed`: for each layer, the branches that cross no red line.
    """

    table: PointTable
    allowed: tuple[Allowed, ...]

    def __repr__(self) -> str:
        return "<Scoring: not shown>"


def scoring(trellis: Trellis, position: Position) -> Scoring:
    """A position on a trellis. Raises BadInput where the trellis cannot express it."""
    return Scoring(point_table(trellis.agenda, position), trellis.allowed(position.red_lines))


def outcome_space(agenda: Agenda) -> OutcomeSpace:
    """The packages of an agenda, listed where they can be. Raises BadInput if neither way can."""
    try:
        return enumerate_packages(agenda)
    except BadInput as too_many:
        try:
            return Trellis(agenda)
        except BadInput:
            raise too_many from None


def _without_dead_ends(layers: list[Layer]) -> tuple[Layer, ...]:
    """Without the states from which no package can be finished, and the branches to them."""
    finished: list[Layer] = []
    alive = np.ones(1, np.bool_)
    for layer in reversed(layers):
        keep = alive[layer.target]
        numbers = np.cumsum(alive) - 1
        living = np.zeros(layer.before, np.bool_)
        living[layer.source[keep]] = True
        finished.append(
            Layer(
                before=int(living.sum()),
                after=int(alive.sum()),
                source=(np.cumsum(living) - 1)[layer.source[keep]],
                option=layer.option[keep],
                target=numbers[layer.target[keep]],
                scope=layer.scope,
                held=layer.held[keep],
            )
        )
        alive = living
    if not alive.any():
        advice = said("Take out an [[exclude]] that leaves nothing.")
        raise BadInput(said("The exclusions of the agenda leave no package at all."), advice=advice)
    return tuple(reversed(finished))
