"""Where each package lies: sections of lanes, arranged so that halves play each other in order.

A section holds up to LANES packages with consecutive numbers, padded to a multiple of 128 lanes.
The tournament folds an array of lanes in two and lets lane j of the first half meet lane j of the
second; for the lower half always to hold the lower package numbers, lanes are put in the order of
their lowest bits reversed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LANES = 8192
ROUNDS = 4  # rounds of the tournament between two rearrangements
_MULTIPLE = 128  # the transposes and the transfers come in this many lanes

Lanes = NDArray[np.int32]


def arrange(count: int) -> list[Lanes]:
    """For each section, the number of the package in each lane; `count` or more is padding."""
    sections = []
    for start in range(0, count, LANES):
        used = min(LANES, count - start)
        padded = -(-used // _MULTIPLE) * _MULTIPLE
        sections.append(start + in_playing_order(padded, ROUNDS))
    return sections


def in_playing_order(lanes: int, rounds: int) -> Lanes:
    """The order of `lanes` (a multiple of 2**rounds) in which `rounds` folds keep halves in order.

    After the folds, lane j holds the winner of lanes j * 2**rounds to (j + 1) * 2**rounds - 1.
    """
    groups = np.arange(lanes, dtype=np.int32).reshape(-1, 1 << rounds)
    return groups[:, _reversed(rounds)].T.reshape(-1)


def _reversed(bits: int) -> Lanes:
    order = np.zeros(1, np.int32)
    for _ in range(bits):
        order = np.concatenate([2 * order, 2 * order + 1])
    return order
