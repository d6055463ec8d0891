"""What a probe calls best, for one who holds both sides' gains (DESIGN 4.2).

nash: greatest L(a) + L(b), where L(g) = 1 + floor(1024 log2 g): the product of the gains to 0.1 %.
egalitarian: greatest smaller gain, then greatest larger one (leximin). Of packages equally good a
coin takes the first or the last in the order of the agenda.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from tracktwo.deal.frontier import Frontier, best_pairs
from tracktwo.deal.package import Package, Packages

RULES = ("nash", "egalitarian")

Gains = NDArray[np.int32]


@cache
def log_gain(gain: int) -> int:
    """L(g) = 1 + floor(1024 log2 g) of a gain of 1 or more, exactly."""
    return (gain**1024).bit_length()


def merit(rule: str, a: int, b: int) -> tuple[int, int]:
    """How good a pair of gains is by a rule: the greatest is best."""
    if rule == "nash":
        return log_gain(a) + log_gain(b), 0
    return min(a, b), max(a, b)


def best_listed(
    packages: Packages, ours: Gains, theirs: Gains, rule: str, *, last: bool
) -> Package | None:
    """The first best package, or the last; None if none is acceptable to both.

    `ours` and `theirs`: the gain of each package, (packages,).
    """
    numbers = np.flatnonzero((ours > 0) & (theirs > 0))
    if not len(numbers):
        return None
    a, b = ours[numbers].astype(np.int64), theirs[numbers].astype(np.int64)
    if rule == "nash":
        table = np.array([0, *(log_gain(g) for g in range(1, int(max(a.max(), b.max())) + 1))])
        key = table[a] + table[b]
    else:
        key = np.minimum(a, b) * (1 << 20) + np.maximum(a, b)
    equal = numbers[key == key.max()]
    return packages.package(int(equal[-1 if last else 0]))


def best_along(found: Frontier, rule: str, *, last: bool) -> tuple[int, ...] | None:
    """The same without a list of packages: option indices."""
    if not found.exists:
        return None
    top = best_pairs(found.pairs, lambda pair: merit(rule, *pair))
    return found.package(top, last=last)
