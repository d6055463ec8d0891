"""Correlated transfers: q = t ^ x delta, and every receiver that strays from it."""

from __future__ import annotations

import functools
import hashlib
import io
from collections.abc import Callable

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tracktwo.errors import PeerFault
from tracktwo.mpc import otext, pprf
from tracktwo.mpc.blocks import WIDTH, Bits, Blocks, blocks_of
from tracktwo.mpc.cipher import Stream, derive, linear_hash
from tracktwo.mpc.transcript import HashingWriter

CONTEXT = derive("test context")
COUNTS = [128, 384]
DELTA = np.random.default_rng(9).integers(0, 2, WIDTH, np.uint8)
CHOICES = [np.random.default_rng(count).integers(0, 256, count // 8, np.uint8) for count in COUNTS]
SEED = derive("receiver")


def base_keys() -> list[tuple[bytes, bytes]]:
    stream = Stream(derive("base keys"))
    return [(stream.read(16), stream.read(16)) for _ in range(WIDTH)]


def chosen(delta: Bits = DELTA) -> list[bytes]:
    return [k[c] for k, c in zip(base_keys(), pprf.choices_for(delta), strict=True)]


def message_of(receiver: otext.Receiver, choices: list[NDArray[np.uint8]] = CHOICES) -> bytes:
    out = io.BytesIO()
    receiver.write(lambda section: choices[section], HashingWriter(out))
    return out.getvalue()


def honest(counts: list[int] = COUNTS) -> otext.Receiver:
    return otext.Receiver(SEED, CONTEXT, base_keys(), counts)


@functools.cache
def honest_message() -> bytes:
    return message_of(honest())


def sent(message: bytes, counts: list[int] = COUNTS, delta: Bits = DELTA) -> otext.Sender:
    """The sender that got this message."""
    return otext.Sender(CONTEXT, chosen(delta), delta, counts, io.BytesIO(message))


def block_of(bits: Bits) -> Blocks:
    return blocks_of(np.packbits(bits, bitorder="little").tobytes())[0]


def fits(t: Blocks, q: Blocks, packed: NDArray[np.uint8], delta: Bits = DELTA) -> bool:
    """Whether q = t ^ x delta in every transfer."""
    choices = np.unpackbits(packed, bitorder="little")
    return all(
        np.array_equal(row ^ other, block_of(delta) * np.uint64(choice))
        for row, other, choice in zip(t, q, choices, strict=True)
    )


# Honest transfers


def test_each_block_of_the_sender_is_the_receivers_and_the_offset_where_it_chose_one() -> None:
    pairs = zip(honest().rows(), sent(honest_message()).rows(), CHOICES, strict=True)
    for t, q, packed in pairs:
        assert t.shape == q.shape == (8 * len(packed), 2)
        assert fits(t, q, packed)


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 4), min_size=1, max_size=3))
@settings(max_examples=8)
def test_transfers_are_right_for_any_offset_choices_and_sections(
    seed: int, stretches: list[int]
) -> None:
    random = np.random.default_rng(seed)
    delta = random.integers(0, 2, WIDTH, np.uint8)
    counts = [128 * stretch for stretch in stretches]
    choices = [random.integers(0, 256, count // 8, np.uint8) for count in counts]
    receiver = honest(counts)
    sender = sent(message_of(receiver, choices), counts, delta)
    for t, q, packed in zip(receiver.rows(), sender.rows(), choices, strict=True):
        assert fits(t, q, packed, delta)


def test_both_sides_may_read_their_blocks_as_often_as_they_like() -> None:
    receiver, sender = honest(), sent(honest_message())
    for side in (receiver, sender):
        for first, again in zip(list(side.rows()), list(side.rows()), strict=True):
            assert np.array_equal(first, again)


def test_blocks_are_all_different() -> None:
    blocks = [tuple(row) for rows in honest().rows() for row in rows.tolist()]
    assert len(set(blocks)) == sum(COUNTS)


def test_the_message_has_the_length_that_is_said_whatever_was_chosen() -> None:
    zeros = [np.zeros_like(packed) for packed in CHOICES]
    assert len(honest_message()) == otext.message_bytes(COUNTS)
    assert len(message_of(honest(), zeros)) == otext.message_bytes(COUNTS)
    assert otext.message_bytes(COUNTS) == 7184 + 4 * (sum(COUNTS) + 128)  # docs/spec/probe.md


def test_the_same_seed_and_choices_say_the_same_again() -> None:
    assert message_of(honest()) == honest_message()


# The columns, from the specification


def stream(seed: bytes, length: int) -> int:
    cipher = Cipher(algorithms.AES(seed), modes.CTR(bytes(16))).encryptor()
    return int.from_bytes(cipher.update(bytes(length)), "little")


def test_columns_and_blocks_are_made_as_the_specification_says() -> None:
    """A slow reference for the first section: AES-CTR, and XOR of Python integers."""
    length = COUNTS[0] // 8
    seeds, _ = pprf.grow(CONTEXT, base_keys())
    t = np.array([row for rows in honest().rows() for row in rows])[: COUNTS[0]]
    for tree in range(pprf.TREES):
        leaves = [stream(seed, length) for seed in seeds[tree]]
        column = int.from_bytes(CHOICES[0].tobytes(), "little")
        for leaf in leaves:
            column ^= leaf
        start = pprf.MESSAGE_BYTES + length * tree
        assert int.from_bytes(honest_message()[start : start + length], "little") == column
        for bit in range(4):
            row = 0
            for x, leaf in enumerate(leaves):
                row ^= leaf if x >> bit & 1 else 0
            place = 4 * tree + bit
            of_rows = t[:, place // 64] >> np.uint64(place % 64) & np.uint64(1)
            assert [row >> j & 1 for j in range(COUNTS[0])] == of_rows.tolist()


def test_the_masking_transfers_differ_from_sitting_to_sitting() -> None:
    """They mask what the check shows of the choices; used twice they would mask nothing."""
    zeros = [np.zeros_like(packed) for packed in CHOICES]
    start = otext.message_bytes(COUNTS) - otext.CHECK_BYTES
    shown = {
        message_of(otext.Receiver(seed, context, base_keys(), COUNTS), zeros)[start : start + 16]
        for seed in (SEED, derive("another"))
        for context in (CONTEXT, derive("another context"))
    }
    assert len(shown) == 4


# A receiver that cheats

Columns = NDArray[np.uint8]


class Cheat(otext.Receiver):
    """Uses other choices in some columns, and computes the rest of its message as one should.

    `lie(tree, packed)` are the choice bits of the first section it uses in the columns of a tree;
    `guess` changes the hashes it claims of the rows of t, by row and the lie's own hash.
    """

    def __init__(
        self,
        lie: Callable[[int, Columns], Columns],
        guess: Callable[[int, int], int] = lambda tree, bit: 0,
    ) -> None:
        super().__init__(SEED, CONTEXT, base_keys(), COUNTS)
        self._lie, self._guess = lie, guess

    def message(self) -> bytes:
        """The whole message."""
        body = self._trees + b"".join(self._section(s) for s in range(len(COUNTS) + 1))
        challenge = hashlib.sha256(body).digest()
        choices, rows = np.zeros((1, 2), np.uint64), np.zeros((WIDTH, 2), np.uint64)
        leaves = otext._Leaves(self._seeds)
        for section, length in self._lengths():
            key = derive("column check", CONTEXT, challenge, section)
            packed = self._packed(lambda s: CHOICES[s], section)
            choices ^= linear_hash(key, packed.reshape(1, length))
            rows ^= linear_hash(key, leaves.columns(length)[0])
            if section == 0:
                rows ^= self._adjustment(key)
        return body + choices.tobytes() + rows.tobytes()

    def _section(self, section: int) -> bytes:
        leaves = otext._Leaves(self._seeds)
        for number, length in self._lengths():
            _, u = leaves.columns(length)
            if number == section:
                break
        for tree in range(pprf.TREES):
            packed = self._packed(lambda s: CHOICES[s], section)
            u[tree] ^= self._lie(tree, packed) if section == 0 else packed
        return u.tobytes()

    def _adjustment(self, key: bytes) -> Blocks:
        adjusted = np.zeros((WIDTH, 2), np.uint64)
        for tree in range(pprf.TREES):
            wrong = self._lie(tree, CHOICES[0]) ^ CHOICES[0]
            hashed = linear_hash(key, wrong.reshape(1, -1))[0]
            for bit in range(4):
                if self._guess(tree, bit):
                    adjusted[4 * tree + bit] = hashed
        return adjusted


def no_lie(tree: int, packed: Columns) -> Columns:
    return packed


def one_bit_in(trees: set[int]) -> Callable[[int, Columns], Columns]:
    """Another choice in the first transfer, in the columns of these trees."""

    def lie(tree: int, packed: Columns) -> Columns:
        changed = packed.copy()
        changed[0] ^= 1 if tree in trees else 0
        return changed

    return lie


def accepted(message: bytes, delta: Bits = DELTA) -> bool:
    try:
        sent(message, delta=delta)
    except PeerFault:
        return False
    return True


def test_the_cheat_without_a_lie_is_an_honest_receiver() -> None:
    assert Cheat(no_lie).message() == honest_message()


@pytest.mark.parametrize(
    "trees",
    [{0}, {31}, set(range(16)), set(range(31))],
    ids=["first", "last", "half", "all but one"],
)
def test_other_choices_in_other_columns_are_caught(trees: set[int]) -> None:
    assert not accepted(Cheat(one_bit_in(trees)).message())


def test_the_same_other_choices_in_all_columns_are_other_choices_and_must_match_the_hash() -> None:
    assert not accepted(Cheat(one_bit_in(set(range(32)))).message())


def test_a_column_of_another_choice_is_caught_unless_its_four_bits_of_the_offset_are_guessed() -> (
    None
):
    """The leakage of the check: a lie in one tree goes unnoticed with one guess of sixteen."""
    tree = 3
    place = [int(bit) for bit in DELTA[4 * tree : 4 * tree + 4]]
    unnoticed = []
    for number in range(16):
        bits = [number >> bit & 1 for bit in range(4)]
        cheat = Cheat(one_bit_in({tree}), lambda _, bit, bits=bits: bits[bit])
        if accepted(cheat.message()):
            unnoticed.append(bits)
    assert unnoticed == [place]


def test_a_message_of_another_sitting_is_caught() -> None:
    other = otext.Receiver(SEED, derive("another context"), base_keys(), COUNTS)
    assert not accepted(message_of(other))


# A message that changes on its way


def test_flips_all_over_the_message_are_caught_even_in_corrections_that_are_never_read() -> None:
    """Those change the challenge, so that the check fails."""
    places = range(0, len(honest_message()), 61)
    for place in places:
        changed = bytearray(honest_message())
        changed[place] ^= 1 << place % 8
        assert not accepted(bytes(changed)), f"byte {place} of the columns was not checked"


LANDMARKS = {
    "first tree": 0,
    "last proof hash": pprf.MESSAGE_BYTES - 1,
    "first column": pprf.MESSAGE_BYTES,
    "last column of the first section": pprf.MESSAGE_BYTES + 32 * COUNTS[0] // 8 - 1,
    "first column of the second": pprf.MESSAGE_BYTES + 32 * COUNTS[0] // 8,
    "first masking column": pprf.MESSAGE_BYTES + 32 * sum(COUNTS) // 8,
    "last masking column": pprf.MESSAGE_BYTES + 32 * (sum(COUNTS) + 128) // 8 - 1,
    "hash of the choices": pprf.MESSAGE_BYTES + 32 * (sum(COUNTS) + 128) // 8,
    "first hash of t": pprf.MESSAGE_BYTES + 32 * (sum(COUNTS) + 128) // 8 + 16,
    "last hash of t": otext.message_bytes(COUNTS) - 1,
}


@pytest.mark.parametrize("place", LANDMARKS.values(), ids=LANDMARKS.keys())
@pytest.mark.parametrize("bit", [0, 7])
def test_a_bit_flipped_at_the_edge_of_a_part_is_caught(place: int, bit: int) -> None:
    changed = bytearray(honest_message())
    changed[place] ^= 1 << bit
    assert not accepted(bytes(changed))


@pytest.mark.parametrize("length", [0, 1, pprf.MESSAGE_BYTES, otext.message_bytes(COUNTS) - 1])
def test_a_message_cut_short_is_refused(length: int) -> None:
    assert not accepted(honest_message()[:length])


def test_a_message_for_other_sections_is_refused() -> None:
    counts = [*reversed(COUNTS)]
    assert not accepted(message_of(honest(counts), [*reversed(CHOICES)]))


def test_an_offset_with_other_base_choices_finds_nothing_that_fits() -> None:
    other = DELTA.copy()
    other[17] ^= 1
    keys = chosen(DELTA)
    with pytest.raises(PeerFault):
        otext.Sender(CONTEXT, keys, other, COUNTS, io.BytesIO(honest_message()))


def test_secrets_do_not_show() -> None:
    receiver, sender = honest(), sent(honest_message())
    assert f"{receiver} {receiver!r}" == "Receiver(<secret>) Receiver(<secret>)"
    assert f"{sender} {sender!r}" == "Sender(<secret>) Sender(<secret>)"
