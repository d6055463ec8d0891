"""A program of two sections that uses every operation, alike for both sides, and its brute force.

Section 0: each side has 256 numbers of 4 bits; section 1: 128 numbers of 2 bits. Ten bits come out:

    0     any lane where both numbers of section 0 are 8 or more, if the guard holds
    1     the same among the even lanes
    2     the guard: both sides have at least 120 odd numbers in section 0
    3-4   the OR over the lanes of section 1 of the smaller of a ^ b and a & b
    5-9   the greatest sum of the two sides' numbers in a lane of section 0
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tracktwo.mpc import arithmetic
from tracktwo.mpc.blocks import Bits
from tracktwo.mpc.cipher import derive
from tracktwo.mpc.gates import Gates, Wires
from two_parties import Given

GUARD = 120
EVEN = np.full(32, 0b01010101, np.uint8)


class Sample:
    """See above."""

    digest = derive("test program", "sample")
    shapes = [(4, 256), (2, 128)]  # noqa: RUF012 - a Program says its shapes in a list
    outputs = 10

    def run(self, gates: Gates, parts: list[Any], own: Bits | None, seen: Wires) -> Any:  # noqa: ANN401
        ours = gates.enter(own, 4, 256)
        sums = arithmetic.add_own(gates, own, ours, seen)
        columns = gates.columns(gates.both_own(None if own is None else own[3:], seen[3:]))
        tops = [gates.collapse(columns, mask) for mask in (None, EVEN)]
        found = arithmetic.any_of(gates, np.concatenate(tops))
        guard = gates.both(self._ours(gates, own), self._theirs(gates, seen))
        return sums, gates.both(found, guard), guard

    def _ours(self, gates: Gates, own: Bits | None) -> Wires:
        enough = None if own is None else np.array([[own[0].sum() >= GUARD]], np.uint8)
        return gates.enter(enough, 1, 1)

    def _theirs(self, gates: Gates, seen: Wires) -> Wires:
        counter = arithmetic.Counter(gates, gates.both_seen, 9)
        counter.add(seen[:1])
        return arithmetic.at_least(gates, gates.both_seen, counter.total(), GUARD)

    def finish(self, gates: Gates, parts: list[Any], own: Bits | None, seen: Wires) -> Wires:
        sums, found, guard = parts[0]
        different = gates.enter(own, 2, 128) ^ seen
        common = gates.both_own(own, seen)
        first = arithmetic.less(gates.both, different, common, gates.zeros(1, 1))
        smaller = arithmetic.choose(gates.both, first, common, different)
        while sums.shape[1] > 1:
            half = sums.shape[1] // 2
            left, right = sums[:, :half], sums[:, half:]
            sums = arithmetic.choose(
                gates.both, arithmetic.less(gates.both, left, right, gates.zeros(1, 1)), left, right
            )
        return np.concatenate([found, guard, arithmetic.any_of(gates, smaller), sums])


def numbers(bits: Bits) -> list[int]:
    """The numbers in an array of bits, a lane each."""
    return [sum(int(bit) << row for row, bit in enumerate(lane)) for lane in bits.T]


def sample_answer(first: Given, second: Given) -> tuple[int, ...]:
    """The ten bits, from plain numbers."""
    a, b = numbers(first.bits(0)), numbers(second.bits(0))
    c, d = numbers(first.bits(1)), numbers(second.bits(1))
    joint = [lane for lane in range(256) if a[lane] >= 8 and b[lane] >= 8]
    guard = all(sum(number % 2 for number in side) >= GUARD for side in (a, b))
    mixed = 0
    for x, y in zip(c, d, strict=True):
        mixed |= min(x ^ y, x & y)
    most = max(x + y for x, y in zip(a, b, strict=True))
    any_joint, any_even = bool(joint), any(lane % 2 == 0 for lane in joint)
    bits = [any_joint and guard, any_even and guard, guard]
    bits += [mixed >> place & 1 for place in range(2)] + [most >> place & 1 for place in range(5)]
    return tuple(int(bit) for bit in bits)
