"""One honest conversation, kept for the whole session: tests go back into it and change things."""

from __future__ import annotations

import pytest

from sample_program import Sample, sample_answer
from two_parties import Conversation, Given, party, random_inputs


def _with_guard_held(number: int) -> Given:
    """Random inputs, made odd often enough that the sample's guard holds."""
    inputs = random_inputs(Sample(), number)
    inputs.bits(0)[0, :140] = 1
    return inputs


@pytest.fixture(scope="session")
def inputs() -> tuple[Given, Given]:
    """What the two sides of the kept conversation put in."""
    return _with_guard_held(1), _with_guard_held(2)


@pytest.fixture(scope="session")
def talk(inputs: tuple[Given, Given]) -> Conversation:
    """The kept conversation. Play on from it with `again`; never take a step in it."""
    program = Sample()
    kept = Conversation.between(party(program, inputs[0], 0), party(program, inputs[1], 1))
    assert [outcome.bits for outcome in kept.outcomes] == [sample_answer(*inputs)] * 2
    return kept


@pytest.fixture(scope="session")
def other_talk(inputs: tuple[Given, Given]) -> Conversation:
    """The same sides and inputs in another session: other seeds."""
    program = Sample()
    return Conversation.between(
        party(program, inputs[0], 0, session=1), party(program, inputs[1], 1, session=1)
    )
