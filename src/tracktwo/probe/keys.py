"""What a package is worth, as the bits a side enters and as the key the two sides' bits make.

A rule knows how wide its inputs are, how to make them from gains, and how to combine them.
docs/spec/circuit.md gives the gate counts.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tracktwo.deal.agenda import Agenda
from tracktwo.deal.best import Gains, log_gain
from tracktwo.mpc import arithmetic
from tracktwo.mpc.blocks import Bits
from tracktwo.mpc.gates import Gates, Wires


def most_gain(agenda: Agenda) -> int:
    """The largest gain any position can give: points, 1, and rounding up by 1/2 for each issue."""
    return agenda.points + 1 + len(agenda.issues) // 2


class Valuation(Protocol):
    """How a side's numbers enter a circuit. `rows` is the number of input bits of a package."""

    rows: int

    def entries(self, gains: Gains) -> NDArray[np.uint16]:
        """The number whose bits are entered for each package."""
        ...

    def mine(self, own: Bits) -> Bits:
        """Whether the garbler accepts each package, from its bits: (1, lanes)."""
        ...

    def accepted(self, gates: Gates, seen: Wires) -> Wires:
        """Whether the evaluator accepts each package: a row of seen wires."""
        ...

    def key(self, gates: Gates, own: Bits | None, seen: Wires, joint: Wires) -> Wires:
        """The number that is greatest for the best package; joint ones above all others."""
        ...

    def found(self, gates: Gates, key: Wires) -> Wires:
        """Whether the package of this key is joint: (1, 1) of (rows, 1)."""
        ...


class Acceptance:
    """One bit a package: accepted or not. For the questions that rank nothing."""

    rows = 1

    def entries(self, gains: Gains) -> NDArray[np.uint16]:
        """See Valuation."""
        return (gains > 0).astype(np.uint16)

    def mine(self, own: Bits) -> Bits:
        """See Valuation."""
        return own[-1:]

    def accepted(self, gates: Gates, seen: Wires) -> Wires:
        """See Valuation."""
        return seen[-1:]

    def key(self, gates: Gates, own: Bits | None, seen: Wires, joint: Wires) -> Wires:
        """See Valuation."""
        return joint

    def found(self, gates: Gates, key: Wires) -> Wires:
        """See Valuation."""
        return key[-1:]


class Nash(Acceptance):
    """L(gain) - 1, and above it one bit: accepted. The key is the sum, and above it joint."""

    def __init__(self, agenda: Agenda) -> None:
        self._most = most_gain(agenda)
        self._low = (log_gain(self._most) - 1).bit_length()
        self.rows = self._low + 1

    def entries(self, gains: Gains) -> NDArray[np.uint16]:
        """See Valuation."""
        table = np.zeros(self._most + 1, np.uint16)
        for gain in range(1, self._most + 1):
            table[gain] = (1 << self._low) + log_gain(gain) - 1
        return table[gains]

    def key(self, gates: Gates, own: Bits | None, seen: Wires, joint: Wires) -> Wires:
        """See Valuation."""
        low = None if own is None else own[:-1]
        ours = gates.enter(low, self._low, seen.shape[1])
        return np.concatenate([arithmetic.add_own(gates, low, ours, seen[:-1]), joint])


class Egalitarian:
    """The gain itself. The key is the larger gain, and above it the smaller one (leximin)."""

    def __init__(self, agenda: Agenda) -> None:
        self.rows = most_gain(agenda).bit_length()

    def entries(self, gains: Gains) -> NDArray[np.uint16]:
        """See Valuation."""
        return gains.astype(np.uint16)

    def mine(self, own: Bits) -> Bits:
        """See Valuation."""
        any_bit: Bits = np.bitwise_or.reduce(own, axis=0)
        return any_bit[None, :]

    def accepted(self, gates: Gates, seen: Wires) -> Wires:
        """See Valuation."""
        return arithmetic.any_row(gates.both_seen, seen)

    def key(self, gates: Gates, own: Bits | None, seen: Wires, joint: Wires) -> Wires:
        """See Valuation."""
        ours = gates.enter(own, self.rows, seen.shape[1])
        first = arithmetic.less(gates.both, ours, seen, gates.zeros(1, 1))
        smaller = arithmetic.choose(gates.both, first, seen, ours)
        return np.concatenate([ours ^ seen ^ smaller, smaller])

    def found(self, gates: Gates, key: Wires) -> Wires:
        """See Valuation."""
        return arithmetic.any_row(gates.both, key[self.rows :])
