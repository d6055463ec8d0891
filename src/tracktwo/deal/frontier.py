"""What two positions leave open, without listing packages: exact, by dynamic programming.

Points are additive, so all that a package's first issues matter for is the state of the trellis and
the pair of what each side has lost. `best[state][l]` is the most points side B can have from the
issues still to come if side A loses at most `l` points on them; A's points are counted as lost
against the best option of each issue. This is the knapsack recurrence of Bellman 1957, with one
choice from each issue (Sinha, Zoltners 1979, the multiple-choice knapsack).

The same arrays run through the circuit of `probe/frontier.py`; this file is their meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tracktwo.deal.trellis import Layer, Scoring, Trellis

Worths = NDArray[np.int64]

_NEVER = np.int64(-(1 << 40))
"""Below every sum of points: no package does it."""

Pair = tuple[int, int]
"""The gains of side A and side B."""


class Frontier:
    """Two positions on a trellis. SECRET, so its repr shows nothing."""

    def __init__(self, trellis: Trellis, a: Scoring, b: Scoring) -> None:
        self._trellis = trellis
        self._line = b.table.line
        best = [int(of.max()) for of in a.table.points]
        self._losses = [
            top - of.astype(np.int64) for top, of in zip(best, a.table.points, strict=True)
        ]
        self._slack = sum(best) - a.table.line
        self._worths = [of.astype(np.int64) for of in b.table.points]
        self._allowed = [x & y for x, y in zip(a.allowed, b.allowed, strict=True)]

    def __repr__(self) -> str:
        return "<Frontier: not shown>"

    @cached_property
    def _width(self) -> int:
        return max(0, self._slack + 1)

    @cached_property
    def _best(self) -> list[Worths]:
        """At each place from 0 to the number of issues, for those from it on: (states, width)."""
        arrays = [np.zeros((1, self._width), np.int64)]
        for place, layer in reversed(list(enumerate(self._trellis.layers))):
            candidates = self._candidates(place, layer, arrays[0][layer.target])
            arrays.insert(0, _most(candidates, layer.source, layer.before))
        return arrays

    @cached_property
    def _before(self) -> list[Worths]:
        """At each place, for the issues before it: (states, width)."""
        arrays = [np.zeros((1, self._width), np.int64)]
        for place, layer in enumerate(self._trellis.layers):
            candidates = self._candidates(place, layer, arrays[-1][layer.source])
            arrays.append(_most(candidates, layer.target, layer.after))
        return arrays

    def _candidates(self, place: int, layer: Layer, worths: Worths) -> Worths:
        """Each branch's worth added and A's loss paid: (branches, width)."""
        moved = worths + self._worths[place][layer.option][:, None]
        places = np.arange(self._width) - self._losses[place][layer.option][:, None]
        out = np.take_along_axis(moved, np.maximum(places, 0), axis=1)
        out[(places < 0) | ~self._allowed[place][:, None]] = _NEVER
        return out

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The gains of the packages of the room that no package of it improves on, by A's gain."""
        if not self._width:
            return ()
        worth = self._best[0][0]
        rises = np.ones(self._width, np.bool_)
        rises[1:] = worth[1:] > worth[:-1]
        lost = np.flatnonzero(rises & (worth >= self._line)).tolist()
        return tuple((self._slack - at + 1, int(worth[at]) - self._line + 1) for at in lost)

    @property
    def exists(self) -> bool:
        """Whether there is a package acceptable to both."""
        return bool(self.pairs)

    def where(self) -> tuple[tuple[bool, ...], ...]:
        """For each issue and option, whether it is part of some package acceptable to both."""
        marks = []
        for place, layer in enumerate(self._trellis.layers):
            options = len(self._trellis.agenda.issues[place].options)
            held = np.zeros(options, np.bool_)
            if self._width:
                after = self._candidates(place, layer, self._best[place + 1][layer.target])
                together = after + self._before[place][layer.source][:, ::-1]
                joint = (together >= self._line).any(axis=1)
                held[layer.option[joint]] = True
            marks.append(tuple(held.tolist()))
        return tuple(marks)

    def package(self, pairs: Sequence[Pair], *, last: bool) -> tuple[int, ...]:
        """The first package of all that gain one of these `pairs`, or the last: option indices.

        In the order of the agenda, the first issue weighing most. Each pair must be one of
        `self.pairs`: then what A loses is exact all the way.
        """
        state, lost = 0, np.array([self._slack - gain + 1 for gain, _ in pairs])
        chosen: list[int] = []
        for place, layer in enumerate(self._trellis.layers):
            candidates = self._candidates(place, layer, self._best[place + 1][layer.target])
            reached = candidates[:, lost] == self._best[place][layer.source][:, lost]
            branches = np.flatnonzero(reached.any(axis=1) & (layer.source == state))
            branch = int(branches[-1 if last else 0])
            option = int(layer.option[branch])
            chosen.append(option)
            lost = lost[reached[branch]] - self._losses[place][option]
            state = int(layer.target[branch])
        return tuple(chosen)


def best_pairs(pairs: Sequence[Pair], merit: Callable[[Pair], object]) -> list[Pair]:
    """All pairs of the greatest merit."""
    merits = [merit(pair) for pair in pairs]
    top = max(merits, default=None)  # type: ignore[type-var]
    return [pair for pair, found in zip(pairs, merits, strict=True) if found == top]


def best_alone(trellis: Trellis, side: Scoring) -> tuple[int | None, list[int]]:
    """The most points one side can have where it forbids nothing, and option indices that do it.

    None if its red lines leave no package; the indices are then of any.
    """
    layers = list(zip(trellis.layers, side.table.points, side.allowed, strict=True))
    most = [np.zeros(1, np.int64)]
    for layer, points, allowed in reversed(layers):
        worth = np.where(allowed, points[layer.option] + most[0][layer.target], _NEVER)
        before = np.full(layer.before, _NEVER)
        np.maximum.at(before, layer.source, worth)
        most.insert(0, before)
    path, state = [], 0
    for (layer, points, allowed), after in zip(layers, most[1:], strict=True):
        worth = np.where(allowed, points[layer.option] + after[layer.target], _NEVER)
        branches = np.flatnonzero(layer.source == state)
        branch = int(branches[np.argmax(worth[branches])])
        path.append(int(layer.option[branch]))
        state = int(layer.target[branch])
    found = int(most[0][0])
    return (found if found >= 0 else None), path


def is_broad(trellis: Trellis, side: Scoring, breadth: int) -> bool:
    """Whether the best package a side does not forbid lies `breadth` points above its line."""
    most, _ = best_alone(trellis, side)
    return not breadth or (most is not None and most - side.table.line >= breadth)


def _most(candidates: Worths, group: NDArray[np.intp], groups: int) -> Worths:
    """The largest of each group of rows: (groups, width)."""
    most = np.full((groups, candidates.shape[1]), _NEVER)
    np.maximum.at(most, group, candidates)
    return most
