"""The codec: one value, one byte string, and nothing else gets through."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracktwo.encoding import decode, digest, encode
from tracktwo.errors import Malformed

WHOLE = st.integers(-(2**80), 2**80)
TREES = st.recursive(
    st.none() | st.booleans() | WHOLE | st.text(max_size=30) | st.binary(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=30), inner, max_size=5)
    ),
    max_leaves=20,
)
LIMIT = 1 << 20


def by_the_book(value: Any) -> bytes:  # noqa: ANN401 - any tree
    """RFC 8949 section 4.2.1, written down from the text."""
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", False: b"\xf4", True: b"\xf5"}[value]
    if isinstance(value, int):
        return whole(value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(by_the_book, value))
    pairs = sorted((by_the_book(key), by_the_book(of)) for key, of in value.items())
    return head(5, len(pairs)) + b"".join(key + of for key, of in pairs)


def whole(value: int) -> bytes:
    major, size = (0, value) if value >= 0 else (1, -1 - value)
    if size < 1 << 64:
        return head(major, size)
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return head(6, 2 + major) + head(2, len(digits)) + digits


def head(major: int, count: int) -> bytes:
    if count < 24:
        return bytes([major << 5 | count])
    for code, width in enumerate((1, 2, 4, 8)):
        if count < 1 << 8 * width:
            return bytes([major << 5 | 24 + code]) + count.to_bytes(width, "big")
    raise ValueError(count)


@given(TREES)
def test_what_is_encoded_is_canonical_by_the_book_and_comes_back(value: object) -> None:
    data = encode(value)
    assert data == by_the_book(value)
    assert decode(data, limit=len(data)) == value


@given(st.binary(max_size=60))
def test_bytes_that_decode_are_what_their_value_encodes_to(data: bytes) -> None:
    try:
        value = decode(data, limit=LIMIT)
    except Malformed:
        return
    assert by_the_book(value) == data


@given(TREES, st.data())
def test_a_changed_byte_is_refused_or_another_value(value: object, data: st.DataObject) -> None:
    good = encode(value)
    place = data.draw(st.integers(0, len(good) - 1))
    flipped = bytes([good[place] ^ 1 << data.draw(st.integers(0, 7))])
    changed = good[:place] + flipped + good[place + 1 :]
    try:
        other = decode(changed, limit=LIMIT)
    except Malformed:
        return
    assert encode(other) == changed
    assert digest(other) != digest(value)


@given(TREES, st.binary(min_size=1, max_size=4))
def test_bytes_left_over_are_refused(value: object, more: bytes) -> None:
    with pytest.raises(Malformed):
        decode(encode(value) + more, limit=LIMIT)


@given(TREES)
def test_a_value_cut_short_is_refused(value: object) -> None:
    with pytest.raises(Malformed):
        decode(encode(value)[:-1], limit=LIMIT)


@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param("1800", id="a small number in two bytes"),
        pytest.param("1a00000001", id="a small number in five bytes"),
        pytest.param("c24101", id="a small number as a big one"),
        pytest.param("5f4101ff", id="bytes of indefinite length"),
        pytest.param("7f6161ff", id="text of indefinite length"),
        pytest.param("9f01ff", id="a list of indefinite length"),
        pytest.param("bfff", id="a map of indefinite length"),
        pytest.param("a2616201616101", id="keys out of order"),
        pytest.param("a2616101616102", id="a key twice"),
        pytest.param("a10102", id="a key that is no text"),
        pytest.param("f93c00", id="a half-precision float"),
        pytest.param("fb3ff0000000000000", id="a float"),
        pytest.param("f97e00", id="not a number"),
        pytest.param("f7", id="undefined"),
        pytest.param("f820", id="a simple value"),
        pytest.param("c11a514b67b0", id="a date"),
        pytest.param("d9d9f701", id="a self-describing tag"),
        pytest.param("d81c81d81d00", id="a list within itself"),
        pytest.param("d8236161", id="a regular expression"),
        pytest.param("c4820101", id="a decimal fraction"),
        pytest.param("62c328", id="text that is not UTF-8"),
        pytest.param("", id="nothing"),
        pytest.param("ff", id="a stray break"),
        pytest.param("5bffffffffffffffff00", id="bytes of a length beyond memory"),
        pytest.param("9bffffffffffffffff", id="a list of a length beyond memory"),
        pytest.param("bb7fffffffffffffff", id="a map of a length beyond memory"),
    ],
)
def test_another_spelling_or_another_type_is_refused(spelling: str) -> None:
    with pytest.raises(Malformed, match="canonical"):
        decode(bytes.fromhex(spelling), limit=LIMIT)


@pytest.mark.parametrize("deep", [b"\x81", b"\xa1\x61a", b"\xc1", b"\xd8\x1c"])
def test_nesting_without_end_is_refused(deep: bytes) -> None:
    with pytest.raises(Malformed):
        decode(deep * 100_000, limit=LIMIT)


def test_a_part_over_its_limit_is_refused_before_it_is_read() -> None:
    assert decode(encode([1, 2]), limit=3) == [1, 2]
    with pytest.raises(Malformed, match="3 bytes is over its limit of 2"):
        decode(encode([1, 2]), limit=2)


@pytest.mark.parametrize("value", [1.5, (1, 2), {1: 2}, {"a": {2}}, [object()], bytearray(b"a")])
def test_only_plain_trees_are_encoded(value: object) -> None:
    with pytest.raises(TypeError):
        encode(value)


def test_the_bytes_of_a_known_value_never_change() -> None:
    value = ["tracktwo", {"b": 1, "aa": [True, None, b"\x00\xff"]}, -5, "мир"]
    known = bytes.fromhex("8468747261636b74776fa261620162616183f5f64200ff2466d0bcd0b8d180")
    assert encode(value) == known
    assert digest(value) == hashlib.sha256(known).digest()
