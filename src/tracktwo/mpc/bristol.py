"""Circuits others wrote: the Bristol Fashion text format, as level-ordered arrays of gates.

Format: nigel.tech's "Bristol Fashion" MPC circuits: a line with the numbers of gates and wires, one
with the inputs' widths, one with the outputs', then a line a gate: how many wires in and out, the
wires, XOR, AND or INV. A level holds the gates of one kind whose inputs are known once all levels
before it are done.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracktwo.errors import BadInput
from tracktwo.mpc.gates import Gates, Wires

_ARITY = {"XOR": 2, "AND": 2, "INV": 1}
_MOST_WIRES = 10_000_000
_MOST_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Level:
    """Gates of one kind that do not depend on each other: out = left op right, by wire number."""

    kind: str
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    out: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Circuit:
    """A circuit as levels. `inputs` and `outputs` are the widths of its values, in wire order."""

    wires: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    levels: tuple[Level, ...]

    def run(self, gates: Gates, inputs: Wires) -> Wires:
        """The output wires, shape (sum of outputs, lanes), of all inputs in wire order."""
        known = gates.zeros(self.wires, inputs.shape[1])
        known[: inputs.shape[0]] = inputs
        for level in self.levels:
            left, right = known[level.left], known[level.right]
            if level.kind == "AND":
                known[level.out] = gates.both(left, right)
            elif level.kind == "XOR":
                known[level.out] = left ^ right
            else:
                known[level.out] = left ^ gates.one
        return known[self.wires - sum(self.outputs) :]


def read_circuit(text: str, where: str) -> Circuit:
    """The circuit in a Bristol Fashion text. Raises BadInput with the line that is wrong."""
    lines = [(number, line.split()) for number, line in enumerate(text.splitlines(), 1)]
    lines = [(number, words) for number, words in lines if words]
    if len(lines) < 3:
        raise BadInput("this is not a circuit: three header lines are needed.", where=where)
    gate_count, wires = _numbers(lines[0], where, 2)
    inputs, outputs = (_widths(line, where) for line in lines[1:3])
    if wires > _MOST_WIRES or sum(inputs) + sum(outputs) > wires:
        raise BadInput("the numbers of wires do not fit together.", where=where, line=1)
    if len(lines) - 3 != gate_count:
        raise BadInput(f"{gate_count} gates are announced, {len(lines) - 3} given.", where=where)
    return Circuit(wires, inputs, outputs, _levels(lines[3:], wires, sum(inputs), where))


def _levels(
    lines: list[tuple[int, list[str]]], wires: int, inputs: int, where: str
) -> tuple[Level, ...]:
    depth = np.full(wires, -1, np.int64)
    depth[:inputs] = 0
    grouped: dict[tuple[int, str], list[tuple[int, int, int]]] = {}
    for line in lines:
        kind, left, right, out = _gate(line, where, wires)
        if depth[out] >= 0 or min(depth[left], depth[right]) < 0:
            raise BadInput(
                "a wire is set twice or used before it is set.", where=where, line=line[0]
            )
        depth[out] = max(depth[left], depth[right]) + 1
        grouped.setdefault((int(depth[out]), kind), []).append((left, right, out))
    if np.any(depth < 0):
        raise BadInput("a wire is never set.", where=where)
    levels = []
    for _, kind in sorted(grouped):
        columns = np.array(grouped[_, kind], np.int64).T
        levels.append(Level(kind, columns[0], columns[1], columns[2]))
    return tuple(levels)


def _gate(line: tuple[int, list[str]], where: str, wires: int) -> tuple[str, int, int, int]:
    number, words = line
    kind = words[-1]
    arity = _ARITY.get(kind)
    if arity is None:
        raise BadInput(f"a gate is XOR, AND or INV, not {kind[:20]!r}.", where=where, line=number)
    counts = _numbers((number, words[:-1]), where, arity + 3)
    if counts[:2] != (arity, 1) or max(counts[2:]) >= wires:
        raise BadInput("the gate's wires do not fit its kind.", where=where, line=number)
    return kind, counts[2], counts[1 + arity], counts[-1]


def _numbers(line: tuple[int, list[str]], where: str, count: int) -> tuple[int, ...]:
    number, words = line
    good = (word.isascii() and word.isdigit() and len(word) <= _MOST_DIGITS for word in words)
    if len(words) != count or not all(good):
        raise BadInput(f"{count} whole numbers belong here.", where=where, line=number)
    return tuple(int(word) for word in words)


def _widths(line: tuple[int, list[str]], where: str) -> tuple[int, ...]:
    count, *widths = _numbers(line, where, len(line[1]))
    if count != len(widths):
        raise BadInput(
            f"{count} widths are announced, {len(widths)} given.", where=where, line=line[0]
        )
    return tuple(widths)
