"""The end of the back pass: which sums are joint, and which are best by the rule.

What is ranked are at most as many pairs of gains as there are lanes: lane l stands for the
evaluator losing exactly l, for where a lane could lose less, another one is better.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tracktwo.deal.best import log_gain
from tracktwo.mpc import arithmetic
from tracktwo.mpc.gates import Gates, Wires
from tracktwo.mpc.selection import look_up, one_hot
from tracktwo.probe.frontier.draw import Draw
from tracktwo.probe.frontier.inputs import Layout
from tracktwo.probe.frontier.passes import Entered


class Ranking:
    """What both sides' gains are worth by a rule, and the key they make."""

    def __init__(self, layout: Layout, rule: str) -> None:
        self._layout, self._rule = layout, rule
        worth: Callable[[int], int] = log_gain if rule == "nash" else int
        # Gains of 1 and more, counted from 0.
        self._table = [worth(gain) - 1 for gain in range(1, layout.reach + 1)]
        self._rows = max(1, max(self._table).bit_length())
        self._draw = Draw([0] * layout.lanes)

    def joint(self, gates: Gates, entered: Entered, sums: Wires) -> tuple[Wires, Wires, Wires]:
        """Whether each lane is acceptable to both, (1, lanes), and what it is worth to each side.

        `sums` is the array of the first state, (rows + 1, 1, lanes, w). Worths: (rows, lanes), of
        the evaluator, on wires it can read, and of the garbler.
        """
        above, reached = over_line(gates, entered, sums[:, 0])
        seen = self._seen(gates, entered)
        joint = gates.both_read(seen[-1:], reached)
        if self._rule == "nash":
            return joint, seen[:-1], look_up(gates, above[:-1], self._table, self._rows)
        return joint, seen[:-1], above[: self._rows]

    def best(self, gates: Gates, joint: Wires, seen: Wires, own: Wires) -> tuple[Wires, Wires]:
        """Whether any lane is joint, (1, 1), and all lanes that are best, (1, lanes)."""
        if self._rule == "nash":
            key = np.concatenate([arithmetic.add(gates.both, seen, own), joint])
        else:
            first = arithmetic.less(gates.both, own, seen, gates.zeros(1, 1))
            smaller = arithmetic.choose(gates.both, first, seen, own)
            key = np.concatenate([own ^ seen ^ smaller, smaller, joint])
        top, _ = self._draw.play(gates, key[:, :, None], gates.zeros(1, 1))
        found = top[-1, 0][None]
        worse = arithmetic.any_row(gates.both, key ^ top[:, 0])
        return found, gates.both(worse ^ gates.one, np.repeat(found, key.shape[1], axis=1))

    def _seen(self, gates: Gates, entered: Entered) -> Wires:
        """The evaluator's worth of each lane and, above it, whether it accepts: no gates after
        the one-hot slack."""
        leaves = one_hot(gates, gates.both_seen, entered.seen["slack"])[:, 0]
        out = gates.zeros(self._rows + 1, self._layout.lanes)
        worths = np.array([(1 << self._rows) + worth for worth in reversed(self._table)])
        for slack in range(1, self._layout.reach + 1):
            bits = worths[-slack:] >> np.arange(self._rows + 1)[:, None] & 1 == 1
            out[:, :slack] ^= np.where(bits[..., None], leaves[slack], 0).astype(out.dtype)
        return out


def over_line(gates: Gates, entered: Entered, sums: Wires) -> tuple[Wires, Wires]:
    """How far the garbler's sums lie above its line, and whether they are alive and reach it.

    `sums`: (rows + 1, lanes). The first is a number of rows + 1 bits, negative in two's complement.
    """
    lanes = sums.shape[1]
    own = entered.mine("line")
    above = arithmetic.add_own(
        gates,
        None if own is None else np.repeat(own, lanes, axis=1),
        np.repeat(entered.line, lanes, axis=1),
        np.concatenate([sums[:-1], gates.zeros(1, lanes)]),
        within=True,
    )
    return above, gates.both(sums[-1:], above[-1:] ^ gates.one)
