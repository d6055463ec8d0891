"""Ciphers and hashes: the standards' own answers, and slow references in Python integers."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from tracktwo.mpc.blocks import bytes_of
from tracktwo.mpc.cipher import Permutation, Stream, derive, linear_hash
from tracktwo.mpc.garbling import CHUNK, _Hashing

VECTORS = Path(__file__).parents[1] / "vectors"
AES = json.loads((VECTORS / "aes.json").read_text())
GHASH = json.loads((VECTORS / "ghash.json").read_text())
KEYS = st.binary(min_size=16, max_size=16)


def source(vector: dict[str, str]) -> str:
    return vector["source"]


def encrypted(key: bytes, block: bytes) -> bytes:
    """AES-128 of one block."""
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block)  # noqa: S305


def xor(x: bytes, y: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(x, y, strict=True))


def permuted(key: bytes, data: bytes) -> bytes:
    given_blocks = np.frombuffer(data, np.uint64).reshape(-1, 2)
    out = np.empty((len(given_blocks) + 1, 2), np.uint64)
    Permutation(key).apply(given_blocks, out)
    return out[:-1].tobytes()


# The fixed-key permutation and the hash of the gates


@pytest.mark.parametrize("vector", AES["blocks"], ids=source)
def test_the_permutation_is_aes_128_as_published(vector: dict[str, str]) -> None:
    key, plaintext = bytes.fromhex(vector["key"]), bytes.fromhex(vector["plaintext"])
    assert permuted(key, plaintext).hex() == vector["ciphertext"]


@pytest.mark.parametrize("vector", AES["blocks"], ids=source)
def test_a_permutation_used_again_still_gives_the_published_answer(vector: dict[str, str]) -> None:
    given_blocks = np.frombuffer(bytes.fromhex(vector["plaintext"]), np.uint64).reshape(-1, 2)
    out = np.empty((len(given_blocks) + 1, 2), np.uint64)
    permutation = Permutation(bytes.fromhex(vector["key"]))
    for _ in range(3):
        permutation.apply(given_blocks, out)
        assert out[:-1].tobytes().hex() == vector["ciphertext"]


def tmmo(key: bytes, label: bytes, tweak: int) -> bytes:
    """pi(pi(x) ^ i) ^ pi(x), a block at a time; the tweak little-endian."""
    once = encrypted(key, label)
    return xor(encrypted(key, xor(once, tweak.to_bytes(16, "little"))), once)


@given(KEYS, st.lists(st.integers(1, 5), min_size=1, max_size=4), st.integers(0, 2**32 - 1))
def test_gates_are_hashed_by_tmmo_under_one_tweak_after_the_other(
    key: bytes, counts: list[int], seed: int
) -> None:
    hashing, random, tweak = _Hashing(key, 4), np.random.default_rng(seed), 0
    for count in counts:
        labels = hashing.gather(4, count)
        labels[...] = random.integers(0, 1 << 64, labels.shape, np.uint64)
        before = labels.copy()
        hashed = hashing.hash(labels, 2)
        for wire, gate in np.ndindex(4, count):
            of_side = tweak + (wire // 2) * count + gate
            expected = tmmo(key, bytes_of(before[wire, gate]), of_side)
            assert bytes_of(hashed[wire, gate]) == expected
        tweak += 2 * count


def test_a_whole_chunk_is_hashed_like_single_labels() -> None:
    key = bytes(range(16))
    hashing = _Hashing(key, 2)
    for start in (0, 2 * CHUNK):  # the second time with tweaks beyond the table of counts
        labels = hashing.gather(2, CHUNK)
        labels[...] = np.random.default_rng(start).integers(0, 1 << 64, labels.shape, np.uint64)
        before = labels.copy()
        hashed = hashing.hash(labels, 2)
        for wire, gate in ((0, 0), (0, CHUNK - 1), (1, 0), (1, CHUNK - 1)):
            expected = tmmo(key, bytes_of(before[wire, gate]), start + wire * CHUNK + gate)
            assert bytes_of(hashed[wire, gate]) == expected


# The linear hash


def times(x: int, y: int) -> int:
    """The product of SP 800-38D, algorithm 1: bit 0 of the field is the highest of the integer."""
    product = 0
    for bit in reversed(range(128)):
        if x >> bit & 1:
            product ^= y
        y = y >> 1 ^ (0xE1 << 120 if y & 1 else 0)
    return product


def ghash(key: bytes, data: bytes) -> bytes:
    """SP 800-38D, algorithm 2: one block at a time, multiplied bit by bit."""
    total = 0
    for start in range(0, len(data), 16):
        block = int.from_bytes(data[start : start + 16].ljust(16, b"\0"), "big")
        total = times(total ^ block, int.from_bytes(key, "big"))
    return total.to_bytes(16, "big")


@pytest.mark.parametrize("vector", GHASH, ids=source)
def test_the_reference_for_ghash_gives_the_published_answers(vector: dict[str, str]) -> None:
    assert (
        ghash(bytes.fromhex(vector["key"]), bytes.fromhex(vector["input"])).hex()
        == (vector["ghash"])
    )


@given(KEYS, st.integers(0, 70), st.integers(0, 2**32 - 1))
def test_the_linear_hash_is_the_linear_part_of_ghash(key: bytes, length: int, seed: int) -> None:
    rows = np.random.default_rng(seed).integers(0, 256, (3, length), np.uint8)
    hashed = linear_hash(key, rows)
    field_key = encrypted(key, bytes(16))
    for row, got in zip(rows, hashed, strict=True):
        # The length block, which GCM puts behind the data, is the part that is not linear.
        assert bytes_of(got) == ghash(
            field_key, row.tobytes().ljust(-length % 16 + length, b"\0") + bytes(16)
        )


@given(KEYS, st.integers(1, 70), st.integers(0, 2**32 - 1))
def test_the_linear_hash_of_a_sum_is_the_sum_of_the_hashes(
    key: bytes, length: int, seed: int
) -> None:
    x, y = np.random.default_rng(seed).integers(0, 256, (2, 4, length), np.uint8)
    assert np.array_equal(linear_hash(key, x ^ y), linear_hash(key, x) ^ linear_hash(key, y))


@given(KEYS, st.integers(0, 70))
def test_the_linear_hash_of_zeros_is_zero(key: bytes, length: int) -> None:
    assert not linear_hash(key, np.zeros((2, length), np.uint8)).any()


@given(KEYS, st.integers(1, 70), st.integers(0, 2**32 - 1))
def test_one_changed_bit_changes_the_linear_hash(key: bytes, length: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    row = random.integers(0, 256, (1, length), np.uint8)
    changed = row.copy()
    changed[0, random.integers(length)] ^= 1 << random.integers(8)
    assert not np.array_equal(linear_hash(key, row), linear_hash(key, changed))


@given(KEYS, st.integers(0, 70), st.integers(0, 2**32 - 1))
def test_a_mask_picks_the_bits_that_are_hashed(key: bytes, length: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = random.integers(0, 256, (3, length), np.uint8)
    mask = random.integers(0, 256, length, np.uint8)
    assert np.array_equal(linear_hash(key, rows, mask), linear_hash(key, rows & mask))


def test_the_linear_hash_depends_on_its_key() -> None:
    row = np.arange(32, dtype=np.uint8).reshape(1, -1)
    assert not np.array_equal(linear_hash(bytes(16), row), linear_hash(bytes([1] * 16), row))


# Derivation


def test_derive_is_sha_256_of_the_canonical_list_of_its_parts() -> None:
    # RFC 8949: 85 a list of 5; 6a, 65 texts of 10 and 5; 43 bytes of 3; 19 a two-byte number; 60 ""
    spelt = b"\x85\x6atracktwo/1\x65label\x43\x00\x01\x02\x19\x01\x00\x60"
    assert derive("label", b"\x00\x01\x02", 256, "") == hashlib.sha256(spelt).digest()


DIFFERENT = [
    derive("a"),
    derive("b"),
    derive("a", b""),
    derive("a", ""),
    derive("a", 0),
    derive("a", b"\x00"),
    derive("a", b"", b""),
    derive("a", b"b"),
    derive("ab"),
    derive("a", b"bc"),
    derive("a", b"b", b"c"),
    derive("a", b"", b"bc"),
    derive("a", "bc"),
    derive("a", 1, 2),
    derive("a", 12),
    derive("a", "1", "2"),
]


def test_no_two_labels_or_lists_of_parts_run_into_each_other() -> None:
    assert len(set(DIFFERENT)) == len(DIFFERENT)


PARTS = st.lists(st.binary(max_size=3) | st.text(max_size=3) | st.integers(0, 300), max_size=3)


@given(st.text(max_size=3), PARTS, st.text(max_size=3), PARTS)
def test_derived_keys_are_equal_only_for_equal_labels_and_parts(
    label: str, parts: list[bytes | int | str], other: str, others: list[bytes | int | str]
) -> None:
    same = label == other and [(type(p), p) for p in parts] == [(type(p), p) for p in others]
    assert (derive(label, *parts) == derive(other, *others)) == same


# Streams


@pytest.mark.parametrize("vector", AES["streams"], ids=source)
def test_a_stream_is_aes_128_in_counter_mode_from_zero(vector: dict[str, str]) -> None:
    expected = bytes.fromhex(vector["stream"])
    assert Stream(bytes.fromhex(vector["seed"])).read(len(expected)) == expected


@given(KEYS, st.integers(0, 300))
def test_a_stream_is_the_cipher_of_the_block_numbers(key: bytes, length: int) -> None:
    blocks = (encrypted(key, number.to_bytes(16, "big")) for number in range(length // 16 + 1))
    assert Stream(key).read(length) == b"".join(blocks)[:length]


def test_a_stream_takes_its_seed_from_the_first_16_bytes_of_a_derived_key() -> None:
    assert Stream(derive("seed")).read(40) == Stream(derive("seed")[:16]).read(40)


WHOLE = Stream(bytes(16)).read(300_000)
SIZES = st.sampled_from((0, 1, 15, 16, 17, 1000, 65535, 65536, 65537))


@given(st.lists(SIZES, max_size=4))
def test_a_stream_is_the_same_whatever_the_pieces_it_is_read_in(sizes: list[int]) -> None:
    stream = Stream(bytes(16))
    assert b"".join(stream.read(size) for size in sizes) == WHOLE[: sum(sizes)]


def test_blocks_fills_and_reads_take_from_one_stream_in_turn() -> None:
    stream = Stream(bytes(16))
    room = bytearray(7)
    first = stream.read(3)
    stream.fill(memoryview(room))
    blocks = stream.blocks(2)
    assert first + room + blocks.tobytes() + stream.read(5) == WHOLE[: 3 + 7 + 32 + 5]


def test_no_blocks_take_nothing_from_a_stream() -> None:
    stream = Stream(bytes(16))
    assert stream.blocks(0).shape == (0, 2)
    assert stream.read(16) == WHOLE[:16]
