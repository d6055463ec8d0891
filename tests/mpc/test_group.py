"""The group against RFC 8032's formulas in Python integers, and the points it must refuse."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl import bindings as sodium

import edwards
from effort import examples
from tracktwo.errors import PeerFault
from tracktwo.mpc import group
from tracktwo.mpc.cipher import derive

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "edwards25519.json").read_text())
FACTORS = st.integers(1, edwards.ORDER - 1)
SMALL = edwards.small_order()


def scalar_of(number: int) -> bytes:
    return number.to_bytes(32, "little")


def point_of(number: int) -> bytes:
    """A point of the group, by number."""
    return edwards.encode(edwards.times(number, edwards.BASE))


def spelt(point: edwards.Point) -> str:
    return edwards.encode(point).hex()


def source(vector: dict[str, str]) -> str:
    return vector["source"]


# What the standards say


def test_the_base_point_and_its_order_are_those_of_rfc_8032() -> None:
    assert group.times_base(scalar_of(1)).hex() == VECTORS["base"]["encoding"]
    assert int(VECTORS["base"]["order"], 16) == edwards.ORDER
    before = group.times_base(scalar_of(edwards.ORDER - 1))
    assert edwards.plus(edwards.decode(before), edwards.BASE) == edwards.NEUTRAL


@pytest.mark.parametrize("vector", VECTORS["public_keys"], ids=source)
def test_public_keys_of_rfc_8032_are_multiples_of_the_base_point(vector: dict[str, str]) -> None:
    wide = bytearray(hashlib.sha512(bytes.fromhex(vector["secret"])).digest()[:32])
    wide[0] &= 248
    wide[31] = wide[31] & 127 | 64
    factor = group.scalar(bytes(wide) + bytes(32))
    assert group.times_base(factor).hex() == vector["public"]
    assert group.checked(bytes.fromhex(vector["public"])).hex() == vector["public"]


@pytest.mark.parametrize("vector", VECTORS["elligator"], ids=source)
def test_libsodiums_map_is_the_one_of_rfc_9380_but_for_the_sign(vector: dict[str, str]) -> None:
    u = int(vector["u"], 16)
    for sign in (0, 1):
        image = sodium.crypto_core_ed25519_from_uniform(scalar_of(u | sign << 255))
        assert int.from_bytes(image, "little") % 2**255 == int(vector["y"], 16)


# Arithmetic


@given(st.binary(min_size=64, max_size=64))
def test_a_scalar_is_its_64_bytes_modulo_the_order(wide: bytes) -> None:
    number = int.from_bytes(wide, "little")
    assert int.from_bytes(group.scalar(wide), "little") == number % edwards.ORDER


@given(FACTORS)
@settings(max_examples=examples(15))
def test_multiples_of_the_base_point_are_those_of_the_formulas(factor: int) -> None:
    assert group.times_base(scalar_of(factor)) == point_of(factor)


@given(FACTORS, FACTORS)
@settings(max_examples=examples(15))
def test_products_sums_and_differences_are_those_of_the_formulas(x: int, y: int) -> None:
    first, second = point_of(x), point_of(y)
    assert group.times(scalar_of(y), first) == point_of(x * y % edwards.ORDER)
    assert group.plus(first, second) == point_of((x + y) % edwards.ORDER)
    assert group.minus(first, second) == point_of((x - y) % edwards.ORDER)


@given(FACTORS, FACTORS)
def test_two_sides_reach_the_same_point_in_either_order(x: int, y: int) -> None:
    one = group.times(scalar_of(x), group.times_base(scalar_of(y)))
    other = group.times(scalar_of(y), group.times_base(scalar_of(x)))
    assert one == other


# Hashing to the group


@given(st.text(max_size=5), st.binary(max_size=5), st.integers(0, 200))
def test_a_hashed_point_is_in_the_group_and_always_the_same(
    label: str, part: bytes, index: int
) -> None:
    point = group.hash_to_point(label, part, index)
    assert group.checked(point) == point
    assert group.hash_to_point(label, part, index) == point


def test_a_hashed_point_is_the_sum_of_two_maps() -> None:
    images = [
        edwards.decode(sodium.crypto_core_ed25519_from_uniform(derive("label", half, b"part")))
        for half in (0, 1)
    ]
    assert group.hash_to_point("label", b"part") == edwards.encode(edwards.plus(*images))


def test_points_hashed_from_different_words_differ() -> None:
    points = [
        group.hash_to_point(label, *parts)
        for label in ("a", "b")
        for parts in ((), (b"",), (0,), (1,), (0, 0), (b"x", 0), (b"", b"x"))
    ]
    assert len(set(points)) == len(points)


# What must be refused


@given(FACTORS)
@settings(max_examples=examples(15))
def test_every_point_of_the_group_but_the_neutral_one_passes(factor: int) -> None:
    assert group.checked(point_of(factor)) == point_of(factor)


def test_there_are_eight_points_of_small_order_and_the_neutral_one_is_among_them() -> None:
    assert len(set(SMALL)) == 8
    assert edwards.NEUTRAL in SMALL
    assert all(edwards.on_curve(point) for point in SMALL)


@pytest.mark.parametrize("point", SMALL, ids=spelt)
def test_a_point_of_small_order_is_refused(point: edwards.Point) -> None:
    with pytest.raises(PeerFault):
        group.checked(edwards.encode(point))


@pytest.mark.parametrize("torsion", range(1, 8))
def test_a_point_with_a_part_of_small_order_is_refused(torsion: int) -> None:
    mixed = edwards.plus(edwards.times(1234567, edwards.BASE), SMALL[torsion])
    with pytest.raises(PeerFault):
        group.checked(edwards.encode(mixed))


def non_canonical() -> list[bytes]:
    """Encodings of y of P or more, and of x = 0 with the sign of a negative x."""
    over = [edwards.P + y for y in range(19) if edwards.with_y(y, 0) is not None]
    found = [scalar_of(y | sign << 255) for y in over for sign in (0, 1)]
    return [*found, scalar_of(1 | 1 << 255), scalar_of(edwards.P - 1 | 1 << 255)]


@pytest.mark.parametrize("data", non_canonical(), ids=bytes.hex)
def test_a_point_in_a_spelling_that_is_not_canonical_is_refused(data: bytes) -> None:
    with pytest.raises(PeerFault):
        group.checked(data)


def test_bytes_whose_y_is_on_no_point_are_refused() -> None:
    off = [y for y in range(2, 60) if edwards.with_y(y, 0) is None]
    assert off
    for y in off:
        for sign in (0, 1):
            with pytest.raises(PeerFault):
                group.checked(scalar_of(y | sign << 255))


@pytest.mark.parametrize("data", [bytes(32), b"\xff" * 32], ids=["zeros", "ones"])
def test_bytes_of_nothing_are_refused(data: bytes) -> None:
    with pytest.raises(PeerFault):
        group.checked(data)


@given(st.binary(min_size=32, max_size=32))
def test_bytes_at_random_pass_only_if_they_are_a_point_of_the_group(data: bytes) -> None:
    try:
        group.checked(data)
    except PeerFault:
        return
    assert edwards.encode(edwards.decode(data)) == data
    assert edwards.times(edwards.ORDER, edwards.decode(data)) == edwards.NEUTRAL


@pytest.mark.parametrize("factor", [0, edwards.ORDER], ids=["zero", "the order"])
def test_a_product_that_is_neutral_is_refused(factor: int) -> None:
    with pytest.raises(PeerFault):
        group.times(scalar_of(factor), point_of(5))


@pytest.mark.parametrize("point", SMALL, ids=spelt)
def test_a_point_of_small_order_has_no_product(point: edwards.Point) -> None:
    with pytest.raises(PeerFault):
        group.times(scalar_of(8), edwards.encode(point))
