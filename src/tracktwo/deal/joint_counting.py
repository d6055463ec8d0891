"""How many packages there are of each pair of what two sides lose on them, counted exactly.

The counts by losses, as in counting.py, but of two sides at once and no further than both can bear:
an array with a place for each pair of losses, which every branch adds to, moved by what it costs.
A count may be far beyond 64 bits (up to 255**64), so it is cut into limbs of 56 bits, an array for
each. The eight bits above take the sums of one issue, which has at most 255 options (OPTION_LIMIT);
then they are carried to the next limb.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from tracktwo.deal.counting import Branch, Paths, Values

_LIMB = 56
_MASK = np.uint64(2**_LIMB - 1)

Limbs = NDArray[np.uint64]
"""(limbs, losses of the first side, of the second), the lowest limb first."""


class JointTally:
    """The packages of a set by what each of two sides loses on them. SECRET.

    `losses` of each side: for each issue, for each option, at least 0. `slacks`: the most each side
    can bear in all; below 0, it bears no package. `count`: how many packages both can bear.
    """

    __slots__ = ("_limbs", "count")

    count: int

    def __init__(
        self, paths: Paths, losses: tuple[Values, Values], slacks: tuple[int, int]
    ) -> None:
        self._limbs = np.zeros((1, 1, 1), np.uint64)
        if min(slacks) >= 0:
            self._limbs = _counted(paths, losses, slacks)
        self.count = _whole(_sum(limb) for limb in self._limbs)

    def __repr__(self) -> str:
        return "<JointTally: not shown>"

    def at(self, lost: int, other_lost: int) -> int:
        """How many packages cost the first side exactly `lost` and the other `other_lost`."""
        shape = self._limbs.shape[1:]
        if lost >= shape[0] or other_lost >= shape[1]:
            return 0
        return _whole(self._limbs[:, lost, other_lost].tolist())


def _counted(paths: Paths, losses: tuple[Values, Values], slacks: tuple[int, int]) -> Limbs:
    """The counts of all packages, as far as both sides can bear."""
    ways, sums, reach = [1], [np.ones((1, 1, 1), np.uint64)], (0, 0)
    for states, *lost in zip(*map(reversed, (paths.steps, *losses)), strict=True):
        ways = [sum(ways[target] for _, target in branches) for branches in states]
        reach = tuple(min(s, r + max(of)) for s, r, of in zip(slacks, reach, lost, strict=True))
        shape = (max(ways, default=0).bit_length() // _LIMB + 1, reach[0] + 1, reach[1] + 1)
        sums = [_united(branches, sums, lost, shape) for branches in states]
    return sums[0]


def _united(
    branches: Sequence[Branch],
    after: Sequence[Limbs],
    lost: Values,
    shape: tuple[int, int, int],
) -> Limbs:
    """The counts from a state on, of which each branch brings those of the state it leads to."""
    total = np.zeros(shape, np.uint64)
    for option, target in branches:
        moved = after[target]
        down, across = lost[0][option], lost[1][option]
        height = min(moved.shape[1], shape[1] - down)
        width = min(moved.shape[2], shape[2] - across)
        if height > 0 and width > 0:
            part = total[: len(moved), down : down + height, across : across + width]
            part += moved[:, :height, :width]
    for lower, upper in itertools.pairwise(total):
        upper += lower >> np.uint64(_LIMB)
        lower &= _MASK
    return total


def _sum(limb: NDArray[np.uint64]) -> int:
    """The sum of one limb of every count: in halves, which do not overflow."""
    half = np.uint64(_LIMB // 2)
    low = int((limb & np.uint64((1 << _LIMB // 2) - 1)).sum())
    return (int((limb >> half).sum()) << int(half)) + low


def _whole(limbs: Iterable[int]) -> int:
    """The number of these limbs."""
    return sum(limb << _LIMB * place for place, limb in enumerate(limbs))
