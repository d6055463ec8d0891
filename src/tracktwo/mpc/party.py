"""One side of a dual execution: bytes in, bytes out, five messages each way.

Mohassel-Franklin 2006 and Huang-Katz-Evans 2012: each side garbles the computation for the other,
each evaluates the other's, and an equality test shows the answer only if both runs gave the same.
The two sides are alike; both may speak at once, and a side that finds two messages answers both, so
that three batches each way suffice by courier. docs/spec/probe.md draws the messages and gives the
argument; this file is its order of events:

    1 opening    identity 32 | nonce 32 | base transfers: as receiver 8192, as sender 8192
    2 columns    the evaluator's input, fixed (otext.py)
    3 tables     seed 32 | garbled tables, section by section | two hashes of 32 for each output
    4 commitment 32
    5 reveal     salt 32 | equality value 32

Everything random comes from one 32-byte seed, so a side that is killed comes back by the same
steps. The caller's one duty: never to give the same seed two different messages of one round.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tracktwo.errors import PeerFault
from tracktwo.mpc import baseot, otext, pprf
from tracktwo.mpc.blocks import Bits, Blocks, bytes_of, spread
from tracktwo.mpc.cipher import Stream, derive
from tracktwo.mpc.garbling import Evaluator, Garbler, Table
from tracktwo.mpc.gates import Wires
from tracktwo.mpc.program import Program, Size, run_section, size_of
from tracktwo.mpc.transcript import (
    Fillable,
    HashingReader,
    HashingWriter,
    SeekableReadable,
    Writable,
)

ROUNDS = 5
_SPOILT = ROUNDS + 1
OPENING_BYTES = 64 + baseot.RECEIVER_BYTES + baseot.SENDER_BYTES
_NO_COLOUR = np.array([~np.uint64(1), ~np.uint64(0)], np.uint64)


class Inputs(Protocol):
    """One side's private input bits, section by section."""

    def bits(self, section: int) -> Bits:
        """The bits of a section, shape (rows, lanes)."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What both sides learn: the output bits, shape (outputs,)."""

    bits: tuple[int, ...]


def message_bytes(program: Program, size: Size) -> list[int]:
    """The exact length of each of the five messages; the same for both sides."""
    counts = [rows * lanes for rows, lanes in program.shapes]
    tables = 32 + 16 * sum(size.ciphertexts) + 64 * program.outputs
    return [OPENING_BYTES, otext.message_bytes(counts), tables, 32, 64]


