"""The circuit that lists every package (a mpc Program), built from public facts alone.

docs/spec/circuit.md states what it computes and how many gates it takes. In short, for a package x:
z_x, whether both accept it, is one half gate; `exists` and `where` hash the z's linearly to 128
bits and OR those; `how-much` counts the z's; `best` plays a tournament of keys. Each section of
packages leaves a little for the last one, so memory does not grow with tables or labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracktwo.deal.agenda import OPTION_LIMIT
from tracktwo.deal.best import Gains
from tracktwo.deal.package import Package, Packages
from tracktwo.deal.points import gains
from tracktwo.deal.position import Position
from tracktwo.encoding import digest
from tracktwo.errors import BadInput, PeerFault
from tracktwo.mpc import arithmetic
from tracktwo.mpc.arithmetic import And, Counter
from tracktwo.mpc.blocks import Bits
from tracktwo.mpc.garbling import CHUNK
from tracktwo.mpc.gates import Gates, Wires
from tracktwo.probe.keys import Acceptance, Egalitarian, Nash, Valuation
from tracktwo.probe.lanes import LANES, ROUNDS, Lanes, arrange
from tracktwo.probe.question import Question, number_of
from tracktwo.probe.tournament import play, play_out
from tracktwo.said import said

_UNCOUNTED = 64  # bits a section may leave in each pool of its counters


@dataclass(frozen=True, slots=True)
class _Part:
    """What a section of packages leaves for the last one; empty where it was not asked."""

    key: Wires
    index: Wires
    joint: NDArray[np.uint8]
    counted: list[Wires]
    breadth: list[Wires]


class Enumeration:
    """The questions of one sitting over all packages. See Circuit.

    Raises BadInput for a breadth in points.
    """

    name = "enumeration"

    def __init__(self, question: Question, packages: Packages) -> None:
        if question.breadth and question.unit != "packages":
            raise BadInput(
                said("Where packages are listed, breadth counts packages, not points."),
                advice="Give a number of packages, such as --breadth 20; or --circuit frontier.",
            )
        self.question, self.packages = question, packages
        self.valuation = _valuation(question, packages)
        self.lanes: list[Lanes] = arrange(packages.count)
        self.shapes = [(1, 128), *((self.valuation.rows, len(s)) for s in self.lanes), (1, 128)]
        self.outputs = sum(self.widths.values())
        layout = [CHUNK, LANES, ROUNDS, _UNCOUNTED]
        self.digest = digest(["enumeration", layout, question.digest(packages.agenda)])

    @cached_property
    def widths(self) -> dict[str, int]:
        """The output bits of each answer, in order; "refused" first where breadth is asked."""
        agenda, count = self.packages.agenda, self.packages.count
        widths = {
            "exists": 1,
            "how-much": count.bit_length().bit_length(),
            "where": sum(len(issue.options) for issue in agenda.issues),
            "best": 1 + (count - 1).bit_length(),
        }
        refused = {"refused": 1} if self.question.breadth else {}
        return refused | {ask: widths[ask] for ask in self.question.asked}

    # One section of packages

    def run(self, gates: Gates, parts: list[Any], own: Bits | None, seen: Wires) -> Any:  # noqa: ANN401
        """The coin, then each section of packages. See Program."""
        if not parts:
            return gates.enter(None if own is None else own[:, :1], 1, 1) ^ seen[:, :1]
        asked, lanes = self.question.asked, seen.shape[1]
        accepted = joint = gates.zeros(1, 0)
        if self._needs_joint or self.question.breadth:
            accepted = self.valuation.accepted(gates, seen)
        if self._needs_joint:
            mine = None if own is None else self.valuation.mine(own)
            joint = gates.both_own(mine, accepted)
        key, index = gates.zeros(0, lanes), gates.zeros(0, lanes)
        if "best" in asked:
            key = self.valuation.key(gates, own, seen, joint)
            key, index = play(gates, key, index, parts[0], ROUNDS)
        counted = joint if "how-much" in asked else joint[:, :0]
        real = self.lanes[len(parts) - 1] < self.packages.count
        return _Part(
            key,
            index,
            gates.columns(joint if {"exists", "where"} & set(asked) else joint[:, :0]),
            self._condensed(gates, gates.both, counted),
            self._condensed(gates, gates.both_seen, accepted[:, real])
            if self.question.breadth
            else [],
        )

    @property
    def _needs_joint(self) -> bool:
        # The egalitarian key tells by itself whether a package is joint.
        return self.question.asked != ("best",) or self.question.rule == "nash"

    def _condensed(self, gates: Gates, both: And, bits: Wires) -> list[Wires]:
        counter = Counter(gates, both, self.packages.count.bit_length())
        counter.add(bits)
        return counter.condense(_UNCOUNTED)

    # The last section

    def finish(self, gates: Gates, parts: list[Any], own: Bits | None, seen: Wires) -> Wires:
        """Join the sections; show the answers only if breadth allows. See Program."""
        coin, *sections = parts
        asked = self.question.asked
        answers = []
        if "exists" in asked:
            answers.append(self._marks(gates, sections, [None]))
        if "how-much" in asked:
            total = self._total(gates, gates.both, [part.counted for part in sections])
            answers.append(arithmetic.bit_length(gates, total))
        if "where" in asked:
            answers.append(self._marks(gates, sections, self._masks))
        if "best" in asked:
            answers.append(self._best(gates, sections, coin))
        shown = np.concatenate(answers)
        if not self.question.breadth:
            return shown
        broad = self._broad(gates, sections, own)
        return np.concatenate([broad ^ gates.one, gates.both(shown, broad)])

    def _marks(
        self, gates: Gates, sections: list[_Part], masks: list[NDArray[np.uint8] | None]
    ) -> Wires:
        """For each mask, whether a package in it is joint: (masks, 1)."""
        columns = np.concatenate([part.joint for part in sections], axis=1)
        hashed = [gates.collapse(columns, mask) for mask in masks]
        return arithmetic.any_of(gates, np.concatenate(hashed))

    def _best(self, gates: Gates, sections: list[_Part], coin: Wires) -> Wires:
        """Whether there is a best package, and the bits of its number, all 0 if there is none."""
        key = np.concatenate([part.key for part in sections], axis=1)
        index = np.concatenate([part.index for part in sections], axis=1)
        key, index = play_out(gates, key, index, coin)
        found = self.valuation.found(gates, key)
        number = index[: self.widths["best"] - 1]
        return np.concatenate([found, gates.both(number, found)])

    def _broad(self, gates: Gates, sections: list[_Part], own: Bits | None) -> Wires:
        """Whether both sides accept enough packages: the evaluator's are counted by the circuit."""
        total = self._total(gates, gates.both_seen, [part.breadth for part in sections])
        enough = arithmetic.at_least(gates, gates.both_seen, total, self.question.breadth)
        return gates.both_own(None if own is None else own[:, :1], enough)

    def _total(self, gates: Gates, both: And, pools: list[list[Wires]]) -> Wires:
        counter = Counter(gates, both, self.packages.count.bit_length())
        for section in pools:
            for weight, bits in enumerate(section):
                counter.add(bits, weight)
        return counter.total()

    @cached_property
    def _masks(self) -> list[NDArray[np.uint8] | None]:
        """For each option in agenda order, which lanes hold it, packed."""
        lanes = np.concatenate(self.lanes)
        padded = np.full(int(lanes.max()) + 1, OPTION_LIMIT, np.uint8)  # which is no option
        masks: list[NDArray[np.uint8] | None] = []
        for place, issue in enumerate(self.packages.agenda.issues):
            padded[: self.packages.count] = self.packages.held(place)
            held = padded[lanes]
            masks += [
                np.packbits(held == option, bitorder="little")
                for option in range(len(issue.options))
            ]
        return masks

    # What a side brings

    def take(self, position: Position) -> Gains:
        """The gain of each package, (packages,)."""
        return gains(self.packages, position)

    def sealed(self, private: Gains) -> bytes:
        """See Circuit."""
        return private.tobytes()

    def entries(self, private: Gains, coin: int) -> Entries:
        """See Circuit."""
        return Entries(self, private, coin)

    def package(self, bits: tuple[int, ...]) -> Package:
        """See Circuit."""
        number = number_of(bits)
        if number >= self.packages.count:
            raise PeerFault("The two runs agree on a package that does not exist.")
        return self.packages.package(number)


