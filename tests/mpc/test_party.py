"""Honest parties agree and say nothing else; a party that cheats is caught whenever it matters.

What a carrier can do to their messages is in test_carrier.py.
"""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sample_program import Sample, sample_answer
from tracktwo.errors import PeerFault
from tracktwo.mpc import arithmetic
from tracktwo.mpc.blocks import Bits
from tracktwo.mpc.gates import Gates, Wires
from tracktwo.mpc.party import ROUNDS, Outcome, Party, message_bytes
from tracktwo.mpc.program import size_of
from two_parties import (
    IDENTITIES,
    Conversation,
    Given,
    OneSection,
    in_clear,
    party,
    random_inputs,
    seed,
    step,
)

VECTORS = Path(__file__).parents[1] / "vectors"


# Two honest sides


def test_both_sides_learn_what_the_brute_force_says(
    talk: Conversation, inputs: tuple[Given, Given]
) -> None:
    assert [outcome.bits for outcome in talk.outcomes] == [sample_answer(*inputs)] * 2


@given(st.integers(0, 2**31 - 1))
@settings(max_examples=6)
def test_both_sides_learn_what_the_program_says_in_the_clear(number: int) -> None:
    program = Sample()
    first, second = random_inputs(program, number), random_inputs(program, number + 1)
    talk = Conversation.between(
        party(program, first, 0, session=number), party(program, second, 1, session=number)
    )
    expected = in_clear(program, first, second)
    assert [outcome.bits for outcome in talk.outcomes] == [expected, expected]


def symmetric(steps: list[tuple[str, int, int]]) -> OneSection:
    """A random program that is alike for both sides, from what both bits are and have in common."""

    def run(gates: Gates, own: Bits | None, seen: Wires) -> Wires:
        made = [gates.enter(own, 2, 128) ^ seen, gates.both_own(own, seen)]
        for kind, left, right in steps:
            x, y = made[left % len(made)], made[right % len(made)]
            if kind == "xor":
                made.append(x ^ y)
            elif kind == "not":
                made.append(x ^ gates.one)
            elif kind == "both":
                made.append(gates.both(x, y))
            elif kind == "turn":
                made.append(np.roll(x, right, axis=1))
            else:
                smaller = arithmetic.less(gates, x, y, gates.one.reshape(1, 1, -1))
                made.append(arithmetic.choose(gates, smaller, x, y))
        return np.ascontiguousarray(made[-1][:, :8]).reshape(16, 1, -1)

    return OneSection(repr(steps), (2, 128), 16, run)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("xor", "not", "both", "turn", "greater")),
        st.integers(0, 9),
        st.integers(0, 9),
    ),
    max_size=8,
)


@given(STEPS, st.integers(0, 2**31 - 1))
@settings(max_examples=8)
def test_both_sides_learn_what_any_program_says_in_the_clear(
    steps: list[tuple[str, int, int]], number: int
) -> None:
    program = symmetric(steps)
    first, second = random_inputs(program, number), random_inputs(program, number + 1)
    talk = Conversation.between(party(program, first, 0), party(program, second, 1))
    expected = in_clear(program, first, second)
    assert [outcome.bits for outcome in talk.outcomes] == [expected, expected]


def test_it_does_not_matter_which_side_has_the_smaller_name(inputs: tuple[Given, Given]) -> None:
    assert IDENTITIES[0] != IDENTITIES[1]
    program = Sample()
    talk = Conversation.between(party(program, inputs[0], 1), party(program, inputs[1], 0))
    assert [outcome.bits for outcome in talk.outcomes] == [sample_answer(*inputs)] * 2


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


# Sides that do not belong together


def test_a_side_that_finds_its_own_name_on_the_other_side_stops(
    inputs: tuple[Given, Given],
) -> None:
    first, twin = (
        Party(Sample(), inputs[number], identity=IDENTITIES[0], seed=seed(number))
        for number in (0, 1)
    )
    talk = Conversation.between(first, twin)
    assert all(isinstance(ending, PeerFault) for ending in talk.endings)
    assert [len(side.sent) for side in talk.sides] == [1, 1]


def test_sides_that_compute_different_programs_get_no_answer(inputs: tuple[Given, Given]) -> None:
    class Another(Sample):
        digest = bytes(32)

    talk = Conversation.between(party(Sample(), inputs[0], 0), party(Another(), inputs[1], 1))
    assert talk.outcomes == []


# Steps out of turn


def test_a_party_that_failed_takes_no_further_step(talk: Conversation) -> None:
    for number in range(1, ROUNDS + 1):
        side = talk.sides[0].at(number)
        side.take(b"")
        assert isinstance(side.ending, PeerFault)
        for message in (None, talk.sides[1].sent[number - 1]):
            with pytest.raises(TypeError):
                step(side.party, message)


def test_a_party_that_is_done_or_asked_to_open_twice_refuses(talk: Conversation) -> None:
    done = talk.sides[0].at(ROUNDS)
    done.take(talk.sides[1].sent[-1])
    assert isinstance(done.ending, Outcome)
    for number in range(ROUNDS + 1):
        side = done if number == 0 else talk.sides[0].at(number)
        out = io.BytesIO()
        with pytest.raises(TypeError):
            side.party.step(None, out)
        assert out.getvalue() == b""


def test_a_party_cannot_begin_with_the_other_sides_message(talk: Conversation) -> None:
    out = io.BytesIO()
    with pytest.raises(TypeError):
        party(Sample(), random_inputs(Sample(), 1), 0).step(io.BytesIO(talk.sides[1].sent[0]), out)
    assert out.getvalue() == b""
