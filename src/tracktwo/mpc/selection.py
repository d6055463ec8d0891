"""Choosing on wires: one of many, a place to move to, an entry of a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tracktwo.mpc import arithmetic
from tracktwo.mpc.arithmetic import And
from tracktwo.mpc.gates import Gates, Wires


def one_hot(gates: Gates, both: And, x: Wires) -> Wires:
    """Row v is 1 where the number x is v: (2**rows, lanes). 2**rows - 2 gates a lane."""
    leaves = np.concatenate([x[:1] ^ gates.one, x[:1]])
    for row in range(1, x.shape[0]):
        high = both(leaves, x[row : row + 1])
        leaves = np.concatenate([leaves ^ high, high])
    return leaves


class Offsets:
    """Numbers that the evaluator knows, made ready to move lanes by: two one-hot digits of each.

    One digit would cost one ciphertext for each wire moved instead of two, and hash 2**rows streams
    of them instead of 2 * 2**(rows / 2).
    """

    def __init__(self, gates: Gates, x: Wires, lanes: int) -> None:
        """`x`, (rows, numbers), are wires the evaluator can read; what is moved has `lanes`."""
        low_rows = x.shape[0] // 2
        self._step = 1 << low_rows
        reach = -(-lanes // self._step)
        self._low = one_hot(gates, gates.both_seen, x[:low_rows])
        high = one_hot(gates, gates.both_seen, x[low_rows:])
        # All places out of reach are one choice, so that exactly one is made whatever is entered;
        # where there is none, it is a constant 0. Without it an evaluator could compute the offset.
        beyond = np.bitwise_xor.reduce(high[reach:], axis=0, keepdims=True)
        self._high = np.concatenate([high[:reach], beyond])

    def move(self, gates: Gates, number: int, x: Wires) -> Wires:
        """x moved up by that number of lanes, zeros moving in. Two ciphertexts for each wire."""
        lanes = x.shape[1]
        for digit, step in ((self._low, 1), (self._high, self._step)):
            moved = gates.zeros(x.shape[0], lanes)
            choice = digit[:, number : number + 1]
            for place, product in enumerate(gates.products(choice, x)):
                start = place * step
                if start < lanes:
                    moved[:, start:] ^= product[:, : lanes - start]
            x = moved
        return x


def look_up(gates: Gates, x: Wires, table: Sequence[int], rows: int) -> Wires:
    """`table[x]` as numbers of `rows` rows; 0 past the table's end.

    The lowest d bits of x are made one-hot, 2**d - 2 ANDs a lane; the table's entries for each
    value of the others are then free, and 2**(bits - d) - 1 choices of `rows` ANDs take one of
    them. d is what costs least.
    """
    bits = x.shape[0]
    low = min(range(1, bits + 1), key=lambda d: (1 << d) + ((1 << bits - d) - 1) * rows)
    leaves = one_hot(gates, gates.both, x[:low])
    found = [
        _entries(gates, leaves, table[start : start + len(leaves)], rows)
        for start in range(0, 1 << bits, len(leaves))
    ]
    for row in range(low, bits):
        found = [
            arithmetic.choose(gates.both, x[row : row + 1], of, above)
            for of, above in zip(found[::2], found[1::2], strict=True)
        ]
    return found[0]


def _entries(gates: Gates, leaves: Wires, entries: Sequence[int], rows: int) -> Wires:
    """The entry whose leaf is 1. No gates."""
    out = gates.zeros(rows, leaves.shape[1])
    for row in range(rows):
        holding = [place for place, entry in enumerate(entries) if entry >> row & 1]
        if holding:
            np.bitwise_xor.reduce(leaves[holding], axis=0, out=out[row])
    return out
