"""Correlated oblivious transfer for the evaluator's input bits: SoftSpokenOT with k = 4.

Roy 2022, "SoftSpokenOT: Quieter OT Extension from Small-Field Silent VOLE in the Minicrypt Model":
figure 7 (small-field VOLE from all-but-one transfers), figure 8 with the repetition code (subspace
VOLE and its consistency check), which also mends the proof of KOS15. For each transfer j with
choice bit x_j the receiver ends with a block t_j and the sender with q_j = t_j ^ x_j delta, for one
`delta` of 128 bits: free-XOR labels without another hash.

The check's challenge is the hash of all that the receiver sent before it (Fiat-Shamir), under a
context that holds both openings; docs/spec/probe.md bounds what grinding it gains. 128 further
transfers of random bits mask what the check shows.

Transfers come in sections, so that neither side holds them all: section s has n_s of them, a
multiple of 128. The receiver's message:

    | trees (pprf.py) 5120 | for each section: 32 columns of n_s / 8 bytes | hash of x 16 |
    | hash of each of the 128 columns of t: 2048 |

The last section is the 128 masking transfers; the caller does not see it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from tracktwo.errors import PeerFault
from tracktwo.mpc import pprf
from tracktwo.mpc.blocks import WIDTH, Bits, Blocks, Columns, rows_of, spread
from tracktwo.mpc.cipher import Stream, derive, linear_hash
from tracktwo.mpc.transcript import HashingReader, HashingWriter, SeekableReadable, read_exactly

CHECK_BYTES = 16 * (1 + WIDTH)

Choices = Callable[[int], NDArray[np.uint8]]  # section -> its choice bits, packed, low bit first


def message_bytes(counts: list[int]) -> int:
    """The length of the receiver's message for sections of these many transfers."""
    return pprf.MESSAGE_BYTES + pprf.TREES * (sum(counts) + WIDTH) // 8 + CHECK_BYTES


class _Leaves:
    """The streams of all leaves of all trees, read section by section and folded into columns."""

    def __init__(self, seeds: pprf.Seeds) -> None:
        self._streams = [[Stream(seed) for seed in tree] for tree in seeds]

    def columns(self, length: int) -> tuple[Columns, NDArray[np.uint8]]:
        """The next `length` bytes of every stream r_x of each tree, folded over x.

        Returns v, (128, length): bit b of sum over x of x r_x in row 4 tree + b; and u,
        (32, length): the sum over x of r_x.
        """
        v = np.empty((WIDTH, length), np.uint8)
        u = np.empty((pprf.TREES, length), np.uint8)
        leaves = np.empty((pprf.LEAVES, length), np.uint8)
        for tree, streams in enumerate(self._streams):
            for stream, leaf in zip(streams, leaves, strict=True):
                stream.fill(leaf.data)
            u[tree] = _fold(leaves, v[pprf.DEPTH * tree : pprf.DEPTH * (tree + 1)])
        return v, u


def _fold(leaves: NDArray[np.uint8], v: Columns) -> NDArray[np.uint8]:
    words: Blocks = leaves.view(np.uint64)
    for bit in reversed(range(pprf.DEPTH)):
        low, high = words[: 1 << bit], words[1 << bit :]
        np.bitwise_xor.reduce(high, axis=0, out=v[bit].view(np.uint64))
        words = low ^ high
    folded: NDArray[np.uint8] = words[0].view(np.uint8)
    return folded


