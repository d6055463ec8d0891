"""What a party's messages show: sizes alone, the same bytes when it comes back, no secret."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from sample_program import Sample
from tracktwo.mpc.party import ROUNDS, message_bytes
from tracktwo.mpc.program import size_of
from two_parties import Conversation, Given, party, random_inputs, seed, step

VECTORS = Path(__file__).parents[1] / "vectors"

# Silence: nothing of a message's shape tells about the inputs


def test_a_side_sends_five_messages_of_exactly_the_sizes_that_are_said(talk: Conversation) -> None:
    expected = message_bytes(Sample(), size_of(Sample()))
    assert len(expected) == ROUNDS == 5
    for side in talk.sides:
        assert [len(message) for message in side.sent] == expected


@pytest.mark.parametrize("fill", [0, 1])
def test_sizes_are_the_same_whatever_the_inputs(fill: int, talk: Conversation) -> None:
    program = Sample()
    same = Given([np.full(shape, fill, np.uint8) for shape in program.shapes])
    other = Conversation.between(party(program, same, 0), party(program, same, 1))
    assert len(other.outcomes) == 2
    for side, before in zip(other.sides, talk.sides, strict=True):
        assert [len(message) for message in side.sent] == [len(message) for message in before.sent]


def test_the_opening_does_not_depend_on_the_inputs_at_all(talk: Conversation) -> None:
    other = party(Sample(), random_inputs(Sample(), 77), 0)
    assert step(other, None)[1] == talk.sides[0].sent[0]


def test_no_message_holds_a_secret_of_the_side_that_sends_it(
    talk: Conversation, inputs: tuple[Given, Given]
) -> None:
    """Not the seed, not the offset, not the packed inputs: the crudest leaks of all."""
    for number, side in enumerate(talk.sides):
        packed = np.packbits(inputs[number].bits(0).reshape(-1), bitorder="little").tobytes()
        everything = b"".join(side.sent)
        for secret in (seed(number), side.party._delta.tobytes(), packed[:16], packed[16:32]):
            assert secret not in everything
            assert secret[:8] not in everything


def test_secrets_do_not_show_in_a_party_at_any_time(talk: Conversation) -> None:
    for side in talk.sides:
        for taken in (*side.before, side.party):
            assert f"{taken} {taken!r}" == "Party(<secret>) Party(<secret>)"


# Coming back: the same seed and messages give the same bytes


def test_a_side_that_begins_anew_says_the_same_bytes_and_gets_the_same_answer(
    talk: Conversation, inputs: tuple[Given, Given]
) -> None:
    for number, side in enumerate(talk.sides):
        again = party(Sample(), inputs[number], number)
        heard = [None, *talk.sides[1 - number].sent]
        said = [step(again, message) for message in heard]
        assert [message for _, message in said[:-1]] == side.sent
        assert said[-1] == (side.ending, b"")


def test_another_seed_says_other_bytes_in_every_message(
    talk: Conversation, other_talk: Conversation
) -> None:
    for side, other in zip(talk.sides, other_talk.sides, strict=True):
        for message, another in zip(side.sent, other.sent, strict=True):
            assert message != another
        assert side.ending == other.ending


def test_the_answer_to_other_columns_is_garbled_from_another_seed(
    talk: Conversation, inputs: tuple[Given, Given]
) -> None:
    """The seed of labels and hash keys is chosen after the evaluator's input is fixed."""
    changed = Given([inputs[1].bits(0) ^ 1, inputs[1].bits(1)])
    side = party(Sample(), changed, 1)
    step(side, None)
    _, columns = step(side, talk.sides[0].sent[0])
    other = talk.sides[0].at(2)
    other.take(columns)
    assert other.sent[2][:32] != talk.sides[0].sent[2][:32]


def test_digests_of_all_messages_heard_are_kept(talk: Conversation) -> None:
    for side, other in zip(talk.sides, talk.sides[::-1], strict=True):
        assert side.party.received == [hashlib.sha256(message).digest() for message in other.sent]


KNOWN = json.loads((VECTORS / "party.json").read_text())


def test_a_conversation_from_fixed_seeds_is_the_known_one_to_the_last_bit(
    talk: Conversation,
) -> None:
    """A change of any byte is a change of the protocol, and so of its suite name."""
    outcome = talk.outcomes[0]
    assert "".join(map(str, outcome.bits)) == KNOWN["outcome"]
    for side, expected in zip(talk.sides, KNOWN["messages"], strict=True):
        assert [hashlib.sha256(message).hexdigest() for message in side.sent] == expected
