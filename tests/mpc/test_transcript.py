"""Reading and writing messages exactly."""

from __future__ import annotations

import hashlib
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracktwo.errors import PeerFault
from tracktwo.mpc.transcript import HashingReader, HashingWriter, read_exactly


class Trickle(io.BytesIO):
    """A file that gives at most three bytes at a time into room of one's own."""

    def readinto(self, room: memoryview) -> int:  # type: ignore[override]
        data = self.read(min(3, len(room)))
        room[: len(data)] = data
        return len(data)


PIECES = st.lists(st.binary(max_size=40), max_size=6)


@given(PIECES)
def test_a_writer_passes_all_on_and_keeps_its_count_and_digest(pieces: list[bytes]) -> None:
    out = io.BytesIO()
    writer = HashingWriter(out)
    assert [writer.write(piece) for piece in pieces] == [len(piece) for piece in pieces]
    whole = b"".join(pieces)
    assert out.getvalue() == whole
    assert writer.count == len(whole)
    assert writer.digest() == hashlib.sha256(whole).digest()


def test_a_writer_counts_the_bytes_of_an_array_not_its_items() -> None:
    writer = HashingWriter(None)
    assert writer.write(np.zeros((2, 3), np.uint64).data) == 48
    assert writer.digest() == hashlib.sha256(bytes(48)).digest()


@given(PIECES)
def test_a_reader_keeps_the_digest_however_the_message_is_read(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    reader = HashingReader(Trickle(whole))
    for place, piece in enumerate(pieces):
        if place % 2:
            room = bytearray(len(piece))
            reader.fill(memoryview(room))
            assert room == piece
        else:
            assert reader.read(len(piece)) == piece
    assert reader.finish() == hashlib.sha256(whole).digest()


def test_pieces_are_a_megabyte_at_most_and_make_up_the_whole() -> None:
    whole = bytes(range(256)) * 10_000
    reader = HashingReader(io.BytesIO(whole))
    pieces = list(reader.pieces(len(whole)))
    assert [len(piece) for piece in pieces] == [1 << 20, 1 << 20, len(whole) - (2 << 20)]
    assert b"".join(pieces) == whole
    assert reader.digest() == hashlib.sha256(whole).digest()


@given(st.binary(max_size=20), st.integers(1, 30))
def test_a_message_that_ends_too_soon_is_the_other_sides_fault(data: bytes, more: int) -> None:
    wanted = len(data) + more
    with pytest.raises(PeerFault):
        read_exactly(io.BytesIO(data), wanted)
    with pytest.raises(PeerFault):
        HashingReader(io.BytesIO(data)).read(wanted)
    with pytest.raises(PeerFault):
        HashingReader(Trickle(data)).fill(memoryview(bytearray(wanted)))
    with pytest.raises(PeerFault):
        list(HashingReader(io.BytesIO(data)).pieces(wanted))


@given(st.binary(max_size=20), st.binary(min_size=1, max_size=20))
def test_a_message_that_goes_on_is_the_other_sides_fault(data: bytes, more: bytes) -> None:
    reader = HashingReader(io.BytesIO(data + more))
    assert reader.read(len(data)) == data
    with pytest.raises(PeerFault):
        reader.finish()


@given(st.binary(max_size=20))
def test_nothing_read_is_nothing_lost(data: bytes) -> None:
    reader = HashingReader(io.BytesIO(data))
    assert reader.read(0) == b""
    reader.fill(memoryview(b""))
    assert list(reader.pieces(0)) == []
    assert reader.read(len(data)) == data