class Receiver:
    """The side with choice bits: the evaluator."""

    def __init__(
        self, seed: bytes, context: bytes, keys: list[tuple[bytes, bytes]], counts: list[int]
    ) -> None:
        self._seeds, self._trees = pprf.grow(context, keys)
        self._context = context
        self._counts = counts
        self._masking = np.frombuffer(derive("masking bits", seed, context)[:16], np.uint8)

    def __repr__(self) -> str:
        return "Receiver(<secret>)"

    def write(self, choices: Choices, out: HashingWriter) -> None:
        """Write the whole message. From here on the choices are fixed."""
        start = HashingWriter(out)
        start.write(self._trees)
        leaves = _Leaves(self._seeds)
        for section, length in self._lengths():
            _, u = leaves.columns(length)
            u ^= self._packed(choices, section)
            start.write(u.data)
        challenge = start.digest()
        leaves = _Leaves(self._seeds)
        of_choices = np.zeros((1, 2), np.uint64)
        of_columns = np.zeros((WIDTH, 2), np.uint64)
        for section, length in self._lengths():
            key = derive("column check", self._context, challenge, section)
            packed = self._packed(choices, section)
            of_choices ^= linear_hash(key, packed.reshape(1, length))
            of_columns ^= linear_hash(key, leaves.columns(length)[0])
        out.write(of_choices.tobytes() + of_columns.tobytes())

    def rows(self) -> Iterator[Blocks]:
        """The blocks t of each section in turn, without the masking section."""
        leaves = _Leaves(self._seeds)
        for count in self._counts:
            yield rows_of(leaves.columns(count // 8)[0])

    def _lengths(self) -> list[tuple[int, int]]:
        return [(s, count // 8) for s, count in enumerate([*self._counts, WIDTH])]

    def _packed(self, choices: Choices, section: int) -> NDArray[np.uint8]:
        return choices(section) if section < len(self._counts) else self._masking


class Sender:
    """The side with the offset `delta`, 128 bits: the garbler."""

    def __init__(
        self,
        context: bytes,
        keys: list[bytes],
        delta: Bits,
        counts: list[int],
        message: SeekableReadable,
    ) -> None:
        """Reads and checks the receiver's message, a seekable file that nobody else can change.

        Raises PeerFault if it is short or its checks fail.
        """
        self._context = context
        self._counts = counts
        self._message = message
        self._masks = spread(delta.astype(np.uint64)).view(np.uint8)[::8].reshape(WIDTH, 1)
        trees = read_exactly(message, pprf.MESSAGE_BYTES)
        self._seeds = pprf.puncture(context, keys, delta, trees)
        self._check(self._challenge())

    def __repr__(self) -> str:
        return "Sender(<secret>)"

    def rows(self) -> Iterator[Blocks]:
        """The blocks q of each section in turn, without the masking section."""
        for columns in self._columns(self._counts):
            yield rows_of(columns)

    def _challenge(self) -> bytes:
        self._message.seek(0)
        seen = HashingReader(self._message)
        length = pprf.MESSAGE_BYTES + pprf.TREES * (sum(self._counts) + WIDTH) // 8
        for _ in seen.pieces(length):
            pass
        return seen.digest()

    def _check(self, challenge: bytes) -> None:
        ours = np.zeros((WIDTH, 2), np.uint64)
        for section, columns in enumerate(self._columns([*self._counts, WIDTH])):
            key = derive("column check", self._context, challenge, section)
            ours ^= linear_hash(key, columns)
        claimed = np.frombuffer(read_exactly(self._message, CHECK_BYTES), np.uint64).reshape(-1, 2)
        masks = self._masks.repeat(8, axis=1).view(np.uint64)
        expected = claimed[1:] ^ (claimed[:1] & masks)
        if not hmac.compare_digest(ours.tobytes(), expected.tobytes()):
            raise PeerFault("The other side's columns fail their check.")

    def _columns(self, counts: list[int]) -> Iterator[Columns]:
        self._message.seek(pprf.MESSAGE_BYTES)
        leaves = _Leaves(self._seeds)
        for count in counts:
            length = count // 8
            w, _ = leaves.columns(length)
            sent = np.frombuffer(read_exactly(self._message, pprf.TREES * length), np.uint8)
            columns = sent.reshape(pprf.TREES, 1, length).repeat(pprf.DEPTH, axis=1)
            columns = columns.reshape(WIDTH, length)
            columns &= self._masks
            columns ^= w
            yield columns