class Entries:
    """One side's private bits for an Enumeration (mpc Inputs)."""

    def __init__(self, program: Enumeration, gains: Gains, coin: int) -> None:
        """`gains` has shape (packages,); `coin` is a private random bit."""
        self._rows = program.valuation.rows
        self._lanes = program.lanes
        padded = max(int(lanes.max()) for lanes in program.lanes) + 1
        self._numbers = np.zeros(padded, np.uint16)
        self._numbers[: len(gains)] = program.valuation.entries(gains)
        self._coin = coin
        self._broad = int(np.count_nonzero(gains) >= program.question.breadth)

    def __repr__(self) -> str:
        return "Entries(<secret>)"

    def bits(self, section: int) -> Bits:
        """See mpc.party.Inputs: the coin, the sections of packages, whether this side is broad."""
        if section in (0, len(self._lanes) + 1):
            bits = np.zeros((1, 128), np.uint8)
            bits[0, 0] = self._coin if section == 0 else self._broad
            return bits
        numbers = self._numbers[self._lanes[section - 1]]
        places = np.arange(self._rows, dtype=np.uint16)[:, None]
        return (numbers >> places & 1).astype(np.uint8)


def _valuation(question: Question, packages: Packages) -> Valuation:
    if "best" not in question.asked:
        return Acceptance()
    return (Nash if question.rule == "nash" else Egalitarian)(packages.agenda)
