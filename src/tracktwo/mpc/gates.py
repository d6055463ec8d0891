"""What a circuit may do, and the two ways to run one without a key: in the clear, and to count it.

A circuit here is a program that calls the methods below on arrays of wires. The same program runs
over `Clear`, `Tally`, and the `Garbler` and `Evaluator` of `garbling.py`, so what is tested in the
clear is what is garbled. An array of wires has shape (rows, lanes, w): a number is its bits, row 0
the lowest; lanes lie side by side; w is 2 words of a label, 1 clear bit, or nothing to count.
XOR is `^` and free (Kolesnikov-Schneider 2008); NOT is `^ gates.one`.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tracktwo.mpc.blocks import WIDTH, Bits
from tracktwo.mpc.cipher import linear_hash

Wires = NDArray[Any]  # (rows, lanes, w)


class Gates(Protocol):
    """The operations of a circuit. `own` is what the garbler knows; the evaluator passes None."""

    one: NDArray[Any]
    """The wire that is always 1, shape (w,); the evaluator knows it."""

    def zeros(self, rows: int, lanes: int) -> Wires:
        """Wires that are always 0."""
        ...

    def enter(self, own: Bits | None, rows: int, lanes: int) -> Wires:
        """The garbler's own bits, shape (rows, lanes), as wires the evaluator cannot read."""
        ...

    def both(self, x: Wires, y: Wires) -> Wires:
        """AND of any two wires: two ciphertexts (half gates)."""
        ...

    def both_own(self, own: Bits | None, y: Wires) -> Wires:
        """AND of bits the garbler knows with any wires: one ciphertext (its half gate)."""
        ...

    def both_read(self, x: Wires, y: Wires) -> Wires:
        """AND of wires the evaluator can read, `x`, with any wires: one ciphertext."""
        ...

    def both_seen(self, x: Wires, y: Wires) -> Wires:
        """AND of wires the evaluator can read, giving wires it can read: one ciphertext."""
        ...

    def products(self, choice: Wires, x: Wires) -> Wires:
        """AND of each of `choice` with each of `x`, one ciphertext for each wire of x.

        `choice`, (n, 1), are wires the evaluator can read; exactly one of them must be 1, whatever
        the evaluator enters. `x`, (rows, lanes), are any wires. Gives (n, rows, lanes, w).
        """
        ...

    def columns(self, x: Wires) -> NDArray[np.uint8]:
        """One row of wires, kept as bit columns for `collapse`; lanes are a multiple of 8."""
        ...

    def collapse(self, columns: NDArray[np.uint8], mask: NDArray[np.uint8] | None) -> Wires:
        """A random linear hash of the lanes of a row that a public packed mask picks (None: all).

        (1, 128): all 0 if those lanes are all 0, and else not all 0 but with probability
        (lanes / 128 + 1) / 2**128. No gates.
        """
        ...


class Clear:
    """Runs a circuit on clear bits. `key` is the 16-byte public key of the linear hash."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.one = np.ones(1, np.uint8)

    def zeros(self, rows: int, lanes: int) -> Wires:
        """See Gates."""
        return np.zeros((rows, lanes, 1), np.uint8)

    def enter(self, own: Bits | None, rows: int, lanes: int) -> Wires:
        """See Gates."""
        if own is None:
            raise TypeError("a clear run needs the garbler's bits")
        return own.reshape(rows, lanes, 1).copy()

    def both(self, x: Wires, y: Wires) -> Wires:
        """See Gates."""
        return x & y

    def both_own(self, own: Bits | None, y: Wires) -> Wires:
        """See Gates."""
        if own is None:
            raise TypeError("a clear run needs the garbler's bits")
        return own[..., None] & y

    both_read = both_seen = both

    def products(self, choice: Wires, x: Wires) -> Wires:
        """See Gates."""
        return choice[:, None] & x

    def columns(self, x: Wires) -> NDArray[np.uint8]:
        """See Gates."""
        return np.packbits(x[0, :, 0], bitorder="little").reshape(1, -1)

    def collapse(self, columns: NDArray[np.uint8], mask: NDArray[np.uint8] | None) -> Wires:
        """See Gates."""
        hashed = linear_hash(self._key, columns, mask).view(np.uint8)
        return np.unpackbits(hashed, bitorder="little").reshape(1, WIDTH, 1)


class Tally:
    """Counts what a circuit would cost, from shapes alone.

    `ands` counts gates of two ciphertexts, `halves` gates of one.
    """

    def __init__(self) -> None:
        self.one = np.empty(0, np.uint8)
        self.ands = 0
        self.halves = 0

    @property
    def ciphertexts(self) -> int:
        """The length of the garbled table, in blocks of 16 bytes."""
        return 2 * self.ands + self.halves

    def zeros(self, rows: int, lanes: int) -> Wires:
        """See Gates."""
        return np.empty((rows, lanes, 0), np.uint8)

    def enter(self, own: Bits | None, rows: int, lanes: int) -> Wires:
        """See Gates."""
        return self.zeros(rows, lanes)

    def both(self, x: Wires, y: Wires) -> Wires:
        """See Gates."""
        out = x ^ y
        self.ands += out.shape[0] * out.shape[1]
        return out

    def both_own(self, own: Bits | None, y: Wires) -> Wires:
        """See Gates."""
        self.halves += y.shape[0] * y.shape[1]
        return y

    def both_read(self, x: Wires, y: Wires) -> Wires:
        """See Gates."""
        out = x ^ y
        self.halves += out.shape[0] * out.shape[1]
        return out

    both_seen = both_read

    def products(self, choice: Wires, x: Wires) -> Wires:
        """See Gates."""
        self.halves += x.shape[0] * x.shape[1]
        return np.empty((len(choice), *x.shape), np.uint8)

    def columns(self, x: Wires) -> NDArray[np.uint8]:
        """See Gates."""
        return np.empty((0, x.shape[1] // 8), np.uint8)

    def collapse(self, columns: NDArray[np.uint8], mask: NDArray[np.uint8] | None) -> Wires:
        """See Gates."""
        return self.zeros(1, WIDTH)
