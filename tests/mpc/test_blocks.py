"""Blocks: the transposes against NumPy's own unpacking, colours and masks against their words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tracktwo.mpc.blocks import (
    WIDTH,
    Blocks,
    Columns,
    blocks_of,
    bytes_of,
    colours,
    columns_of,
    rows_of,
    spread,
)

STRETCHES = st.integers(1, 40)  # bytes in a column, so 8 to 320 rows
SEEDS = st.integers(0, 2**32 - 1)


def bits_of_blocks(blocks: Blocks) -> NDArray[np.uint8]:
    """Bit i of every block in column i, from the definition: bit i % 64 of word i // 64."""
    return np.array([[int(b[i // 64]) >> i % 64 & 1 for i in range(WIDTH)] for b in blocks])


def bits_of_columns(columns: Columns) -> NDArray[np.uint8]:
    return np.unpackbits(columns, axis=1, bitorder="little").T


def random_columns(seed: int, stretch: int) -> Columns:
    return np.random.default_rng(seed).integers(0, 256, (WIDTH, stretch), np.uint8)


def random_blocks(seed: int, count: int) -> Blocks:
    return np.random.default_rng(seed).integers(0, 1 << 64, (count, 2), np.uint64)


@given(SEEDS, STRETCHES)
def test_row_j_of_the_transpose_holds_bit_j_of_every_column(seed: int, stretch: int) -> None:
    columns = random_columns(seed, stretch)
    assert np.array_equal(bits_of_blocks(rows_of(columns)), bits_of_columns(columns))


@given(SEEDS, STRETCHES)
def test_column_i_of_the_transpose_holds_bit_i_of_every_block(seed: int, stretch: int) -> None:
    blocks = random_blocks(seed, 8 * stretch)
    assert np.array_equal(bits_of_columns(columns_of(blocks)), bits_of_blocks(blocks))


@given(SEEDS, STRETCHES)
def test_the_transposes_undo_each_other(seed: int, stretch: int) -> None:
    columns = random_columns(seed, stretch)
    assert np.array_equal(columns_of(rows_of(columns)), columns)


def test_the_transposes_leave_what_they_were_given_as_it_was() -> None:
    columns, blocks = random_columns(1, 5), random_blocks(2, 40)
    columns_before, blocks_before = columns.copy(), blocks.copy()
    rows_of(columns)
    columns_of(blocks)
    assert np.array_equal(columns, columns_before)
    assert np.array_equal(blocks, blocks_before)


def test_blocks_with_gaps_between_them_are_transposed_like_any_others() -> None:
    blocks = random_blocks(3, 64)
    assert np.array_equal(columns_of(blocks[::2]), columns_of(blocks[::2].copy()))


def test_no_lanes_at_all_give_columns_of_no_length() -> None:
    assert columns_of(np.empty((0, 2), np.uint64)).shape == (WIDTH, 0)


@given(st.binary(max_size=20).map(lambda data: data * 16))
def test_bytes_and_blocks_are_the_same_numbers_little_end_first(data: bytes) -> None:
    blocks = blocks_of(data)
    words = [int.from_bytes(data[i : i + 8], "little") for i in range(0, len(data), 8)]
    assert blocks.reshape(-1).tolist() == words
    assert bytes_of(blocks) == data


def test_blocks_of_bytes_can_be_written_and_do_not_write_through() -> None:
    data = bytearray(32)
    blocks = blocks_of(data)
    blocks[0, 0] = 1
    assert data == bytes(32)


def test_bytes_that_are_no_whole_blocks_are_no_blocks() -> None:
    with pytest.raises(ValueError, match="size"):
        blocks_of(bytes(17))


def test_the_colour_of_a_block_is_its_lowest_bit() -> None:
    blocks = np.array([[[2, 1], [3, 0]], [[1 << 63, 0], [(1 << 64) - 1, 0]]], np.uint64)
    assert colours(blocks).tolist() == [[0, 1], [0, 1]]


def test_a_spread_bit_is_a_word_of_ones_or_of_zeros() -> None:
    assert spread(np.array([0, 1], np.uint64)).tolist() == [0, 2**64 - 1]
