"""The two passes along the trellis, on wires.

An array of sums has shape (rows + 1, states, lanes, w). Lane l is the most points the garbler can
have while the evaluator loses at most l; the last row says whether there is anything at all
("alive"), and is the highest bit when sums are compared. Rows under a dead one mean nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracktwo.mpc import arithmetic
from tracktwo.mpc.blocks import Bits
from tracktwo.mpc.gates import Gates, Wires
from tracktwo.mpc.selection import Offsets
from tracktwo.probe.frontier.draw import Draw, flat
from tracktwo.probe.frontier.inputs import Layout


@dataclass(frozen=True, slots=True, repr=False)
class Entered:
    """Both sides' inputs. SECRET.

    `own` are the garbler's bits (None if we evaluate), `seen` the evaluator's on wires. `points`
    and `line` are the garbler's on wires, `losses` the evaluator's ready to move by.
    """

    own: dict[str, Bits] | None
    seen: dict[str, Wires]
    points: Wires
    line: Wires
    losses: Offsets

    def __repr__(self) -> str:
        return "Entered(<secret>)"

    def mine(self, part: str) -> Bits | None:
        """A part of the garbler's bits."""
        return None if self.own is None else self.own[part]


def enter(gates: Gates, layout: Layout, own: Bits | None, seen: Wires) -> Entered:
    """Take both sides' rows of bits apart."""
    parts = layout.split(seen)
    mine = None if own is None else layout.split(own)

    def entered(part: str) -> Wires:
        return gates.enter(None if mine is None else mine[part], *layout.parts[part])

    losses = Offsets(gates, parts["loss"], layout.lanes)
    return Entered(mine, parts, entered("points"), entered("line"), losses)


class Step:
    """One layer of the trellis, as the passes go through it.

    Branches to one state by one option share the work of adding and moving: they are a pair.
    `targets` and `options`, (pairs,), say which; `pair`, (branches,), in which a branch is.
    """

    def __init__(self, layout: Layout, place: int) -> None:
        self._layout, self._place = layout, place
        self.layer = layout.trellis.layers[place]
        both = np.stack([self.layer.target, self.layer.option])
        (self.targets, self.options), pair = np.unique(both, axis=1, return_inverse=True)
        self.pair = pair.reshape(-1)
        self.by_source = Draw(self.layer.source.tolist())
        self._in_pairs = np.argsort(self.pair, kind="stable")
        self._by_pair = Draw(self.pair[self._in_pairs].tolist())
        self._by_target = Draw(self.targets.tolist())

    def candidates(self, gates: Gates, entered: Entered, after: Wires) -> Wires:
        """From the sums of all issues after this one: each branch's sums with it."""
        moved = self._moved(gates, entered, after[:, self.targets])
        return self._permitted(gates, entered, moved[:, self.pair])

    def forth(self, gates: Gates, entered: Entered, before: Wires) -> Wires:
        """From the sums of all issues before this one: the sums with it, for the states after."""
        # Which of equals is taken does not matter here: nothing is traced back.
        coin = gates.zeros(1, 1)
        entrants = self._permitted(gates, entered, before[:, self.layer.source])
        pairs, _ = self._by_pair.play(gates, entrants[:, self._in_pairs], coin)
        return self._by_target.play(gates, self._moved(gates, entered, pairs), coin)[0]

    def unmoved(self, gates: Gates, entered: Entered, mask: Wires) -> Wires:
        """A mask of lanes, (1, pairs, lanes, w), with each pair's loss taken back."""
        out = np.empty_like(mask)
        for pair, column in enumerate(self._columns.tolist()):
            backward = np.ascontiguousarray(mask[:, pair, ::-1])
            out[:, pair] = entered.losses.move(gates, column, backward)[:, ::-1]
        return out

    @property
    def _columns(self) -> NDArray[np.intp]:
        """Where each pair's option stands among all options."""
        columns: NDArray[np.intp] = self._layout.columns(self._place).start + self.options
        return columns

    def _moved(self, gates: Gates, entered: Entered, x: Wires) -> Wires:
        """Sums, (rows + 1, pairs, lanes, w), with each pair's points added and its loss paid."""
        rows, lanes = self._layout.rows, x.shape[2]
        own = entered.mine("points")
        added = arithmetic.add_own(
            gates,
            None if own is None else np.repeat(own[:, self._columns], lanes, axis=1),
            np.repeat(entered.points[:, self._columns], lanes, axis=1),
            flat(x[:rows]),
            within=True,
        )
        out = np.concatenate([added.reshape(x[:rows].shape), x[rows:]])
        for pair, column in enumerate(self._columns.tolist()):
            out[:, pair] = entered.losses.move(gates, column, out[:, pair])
        return out

    def _permitted(self, gates: Gates, entered: Entered, x: Wires) -> Wires:
        """Sums, (rows + 1, branches, lanes, w), dead where either side forbids the branch."""
        lanes, branches = x.shape[2], self._layout.branches(self._place)
        own = entered.mine("allowed")
        own = None if own is None else np.repeat(own[:, branches], lanes, axis=1)
        allowed = np.repeat(entered.seen["allowed"][:, branches], lanes, axis=1)
        alive = gates.both_read(allowed, gates.both_own(own, flat(x[-1:])))
        return np.concatenate([x[:-1], alive.reshape(x[-1:].shape)])


def beginning(gates: Gates, layout: Layout) -> Wires:
    """The sums of no issues at all: nothing gained, nothing lost."""
    x = gates.zeros(layout.rows + 1, layout.lanes)
    x[-1] ^= gates.one
    return x[:, None]
