"""A carrier that changes, cuts, swaps or reflects messages gives nobody a wrong answer.

A change in messages 1 to 3 leaves both sides without an answer, because both hash all of them; one
in messages 4 or 5 leaves the side that got it without one.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from tracktwo.errors import PeerFault
from tracktwo.mpc.party import ROUNDS
from two_parties import Conversation, flipped, replacing

Tampering = Callable[[Conversation, Conversation, int, int], bytes]
"""(the talk, one of another session, sender, round) -> what arrives instead."""


def flip_at(share: float) -> Tampering:
    """One bit flipped, this far into the message."""

    def tamper(talk: Conversation, other: Conversation, sender: int, number: int) -> bytes:
        message = talk.sides[sender].sent[number - 1]
        return flipped(message, min(int(share * 8 * len(message)), 8 * len(message) - 1))

    return tamper


def cut_to(share: float) -> Tampering:
    """Only the front of the message."""

    def tamper(talk: Conversation, other: Conversation, sender: int, number: int) -> bytes:
        message = talk.sides[sender].sent[number - 1]
        return message[: min(int(share * len(message)), len(message) - 1)]

    return tamper


TAMPERINGS: dict[str, Tampering] = {
    "first bit flipped": flip_at(0),
    "bit 37 flipped": lambda talk, other, s, n: flipped(talk.sides[s].sent[n - 1], 37),
    "a bit flipped a third in": flip_at(0.333),
    "a bit flipped two thirds in": flip_at(0.667),
    "a bit flipped near the end": flip_at(0.95),
    "last bit flipped": flip_at(1),
    "nothing": lambda talk, other, s, n: b"",
    "half": cut_to(0.5),
    "a byte short": cut_to(1),
    "a byte long": lambda talk, other, s, n: talk.sides[s].sent[n - 1] + b"\0",
    "twice": lambda talk, other, s, n: talk.sides[s].sent[n - 1] * 2,
    "all zeros": lambda talk, other, s, n: bytes(len(talk.sides[s].sent[n - 1])),
    "all ones": lambda talk, other, s, n: b"\xff" * len(talk.sides[s].sent[n - 1]),
    "of another session": lambda talk, other, s, n: other.sides[s].sent[n - 1],
    "reflected": lambda talk, other, s, n: talk.sides[1 - s].sent[n - 1],
    "the round before": lambda talk, other, s, n: talk.sides[s].sent[n - 2],
    "the round after": lambda talk, other, s, n: talk.sides[s].sent[n % ROUNDS],
}


@pytest.mark.parametrize("sender", [0, 1])
@pytest.mark.parametrize("tampering", TAMPERINGS.values(), ids=TAMPERINGS.keys())
@pytest.mark.parametrize("number", [1, 2, 3])
def test_opening_columns_or_tables_that_are_not_the_senders_leave_both_sides_without_answer(
    number: int, tampering: Tampering, sender: int, talk: Conversation, other_talk: Conversation
) -> None:
    arriving = tampering(talk, other_talk, sender, number)
    tampered = talk.again(number, replacing(sender, number, arriving))
    assert tampered.outcomes == []
    assert any(isinstance(ending, PeerFault) for ending in tampered.endings)


@pytest.mark.parametrize("sender", [0, 1])
@pytest.mark.parametrize("tampering", TAMPERINGS.values(), ids=TAMPERINGS.keys())
@pytest.mark.parametrize("number", [4, 5])
def test_a_commitment_or_reveal_that_is_not_the_senders_leaves_the_receiver_without_answer(
    number: int, tampering: Tampering, sender: int, talk: Conversation, other_talk: Conversation
) -> None:
    arriving = tampering(talk, other_talk, sender, number)
    tampered = talk.again(number, replacing(sender, number, arriving))
    assert isinstance(tampered.endings[1 - sender], PeerFault)
    # The sender saw nothing wrong: it has the right answer, or waits for ever.
    assert tampered.endings[sender] in (talk.endings[sender], None)


OPENING = {
    "identity": 0,
    "nonce": 32,
    "first request": 64,
    "last request": 64 + 8192 - 1,
    "first reply": 64 + 8192,
    "last reply": 64 + 16384 - 1,
}


@pytest.mark.parametrize("place", OPENING.values(), ids=OPENING.keys())
def test_every_part_of_the_opening_is_bound(place: int, talk: Conversation) -> None:
    changed = flipped(talk.sides[0].sent[0], 8 * place)
    assert talk.again(1, replacing(0, 1, changed)).outcomes == []


@given(st.data())
@settings(max_examples=examples(40))
def test_a_bit_flipped_anywhere_in_the_columns_or_tables_leaves_both_sides_without_answer(
    talk: Conversation, data: st.DataObject
) -> None:
    number = data.draw(st.sampled_from((2, 3)))
    message = talk.sides[0].sent[number - 1]
    changed = flipped(message, data.draw(st.integers(0, 8 * len(message) - 1)))
    assert talk.again(number, replacing(0, number, changed)).outcomes == []


def test_tables_that_went_wrong_show_only_that_the_runs_differ(talk: Conversation) -> None:
    """Whatever the tables hold the side answers as ever, and nothing but the end is different."""
    messages = [
        flipped(talk.sides[0].sent[2], 8 * 1000),
        b"\xff" * len(talk.sides[0].sent[2]),
        talk.sides[0].sent[2][:32] + bytes(len(talk.sides[0].sent[2]) - 32),
    ]
    for message in messages:
        tampered = talk.again(3, replacing(0, 3, message))
        said = [len(sent) for sent in tampered.sides[1].sent]
        assert said == [len(sent) for sent in talk.sides[1].sent]
        faults = [str(ending) for ending in tampered.endings]
        assert faults == ["The two runs of the computation differ: there is no answer."] * 2


def test_a_carrier_that_reflects_everything_gives_nothing(talk: Conversation) -> None:
    for number in range(1, ROUNDS + 1):
        side = talk.sides[0].at(number)
        for later in range(number, ROUNDS + 1):
            if side.ending is None:
                side.take(side.sent[later - 1])
        assert isinstance(side.ending, PeerFault)


def test_a_side_is_not_fooled_by_its_own_commitment_and_reveal(talk: Conversation) -> None:
    """The echo: whoever knows nothing sends back what it is sent."""
    for number in (0, 1):
        side = talk.sides[number].at(4)
        side.take(side.sent[3])
        side.take(side.sent[4])
        assert isinstance(side.ending, PeerFault)


REFUSED: dict[str, tuple[int, Tampering]] = {
    "an opening cut short": (1, cut_to(1)),
    "an opening with a point of no use": (
        1,
        lambda talk, other, s, n: talk.sides[s].sent[0][:-32] + bytes(32),
    ),
    "columns that fail their check": (2, flip_at(0.9)),
    "columns cut short": (2, cut_to(1)),
    "tables cut short": (3, cut_to(1)),
    "a commitment cut short": (4, cut_to(1)),
}


@pytest.mark.parametrize(("number", "tampering"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refused_message_is_answered_by_not_a_byte(
    number: int, tampering: Tampering, talk: Conversation, other_talk: Conversation
) -> None:
    out = io.BytesIO()
    arriving = tampering(talk, other_talk, 1, number)
    with pytest.raises(PeerFault):
        talk.sides[0].at(number).party.step(io.BytesIO(arriving), out)
    assert out.getvalue() == b""
