"""The way back to one package: from the best lanes, one option after the other, told to nobody.

All lanes that are best go the way together, as a mask over states and lanes; at each issue the
first option (where the coin is 1, the last) that any of them took is chosen, and those that took it
go on. So of equally best packages the lexicographically first, or last, comes out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tracktwo.mpc import arithmetic
from tracktwo.mpc.gates import Gates, Wires
from tracktwo.probe.frontier.draw import flat
from tracktwo.probe.frontier.passes import Entered, Step


def choose_option(
    gates: Gates, step: Step, mask: Wires, wins: Sequence[Wires], coin: Wires, options: int
) -> tuple[Wires, Wires]:
    """Which option of a layer is chosen, (options, 1), one 1 or, for an empty mask, none.

    `mask`: (1, states before, lanes, w). Also the mask given to the branches that won it.
    """
    taken = step.by_source.retrace(gates, mask, wins)
    hit = marked_options(gates, step, taken, options)
    both_ways = np.concatenate([hit, hit[::-1]], axis=1)
    waiting = gates.zeros(1, 2) ^ gates.one
    firsts = []
    for option in range(options):
        first = gates.both(both_ways[option : option + 1], waiting)
        waiting = waiting ^ first
        firsts.append(first)
    found = np.concatenate(firsts)
    forward = np.ascontiguousarray(found[:, :1])
    backward = np.ascontiguousarray(found[::-1, 1:])
    return arithmetic.choose(gates.both, coin, forward, backward), taken


def follow(gates: Gates, entered: Entered, step: Step, taken: Wires, chosen: Wires) -> Wires:
    """The mask of the states after a layer, once its option is chosen: (1, states, lanes, w)."""
    lanes = taken.shape[2]
    in_pairs = gates.zeros(len(step.options), lanes)
    for branch, pair in enumerate(step.pair.tolist()):
        in_pairs[pair] ^= taken[0, branch]
    allowing = np.repeat(chosen[step.options, 0], lanes, axis=0)[None]
    kept = gates.both(flat(in_pairs[None]), allowing).reshape(1, *in_pairs.shape)
    moved = step.unmoved(gates, entered, kept)
    after = gates.zeros(step.layer.after, lanes)
    for pair, target in enumerate(step.targets.tolist()):
        after[target] ^= moved[0, pair]
    return after[None]


def marked_options(gates: Gates, step: Step, marks: Wires, options: int) -> Wires:
    """For each option of a layer, whether any lane of its branches is 1: (options, 1).

    `marks`: (1, branches, lanes, w).
    """
    lanes = marks.shape[2]
    columns = gates.columns(flat(marks))
    hashed = []
    for option in range(options):
        held = np.repeat(step.layer.option == option, lanes)
        hashed.append(gates.collapse(columns, np.packbits(held, bitorder="little")))
    return arithmetic.any_of(gates, np.concatenate(hashed))
