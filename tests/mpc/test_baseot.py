"""Base transfers: one key of two, whatever the other side sends."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import edwards
from tracktwo.errors import PeerFault
from tracktwo.mpc.baseot import (
    RECEIVER_BYTES,
    SENDER_BYTES,
    TRANSFERS,
    BaseReceiver,
    BaseSender,
)
from tracktwo.mpc.blocks import Bits
from tracktwo.mpc.cipher import derive
from tracktwo.mpc.group import checked, hash_to_point, minus, plus, times, times_base

MASKS, KEYS = derive("test masks"), derive("test keys")
RANDOM = np.random.default_rng(5)
CHOICES = RANDOM.integers(0, 2, TRANSFERS, np.uint8)
POINT = times_base((5).to_bytes(32, "little"))


@functools.cache
def receiver() -> BaseReceiver:
    return BaseReceiver(derive("receiver"), MASKS, CHOICES)


@functools.cache
def sender() -> BaseSender:
    return BaseSender(derive("sender"))


@functools.cache
def sender_keys() -> list[tuple[bytes, bytes]]:
    return sender().keys(MASKS, KEYS, receiver().message)


def pairs(message: bytes) -> list[tuple[bytes, bytes]]:
    return [(message[i : i + 32], message[i + 32 : i + 64]) for i in range(0, len(message), 64)]


# Honest transfers


def test_the_receiver_gets_the_keys_it_chose_and_no_other() -> None:
    got = receiver().keys(KEYS, sender().message)
    for key, both, choice in zip(got, sender_keys(), CHOICES, strict=True):
        assert key == both[choice]
        assert key != both[1 - choice]


def test_all_keys_of_all_transfers_are_different_and_16_bytes() -> None:
    keys = [key for both in sender_keys() for key in both]
    assert {len(key) for key in keys} == {16}
    assert len(set(keys)) == 2 * TRANSFERS


@pytest.mark.parametrize("bit", [0, 1])
def test_choices_that_are_all_alike_work_too(bit: int) -> None:
    chooser = BaseReceiver(derive("alike"), MASKS, np.full(TRANSFERS, bit, np.uint8))
    keys = sender().keys(MASKS, KEYS, chooser.message)
    assert chooser.keys(KEYS, sender().message) == [both[bit] for both in keys]


@pytest.mark.parametrize(
    ("masks", "keys"), [(MASKS, derive("others")), (derive("others"), KEYS)], ids=["keys", "masks"]
)
def test_under_different_contexts_no_keys_agree(masks: bytes, keys: bytes) -> None:
    both = sender().keys(masks, keys, receiver().message)
    got = receiver().keys(KEYS, sender().message)
    assert not set(got) & {key for pair in both for key in pair}


def test_two_senders_answer_one_receiver_with_different_keys() -> None:
    other = BaseSender(derive("another sender")).keys(MASKS, KEYS, receiver().message)
    assert not {k for both in sender_keys() for k in both} & {k for both in other for k in both}


def test_the_same_seed_says_the_same_again() -> None:
    again = BaseReceiver(derive("receiver"), MASKS, CHOICES)
    assert again.message == receiver().message
    assert BaseSender(derive("sender")).message == sender().message


def test_messages_have_their_lengths_and_every_point_of_a_transfer_its_own_scalar() -> None:
    assert len(receiver().message) == RECEIVER_BYTES == 8192
    assert len(sender().message) == SENDER_BYTES == 8192
    both = pairs(sender().message) + pairs(receiver().message)
    assert len({point for pair in both for point in pair}) == 4 * TRANSFERS


# What the receiver's message shows of its choices


def test_a_choice_changes_its_own_pair_and_nothing_else() -> None:
    changed = CHOICES.copy()
    changed[40] ^= 1
    other = pairs(BaseReceiver(derive("receiver"), MASKS, changed).message)
    differing = [i for i, pair in enumerate(pairs(receiver().message)) if pair != other[i]]
    assert differing == [40]


def test_whatever_was_chosen_both_points_are_of_the_group_and_so_are_both_sums() -> None:
    """Either point, with its mask, is one the receiver could know the logarithm of."""
    for index, (r0, r1) in enumerate(pairs(receiver().message)):
        assert checked(r0) == r0
        assert checked(r1) == r1
        for place, own, other in ((0, r0, r1), (1, r1, r0)):
            total = plus(own, hash_to_point("base mask", MASKS, index, place, other))
            assert checked(total) == total


def test_the_chosen_sum_is_the_one_whose_logarithm_the_receiver_knows() -> None:
    """The formula of the paper: r_b = x G - H(r_(1-b)) for an x of the receiver's."""
    for index, pair in enumerate(pairs(receiver().message)):
        choice = int(CHOICES[index])
        mask = hash_to_point("base mask", MASKS, index, choice, pair[1 - choice])
        assert plus(pair[choice], mask) == times_base(receiver()._scalars[index])


