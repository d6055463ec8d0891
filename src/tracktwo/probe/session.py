"""One side of a sitting over a folder: terms first, then the computation, killed at any instant.

A `Session` is made anew after every crash from the vault and the folder; `advance` does all that
can be done now. The rule that keeps secrets (DESIGN 4.3): what the other side says in a round and
what we say have one slot each in the vault, filled before the message is used or published; a
second, different message ends the sitting. Our messages are functions of the sealed position, the
seed and the messages in the slots, so coming back writes the same bytes.

Message 0, the terms, canonical CBOR of at most 4096 bytes:

    [suite, side, digest, circuit, asked, rule, breadth, unit of breadth]

where `digest` is that of agenda, question and way of computing, and the others are there to tell a
person what differs.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from tracktwo.encoding import decode, digest, encode
from tracktwo.errors import Malformed, PeerFault
from tracktwo.mpc.cipher import derive
from tracktwo.mpc.party import ROUNDS, Outcome, Party, message_bytes
from tracktwo.mpc.program import size_of
from tracktwo.mpc.transcript import HashingReader, HashingWriter, SeekableReadable, Writable
from tracktwo.probe.circuit import Circuit, Private
from tracktwo.probe.folder import Folder, signature_of
from tracktwo.probe.function import read_answer
from tracktwo.probe.meter import Meter, MeteredReader, MeteredWriter, Progress
from tracktwo.probe.question import SUITE, Answer
from tracktwo.said import joined, said
from tracktwo.vault import Vault

_TERMS_LIMIT = 4096
_TERMS = (
    said("program version"),
    "name",
    said("agenda"),
    said("circuit"),
    said("questions"),
    said("rule"),
    said("breadth"),
    said("what breadth counts"),
)
_SHORT = 1 << 16  # bytes of a message that is produced before any of it is written
_TABLES = 3  # the one message too long to keep a copy of: it is read once, hashed as it is read


def terms_of(side: str, program: Circuit[Any]) -> list[object]:
    """What both sides must have agreed on, and whose word this is."""
    return [SUITE, side, program.digest, program.name, *program.question.terms()]


def identity_of(side: str) -> bytes:
    """32 public bytes that stand for a side in the computation."""
    return digest(["side", side])


def tag_of(side: str) -> str:
    """The 16 hex digits that stand for a side in file names."""
    return identity_of(side)[:8].hex()


class Session:
    """One side of the sitting `number`, which the vault has open."""

    def __init__(
        self,
        vault: Vault,
        folder: Folder,
        number: int,
        *,
        side: str,
        program: Circuit[Private],
        private: Private,
        progress: Progress,
    ) -> None:
        self._vault, self._folder, self._number = vault, folder, number
        self._program, self._side = program, side
        self._terms = terms_of(side, program)
        seed = vault.seed(number)
        self._party = Party(
            program,
            program.entries(private, coin=derive("coin", seed)[0] & 1),
            identity=identity_of(side),
            seed=derive("party", seed),
        )
        self._lengths = [0, *message_bytes(program, size_of(program))]
        self._meter = Meter(len(encode(self._terms)) + 2 * sum(self._lengths), progress)
        self._peer, self._peer_identity = "", b""
        self._signatures: dict[int, tuple[int, ...] | None] = {}
        self._round = 0
        self.moved = False
        """Whether the last `advance` found anything to do."""

    def __repr__(self) -> str:
        return "Session(<secret>)"

    def advance(self) -> Answer | None:
        """Do all that can be done now; the answer, or None while the other side owes a message.

        Raises PeerFault, and ends the sitting, if the other side's messages are wrong or the check
        fails. After any other error, or a kill, a new Session goes on where this one stood.
        """
        try:
            self.moved = False
            while self._round <= ROUNDS:
                if not self._play(self._round):
                    self._require_patience()
                    return None
                self._round += 1
                self.moved = True
            return self._conclude()
        except PeerFault as fault:
            self._vault.end(self._number, "stopped", encode(str(fault)))
            self._folder.post_stop(self._number)
            raise

    def _play(self, round_number: int) -> bool:
        """Say our message of a round; False if we must hear another one first."""
        if round_number == 0:
            terms = encode(self._terms)
            self._say(0, lambda out: out.write(terms))
        elif round_number == 1:
            self._say(1, lambda out: self._party.step(None, out))
        elif round_number == 2 and not self._agreed():
            return False
        else:
            with ExitStack() as closing:
                message = self._hear(round_number - 1, closing)
                if message is None:
                    return False
                self._reply(round_number, message)
        return True

    def _conclude(self) -> Answer | None:
        with ExitStack() as closing:
            message = self._hear(ROUNDS, closing)
            if message is None:
                self._require_patience()
                return None
            outcome = self._party.step(message, HashingWriter(None))
        self._check_untouched()
        if not isinstance(outcome, Outcome):
            raise TypeError("the last step has an outcome")
        return read_answer(self._program, outcome.bits)

    def _require_patience(self) -> None:
        """PeerFault if there is nothing to wait for."""
        peer = self._peer or self._folder.other(self._number)
        if peer is None:
            return
        later = [
            number
            for number, tags in self._folder.sittings().items()
            if number > self._number and peer in tags
        ]
        if not later and not self._folder.has(self._number, peer, "stop"):
            return
        if self._vault.slot(self._number, "own", ROUNDS) is not None:
            raise PeerFault(
                "The other side left after it had seen this side's check value: "
                "take it for a failed check."
            )
        raise PeerFault("The other side left this sitting.")

    # What we say

    def _say(self, round_number: int, produce: Callable[[HashingWriter], object]) -> None:
        """Produce our message of a round, fill its slot, publish it if it does not stand yet.

        A byte goes into the folder only when the slots of all it depends on are filled: so short
        messages, and any whose slot is filled already, are first produced where nobody sees them.
        """
        stands = self._folder.has(self._number, self._folder.tag, round_number)
        held = self._vault.slot(self._number, "own", round_number)
        if stands and held is None:
            raise PeerFault("Somebody else wrote under this side's name.")
        if not stands:
            self._require_patience()  # who has left gets nothing more
        place = (self._number, round_number, self._lengths[round_number])
        if stands:
            self._produce(round_number, produce, self._meter)
        elif held is None and self._lengths[round_number] > _SHORT:
            with self._folder.draft(*place) as draft:
                self._produce(round_number, produce, MeteredWriter(draft, self._meter))
                draft.publish()
        else:
            with self._vault.scratch() as kept:
                self._produce(round_number, produce, MeteredWriter(kept, self._meter))
                kept.seek(0)
                with self._folder.draft(*place) as draft:
                    shutil.copyfileobj(kept, draft)
                    draft.publish()

    def _produce(
        self, round_number: int, produce: Callable[[HashingWriter], object], room: Writable
    ) -> None:
        """Write our message into `room` and fill its slot."""
        out = HashingWriter(room)
        produce(out)
        self._vault.fill_slot(self._number, "own", round_number, out.digest())

    def _reply(self, round_number: int, message: SeekableReadable) -> None:
        def produce(out: HashingWriter) -> None:
            self._party.step(message, out)
            if round_number - 1 == _TABLES:
                self._fill_theirs(_TABLES, self._party.received[-1])

        self._say(round_number, produce)

    # What we hear

    def _agreed(self) -> bool:
        """Whether the other side's terms are here; PeerFault if they are not ours."""
        if self._peer:
            return True
        peer = self._folder.other(self._number)
        if peer is None:
            return False
        file = self._folder.open(self._number, peer, 0, range(1, _TERMS_LIMIT + 1))
        if file is None:
            return False
        with file:
            self._signatures[0] = signature_of(os.fstat(file.fileno()))
            data = file.read(_TERMS_LIMIT)
        self._peer = peer
        self._peer_identity = identity_of(self._check_terms(data))
        out = HashingWriter(None)
        out.write(data)
        self._fill_theirs(0, out.digest())
        return True

    def _check_terms(self, data: bytes) -> str:
        """The other side's name, if its terms are ours."""
        try:
            theirs = decode(data, limit=_TERMS_LIMIT)
        except Malformed:
            theirs = None
        if not isinstance(theirs, list) or not theirs or not isinstance(theirs[0], str):
            raise PeerFault("The other side's terms cannot be read.")
        if theirs[0] != SUITE:  # what another version says of itself need not have our form
            raise _differing(_TERMS[:1])
        if len(theirs) != len(self._terms):
            raise PeerFault("The other side's terms cannot be read.")
        name = theirs[1]
        if not isinstance(name, str) or tag_of(name) != self._peer:
            raise PeerFault("The other side's terms are under another side's name.")
        pairs = zip(_TERMS, self._terms, theirs, strict=True)
        differing: list[str] = [
            what for what, ours, other in pairs if what != "name" and ours != other
        ]
        if len(differing) > 1 and "agenda" in differing:
            differing.remove("agenda")  # the circuit differs whenever any other term does
        if differing:
            raise _differing(differing)
        return name

    def _hear(self, round_number: int, closing: ExitStack) -> SeekableReadable | None:
        """The other side's message, its slot filled; but for the tables a copy of our own.

        A file in the folder may change under our hands; what is read more than once must not.
        """
        length = self._lengths[round_number]
        where = (self._number, self._peer, round_number)
        file = self._folder.open(*where, range(length, length + 1))
        if file is None:
            return None
        closing.enter_context(file)
        self._signatures[round_number] = signature_of(os.fstat(file.fileno()))
        if round_number == _TABLES:
            return MeteredReader(file, self._meter)
        copy = closing.enter_context(self._vault.scratch())
        out = HashingWriter(MeteredWriter(copy, self._meter))
        for piece in HashingReader(file).pieces(length):
            out.write(piece)
        copy.seek(0)
        if round_number == 1 and copy.read(32) != self._peer_identity:
            raise PeerFault("The other side's opening is under another side's name.")
        copy.seek(0)
        self._fill_theirs(round_number, out.digest())
        return copy

    def _fill_theirs(self, round_number: int, message_digest: bytes) -> None:
        self._vault.fill_slot(self._number, "theirs", round_number, message_digest)

    def _check_untouched(self) -> None:
        """PeerFault if a message we used was replaced since; one carried away is no fault."""
        for round_number, seen in self._signatures.items():
            where = (self._number, self._peer, round_number)
            if self._folder.signature(*where) in (seen, None):
                continue
            length = self._lengths[round_number]
            allowed = range(length, length + 1) if round_number else range(1, _TERMS_LIMIT + 1)
            file = self._folder.open(*where, allowed)
            if file is not None:
                with file:
                    message = HashingReader(file)
                    for _ in message.pieces(os.fstat(file.fileno()).st_size):
                        pass
                self._fill_theirs(round_number, message.digest())


def _differing(what: Sequence[str]) -> PeerFault:
    return PeerFault(
        said(
            "The two sides differ in: {terms}. Agree on it, then both start anew.",
            terms=joined(what, "{first} and {rest}"),
        )
    )
