"""Large things: sealed in pieces, carried in pieces, nothing changed, moved or cut off."""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracktwo.channel import blob
from tracktwo.channel.blob import Opening, Ticket, fill, read_ticket, sealed_bytes, sealed_length
from tracktwo.errors import Malformed

CHUNK = 1 << 18
PLAIN = CHUNK - 16
KEY = bytes(range(32))
SIZES = [0, 1, 2, 1000, PLAIN - 1, PLAIN, PLAIN + 1, 2 * PLAIN, 3 * PLAIN + 12345]


def ticket(size: int) -> Ticket:
    return Ticket("http://relay.test", bytes(16), KEY, bytes(32), size)


def plain_of(size: int) -> bytes:
    return (b"0123456789abcdef" * (size // 16 + 1))[:size]


def sealed(size: int) -> bytes:
    return sealed_bytes(io.BytesIO(plain_of(size)), KEY, size, 0, sealed_length(size))


def opened(data: bytes, size: int) -> tuple[bytes, bool]:
    file = io.BytesIO()
    opening = Opening(file, ticket(size))
    opening.write(data)
    return file.getvalue(), opening.is_done


@pytest.mark.parametrize("size", SIZES)
def test_what_is_sealed_is_opened_and_its_length_is_as_told_before(size: int) -> None:
    data = sealed(size)
    assert len(data) == sealed_length(size)
    assert opened(data, size) == (plain_of(size), True)


@given(st.integers(0, 3 * PLAIN), st.integers(0, 3 * CHUNK), st.integers(1, 2 * CHUNK))
def test_any_piece_is_the_same_however_it_is_asked_for(size: int, start: int, count: int) -> None:
    whole = sealed(size)
    piece = sealed_bytes(io.BytesIO(plain_of(size)), KEY, size, min(start, len(whole)), count)
    assert piece == whole[start : start + count]


@given(st.integers(0, 1 << 40))
def test_a_length_tells_few_bits_of_a_size_and_adds_at_most_an_eighth(size: int) -> None:
    padded = blob._padme(size)
    assert size <= padded <= size + size // 8 + 1
    assert blob._padme(padded) == padded
    significant = padded.bit_length() - ((padded & -padded).bit_length() - 1 if padded else 0)
    assert significant <= max(1, size.bit_length().bit_length() + 1)


@pytest.mark.parametrize("size", [1000, 3 * PLAIN + 12345])
@pytest.mark.parametrize("at", [0, 5, -1])
def test_a_byte_that_was_changed_is_found(size: int, at: int) -> None:
    data = bytearray(sealed(size))
    data[at] ^= 1
    with pytest.raises(Malformed):
        opened(bytes(data), size)


def test_pieces_that_change_places_are_found() -> None:
    size = 3 * PLAIN
    data = sealed(size)
    with pytest.raises(Malformed):
        opened(data[CHUNK : 2 * CHUNK] + data[:CHUNK] + data[2 * CHUNK :], size)


def test_a_blob_cut_off_between_pieces_is_not_whole_and_cannot_pass_for_a_shorter_one() -> None:
    size = 2 * PLAIN
    data = sealed(size)[:CHUNK]
    assert not opened(data, size)[1]
    fits = next(size for size in range(PLAIN, 0, -1) if sealed_length(size) <= CHUNK)
    assert sealed_length(fits) > CHUNK // 2
    with pytest.raises(Malformed):  # as if it were all: the last piece is sealed as the last
        opened(data[: sealed_length(fits)], fits)


def test_a_file_goes_on_where_it_broke_off_and_asks_for_nothing_twice(tmp_path: Path) -> None:
    size = 5 * PLAIN + 77
    data = sealed(size)
    asked: list[int] = []
    path = tmp_path / "message"

    def source(stop: int) -> blob.Callable[[int], Iterator[bytes]]:
        def give(start: int) -> Iterator[bytes]:
            asked.append(start)
            yield from (data[at : at + 1000] for at in range(start, stop, 1000))

        return give

    assert not fill(ticket(size), path, source(2 * CHUNK + 500))
    assert not path.exists()
    assert not fill(ticket(size), path, source(4 * CHUNK))
    assert fill(ticket(size), path, source(len(data)))
    assert path.read_bytes() == plain_of(size)
    assert asked == [0, 2 * CHUNK, 4 * CHUNK]
    assert [file.name for file in tmp_path.iterdir()] == ["message"]


def test_after_a_changed_piece_all_of_it_is_asked_for_again(tmp_path: Path) -> None:
    size = 2 * PLAIN
    data = sealed(size)
    path = tmp_path / "message"
    spoilt = data[:CHUNK] + bytes(CHUNK)
    with pytest.raises(Malformed):
        fill(ticket(size), path, lambda start: iter([spoilt[start:]]))
    assert fill(ticket(size), path, lambda start: iter([data[start:]]))
    assert path.read_bytes() == plain_of(size)


def test_a_blob_without_its_key_shows_nothing_of_its_file() -> None:
    marker = b"a marker that nobody may see" * 100
    data = sealed_bytes(io.BytesIO(marker), secrets.token_bytes(32), len(marker), 0, 1 << 20)
    assert marker[:28] not in data


def test_a_ticket_keeps_its_secrets_to_itself() -> None:
    one = ticket(5)
    assert read_ticket(one.encode()) == one
    assert KEY.hex() not in repr(one)
    assert repr(KEY) not in repr(one)


@given(st.binary(max_size=200))
def test_hostile_bytes_are_no_ticket(data: bytes) -> None:
    with pytest.raises(Malformed):
        read_ticket(data)