def statistic(choices: Bits, bit: int) -> int:
    """In how many transfers a bit of the first point is the choice."""
    message = BaseReceiver(derive("statistic", bit), MASKS, choices).message
    firsts = np.frombuffer(b"".join(first for first, _ in pairs(message)), np.uint8)
    bits = np.unpackbits(firsts.reshape(TRANSFERS, 32), axis=1, bitorder="little")
    return int((bits[:, bit] == choices).sum())


@pytest.mark.parametrize("bit", [0, 7, 128, 255])
def test_bits_of_the_message_agree_with_the_choices_as_often_as_coins_do(bit: int) -> None:
    # 64 expected of 128, standard deviation 5.7; the seeds are fixed, so this cannot flicker.
    assert 35 < statistic(CHOICES, bit) < 93


# Messages that must be refused

BAD_POINTS = {
    "zeros": bytes(32),
    "ones": b"\xff" * 32,
    "neutral": edwards.encode(edwards.NEUTRAL),
    "order two": edwards.encode((0, edwards.P - 1)),
    "order eight": edwards.encode(edwards.small_order()[1]),
    "mixed order": edwards.encode(edwards.plus(edwards.BASE, edwards.small_order()[1])),
    "neutral, not canonical": (edwards.P + 1).to_bytes(32, "little"),
    "on no curve": (2).to_bytes(32, "little"),
}


def with_point(message: bytes, place: int, point: bytes) -> bytes:
    return message[: 32 * place] + point + message[32 * place + 32 :]


@pytest.mark.parametrize("place", [0, 1, 255])
@pytest.mark.parametrize("point", BAD_POINTS.values(), ids=BAD_POINTS.keys())
def test_a_receiver_refuses_a_reply_with_a_bad_point_in_the_branch_it_chose_or_not(
    point: bytes, place: int
) -> None:
    with pytest.raises(PeerFault):
        receiver().keys(KEYS, with_point(sender().message, place, point))


@pytest.mark.parametrize("place", [0, 1, 255])
@pytest.mark.parametrize("point", BAD_POINTS.values(), ids=BAD_POINTS.keys())
def test_a_sender_refuses_a_request_with_a_bad_point(point: bytes, place: int) -> None:
    with pytest.raises(PeerFault):
        sender().keys(MASKS, KEYS, with_point(receiver().message, place, point))


def test_a_request_whose_sum_with_its_mask_is_neutral_is_refused() -> None:
    """Both keys of such a transfer would be known to anyone."""
    first = minus(POINT, plus(POINT, hash_to_point("base mask", MASKS, 0, 0, POINT)))
    assert checked(first) == first
    with pytest.raises(PeerFault):
        sender().keys(MASKS, KEYS, with_point(with_point(receiver().message, 0, first), 1, POINT))


@pytest.mark.parametrize("change", [-32, -1, 1, 32])
def test_messages_of_a_wrong_length_are_refused(change: int) -> None:
    def resized(message: bytes) -> bytes:
        return message[:change] if change < 0 else message + bytes(change)

    with pytest.raises(PeerFault):
        receiver().keys(KEYS, resized(sender().message))
    with pytest.raises(PeerFault):
        sender().keys(MASKS, KEYS, resized(receiver().message))


def test_empty_messages_are_refused() -> None:
    with pytest.raises(PeerFault):
        receiver().keys(KEYS, b"")
    with pytest.raises(PeerFault):
        sender().keys(MASKS, KEYS, b"")


@pytest.mark.parametrize("branch", [0, 1])
def test_another_valid_point_spoils_the_key_of_its_branch_and_no_other(branch: int) -> None:
    got = receiver().keys(KEYS, with_point(sender().message, 2 * 3 + branch, POINT))
    spoilt = [i for i, key in enumerate(got) if key != sender_keys()[i][CHOICES[i]]]
    assert spoilt == ([3] if CHOICES[3] == branch else [])
    if spoilt:
        forged = times(receiver()._scalars[3], POINT)
        pair = pairs(receiver().message)[3]
        assert got[3] == derive("base key", KEYS, 3, POINT, forged, *pair)[:16]


def test_secrets_do_not_show() -> None:
    assert f"{receiver()} {receiver()!r}" == "BaseReceiver(<secret>) BaseReceiver(<secret>)"
    assert f"{sender()} {sender()!r}" == "BaseSender(<secret>) BaseSender(<secret>)"
