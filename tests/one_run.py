"""One garbled run without a party: labels drawn by hand, so that a test sees both sides of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tracktwo.mpc.blocks import Bits, Blocks
from tracktwo.mpc.cipher import Stream, derive
from tracktwo.mpc.garbling import Evaluator, Garbler, Table
from tracktwo.mpc.gates import Clear, Gates, Tally, Wires

Circuit = Callable[[Gates, Bits | None, Wires], Wires]
"""(gates, the garbler's bits, the evaluator's wires) -> wires."""

LINEAR = derive("test linear hash")[:16]


@dataclass
class Run:
    """What one garbled run leaves."""

    delta: Blocks
    zeros: Wires
    """The zero labels of the outputs."""
    held: Wires
    """The labels the evaluator holds for them."""
    table: bytes

    @property
    def ones(self) -> Wires:
        """The one labels of the outputs."""
        return self.zeros ^ self.delta

    @property
    def bits(self) -> Bits:
        """What the held labels mean; a label that means nothing fails the test."""
        one = np.all(self.held == self.ones, axis=-1)
        zero = np.all(self.held == self.zeros, axis=-1)
        assert np.all(zero ^ one), "a label is neither of its wire's two"
        return one.astype(np.uint8)


def offset(random: np.random.Generator) -> Blocks:
    """A global offset, colour 1."""
    delta = random.integers(0, 1 << 64, 2, np.uint64)
    delta[0] |= np.uint64(1)
    return delta


def tally(circuit: Circuit, own: Bits, other: Bits) -> Tally:
    """What the circuit costs."""
    gates = Tally()
    circuit(gates, None, gates.zeros(*other.shape))
    return gates


def clear(circuit: Circuit, own: Bits, other: Bits) -> Bits:
    """What the circuit gives without a key."""
    return np.asarray(circuit(Clear(LINEAR), own, other[..., None])[..., 0])


def garbled(circuit: Circuit, own: Bits, other: Bits, *, seed: int = 0) -> Run:
    """Garble and evaluate a circuit: `own` the garbler's bits, `other` the evaluator's."""
    random = np.random.default_rng(seed)
    delta = offset(random)
    seen = random.integers(0, 1 << 64, (*other.shape, 2), np.uint64)
    seen[..., 0] &= ~np.uint64(1)
    active, key = random.bytes(16), random.bytes(16)
    size = tally(circuit, own, other).ciphertexts

    table = Table(size)
    written = table.begin(size)
    zeros = circuit(Garbler(delta, key, Stream(active), LINEAR, table), own, seen.copy())
    left = bytes(written)

    held = seen ^ (np.negative(other.astype(np.uint64))[..., None] & delta)
    received = Table(size)
    received.begin(size)[:] = left
    held = circuit(Evaluator(key, Stream(active), LINEAR, received), None, held)
    return Run(delta, zeros, held, left)
