"""Two parties in one process: every message is kept, and may be changed on its way.

A `Conversation` holds, for each side, the party as it was before each step and each message it
sent, so that a test can go back to any round, change one message, and play on from there.
"""

from __future__ import annotations

import copy
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tracktwo.errors import PeerFault
from tracktwo.mpc.blocks import Bits
from tracktwo.mpc.cipher import Stream, derive
from tracktwo.mpc.gates import Clear, Gates, Wires
from tracktwo.mpc.party import ROUNDS, Outcome, Party
from tracktwo.mpc.program import Program, run_section

Ending = Outcome | PeerFault | None
"""How a side ended: with an answer, with a fault it found, or waiting for ever."""

IDENTITIES = (derive("test identity", 0), derive("test identity", 1))


class Given:
    """Input bits that a test writes down: one array (rows, lanes) for each section."""

    def __init__(self, sections: Sequence[Bits]) -> None:
        self._sections = sections

    def bits(self, section: int) -> Bits:
        return self._sections[section]


@dataclass
class OneSection:
    """A program of a single section, given as a function of (gates, own, seen)."""

    name: str
    shape: tuple[int, int]
    outputs: int
    circuit: Callable[[Gates, Bits | None, Wires], Wires]

    def __post_init__(self) -> None:
        self.digest = derive("test program", self.name)
        self.shapes = [self.shape]

    def run(self, gates: Gates, parts: list[Any], own: Bits | None, seen: Wires) -> Any:  # noqa: ANN401
        raise AssertionError("there is only the last section")

    def finish(self, gates: Gates, parts: list[Any], own: Bits | None, seen: Wires) -> Wires:
        return self.circuit(gates, own, seen)


def seed(number: int) -> bytes:
    """A party's seed, by number."""
    return derive("test seed", number)


def random_inputs(program: Program, number: int) -> Given:
    """Input bits for every section, by number; from a stream that no new NumPy changes."""
    stream = Stream(derive("test inputs", number))
    packed = [stream.read(rows * lanes // 8) for rows, lanes in program.shapes]
    return Given(
        [
            np.unpackbits(np.frombuffer(data, np.uint8)).reshape(shape)
            for data, shape in zip(packed, program.shapes, strict=True)
        ]
    )


def in_clear(program: Program, own: Given, other: Given, key: bytes = bytes(16)) -> tuple[int, ...]:
    """What a program says of two sides' bits, run without a key."""
    parts: list[Any] = []
    outputs = None
    for section in range(len(program.shapes)):
        seen = other.bits(section)[..., None]
        outputs = run_section(program, Clear(key), parts, own.bits(section), seen)
    assert outputs is not None
    return tuple(int(bit) for bit in outputs.reshape(-1))


def step(party: Party, message: bytes | None) -> tuple[Outcome | None, bytes]:
    """One step, over files in memory."""
    out = io.BytesIO()
    outcome = party.step(None if message is None else io.BytesIO(message), out)
    return outcome, out.getvalue()


@dataclass
class Side:
    """One side of a conversation."""

    party: Party
    before: list[Party] = field(default_factory=list, repr=False)
    """The party before step 1, 2, ... that it took: `before[0]` has done nothing yet."""
    sent: list[bytes] = field(default_factory=list, repr=False)
    ending: Ending = None

    def take(self, message: bytes | None) -> None:
        """One step, unless this side has ended."""
        if self.ending is not None:
            return
        self.before.append(copy.deepcopy(self.party))
        try:
            self.ending, written = step(self.party, message)
        except PeerFault as fault:
            self.ending, written = fault, b""
        if self.ending is None:
            self.sent.append(written)

    def at(self, round_number: int) -> Side:
        """This side when it had said `round_number` messages and not yet heard the answer."""
        return Side(
            copy.deepcopy(self.before[round_number]),
            list(self.before[:round_number]),
            list(self.sent[:round_number]),
        )


Change = Callable[[int, int, bytes], bytes]
"""(sender 0 or 1, round from 1, message) -> what arrives."""


def unchanged(sender: int, round_number: int, message: bytes) -> bytes:
    """A carrier that is honest."""
    return message


@dataclass
class Conversation:
    """Both sides, from the first message to the end."""

    sides: tuple[Side, Side]

    @classmethod
    def between(cls, first: Party, second: Party, change: Change = unchanged) -> Conversation:
        """Play a whole conversation."""
        talk = cls((Side(first), Side(second)))
        for side in talk.sides:
            side.take(None)
        talk.play(1, change)
        return talk

    def play(self, round_number: int, change: Change = unchanged) -> None:
        """Both sides have said `round_number` messages: go on from there to the end."""
        for current in range(round_number, ROUNDS + 1):
            arriving = [
                change(sender, current, side.sent[current - 1])
                if len(side.sent) >= current
                else None
                for sender, side in enumerate(self.sides)
            ]
            for receiver, side in enumerate(self.sides):
                message = arriving[1 - receiver]
                if message is not None:
                    side.take(message)

    def again(self, round_number: int, change: Change) -> Conversation:
        """The same conversation up to here, with another carrier from message `round_number` on."""
        talk = Conversation((self.sides[0].at(round_number), self.sides[1].at(round_number)))
        talk.play(round_number, change)
        return talk

    @property
    def endings(self) -> tuple[Ending, Ending]:
        """How each side ended."""
        return self.sides[0].ending, self.sides[1].ending

    @property
    def outcomes(self) -> list[Outcome]:
        """The answers anybody has."""
        return [ending for ending in self.endings if isinstance(ending, Outcome)]


def replacing(sender: int, round_number: int, message: bytes) -> Change:
    """A carrier that puts `message` in the place of one message."""

    def change(who: int, when: int, honest: bytes) -> bytes:
        return message if (who, when) == (sender, round_number) else honest

    return change


def flipped(message: bytes, bit: int) -> bytes:
    """`message` with one bit changed; a negative bit counts from the end."""
    changed = bytearray(message)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def party(program: Program, inputs: Given, side: int, session: int = 0) -> Party:
    """An honest party of side 0 or 1 in a numbered session."""
    return Party(program, inputs, identity=IDENTITIES[side], seed=seed(2 * session + side))
