"""What each side enters into the frontier circuit: one row of private bits, part after part.

A side enters the same bits in both roles; the circuit takes what the role needs. As evaluator a
side's points are what lanes count, so they are entered as losses against its best option; as
garbler they are numbers that the circuit adds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracktwo.deal.frontier import best_alone, is_broad
from tracktwo.deal.trellis import Scoring, Trellis
from tracktwo.mpc.blocks import Bits
from tracktwo.probe.keys import most_gain

_MULTIPLE = 128  # the transfers come in this many
_EIGHT = 8  # lanes are hashed by the byte


@dataclass(frozen=True)
class Layout:
    """Widths and places of everything, from public facts alone.

    `rows`: bits of a sum of points. `lanes`: one for each sum of losses, from 0, and padding.
    `digits`: bits of a loss, of which at least one value is out of reach.
    """

    trellis: Trellis
    breadth: int

    @cached_property
    def reach(self) -> int:
        """More than any sum of points or losses can be."""
        return most_gain(self.trellis.agenda)

    @cached_property
    def rows(self) -> int:
        """See the class."""
        return (self.reach - 1).bit_length()

    @cached_property
    def lanes(self) -> int:
        """See the class."""
        return -(-self.reach // _EIGHT) * _EIGHT

    @cached_property
    def digits(self) -> int:
        """See the class."""
        return self.lanes.bit_length()

    @cached_property
    def parts(self) -> dict[str, tuple[int, int]]:
        """The shape (rows, lanes) of each part, in the order of entry.

        `loss`, `slack`, `witness` are used of the evaluator; `points`, `line`, `broad` of the
        garbler; `coin` and `allowed` of both.
        """
        options = sum(self.options)
        parts = {
            "coin": (1, 1),
            "allowed": (1, self.trellis.branches),
            "loss": (self.digits, options),
            "slack": (self.digits, 1),
            "points": (self.rows, options),
            "line": (self.rows + 1, 1),
        }
        if self.breadth:
            parts |= {"witness": (max(self.index_rows), len(self.options)), "broad": (1, 1)}
        return parts

    @cached_property
    def options(self) -> list[int]:
        """How many options each issue has."""
        return [len(issue.options) for issue in self.trellis.agenda.issues]

    @cached_property
    def index_rows(self) -> list[int]:
        """Bits of an option's index, for each issue."""
        return [max(1, (count - 1).bit_length()) for count in self.options]

    @cached_property
    def shape(self) -> tuple[int, int]:
        """The shape of the one row that holds all parts."""
        return 1, -(-sum(map(math.prod, self.parts.values())) // _MULTIPLE) * _MULTIPLE

    def columns(self, place: int) -> slice:
        """Where the options of an issue stand among all options."""
        return _stretch(self.options, place)

    def branches(self, place: int) -> slice:
        """Where the branches of a layer stand among all branches."""
        return _stretch([layer.branches for layer in self.trellis.layers], place)

    def split(self, row: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """The parts of a row (1, lanes) or (1, lanes, w)."""
        found, start = {}, 0
        for name, shape in self.parts.items():
            stop = start + math.prod(shape)
            found[name] = row[0, start:stop].reshape(*shape, *row.shape[2:])
            start = stop
        return found


class Entries:
    """One side's private bits for a FrontierCircuit (mpc Inputs)."""

    def __init__(self, layout: Layout, scoring: Scoring, coin: int) -> None:
        """`coin` is a private random bit."""
        self._layout = layout
        numbers = _numbers(layout, scoring) | {"coin": np.array([coin])}
        row = np.zeros(layout.shape, np.uint8)
        for name, room in layout.split(row).items():
            room[:] = _bits(numbers[name], room.shape[0])
        self._row = row

    def __repr__(self) -> str:
        return "Entries(<secret>)"

    def bits(self, section: int) -> Bits:
        """See mpc.party.Inputs: all in the first section, nothing after it."""
        return self._row if section == 0 else np.zeros((1, 0), np.uint8)


def _numbers(layout: Layout, scoring: Scoring) -> dict[str, NDArray[np.int64]]:
    """Each part as numbers: (lanes,)."""
    points = [of.astype(np.int64) for of in scoring.table.points]
    tops = [int(of.max()) for of in points]
    line = scoring.table.line
    losses = np.concatenate([top - of for top, of in zip(tops, points, strict=True)])
    slack = max(0, sum(tops) - line + 1)
    numbers = {
        "allowed": np.concatenate(scoring.allowed).astype(np.int64),
        "loss": losses,
        "slack": np.array([slack]),
        "points": np.concatenate(points),
        "line": np.array([-line % (1 << layout.rows + 1)]),
    }
    if layout.breadth:
        _, path = best_alone(layout.trellis, scoring)
        broad = is_broad(layout.trellis, scoring, layout.breadth)
        numbers |= {"witness": np.array(path), "broad": np.array([int(broad)])}
    return numbers


def _bits(numbers: NDArray[np.int64], rows: int) -> Bits:
    return (numbers >> np.arange(rows)[:, None] & 1).astype(np.uint8)


def _stretch(counts: list[int], place: int) -> slice:
    start = sum(counts[:place])
    return slice(start, start + counts[place])
