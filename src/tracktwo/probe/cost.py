"""What a sitting takes, from public facts, and how long that is on this machine and a line."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from tracktwo.mpc.cipher import Stream
from tracktwo.mpc.garbling import CHUNK, Evaluator, Garbler, Table
from tracktwo.mpc.party import message_bytes
from tracktwo.mpc.program import size_of
from tracktwo.probe.circuit import Circuit

LINE = 20.0
"""Mbit/s of a line nobody described: a slow one."""

# Measured; docs/performance.md says how near they come.
_FIXED = 0.5  # seconds of starting, base transfers and looking into the folder
# What hashing, copying, moving and writing make of a ciphertext's own time, as a factor.
_AROUND = {"enumeration": 5.0, "frontier": 10.0}
_A_PACKAGE = {"enumeration": 30.0, "frontier": 0.0}  # as many ciphertexts as take so long
_TRIALS = 5


@dataclass(frozen=True, slots=True)
class Cost:
    """What a sitting takes, from public facts: the same for both sides."""

    circuit: str
    packages: int
    and_gates: int
    """Gates of one run; each side garbles one run and evaluates the other."""
    ciphertexts: int
    """Of one run."""
    bytes_sent: int
    bytes_received: int

    def seconds(self, pace: float) -> float:
        """About how long both sides compute, at `pace` seconds a ciphertext."""
        gates = _AROUND[self.circuit] * self.ciphertexts
        listing = _A_PACKAGE[self.circuit] * self.packages
        return _FIXED + pace * (gates + listing)

    def seconds_of_line(self, megabits: float) -> float:
        """How long a line of so many Mbit/s each way needs for the messages."""
        return 8 * max(self.bytes_sent, self.bytes_received) / (megabits * 1e6)


def cost_of(circuit: Circuit[Any]) -> Cost:
    """The cost of a sitting of this circuit."""
    size = size_of(circuit)
    traffic = sum(message_bytes(circuit, size))
    return Cost(
        circuit=circuit.name,
        packages=circuit.packages.count,
        and_gates=size.ands + size.halves,
        ciphertexts=sum(size.ciphertexts),
        bytes_sent=traffic,
        bytes_received=traffic,
    )


def pace() -> float:
    """Seconds that this machine garbles and evaluates one ciphertext in, measured now."""
    lanes = 4 * CHUNK
    wires = np.zeros((1, lanes, 2), np.uint64)
    table = Table(2 * lanes)
    key, stream = bytes(16), Stream(bytes(16))
    garbler = Garbler(np.ones(2, np.uint64), key, stream, key, table)
    evaluator = Evaluator(key, stream, key, table)
    best = float("inf")
    for _ in range(_TRIALS):
        start = time.perf_counter()
        for gates in (garbler, evaluator):
            table.begin(2 * lanes)
            gates.both(wires, wires)
        best = min(best, time.perf_counter() - start)
    return best / (2 * lanes)
