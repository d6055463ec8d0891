"""Numbers on wires: add, compare, choose, count. Gate counts are per lane.

A number is an array (rows, lanes, w), row 0 the lowest bit. Every function runs on any Gates.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tracktwo.mpc.blocks import Bits
from tracktwo.mpc.gates import Gates, Wires

And = Callable[[Wires, Wires], Wires]


def constant(gates: Gates, value: int, rows: int, lanes: int) -> Wires:
    """The number `value` in every lane, as wires both sides know. No gates."""
    out = gates.zeros(rows, lanes)
    for row in range(rows):
        if value >> row & 1:
            out[row] ^= gates.one
    return out


def add(both: And, x: Wires, y: Wires) -> Wires:
    """x + y, two numbers of as many rows, with the carry as a last row. One AND a row."""
    return _sum(both, x, y, both(x[:1], y[:1]), x.shape[0] + 1)


def add_own(gates: Gates, own: Bits | None, x: Wires, y: Wires, *, within: bool = False) -> Wires:
    """x + y with the carry as a last row, where `own` are the bits of x if we garble.

    One gate a row: the lowest of one ciphertext, the others of two. `within`: without the carry and
    its gate, for a sum that fits into the rows of x, or modulo 2**rows.
    """
    carry = gates.both_own(None if own is None else own[:1], y[:1])
    return _sum(gates.both, x, y, carry, x.shape[0] + (not within))


def _sum(both: And, x: Wires, y: Wires, carry: Wires, rows: int) -> Wires:
    """The lowest `rows` rows of x + y, given the carry out of the first."""
    total: Wires = np.concatenate([x ^ y, np.zeros_like(x[:1])])[:rows]
    for row in range(1, rows):
        total[row] ^= carry[0]
        if row + 1 < rows:
            carry = both(x[row : row + 1] ^ carry, y[row : row + 1] ^ carry) ^ carry
    return total


def less(both: And, x: Wires, y: Wires, ties: Wires) -> Wires:
    """One wire: x < y, or x == y and `ties` (shape (1, lanes or 1)). One AND a row."""
    result = np.broadcast_to(ties, (1, *x.shape[1:]))
    for row in range(x.shape[0]):
        high = y[row : row + 1]
        result = both(x[row : row + 1] ^ high, high ^ result) ^ result
    return result


def choose(both: And, choice: Wires, x: Wires, y: Wires) -> Wires:
    """y where `choice`, shape (1, lanes), is 1, else x. One AND a row."""
    return both(x ^ y, choice) ^ x


def any_row(both: And, x: Wires) -> Wires:
    """The OR over the rows of every lane, shape (1, lanes). One AND a row but the first."""
    result = x[:1]
    for row in range(1, x.shape[0]):
        bit = x[row : row + 1]
        result = both(result, bit) ^ result ^ bit
    return result


def any_of(gates: Gates, x: Wires) -> Wires:
    """The OR over the lanes of every row, shape (rows, 1). Lanes are a power of two.

    One AND a lane but the last.
    """
    while x.shape[1] > 1:
        half = x.shape[1] // 2
        left, right = x[:, :half], x[:, half:]
        both = gates.both(np.ascontiguousarray(left), np.ascontiguousarray(right))
        x = both ^ left ^ right
    return x


class Counter:
    """Counts bits by carry-save addition (Wallace 1964): one AND for each bit, about.

    Bits of weight 2**w wait in pool w; three of them make a sum bit of weight 2**w and a carry of
    weight 2**(w+1). `both` is the AND to use: `gates.both`, or `gates.both_seen` for wires the
    evaluator can read.
    """

    def __init__(self, gates: Gates, both: And, weights: int) -> None:
        self._gates = gates
        self._both = both
        self._pools: list[Wires] = [gates.zeros(1, 0) for _ in range(weights)]

    def add(self, bits: Wires, weight: int = 0) -> None:
        """Count the row `bits`, shape (1, lanes), each for 2**weight."""
        self._pools[weight] = np.concatenate([self._pools[weight], bits], axis=1)

    def condense(self, lanes: int) -> list[Wires]:
        """Add up until no pool holds more than `lanes` (at least 2), and return the pools.

        Carries past the last weight are dropped: the caller gives weights for the largest count.
        """
        for weight in range(len(self._pools)):
            while self._pools[weight].shape[1] > lanes:
                third = self._pools[weight].shape[1] // 3
                a, b, c, rest = np.split(self._pools[weight], [third, 2 * third, 3 * third], axis=1)
                carry = self._both(a ^ c, b ^ c) ^ c
                self._pools[weight] = np.concatenate([a ^ b ^ c, rest], axis=1)
                if weight + 1 < len(self._pools):
                    self.add(carry, weight + 1)
        return self._pools

    def total(self) -> Wires:
        """The count as a number of one lane, shape (weights, 1)."""
        self.condense(2)
        rows = []
        carry = self._gates.zeros(1, 1)
        for pool in self._pools:
            padding = self._gates.zeros(1, 2 - pool.shape[1])
            bits = np.concatenate([pool, padding], axis=1)
            a, b = bits[:, :1], bits[:, 1:]
            rows.append(a ^ b ^ carry)
            carry = self._both(a ^ carry, b ^ carry) ^ carry
        return np.concatenate(rows)


def at_least(gates: Gates, both: And, x: Wires, bound: int) -> Wires:
    """One wire: the number x, shape (rows, 1), is `bound` or more. One AND a row."""
    rows = x.shape[0]
    if bound >> rows:
        return gates.zeros(1, 1)
    limit = constant(gates, bound, rows, 1)
    result = constant(gates, 1, 1, 1)
    for row in range(rows):
        bit = x[row : row + 1]
        result = both(bit ^ limit[row : row + 1], bit ^ result) ^ result
    return result


def bit_length(gates: Gates, x: Wires) -> Wires:
    """The place of the highest 1 of x counted from 1, or 0; shape (bits needed, 1)."""
    rows = x.shape[0]
    above = constant(gates, 0, 1, 1)
    places = gates.zeros(rows.bit_length(), 1)
    for row in reversed(range(rows)):
        bit = x[row : row + 1]
        highest = gates.both(bit, above ^ gates.one)
        above = above ^ highest
        for place in range(places.shape[0]):
            if row + 1 >> place & 1:
                places[place] ^= highest[0]
    return places
