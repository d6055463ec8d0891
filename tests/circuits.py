"""Random circuits: lists of steps over arrays of wires of one shape, for any Gates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from tracktwo.mpc.blocks import Bits
from tracktwo.mpc.garbling import CHUNK
from tracktwo.mpc.gates import Gates, Wires

KINDS = (
    "xor",
    "not",
    "both",
    "both over one row",
    "both_own",
    "both_read",
    "both_seen",
    "products",
    "enter",
    "zeros",
    "collapse",
    "collapse picked",
)
LANES = (1, 8, 127, 128, CHUNK - 1, CHUNK, CHUNK + 1)


@dataclass(frozen=True)
class Step:
    """One operation on wires drawn earlier, by their places in the order they were made."""

    kind: str
    left: int
    right: int


@dataclass(frozen=True)
class RandomCircuit:
    """Runs its steps, and returns all wires that it made, one above the other."""

    rows: int
    lanes: int
    steps: tuple[Step, ...]
    mask: int
    """Seed of the public mask that `collapse picked` uses."""

    def __call__(self, gates: Gates, own: Bits | None, seen: Wires) -> Wires:
        known = [seen]  # wires that the evaluator can read
        made = [seen]
        tops: list[Wires] = []
        for step in self.steps:
            left, right = made[step.left % len(made)], made[step.right % len(made)]
            if step.kind.startswith("collapse"):
                tops.append(self._collapse(gates, left, picked=step.kind.endswith("picked")))
            elif step.kind == "both_seen":
                left, right = known[step.left % len(known)], known[step.right % len(known)]
                known.append(gates.both_seen(left, right))
                made.append(known[-1])
            elif step.kind == "both_read":
                made.append(gates.both_read(known[step.left % len(known)], right))
            elif step.kind == "products":
                made.append(self._product(gates, known[step.left % len(known)], right))
            else:
                made.append(self._plain(gates, own, step.kind, left, right))
        return np.concatenate([*made, *self._folded(gates, tops)])

    def _plain(self, gates: Gates, own: Bits | None, kind: str, left: Wires, right: Wires) -> Wires:
        if kind == "xor":
            return left ^ right
        if kind == "not":
            return left ^ gates.one
        if kind == "both":
            return gates.both(left, right)
        if kind == "both over one row":
            return gates.both(left, right[:1])
        if kind == "both_own":
            return gates.both_own(own, left)
        if kind == "enter":
            return gates.enter(own, self.rows, self.lanes)
        return gates.zeros(self.rows, self.lanes)

    def _product(self, gates: Gates, read: Wires, wires: Wires) -> Wires:
        """`wires` where the first of the wires that are read is 1."""
        first = np.ascontiguousarray(read[:1, :1])
        return gates.products(np.concatenate([first ^ gates.one, first]), wires)[1]

    def _collapse(self, gates: Gates, wires: Wires, *, picked: bool) -> Wires:
        columns = gates.columns(wires[:1])
        if not picked:
            return gates.collapse(columns, None)
        mask = np.random.default_rng(self.mask).integers(0, 256, self.lanes // 8, np.uint8)
        return gates.collapse(columns, mask)

    def _folded(self, gates: Gates, tops: list[Wires]) -> list[Wires]:
        """Collapsed rows have 128 lanes: as many of them as fit, the other lanes 0."""
        folded = []
        for top in tops:
            row = gates.zeros(1, self.lanes)
            width = min(self.lanes, top.shape[1])
            row[:, :width] = top[:, :width]
            folded.append(row)
        return folded


@st.composite
def circuits(draw: st.DrawFn, lanes: tuple[int, ...] = LANES) -> RandomCircuit:
    """Circuits of 1 to 3 rows, made of up to 12 steps of every kind."""
    width = draw(st.sampled_from(lanes))
    kinds = [kind for kind in KINDS if width % 8 == 0 or not kind.startswith("collapse")]
    place = st.integers(0, 12)
    steps = st.lists(st.builds(Step, st.sampled_from(kinds), place, place), max_size=12)
    return RandomCircuit(
        draw(st.integers(1, 3)), width, tuple(draw(steps)), draw(st.integers(0, 99))
    )


def bits_for(circuit: RandomCircuit, number: int) -> tuple[Bits, Bits]:
    """Both sides' bits, by number."""
    random = np.random.default_rng(number)
    shape = (2, circuit.rows, circuit.lanes)
    own, other = random.integers(0, 2, shape, np.uint8)
    return own, other
