"""How many packages have how many points, counted along a trellis, and which of them is the n-th.

A set of packages is a set of `Paths`. Its counts by points are the coefficients of a polynomial,
its generating function: the sum of x**points over its packages. Here that is one whole number, the
polynomial's value at a power of two above every coefficient (Kronecker substitution), in which the
counts stand side by side, each in a field of its own. Then uniting two sets is one addition, and
giving every package p points more is one shift: exact, of any size, and as fast as memory. From the
counts of what is still to come follows which package is the n-th and which number one has (Cover
1973, "Enumerative Source Encoding").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tracktwo.deal.trellis import Allowed, Layer, Trellis

Branch = tuple[int, int]
"""The option that an issue is given, and the state that this leads to."""

Steps = Sequence[Sequence[Sequence[Branch]]]
"""For each issue, for each state before it: its branches, by option."""

Values = Sequence[Sequence[int]]
"""For each issue, what each option is worth, or what is lost by it."""


@dataclass(frozen=True, slots=True, repr=False)
class Paths:
    """A set of packages as paths: from state 0, one branch for each issue.

    SECRET where red lines shaped it. States from which the same can follow are one state, and each
    lies on the path of some package; only state 0 of the first issue is there even if the set is
    empty. So counting takes no more states than the exclusions and red lines tell apart, whatever
    the agenda declares linked.
    """

    steps: Steps

    def __repr__(self) -> str:
        return "<Paths: not shown>"

    @property
    def count(self) -> int:
        """How many packages there are in it."""
        ways = [1]
        for states in reversed(self.steps):
            ways = [sum(ways[target] for _, target in branches) for branches in states]
        return ways[0]


def all_paths(trellis: Trellis) -> Paths:
    """All packages of the agenda."""
    return _merged([_branches(layer) for layer in trellis.layers], [True])


def paths_along(trellis: Trellis, allowed: Sequence[Allowed]) -> Paths:
    """The packages all of whose branches are allowed: for each layer, (branches,)."""
    pairs = zip(trellis.layers, allowed, strict=True)
    return _merged([_branches(layer, of.tolist()) for layer, of in pairs], [True])


def paths_off(trellis: Trellis, allowed: Sequence[Allowed]) -> Paths:
    """The other packages: those of which some branch is not allowed."""
    pairs = zip(trellis.layers, allowed, strict=True)
    return _merged([_watched(layer, of.tolist()) for layer, of in pairs], [False, True])


def _branches(layer: Layer, allowed: Sequence[bool] | None = None) -> list[list[Branch]]:
    states: list[list[Branch]] = [[] for _ in range(layer.before)]
    for source, option, target, good in _rows(layer, allowed):
        if good:
            states[source].append((option, target))
    return states


def _watched(layer: Layer, allowed: Sequence[bool]) -> list[list[Branch]]:
    """Each state twice: first while all branches were allowed, then once one was not."""
    states: list[list[Branch]] = [[] for _ in range(2 * layer.before)]
    for source, option, target, good in _rows(layer, allowed):
        states[source].append((option, target if good else layer.after + target))
        states[layer.before + source].append((option, layer.after + target))
    return states


def _rows(layer: Layer, allowed: Sequence[bool] | None) -> Iterator[tuple[int, int, int, bool]]:
    columns = (layer.source.tolist(), layer.option.tolist(), layer.target.tolist())
    return zip(*columns, allowed or [True] * layer.branches, strict=True)


def _merged(steps: Sequence[Sequence[Sequence[Branch]]], ends: Sequence[bool]) -> Paths:
    """Without what leads nowhere, and one state for all from which the same can follow."""
    numbers = [0 if end else None for end in ends]
    merged: list[list[tuple[Branch, ...]]] = []
    for states in reversed(steps):
        kinds: dict[tuple[Branch, ...], int] = {}
        before: list[int | None] = []
        for branches in states:
            kind = tuple(
                (option, number)
                for option, target in branches
                if (number := numbers[target]) is not None
            )
            before.append(kinds.setdefault(kind, len(kinds)) if kind else None)
        merged.append(list(kinds))
        numbers = before
    start = () if numbers[0] is None else merged[-1][numbers[0]]
    return Paths(_reached(start, merged[-2::-1]))


def _reached(start: Sequence[Branch], later: Iterable[Sequence[Sequence[Branch]]]) -> Steps:
    """Without the states that nothing leads to, the others numbered anew."""
    steps, states = [], [start]
    for after in later:
        targets = sorted({target for branches in states for _, target in branches})
        numbers = {target: number for number, target in enumerate(targets)}
        steps.append([tuple((o, numbers[target]) for o, target in of) for of in states])
        states = [after[target] for target in targets]
    return [*steps, states]  # after the last issue there is one state


class Tally:
    """The packages of a set by their points, each set of equal points in the order of the agenda.

    SECRET where the points are. `points`: for each issue, for each option, at least 0.
    """

    __slots__ = ("_bits", "_points", "_steps", "_sums", "counts")

    counts: Sequence[int]
    """How many packages there are of 0, 1, 2, ... points, up to the most there can be."""

    def __init__(self, paths: Paths, points: Values) -> None:
        self._steps, self._points = paths.steps, points
        self._bits = max(1, paths.count.bit_length())
        self._sums = [[1]]
        for states, of in zip(reversed(self._steps), reversed(points), strict=True):
            after, shifts = self._sums[-1], [self._bits * worth for worth in of]
            self._sums.append(
                [
                    sum(after[target] << shifts[option] for option, target in branches)
                    for branches in states
                ]
            )
        self._sums.reverse()
        most = sum(max(of) for of in points)
        self.counts = [self._at(0, 0, worth) for worth in range(most + 1)]

    def __repr__(self) -> str:
        return "<Tally: not shown>"

    def package(self, points: int, rank: int) -> tuple[int, ...]:
        """The option indices of one package of so many points, by its place among these, from 0.

        Raises IndexError if there is none.
        """
        if not 0 <= rank < self._at(0, 0, points):
            raise IndexError("there is no such package")
        state = 0
        chosen: list[int] = []
        for place, of in enumerate(self._points):
            branches = self._onward(place, state, points)
            option, state, ways = next(branches)
            while rank >= ways:
                rank -= ways
                option, state, ways = next(branches)
            chosen.append(option)
            points -= of[option]
        return tuple(chosen)

    def rank(self, package: Sequence[int]) -> int:
        """How many packages of the set and of as many points stand before this one of the set."""
        points = sum(of[option] for of, option in zip(self._points, package, strict=True))
        state, rank = 0, 0
        for place, chosen in enumerate(package):
            branches = self._onward(place, state, points)
            option, state, ways = next(branches)
            while option != chosen:
                rank += ways
                option, state, ways = next(branches)
            points -= self._points[place][chosen]
        return rank

    def _onward(self, place: int, state: int, points: int) -> Iterator[tuple[int, int, int]]:
        """Each option from a state on, the state after it, and in how many ways to get `points`."""
        for option, target in self._steps[place][state]:
            yield option, target, self._at(place + 1, target, points - self._points[place][option])

    def _at(self, place: int, state: int, points: int) -> int:
        """How many ways there are from a state on to get so many points more."""
        if points < 0:
            return 0
        return self._sums[place][state] >> self._bits * points & (1 << self._bits) - 1
