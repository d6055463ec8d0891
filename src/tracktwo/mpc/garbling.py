"""Half-gates garbling and evaluation over arrays of labels.

Zahur, Rosulek, Evans 2015, "Two Halves Make a Whole", figure 2, with free XOR and colour bits
(point-and-permute); the hash is TMMO (`cipher.Permutation`), its key new for each section.

A wire the evaluator may read ("seen") is one whose zero label has colour 0, so that its colour is
its value. AND of two seen wires needs one ciphertext, the evaluator's half gate (the privacy-free
garbling of Frederiksen, Nielsen, Orlandi 2015).

`products` is one-hot garbling (Heath, Kolesnikov 2021, "One Hot Garbling", section 4): of n seen
wires exactly one, number a, is 1. Each of their labels, hashed, seeds a stream; the evaluator can
draw all streams but the garbler's of wire a. A ciphertext is the XOR of all streams and the zero
label of a wire of x, so it gives just what is missing: stream a, with delta added where x is 1.
Were none of the n wires 1, it would give delta: who calls it must make that impossible.

The garbled table of a section is its gates in the order the circuit calls them, each call in
chunks of at most 4096 gates:

    gates of two ciphertexts, n in a chunk   | TG 16 n bytes | TE 16 n bytes |
    gates of one ciphertext,  n in a chunk   | T 16 n bytes  |
    products over m wires                    | T 16 m bytes  |

A chunk takes 2n (one ciphertext: n) tweaks: the counter t runs from 0 within a section; gate j of a
chunk hashes its left wire with t + j and its right wire with t + n + j. Products take one tweak for
each wire there is to choose from.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tracktwo.mpc.blocks import (
    BLOCK_BYTES,
    WIDTH,
    Bits,
    Blocks,
    Columns,
    bytes_of,
    colours,
    columns_of,
    rows_of,
    spread,
)
from tracktwo.mpc.cipher import Permutation, Stream, linear_hash
from tracktwo.mpc.gates import Wires

CHUNK = 4096  # gates hashed at a time: measured fastest, the working set stays in the cache

_ONE = np.uint64(1)
_COUNT = np.arange(2 * CHUNK, dtype=np.uint64)
_SEEN_ONE = np.array([1, 0], np.uint64)  # the evaluator's label of the constant 1: colour 1
_NO_COLOUR = np.array([~np.uint64(1), ~np.uint64(0)], np.uint64)


class Table:
    """Room for the ciphertexts of a section, taken from front to back, and used again."""

    def __init__(self, largest: int) -> None:
        """`largest` is the most blocks a section has."""
        self._room = np.empty((largest, 2), np.uint64)
        self.blocks = self._room
        self._next = 0

    def begin(self, count: int) -> memoryview:
        """Start a section of `count` blocks, and return their bytes."""
        self.blocks, self._next = self._room[:count], 0
        return self.blocks.reshape(-1).view(np.uint8).data

    def take(self, count: int) -> Blocks:
        """The next `count` blocks, to be written by a garbler or read by an evaluator."""
        self._next += count
        return self.blocks[self._next - count : self._next]


class _Hashing:
    """Tweaked hashing of chunks of labels into buffers that are allocated once."""

    def __init__(self, key: bytes, wires: int) -> None:
        self._permutation = Permutation(key)
        self._key = key
        self._in = np.empty((wires * CHUNK, 2), np.uint64)
        self._once = np.empty((wires * CHUNK + 1, 2), np.uint64)
        self._twice = np.empty((wires * CHUNK + 1, 2), np.uint64)
        self._tweak = 0

    def gather(self, wires: int, count: int) -> Blocks:
        """Room for `wires` times `count` labels to hash, shape (wires, count, 2)."""
        return self._in[: wires * count].reshape(wires, count, 2)

    def hash(self, labels: Blocks, sides: int) -> Blocks:
        """TMMO of the gathered labels: those of each of the `sides` inputs share their tweaks.

        `labels` is what `gather` returned, the labels of one input next to each other; the result
        has its shape and is valid until the next call.
        """
        wires, count, _ = labels.shape
        size = wires * count
        flat = self._in[:size]
        self._permutation.apply(flat, self._once[: size + 1])
        np.copyto(flat, self._once[:size])
        tweaks = (_COUNT[: sides * count] + np.uint64(self._tweak)).reshape(sides, 1, count)
        labels.reshape(sides, wires // sides, count, 2)[..., 0] ^= tweaks
        self._tweak += sides * count
        self._permutation.apply(flat, self._twice[: size + 1])
        self._twice[:size] ^= self._once[:size]
        return self._twice[:size].reshape(wires, count, 2)

    def streams(self, labels: Blocks, shape: tuple[int, ...]) -> Wires:
        """For each of some labels, `shape` blocks of the stream that its hash seeds.

        A stream's counter begins at | half the key ^ the first tweak 8 bytes | 0 8 bytes |, so that
        no two calls encrypt the same blocks, in this section or another.
        """
        salt = (int.from_bytes(self._key[:8], "big") ^ self._tweak).to_bytes(8, "big")
        gathered = self.gather(1, len(labels))
        np.copyto(gathered[0], labels)
        seeds = self.hash(gathered, 1)[0].copy()
        drawn = np.empty((len(labels), *shape, 2), np.uint64)
        for seed, room in zip(seeds, drawn, strict=True):
            Stream(bytes_of(seed), salt + bytes(8)).fill(room.data.cast("B"))
        return drawn


class _Colours:
    """Picks values by the colours of labels, in buffers that are allocated once."""

    def __init__(self) -> None:
        self._room = np.empty((CHUNK, 2), np.uint64)
        self._picked = np.empty((CHUNK, 2), np.uint64)
        self._mask = self._room

    def of(self, wire: Blocks) -> None:
        """Pick by the colours of these labels from now on."""
        mask = self._mask = self._room[: len(wire)]
        np.bitwise_and(wire[:, 0], _ONE, out=mask[:, 0])
        np.negative(mask[:, 0], out=mask[:, 0])
        mask[:, 1] = mask[:, 0]

    def pick(self, values: Blocks) -> Blocks:
        """The values where the colour is 1 and 0 elsewhere, until the next call."""
        picked = self._picked[: len(values)]
        np.bitwise_and(values, self._mask, out=picked)
        return picked


class _OnLabels:
    """What garbler and evaluator do alike: all that takes no ciphertext."""

    def __init__(self, active: Stream, linear: bytes, table: Table) -> None:
        self._active = active
        self._linear = linear
        self._table = table
        self._colours = _Colours()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(<secret>)"

    def zeros(self, rows: int, lanes: int) -> Wires:
        """See Gates."""
        return np.zeros((rows, lanes, 2), np.uint64)

    def columns(self, x: Wires) -> Columns:
        """See Gates."""
        return columns_of(x[0])

    def collapse(self, columns: Columns, mask: NDArray[np.uint8] | None) -> Wires:
        """See Gates."""
        hashed = linear_hash(self._linear, columns, mask).view(np.uint8)
        return rows_of(hashed.reshape(WIDTH, BLOCK_BYTES)).reshape(1, WIDTH, 2)


class Garbler(_OnLabels):
    """Runs a circuit on zero labels and fills the table.

    `delta` is the global offset, colour 1, shape (2,); `key` the section's hash key; `active` the
    public stream of the labels the evaluator holds for the garbler's inputs; `linear` the public
    key of the linear hash.
    """

    def __init__(
        self, delta: Blocks, key: bytes, active: Stream, linear: bytes, table: Table
    ) -> None:
        super().__init__(active, linear, table)
        self._delta = delta
        self._offsets = np.tile(delta, (CHUNK, 1))
        self._hashing = _Hashing(key, 4)
        self.one = _SEEN_ONE ^ delta

    def enter(self, own: Bits | None, rows: int, lanes: int) -> Wires:
        """See Gates."""
        held = self._active.blocks(rows * lanes).reshape(rows, lanes, 2)
        held ^= spread(_required(own).astype(np.uint64))[..., None] & self._delta
        return held

    def both(self, x: Wires, y: Wires) -> Wires:
        """See Gates."""
        out = _room(x, y)
        for left, right, result in _chunks(x, y, out):
            count = len(left)
            labels = self._hashing.gather(4, count)
            self._pair(left, labels[0], labels[1])
            self._pair(right, labels[2], labels[3])
            hashed = self._hashing.hash(labels, 2)
            of_garbler, of_evaluator = self._table.take(count), self._table.take(count)
            np.bitwise_xor(hashed[0], hashed[1], out=of_garbler)
            self._colours.of(right)
            of_garbler ^= self._colours.pick(self._offsets[:count])
            np.bitwise_xor(hashed[2], hashed[3], out=of_evaluator)
            np.bitwise_xor(hashed[2], self._colours.pick(of_evaluator), out=result)
            of_evaluator ^= left
            result ^= hashed[0]
            self._colours.of(left)
            result ^= self._colours.pick(of_garbler)
        return out

    def both_own(self, own: Bits | None, y: Wires) -> Wires:
        """See Gates."""
        known = _required(own).astype(np.uint64)
        out = np.empty_like(y)
        for row in range(y.shape[0]):
            bits = spread(known[row])
            for start in range(0, y.shape[1], CHUNK):
                lanes = slice(start, start + CHUNK)
                zero = y[row, lanes]
                labels = self._hashing.gather(2, len(zero))
                self._pair(zero, labels[0], labels[1])
                hashed = self._hashing.hash(labels, 1)
                cipher = self._table.take(len(zero))
                np.bitwise_xor(hashed[0], hashed[1], out=cipher)
                cipher ^= bits[lanes, None] & self._delta
                self._colours.of(zero)
                np.bitwise_xor(hashed[0], self._colours.pick(cipher), out=out[row, lanes])
        return out

    def both_read(self, x: Wires, y: Wires) -> Wires:
        """See Gates."""
        out = _room(x, y)
        for left, right, result in _chunks(x, y, out):
            labels = self._hashing.gather(2, len(left))
            self._pair(left, labels[0], labels[1])
            hashed = self._hashing.hash(labels, 1)
            cipher = self._table.take(len(left))
            np.bitwise_xor(hashed[0], hashed[1], out=cipher)
            cipher ^= right
            np.copyto(result, hashed[0])
        return out

    def both_seen(self, x: Wires, y: Wires) -> Wires:
        """See Gates."""
        out = self.both_read(x, y)
        out &= _NO_COLOUR
        return out

    def products(self, choice: Wires, x: Wires) -> Wires:
        """See Gates."""
        drawn = self._hashing.streams(choice[:, 0], x.shape[:2])
        cipher = self._table.take(x.shape[0] * x.shape[1]).reshape(x.shape)
        np.bitwise_xor.reduce(drawn, axis=0, out=cipher)
        cipher ^= x
        return drawn

    def _pair(self, zero: Blocks, out_zero: Blocks, out_one: Blocks) -> None:
        np.copyto(out_zero, zero)
        np.bitwise_xor(zero, self._offsets[: len(zero)], out=out_one)


class Evaluator(_OnLabels):
    """Runs a circuit on the labels it holds, and the table. Never fails, whatever the table holds.

    `key`, `active` and `linear` as for the Garbler.
    """

    def __init__(self, key: bytes, active: Stream, linear: bytes, table: Table) -> None:
        super().__init__(active, linear, table)
        self._hashing = _Hashing(key, 2)
        self.one = _SEEN_ONE

    def enter(self, own: Bits | None, rows: int, lanes: int) -> Wires:
        """See Gates."""
        return self._active.blocks(rows * lanes).reshape(rows, lanes, 2)

    def both(self, x: Wires, y: Wires) -> Wires:
        """See Gates."""
        out = _room(x, y)
        for left, right, result in _chunks(x, y, out):
            count = len(left)
            labels = self._hashing.gather(2, count)
            np.copyto(labels[0], left)
            np.copyto(labels[1], right)
            hashed = self._hashing.hash(labels, 2)
            of_garbler, of_evaluator = self._table.take(count), self._table.take(count)
            np.bitwise_xor(hashed[0], hashed[1], out=result)
            self._colours.of(left)
            result ^= self._colours.pick(of_garbler)
            of_evaluator ^= left
            self._colours.of(right)
            result ^= self._colours.pick(of_evaluator)
        return out

    def both_own(self, own: Bits | None, y: Wires) -> Wires:
        """See Gates."""
        out = np.empty_like(y)
        for row in range(y.shape[0]):
            for start in range(0, y.shape[1], CHUNK):
                lanes = slice(start, start + CHUNK)
                held = y[row, lanes]
                labels = self._hashing.gather(1, len(held))
                np.copyto(labels[0], held)
                hashed = self._hashing.hash(labels, 1)
                cipher = self._table.take(len(held))
                self._colours.of(held)
                np.bitwise_xor(hashed[0], self._colours.pick(cipher), out=out[row, lanes])
        return out

    def both_read(self, x: Wires, y: Wires) -> Wires:
        """See Gates."""
        out = _room(x, y)
        for left, right, result in _chunks(x, y, out):
            labels = self._hashing.gather(1, len(left))
            np.copyto(labels[0], left)
            hashed = self._hashing.hash(labels, 1)
            cipher = self._table.take(len(left))
            cipher ^= right
            self._colours.of(left)
            np.bitwise_xor(hashed[0], self._colours.pick(cipher), out=result)
        return out

    def both_seen(self, x: Wires, y: Wires) -> Wires:
        """See Gates."""
        out = self.both_read(x, y)
        out &= _NO_COLOUR
        out[..., 0] |= colours(x) & colours(y)
        return out

    def products(self, choice: Wires, x: Wires) -> Wires:
        """See Gates."""
        drawn = self._hashing.streams(choice[:, 0], x.shape[:2])
        missing = np.bitwise_xor.reduce(drawn, axis=0)
        missing ^= self._table.take(x.shape[0] * x.shape[1]).reshape(x.shape)
        missing ^= x
        # The stream drawn for the chosen wire was nobody's; where it is must not show in the time.
        for of, chosen in zip(drawn, spread(colours(choice[:, 0])), strict=True):
            of ^= missing & chosen
        return drawn


def _room(x: Wires, y: Wires) -> Wires:
    return np.empty(np.broadcast_shapes(x.shape, y.shape), np.uint64)


def _chunks(x: Wires, y: Wires, out: Wires) -> Iterator[tuple[Blocks, Blocks, Blocks]]:
    """The same chunks of three arrays of wires; x and y may repeat their only row."""
    if x.shape == y.shape and x.flags.c_contiguous and y.flags.c_contiguous:
        x, y, out = (wires.reshape(1, -1, 2) for wires in (x, y, out))
    for row in range(out.shape[0]):
        left, right = x[row % x.shape[0]], y[row % y.shape[0]]
        for start in range(0, out.shape[1], CHUNK):
            lanes = slice(start, start + CHUNK)
            yield left[lanes], right[lanes], out[row, lanes]


def _required(own: Bits | None) -> Bits:
    if own is None:
        raise TypeError("the garbler needs its own bits")
    return own
