"""All but one seed of every tree: what the receiver learns, and what a lying sender risks."""

from __future__ import annotations

import functools
import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracktwo.encoding import encode
from tracktwo.errors import PeerFault
from tracktwo.mpc import pprf
from tracktwo.mpc.blocks import Bits
from tracktwo.mpc.cipher import Stream, derive
from tracktwo.mpc.pprf import DEPTH, LEAVES, MESSAGE_BYTES, TREES

CONTEXT = derive("test context")
EVERY_PLACE = np.array([tree % LEAVES >> bit & 1 for tree in range(TREES) for bit in range(DEPTH)])
"""An offset by which tree i lacks leaf i % 16, so that one call tries every leaf."""


def base_keys(seed: int = 0) -> list[tuple[bytes, bytes]]:
    stream = Stream(derive("base keys", seed))
    return [(stream.read(16), stream.read(16)) for _ in range(TREES * DEPTH)]


def chosen(keys: list[tuple[bytes, bytes]], delta: Bits) -> list[bytes]:
    choices = pprf.choices_for(delta.astype(np.uint8))
    return [pair[choice] for pair, choice in zip(keys, choices, strict=True)]


@functools.cache
def grown() -> tuple[pprf.Seeds, bytes]:
    return pprf.grow(CONTEXT, base_keys())


def punctured(message: bytes, delta: Bits = EVERY_PLACE) -> pprf.Seeds:
    return pprf.puncture(CONTEXT, chosen(base_keys(), delta), delta.astype(np.uint8), message)


def missing(delta: Bits, tree: int) -> int:
    return sum(int(delta[DEPTH * tree + bit]) << bit for bit in range(DEPTH))


def in_order(seeds: list[bytes], place: int) -> list[bytes]:
    """The receiver's seeds, [y] with y = x ^ place, by x."""
    return [seeds[x ^ place] for x in range(LEAVES)]


def flip(message: bytes, bit: int) -> bytes:
    changed = bytearray(message)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


# What an honest sender and receiver have


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=8)
def test_the_receiver_knows_every_seed_but_the_one_of_its_offset(seed: int) -> None:
    delta = np.random.default_rng(seed).integers(0, 2, TREES * DEPTH, np.uint8)
    seeds, message = grown()
    for tree, got in enumerate(punctured(message, delta)):
        place = missing(delta, tree)
        known = in_order(got, place)
        assert [x for x in range(LEAVES) if known[x] == seeds[tree][x]] == [
            x for x in range(LEAVES) if x != place
        ]
        assert known[place] == bytes(16)


def test_every_leaf_can_be_the_missing_one() -> None:
    seeds, message = grown()
    got = punctured(message)
    for tree in range(TREES):
        known = in_order(got[tree], tree % LEAVES)
        assert [x for x in range(LEAVES) if known[x] != seeds[tree][x]] == [tree % LEAVES]


def test_all_seeds_of_all_trees_are_different() -> None:
    seeds, message = grown()
    assert len({seed for tree in seeds for seed in tree}) == TREES * LEAVES
    assert len(message) == MESSAGE_BYTES


def test_the_choices_lead_away_from_the_missing_leaf_from_the_root_down() -> None:
    choices = pprf.choices_for(EVERY_PLACE.astype(np.uint8)).reshape(TREES, DEPTH)
    for tree in range(TREES):
        path = [tree % LEAVES >> DEPTH - 1 - level & 1 for level in range(DEPTH)]
        assert choices[tree].tolist() == [1 - step for step in path]


# The bytes of the message, from the specification


def digest(label: str, *parts: bytes | int) -> bytes:
    return hashlib.sha256(encode(["tracktwo/1", label, CONTEXT, *parts])).digest()


def xor(values: list[bytes]) -> bytes:
    total = 0
    for value in values:
        total ^= int.from_bytes(value, "big")
    return total.to_bytes(len(values[0]), "big")


def slow_tree(tree: int, pairs: list[tuple[bytes, bytes]]) -> tuple[list[bytes], bytes]:
    """One tree as docs/spec/probe.md says it: its seeds and its part of the message."""
    nodes, message = list(pairs[0]), b""
    for level in range(1, DEPTH):
        children = [digest("tree", tree, level, node) for node in nodes]
        for side in (0, 1):
            sums = xor([child[16 * side : 16 * side + 16] for child in children])
            message += xor([sums, pairs[level][side]])
        nodes = [half for child in children for half in (child[:16], child[16:])]
    proofs = [digest("leaf proof", tree, leaf) for leaf in nodes]
    message += xor(proofs) + digest("tree check", tree, b"".join(proofs))
    return [digest("leaf", tree, leaf)[:16] for leaf in nodes], message


