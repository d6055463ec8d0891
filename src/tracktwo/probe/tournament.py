"""The greatest key among many lanes, and the number of the lane that holds it."""

from __future__ import annotations

import numpy as np

from tracktwo.mpc import arithmetic
from tracktwo.mpc.gates import Gates, Wires
from tracktwo.probe.lanes import ROUNDS, in_playing_order


def play(gates: Gates, key: Wires, index: Wires, coin: Wires, rounds: int) -> tuple[Wires, Wires]:
    """`rounds` rounds of lane j against lane j + half: the winners' keys and numbers.

    The greater key wins; of equal ones the one in the first half, or, if the coin is 1, the one in
    the second. Each round adds a row to `index`. Keys of k rows cost 2k ANDs a match.
    """
    for _ in range(rounds):
        half = key.shape[1] // 2
        later = arithmetic.less(gates.both, key[:, :half], key[:, half:], coin)
        key = arithmetic.choose(gates.both, later, key[:, :half], key[:, half:])
        index = arithmetic.choose(gates.both, later, index[:, :half], index[:, half:])
        index = np.concatenate([index, later])
    return key, index


def play_out(gates: Gates, key: Wires, index: Wires, coin: Wires) -> tuple[Wires, Wires]:
    """Play until one lane is left. Lanes are in the order of their numbers."""
    while key.shape[1] > 1:
        rounds = min(ROUNDS, (key.shape[1] - 1).bit_length())
        missing = -key.shape[1] % (1 << rounds)
        order = in_playing_order(key.shape[1] + missing, rounds)
        key, index = (
            np.concatenate([wires, gates.zeros(len(wires), missing)], axis=1)[:, order]
            for wires in (key, index)
        )
        key, index = play(gates, key, index, coin, rounds)
    return key, index
