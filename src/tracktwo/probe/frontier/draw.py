"""Knock-out rounds among many arrays at once: the greatest of each group, lane by lane.

Who meets whom is public. The way back splits a mask of lanes among the entrants that won them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracktwo.mpc import arithmetic
from tracktwo.mpc.gates import Gates, Wires

Columns = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class _Round:
    """Columns that meet, columns that wait, and the order of winners and waiting afterwards."""

    left: Columns
    right: Columns
    waiting: Columns
    order: Columns


class Draw:
    """The rounds for entrants of these groups, given in ascending order, none of them empty."""

    def __init__(self, groups: Sequence[int]) -> None:
        sizes = np.bincount(np.asarray(groups, np.intp)).tolist()
        self._rounds: list[_Round] = []
        while max(sizes) > 1:
            self._rounds.append(_round(sizes))
            sizes = [(size + 1) // 2 for size in sizes]

    def play(self, gates: Gates, x: Wires, coin: Wires) -> tuple[Wires, list[Wires]]:
        """The greatest of each group, (rows, groups, lanes, w), of x, (rows, entrants, lanes, w).

        Of equal ones the first, or, where the coin (1, 1) is 1, the last. Numbers of k rows cost
        2k ANDs a match and lane. Also gives, for each round, which matches the later one won.
        """
        wins = []
        for each in self._rounds:
            left, right = (flat(x[:, columns]) for columns in (each.left, each.right))
            later = arithmetic.less(gates.both, left, right, coin)
            won = arithmetic.choose(gates.both, later, left, right)
            won = won.reshape(x.shape[0], len(each.left), *x.shape[2:])
            x = np.concatenate([won, x[:, each.waiting]], axis=1)[:, each.order]
            wins.append(later)
        return x, wins

    def retrace(self, gates: Gates, mask: Wires, wins: Sequence[Wires]) -> Wires:
        """The lanes of a mask, (1, groups, lanes, w), given to whom won them: (1, entrants, ...).

        One AND a match and lane.
        """
        for each, later in zip(reversed(self._rounds), reversed(wins), strict=True):
            played = len(each.left)
            ordered = np.empty_like(mask)
            ordered[:, each.order] = mask
            right = gates.both(flat(ordered[:, :played]), later)
            right = right.reshape(1, played, *mask.shape[2:])
            entrants = played + mask.shape[1]
            mask = np.empty((1, entrants, *mask.shape[2:]), mask.dtype)
            mask[:, each.left] = ordered[:, :played] ^ right
            mask[:, each.right] = right
            mask[:, each.waiting] = ordered[:, played:]
        return mask


def _round(sizes: Sequence[int]) -> _Round:
    left: list[int] = []
    right: list[int] = []
    waiting: list[int] = []
    places: list[tuple[bool, int]] = []  # for each column after the round: whether won, and where
    start = 0
    for size in sizes:
        for first in range(start, start + size - 1, 2):
            places.append((True, len(left)))
            left.append(first)
            right.append(first + 1)
        if size % 2:
            places.append((False, len(waiting)))
            waiting.append(start + size - 1)
        start += size
    order = [place if won else len(left) + place for won, place in places]
    return _Round(*(np.array(columns, np.intp) for columns in (left, right, waiting, order)))


def flat(x: Wires) -> Wires:
    """(rows, columns, lanes, w) as (rows, columns * lanes, w)."""
    rows, columns, lanes, words = x.shape
    return np.ascontiguousarray(x).reshape(rows, columns * lanes, words)