def test_trees_are_grown_and_written_as_the_specification_says() -> None:
    seeds, message = grown()
    slow = [slow_tree(t, base_keys()[DEPTH * t : DEPTH * t + DEPTH]) for t in range(TREES)]
    assert seeds == [of_tree for of_tree, _ in slow]
    assert message == b"".join(part for _, part in slow)


# A sender that lies

SIZE = MESSAGE_BYTES // TREES
CORRECTIONS = 32 * (DEPTH - 1)  # bytes of a tree's part that correct levels, a side every 16


def harmless(bit: int, tree: int) -> bool:
    """Whether a flip lies in a correction that the receiver's path has no use for.

    On each level the receiver reads the correction of the side away from its missing leaf.
    """
    place, byte = tree % LEAVES, bit // 8
    if byte >= CORRECTIONS:
        return False
    level = 1 + byte // 32
    toward = place >> DEPTH - 1 - level & 1
    return byte // 16 % 2 == toward


def outcome_of_flip(tree: int, bit: int) -> bool:
    """True if the receiver notices; if it does not, its seeds must be unharmed."""
    seeds, message = grown()
    try:
        got = punctured(flip(message, 8 * SIZE * tree + bit))
    except PeerFault:
        return True
    place = tree % LEAVES
    known = in_order(got[tree], place)
    assert all(known[x] == seeds[tree][x] for x in range(LEAVES) if x != place)
    return False


def test_a_flipped_bit_is_caught_or_lies_where_the_receiver_never_looks() -> None:
    tree = 5  # whose missing leaf is left on one corrected level and right on the two others
    for bit in range(0, 8 * SIZE, 3):  # some of every byte, and every bit of some
        assert outcome_of_flip(tree, bit) is not harmless(bit, tree)


@pytest.mark.parametrize("level", range(1, DEPTH))
def test_a_lie_on_one_level_is_caught_by_exactly_the_receivers_it_could_mislead(level: int) -> None:
    """Roy's leakage: going unnoticed tells the sender one bit of each place, and no more."""
    for side in (0, 1):
        unnoticed = [
            tree
            for tree in range(LEAVES)
            if not outcome_of_flip(tree, 8 * (32 * (level - 1) + 16 * side))
        ]
        assert unnoticed == [t for t in range(LEAVES) if t >> DEPTH - 1 - level & 1 == side]


def test_lies_on_both_sides_of_a_level_are_always_caught() -> None:
    _, message = grown()
    for tree in range(LEAVES):
        lied = flip(message, 8 * (SIZE * tree + 40))
        with pytest.raises(PeerFault):
            punctured(flip(lied, 8 * (SIZE * tree + 56)))


def test_a_root_unlike_the_one_in_the_base_transfers_is_caught_unless_never_chosen() -> None:
    keys = base_keys()
    other = base_keys(1)
    lied = [(keys[0][0], other[0][1]), *keys[1:]]  # in tree 0: another key for choice 1
    _, message = pprf.grow(CONTEXT, lied)
    for first in (0, 1):  # the top bit of the missing leaf: 0 means choosing key 1
        delta = np.zeros(TREES * DEPTH, np.uint8)
        delta[DEPTH - 1] = first
        if first:
            assert punctured(message, delta)
        else:
            with pytest.raises(PeerFault):
                punctured(message, delta)


def test_a_message_of_another_context_is_caught() -> None:
    _, message = pprf.grow(derive("another context"), base_keys())
    with pytest.raises(PeerFault):
        punctured(message)


def test_trees_in_another_order_are_caught() -> None:
    _, message = grown()
    with pytest.raises(PeerFault):
        punctured(message[SIZE : 2 * SIZE] + message[:SIZE] + message[2 * SIZE :])


@pytest.mark.parametrize("message", [b"", bytes(MESSAGE_BYTES - 1), bytes(MESSAGE_BYTES + 1)])
def test_a_message_of_a_wrong_length_is_refused(message: bytes) -> None:
    with pytest.raises(PeerFault):
        punctured(message)


@pytest.mark.parametrize("filling", [0, 255])
def test_a_message_of_nothing_is_refused(filling: int) -> None:
    with pytest.raises(PeerFault):
        punctured(bytes([filling]) * MESSAGE_BYTES)
