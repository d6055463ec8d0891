"""Breadth on points: that the evaluator's best package lies well above its line.

The evaluator names a package it does not forbid itself; the circuit checks, on wires the evaluator
can read, that it forbids none of its branches, and that it loses so little on it that `breadth`
points are left above the line. It also checks that the evaluator's points fit the agenda's budget,
so that what it may lose in all is bounded as a position's is. How many packages that leaves a side,
docs/threat-model.md says: with red lines it may be one.
"""

from __future__ import annotations

import numpy as np

from tracktwo.mpc import arithmetic
from tracktwo.mpc.gates import Gates, Wires
from tracktwo.mpc.selection import one_hot
from tracktwo.probe.frontier.inputs import Layout
from tracktwo.probe.frontier.passes import Entered

_SPARE = 7  # further bits of a sum of as many as 64 losses, and of what is compared with it


def is_broad(gates: Gates, layout: Layout, entered: Entered) -> Wires:
    """Whether the evaluator is as broad as asked: (1, 1), a wire it can read."""
    both = gates.both_seen
    rows = layout.digits + _SPARE
    lost, most = gates.zeros(rows, 1), gates.zeros(rows, 1)
    good = gates.zeros(1, 1) ^ gates.one
    states = gates.zeros(1, 1) ^ gates.one
    for place, count in enumerate(layout.options):
        losses = entered.seen["loss"][:, layout.columns(place)]
        named = _named(gates, layout, entered, place)
        picked = both(losses, named[None, :, 0])
        lost = _plus(gates, lost, np.bitwise_xor.reduce(picked, axis=1, keepdims=True))
        most = _plus(gates, most, _largest(gates, losses, count))
        states, held = _permitted(gates, layout, entered, place, states, named)
        good = both(good, held)
    slack = _widened(gates, entered.seen["slack"], rows)
    margin = arithmetic.constant(gates, layout.breadth, rows, 1)
    reach = arithmetic.constant(gates, layout.reach, rows, 1)
    zero = gates.zeros(1, 1)
    within = arithmetic.less(both, _plus(gates, lost, margin), slack, zero)
    fitting = arithmetic.less(both, most, reach, zero)
    return both(good, both(within, fitting))


def _named(gates: Gates, layout: Layout, entered: Entered, place: int) -> Wires:
    """The option the evaluator names, (options, 1); none where it names one there is not."""
    index = entered.seen["witness"][: layout.index_rows[place], place : place + 1]
    leaves = one_hot(gates, gates.both_seen, np.ascontiguousarray(index))
    return leaves[: layout.options[place]]


def _permitted(
    gates: Gates, layout: Layout, entered: Entered, place: int, states: Wires, named: Wires
) -> tuple[Wires, Wires]:
    """The state after a layer, (states, 1), and whether a branch goes there that is permitted."""
    layer = layout.trellis.layers[place]
    branch = gates.both_seen(states[layer.source], named[layer.option])
    allowed = entered.seen["allowed"][0, layout.branches(place)][:, None]
    permitted = gates.both_seen(branch, allowed)
    after = gates.zeros(layer.after, 1)
    for number, target in enumerate(layer.target.tolist()):
        after[target] ^= branch[number]
    return after, np.bitwise_xor.reduce(permitted, axis=0, keepdims=True)


def _largest(gates: Gates, losses: Wires, count: int) -> Wires:
    largest = losses[:, :1]
    for option in range(1, count):
        other = losses[:, option : option + 1]
        higher = arithmetic.less(gates.both_seen, largest, other, gates.zeros(1, 1))
        largest = arithmetic.choose(gates.both_seen, higher, largest, other)
    return largest


def _plus(gates: Gates, total: Wires, x: Wires) -> Wires:
    widened = _widened(gates, x, total.shape[0])
    return arithmetic.add(gates.both_seen, total, widened)[: total.shape[0]]


def _widened(gates: Gates, x: Wires, rows: int) -> Wires:
    return np.concatenate([x, gates.zeros(rows - x.shape[0], x.shape[1])])
