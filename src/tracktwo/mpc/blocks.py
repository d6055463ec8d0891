"""128-bit blocks as NumPy arrays, and the bit transpose between rows and columns.

A block is two little-endian 64-bit words: bit i is bit i % 64 of word i // 64. Bit 0 is the colour
bit of a wire label (point-and-permute). A column holds one bit of every row, bit j of the column in
bit j % 8 of its byte j // 8.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Blocks = NDArray[np.uint64]  # (..., 2)
Columns = NDArray[np.uint8]  # (128, rows / 8)
Bits = NDArray[np.uint8]  # 0 or 1 each

BLOCK_BYTES = 16
WIDTH = 128  # bits in a block, and so columns of a bit matrix

_ONE = np.uint64(1)
_SWAPS = (
    (np.uint64(7), np.uint64(0x00AA00AA00AA00AA)),
    (np.uint64(14), np.uint64(0x0000CCCC0000CCCC)),
    (np.uint64(28), np.uint64(0x00000000F0F0F0F0)),
)


def blocks_of(data: bytes | bytearray | memoryview) -> Blocks:
    """The blocks in `data`, whose length is a multiple of 16, as a writable copy."""
    return np.frombuffer(data, dtype="<u8").astype(np.uint64).reshape(-1, 2)


def bytes_of(blocks: Blocks) -> bytes:
    """The bytes of `blocks`, 16 each, in order."""
    return blocks.astype("<u8", copy=False).tobytes()


def colours(blocks: Blocks) -> NDArray[np.uint64]:
    """Bit 0 of every block, shape without the last axis."""
    return blocks[..., 0] & _ONE


def spread(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """All ones where a bit is 1, all zeros where it is 0; one word a bit.

    Selecting by mask rather than by index keeps time independent of secret bits.
    """
    return np.negative(bits)


def rows_of(columns: Columns) -> Blocks:
    """The transpose: (128, n / 8) bytes of columns as n blocks. n is a multiple of 8."""
    stretch = columns.shape[1]
    squares = columns.reshape(16, 8, stretch).transpose(0, 2, 1).copy()
    turned = _turn(squares.view(np.uint64).reshape(16, stretch))
    by_row = np.ascontiguousarray(turned.view(np.uint8).reshape(16, stretch, 8).transpose(1, 2, 0))
    return by_row.view(np.uint64).reshape(stretch * 8, 2)


def columns_of(blocks: Blocks) -> Columns:
    """The transpose: n blocks as (128, n / 8) bytes of columns. n is a multiple of 8."""
    stretch = blocks.shape[0] // 8
    flat = np.ascontiguousarray(blocks).view(np.uint8).reshape(stretch, 8, 16)
    squares = np.ascontiguousarray(flat.transpose(2, 0, 1))
    turned = _turn(squares.view(np.uint64).reshape(16, stretch))
    by_column = turned.view(np.uint8).reshape(16, stretch, 8).transpose(0, 2, 1)
    return np.ascontiguousarray(by_column).reshape(WIDTH, stretch)


def _turn(squares: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Transpose, in place, the 8 by 8 bits in every word (Hacker's Delight, section 7-3)."""
    moved = np.empty_like(squares)
    for shift, mask in _SWAPS:
        np.right_shift(squares, shift, out=moved)
        moved ^= squares
        moved &= mask
        squares ^= moved
        np.left_shift(moved, shift, out=moved)
        squares ^= moved
    return squares