class Party:
    """One side of one computation. Call `step` with each of the other side's messages in turn."""

    def __init__(self, program: Program, inputs: Inputs, *, identity: bytes, seed: bytes) -> None:
        """`identity` is 32 public bytes that differ between the sides; `seed` 32 secret ones."""
        self._program = program
        self._inputs = inputs
        self._identity = identity
        self._seed = seed
        self._size = size_of(program)
        self._counts = [rows * lanes for rows, lanes in program.shapes]
        self._lengths = message_bytes(program, self._size)
        self._digests: list[bytes] = []
        self.received: list[bytes] = []
        """SHA-256 of each of the other side's messages taken so far."""
        self._done = 0

    def __repr__(self) -> str:
        return "Party(<secret>)"

    def step(self, message: SeekableReadable | None, out: Writable) -> Outcome | None:
        """Take the other side's message of the round before and write ours, or end.

        The first call takes None and writes message 1; the call that takes message 5 writes
        nothing and returns the Outcome. `message` is seekable and, but for message 3, which is
        read once from front to back, must not change while it is read. Raises PeerFault if the
        message is wrong or the two runs differ: then there is no answer and never will be.
        """
        written = HashingWriter(out)
        done, self._done = self._done + 1, _SPOILT  # a step that fails leaves nothing to go on with
        if message is None and done == 1:
            self._open(written)
        elif message is not None and 1 < done <= ROUNDS:
            self._answer(done, message, written)
        elif message is not None and done == ROUNDS + 1:
            return self._conclude(self._whole(message, 64))
        else:
            raise TypeError("this step does not follow the last one")
        self._digests.append(written.digest())
        self._done = done
        return None

    def _answer(self, round_number: int, message: SeekableReadable, out: HashingWriter) -> None:
        if round_number == 2:
            self._meet(self._whole(message, OPENING_BYTES), out)
        elif round_number == 3:
            self._garble(message, out)
        elif round_number == 4:
            self._evaluate(HashingReader(message), out)
        else:
            self._reveal(self._whole(message, 32), out)

    # 1: opening

    def _open(self, out: HashingWriter) -> None:
        bits = np.frombuffer(derive("delta", self._seed)[:16], np.uint8)
        self._delta_bits = np.unpackbits(bits, bitorder="little")
        self._delta_bits[0] = 1  # the colour bit of the offset
        self._delta = np.packbits(self._delta_bits, bitorder="little").view("<u8").astype(np.uint64)
        self._base_receiver = baseot.BaseReceiver(
            derive("base seed", self._seed, "receiver"),
            self._base_context(self._identity),
            pprf.choices_for(self._delta_bits),
        )
        self._opening = self._identity + derive("nonce", self._seed) + self._base_receiver.message
        self._base_sender = baseot.BaseSender(derive("base seed", self._seed, "sender"))
        self._opening += self._base_sender.message
        out.write(self._opening)

    # 2: columns

    def _meet(self, theirs: bytes, out: HashingWriter) -> None:
        peer = theirs[:32]
        if hmac.compare_digest(peer, self._identity):
            raise PeerFault("The other side answers under this side's own name.")
        self._peer = peer
        self._first = self._identity < peer
        openings = (self._opening, theirs) if self._first else (theirs, self._opening)
        self._session = derive("session", self._program.digest, *openings)
        split = 64 + baseot.RECEIVER_BYTES
        pairs, points = theirs[64:split], theirs[split:]
        self._base_keys = self._base_receiver.keys(self._direction("base", self._identity), points)
        self._ot_receiver = otext.Receiver(
            self._seed,
            self._direction("transfer", peer),
            self._base_sender.keys(self._base_context(peer), self._direction("base", peer), pairs),
            self._counts,
        )
        self._ot_receiver.write(self._packed, out)

    # 3: tables

    def _garble(self, columns: SeekableReadable, out: HashingWriter) -> None:
        sender = otext.Sender(
            self._direction("transfer", self._identity),
            self._base_keys,
            self._delta_bits,
            self._counts,
            columns,
        )
        columns.seek(0)
        received = HashingReader(columns)
        for _ in received.pieces(self._lengths[1]):
            pass
        self.received.append(received.finish())
        # Chosen by hashing the evaluator's columns: its input was fixed before this was known.
        seed = derive("garbling", self._seed, self._session, self.received[-1])
        out.write(seed)
        outputs = self._run_garbler(seed, sender, out)
        self._own_zero = outputs.reshape(-1, 2)
        for index, zero in enumerate(self._own_zero):
            for label in (zero, zero ^ self._delta):
                out.write(self._label_hash(self._identity, index, label))

    def _run_garbler(self, seed: bytes, sender: otext.Sender, out: HashingWriter) -> Wires:
        parts: list[Any] = []
        outputs = None
        active = Stream(derive("active labels", seed))
        masks = Stream(derive("label masks", seed))
        table = Table(max(self._size.ciphertexts))
        for section, rows in enumerate(sender.rows()):
            written = table.begin(self._size.ciphertexts[section])
            key = self._section_key(self._identity, seed, section)
            gates = Garbler(self._delta, key, active, derive("collapse", seed), table)
            rows ^= masks.blocks(len(rows))
            rows &= _NO_COLOUR
            seen = rows.reshape(*self._program.shapes[section], 2)
            own = self._inputs.bits(section)
            outputs = run_section(self._program, gates, parts, own, seen)
            out.write(written)
        if outputs is None:
            raise TypeError("a program has at least one section")
        return outputs

    # 4: commitment

    def _evaluate(self, tables: HashingReader, out: HashingWriter) -> None:
        seed = tables.read(32)
        outputs = self._run_evaluator(seed, tables).reshape(-1, 2)
        hashes = [(tables.read(32), tables.read(32)) for _ in range(self._program.outputs)]
        self.received.append(tables.finish())
        value, valid = self._decode(outputs, hashes)
        self._value = value
        own = self._own_zero ^ (spread(np.array(value, np.uint64))[:, None] & self._delta)
        runs = (own, outputs) if self._first else (outputs, own)
        transcript = zip(self._digests, self.received, strict=True)
        ordered = [part for pair in transcript for part in (pair if self._first else pair[::-1])]
        equality = derive(
            "equality", self._session, *ordered, bytes(value), *(bytes_of(run) for run in runs)
        )
        # A label that fits neither hash must look like any other mismatch: see probe.md.
        random = derive("unequal", self._seed, self._session, self.received[-1])
        self._equality = equality if valid else random
        self._salt = derive("salt", self._seed, self._session, self.received[-1])
        out.write(self._commitment(self._identity, self._salt, self._equality))

    def _run_evaluator(self, seed: bytes, tables: HashingReader) -> Wires:
        parts: list[Any] = []
        outputs = None
        active = Stream(derive("active labels", seed))
        masks = Stream(derive("label masks", seed))
        table = Table(max(self._size.ciphertexts))
        for section, rows in enumerate(self._ot_receiver.rows()):
            tables.fill(table.begin(self._size.ciphertexts[section]))
            key = self._section_key(self._peer, seed, section)
            gates = Evaluator(key, active, derive("collapse", seed), table)
            rows ^= masks.blocks(len(rows))
            rows &= _NO_COLOUR
            rows[:, 0] |= self._inputs.bits(section).reshape(-1)
            seen = rows.reshape(*self._program.shapes[section], 2)
            outputs = run_section(self._program, gates, parts, None, seen)
        if outputs is None:
            raise TypeError("a program has at least one section")
        return outputs

    def _decode(
        self, outputs: Blocks, hashes: list[tuple[bytes, bytes]]
    ) -> tuple[tuple[int, ...], bool]:
        value: list[int] = []
        valid = True
        for index, label in enumerate(outputs):
            held = self._label_hash(self._peer, index, label)
            zero, one = (hmac.compare_digest(held, known) for known in hashes[index])
            value.append(int(one))
            valid &= zero != one
        return tuple(value), valid

    # 5: reveal, and the end

    def _reveal(self, commitment: bytes, out: HashingWriter) -> None:
        self._their_commitment = commitment
        out.write(self._salt + self._equality)

    def _conclude(self, reveal: bytes) -> Outcome:
        salt, equality = reveal[:32], reveal[32:]
        opened = hmac.compare_digest(
            self._commitment(self._peer, salt, equality), self._their_commitment
        )
        if not (opened & hmac.compare_digest(equality, self._equality)):
            raise PeerFault("The two runs of the computation differ: there is no answer.")
        return Outcome(self._value)

    # What everything is bound to

    def _base_context(self, garbler: bytes) -> bytes:
        return derive("base context", self._program.digest, garbler)

    def _direction(self, label: str, garbler: bytes) -> bytes:
        return derive(label, self._session, garbler)

    def _section_key(self, garbler: bytes, seed: bytes, section: int) -> bytes:
        return derive("garbling key", self._session, garbler, seed, section)

    def _label_hash(self, garbler: bytes, index: int, label: Blocks) -> bytes:
        return derive("output label", self._session, garbler, index, bytes_of(label))

    def _commitment(self, author: bytes, salt: bytes, equality: bytes) -> bytes:
        return derive("commitment", self._session, author, salt, equality)

    def _packed(self, section: int) -> NDArray[np.uint8]:
        return np.packbits(self._inputs.bits(section).reshape(-1), bitorder="little")

    def _whole(self, message: Fillable, length: int) -> bytes:
        received = HashingReader(message)
        data = received.read(length)
        self.received.append(received.finish())
        return data
