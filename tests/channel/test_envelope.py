"""Envelopes: all alike, opened by one, from who made them and no other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from hostile import damaged, deep, trees
from network import card as new_card
from tracktwo.channel import envelope as envelopes
from tracktwo.channel.envelope import (
    BUCKETS,
    FIRST_WORD,
    Frame,
    mid_of,
    open_envelope,
    pair_key,
    seal,
)
from tracktwo.channel.keys import box
from tracktwo.encoding import encode
from tracktwo.errors import Malformed

KEYS, CARD = new_card("Ada")
OTHER_KEYS, OTHER_CARD = new_card("Ben")
CHANNEL, SENDER, RECIPIENT = bytes([1]) * 16, bytes([2]) * 16, bytes([3]) * 16
FRAME = Frame(SENDER, 7, 1, b"sealed by Olm", bytes(32))


def boxed(padded: bytes) -> bytes:
    """An envelope around any bytes at all."""
    return b"\x01" + box(padded, CARD.hpke, envelopes._INFO)


def padded(plain: bytes, size: int = BUCKETS[0]) -> bytes:
    return len(plain).to_bytes(4) + plain + bytes(size - envelopes._OVERHEAD - len(plain))


@settings(max_examples=examples(40))
@given(st.integers(0, 250_000), st.sampled_from([0, 1, FIRST_WORD]), st.integers(0, 2**62 - 1))
def test_an_envelope_has_one_of_four_sizes_and_opens_to_what_was_sealed(
    length: int, kind: int, counter: int
) -> None:
    frame = Frame(SENDER, counter, kind, bytes(length), bytes(32))
    envelope = seal(frame, CARD.hpke)
    assert len(envelope) in BUCKETS
    assert len(envelope) <= max(BUCKETS[0], 4 * (length + 1300))
    assert open_envelope(envelope, KEYS.hpke) == frame


@pytest.mark.parametrize("size", BUCKETS)
def test_a_frame_fills_an_envelope_to_the_last_byte(size: int) -> None:
    for length in range(size - 1300, size - 1100):
        try:
            envelope = seal(replace(FRAME, olm=bytes(length)), CARD.hpke)
        except Malformed:
            assert size == BUCKETS[-1]
            break
        if len(envelope) > size:
            break
        assert len(envelope) == size
    else:
        pytest.fail("no length was too long")


def test_nobody_else_opens_an_envelope() -> None:
    assert open_envelope(seal(FRAME, CARD.hpke), OTHER_KEYS.hpke) is None


def test_an_envelope_shows_nothing_of_what_is_in_it() -> None:
    olm = b"a marker to look for" * 10
    envelope = seal(replace(FRAME, olm=olm), CARD.hpke)
    for clear in (SENDER, olm[:8], CARD.curve, CARD.mac, CARD.hpke[:32]):
        assert clear not in envelope
    again = seal(replace(FRAME, olm=olm), CARD.hpke)
    assert envelope[1:17] != again[1:17]
    assert mid_of(envelope) != mid_of(again)


def test_a_changed_bit_anywhere_closes_an_envelope() -> None:
    envelope = seal(FRAME, CARD.hpke)
    for at in range(1, len(envelope), 37):
        changed = envelope[:at] + bytes([envelope[at] ^ 1]) + envelope[at + 1 :]
        assert open_envelope(changed, KEYS.hpke) is None


def test_what_is_no_envelope_is_malformed() -> None:
    envelope = seal(FRAME, CARD.hpke)
    for other in (b"", envelope[:-1], envelope + b"\x00", b"\x02" + envelope[1:]):
        with pytest.raises(Malformed):
            open_envelope(other, KEYS.hpke)


@given(st.sampled_from(BUCKETS[:2]), st.binary(max_size=64))
def test_noise_of_the_right_size_opens_to_nothing(size: int, noise: bytes) -> None:
    data = b"\x01" + (noise + bytes([7])) * size
    assert open_envelope(data[:size], KEYS.hpke) is None


GOOD = encode([1, SENDER, 7, 1, b"olm", bytes(32)])


@settings(max_examples=examples(150))
@given(damaged(GOOD))
def test_a_liar_with_our_key_makes_a_frame_or_what_is_malformed(plain: bytes) -> None:
    try:
        frame = open_envelope(boxed(padded(plain)), KEYS.hpke)
    except Malformed:
        return
    assert frame is not None
    again = [1, frame.sender, frame.counter, frame.type, frame.olm, frame.mac]
    assert encode(again) == plain


@pytest.mark.parametrize(
    "items",
    [
        [2, SENDER, 7, 1, b"", bytes(32)],
        [1, SENDER[1:], 7, 1, b"", bytes(32)],
        [1, SENDER, 2**62, 1, b"", bytes(32)],
        [1, SENDER, 2**70, 1, b"", bytes(32)],
        [1, SENDER, -1, 1, b"", bytes(32)],
        [1, SENDER, True, 1, b"", bytes(32)],
        [1, SENDER, 7, 3, b"", bytes(32)],
        [1, SENDER, 7, False, b"", bytes(32)],
        [1, SENDER, 7, 1, "olm", bytes(32)],
        [1, SENDER, 7, 1, None, bytes(32)],
        [1, SENDER, 7, 1, b"", bytes(31)],
        [1, SENDER, 7, 1, b""],
        [1, SENDER, 7, 1, b"", bytes(32), b""],
    ],
)
def test_a_frame_with_a_part_that_cannot_be_is_malformed(items: list[Any]) -> None:
    with pytest.raises(Malformed):
        open_envelope(boxed(padded(encode(items))), KEYS.hpke)


def test_nothing_is_hidden_in_the_padding() -> None:
    good = padded(GOOD)
    assert open_envelope(boxed(good), KEYS.hpke) is not None
    for bad in (good[:-1] + b"\x01", b"\xff" * 4 + good[4:], deep(2000)):
        with pytest.raises(Malformed):
            open_envelope(boxed(bad.ljust(len(good), b"\x00")), KEYS.hpke)


def test_two_members_have_one_key_that_no_third_has_and_no_other_channel() -> None:
    third, _ = new_card()
    key = pair_key(KEYS.mac, OTHER_CARD.mac, CHANNEL)
    assert pair_key(OTHER_KEYS.mac, CARD.mac, CHANNEL) == key
    assert pair_key(third.mac, OTHER_CARD.mac, CHANNEL) != key
    assert pair_key(KEYS.mac, OTHER_CARD.mac, bytes(16)) != key


@pytest.mark.parametrize(
    "change",
    [{"sender": RECIPIENT}, {"counter": 8}, {"type": 0}, {"olm": b"other"}, {"mac": bytes(32)}],
)
def test_a_frame_is_from_its_sender_with_every_part_as_it_was(change: dict[str, Any]) -> None:
    """Olm's own code is 8 bytes, and the outer box says nothing of who sealed it."""
    key = pair_key(KEYS.mac, OTHER_CARD.mac, CHANNEL)
    signed = FRAME.signed_with(key, CHANNEL, RECIPIENT)
    assert signed.is_from(key, CHANNEL, RECIPIENT)
    changed: Frame = replace(signed, **change)
    assert not changed.is_from(key, CHANNEL, RECIPIENT)


def test_a_frame_for_one_member_is_none_for_another_nor_in_another_channel() -> None:
    key = pair_key(KEYS.mac, OTHER_CARD.mac, CHANNEL)
    signed = FRAME.signed_with(key, CHANNEL, RECIPIENT)
    assert not signed.is_from(key, CHANNEL, SENDER)
    assert not signed.is_from(key, bytes(16), RECIPIENT)
    assert not signed.is_from(bytes(32), CHANNEL, RECIPIENT)


@given(trees())
def test_the_same_bytes_are_the_same_post(tree: object) -> None:
    data = encode(tree)
    assert mid_of(data) == mid_of(bytes(data))
    assert mid_of(data) != mid_of(data + b"\x00")
    assert len(mid_of(data)) == 16
