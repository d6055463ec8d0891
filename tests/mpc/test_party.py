"""Honest parties agree and say nothing else; a party that cheats is caught whenever it matters.

What their messages show is in test_messages.py, what a carrier can do to them in test_carrier.py.
"""

from __future__ import annotations

import functools
import hashlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sample_program import Sample, sample_answer
from tracktwo.errors import PeerFault
from tracktwo.mpc import arithmetic
from tracktwo.mpc.blocks import Bits, Blocks
from tracktwo.mpc.cipher import derive
from tracktwo.mpc.garbling import Garbler
from tracktwo.mpc.gates import Gates, Wires
from tracktwo.mpc.otext import Sender
from tracktwo.mpc.party import ROUNDS, Outcome, Party, message_bytes
from tracktwo.mpc.program import size_of
from tracktwo.mpc.transcript import HashingReader, HashingWriter
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
                smaller = arithmetic.less(gates.both, x, y, gates.one.reshape(1, 1, -1))
                made.append(arithmetic.choose(gates.both, smaller, x, y))
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


# A party that cheats as garbler

FOUR = 4


def in_common(gates: Gates, own: Bits | None, seen: Wires) -> Wires:
    """The AND of both sides' first four bits."""
    ours = gates.enter(own, 1, 128)
    both = gates.both(ours[:, :FOUR], seen[:, :FOUR])
    return both.reshape(FOUR, 1, -1)


def either(gates: Garbler, own: Bits | None, seen: Wires) -> Wires:
    """The OR of them instead, as a cheat garbles it: the evaluator's steps are those of the AND.

    Labels swapped on the way in and out turn one into the other.
    """
    ours = gates.enter(own, 1, 128)
    both = gates.both(ours[:, :FOUR] ^ gates._delta, seen[:, :FOUR] ^ gates._delta)
    return (both ^ gates._delta).reshape(FOUR, 1, -1)


HONEST = OneSection("in common", (1, 128), FOUR, in_common)


def bits_in_front(pattern: int) -> Given:
    """Four bits as told, lowest first, and zeros."""
    bits = np.zeros((1, 128), np.uint8)
    bits[0, :FOUR] = [pattern >> place & 1 for place in range(FOUR)]
    return Given([bits])


class GarblesTheOr(Party):
    """Garbles another circuit than the one it evaluates."""

    def _run_garbler(self, seed: bytes, sender: Sender, out: HashingWriter) -> Wires:
        agreed, self._program = self._program, OneSection("in common", (1, 128), FOUR, either)
        try:
            return super()._run_garbler(seed, sender, out)
        finally:
            self._program = agreed


class GarblesOnes(Party):
    """Puts all ones into the run it garbles, whatever it put into the one it evaluates.

    What comes out of the run is then the other side's bits themselves.
    """

    def _run_garbler(self, seed: bytes, sender: Sender, out: HashingWriter) -> Wires:
        agreed, self._inputs = self._inputs, bits_in_front(15)
        try:
            return super()._run_garbler(seed, sender, out)
        finally:
            self._inputs = agreed


class SwapsOneOutput(Party):
    """Says that the labels of its first output mean the opposite."""

    def _label_hash(self, garbler: bytes, index: int, label: Blocks) -> bytes:
        if garbler == self._identity and index == 0:
            label = label ^ self._delta
        return super()._label_hash(garbler, index, label)


class NamesOneLabelTwice(Party):
    """Gives both values of its first output the same hash, so that it means neither or both."""

    def _label_hash(self, garbler: bytes, index: int, label: Blocks) -> bytes:
        if garbler == self._identity and index == 0:
            label = np.minimum(label, label ^ self._delta)
        return super()._label_hash(garbler, index, label)


class NamesNoLabel(Party):
    """Publishes hashes that fit nothing."""

    def _label_hash(self, garbler: bytes, index: int, label: Blocks) -> bytes:
        if garbler == self._identity and index == 0:
            return bytes(32)
        return super()._label_hash(garbler, index, label)


class Encodes(Party):
    """Makes which label the other side holds tell its bits, while the value stays 0 for all.

    The evaluator adds the second half of a gate's table where its own bit is 1. This garbler puts
    a mark of its own into it for every output.
    """

    def _run_garbler(self, seed: bytes, sender: Sender, out: HashingWriter) -> Wires:
        return super()._run_garbler(seed, sender, HashingWriter(_Marking(out)))


class _Marking:
    """Adds the marks to the table of the one gate that `in_common` is."""

    def __init__(self, out: HashingWriter) -> None:
        self._out = out

    def write(self, data: bytes | memoryview) -> None:
        table = np.frombuffer(data, np.uint64).reshape(2, FOUR, 2).copy()
        table[1] ^= MARKS
        self._out.write(table.tobytes())


MARKS = np.random.default_rng(4).integers(0, 1 << 62, (FOUR, 2), np.uint64) << np.uint64(1)


@functools.cache
def against(cheat: type[Party], own: int, theirs: int, honest: type[Party] = Party) -> Conversation:
    """A cheat with its four bits against an honest side with its own."""
    first = cheat(HONEST, bits_in_front(own), identity=IDENTITIES[0], seed=seed(0))
    second = honest(HONEST, bits_in_front(theirs), identity=IDENTITIES[1], seed=seed(1))
    return Conversation.between(first, second)


CAUGHT = [
    (GarblesTheOr, 5, 3),
    (GarblesOnes, 0, 1),
    (GarblesOnes, 7, 8),
    (SwapsOneOutput, 0, 0),
    (NamesOneLabelTwice, 15, 15),
    (NamesNoLabel, 9, 6),
    (Encodes, 0, 8),
]


@pytest.mark.parametrize(("cheat", "own", "theirs"), CAUGHT)
def test_a_cheat_whose_two_runs_differ_gets_the_other_side_to_stop(
    cheat: type[Party], own: int, theirs: int
) -> None:
    talk = against(cheat, own, theirs)
    assert isinstance(talk.endings[1], PeerFault)
    assert "differ" in str(talk.endings[1])


LUCKY = [(GarblesTheOr, 6, 6), (GarblesOnes, 7, 3), (GarblesOnes, 0, 0), (Encodes, 9, 0)]


@pytest.mark.parametrize(("cheat", "own", "theirs"), LUCKY)
def test_a_cheat_whose_two_runs_agree_has_the_right_answer_and_one_bit(
    cheat: type[Party], own: int, theirs: int
) -> None:
    """The bit that dual execution gives away: going unnoticed says the runs were equal."""
    talk = against(cheat, own, theirs)
    expected = in_clear(HONEST, bits_in_front(own), bits_in_front(theirs))
    assert [outcome.bits for outcome in talk.outcomes] == [expected, expected]


@pytest.mark.parametrize(("cheat", "own", "theirs"), [*CAUGHT, *LUCKY])
def test_what_an_honest_side_says_has_the_same_form_whatever_was_done_to_it(
    cheat: type[Party], own: int, theirs: int
) -> None:
    said = [len(message) for message in against(cheat, own, theirs).sides[1].sent]
    assert said == message_bytes(HONEST, size_of(HONEST))


def equality(talk: Conversation, value: Bits, cheats: Blocks, honest: Blocks) -> bytes:
    """Message 4 of docs/spec/probe.md, from the labels of the cheat's run and the other."""
    order = sorted((0, 1), key=IDENTITIES.__getitem__)
    digests = [
        hashlib.sha256(talk.sides[number].sent[round_number]).digest()
        for round_number in range(3)
        for number in order
    ]
    openings = [talk.sides[number].sent[0] for number in order]
    session = derive("session", HONEST.digest, *openings)
    runs = [(cheats, honest)[number].tobytes() for number in order]
    return derive("equality", session, *digests, value.tobytes(), *runs)


def every_pattern() -> list[Bits]:
    return [bits_in_front(pattern).bits(0)[0, :FOUR] for pattern in range(1 << FOUR)]


def held_by(talk: Conversation) -> Blocks:
    """The labels that the cheat, as evaluator, came to hold in the honest side's run."""
    cheat = talk.sides[0].before[3]
    tables = talk.sides[1].sent[2]
    return cheat._run_evaluator(tables[:32], HashingReader(io.BytesIO(tables[32:]))).reshape(-1, 2)


def spread_over(value: Bits, labels: Blocks) -> Blocks:
    return value.astype(np.uint64)[:, None] * labels


def patterns_that_fit(talk: Conversation) -> list[int]:
    """By which of its marks the cheat can explain the value that the honest side revealed."""
    cheat, revealed = talk.sides[0].party, talk.sides[1].sent[4][32:]
    zero, held = np.zeros(FOUR, np.uint8), held_by(talk)
    return [
        pattern
        for pattern, marked in enumerate(every_pattern())
        if equality(talk, zero, cheat._own_zero ^ spread_over(marked, MARKS), held) == revealed
    ]


class Trusting(Party):
    """An evaluator of the first draft: it reads the value off colours, and asks for no hash."""

    def _decode(
        self, outputs: Blocks, hashes: list[tuple[bytes, bytes]]
    ) -> tuple[tuple[int, ...], bool]:
        return (0,) * FOUR, True  # the marks leave the colours alone, and the value is 0


@pytest.mark.parametrize("theirs", [0, 1, 6, 11, 15])
def test_which_label_is_held_tells_a_cheat_nothing_but_whether_it_was_marked(theirs: int) -> None:
    """The cheat enters zeros, so that the value is 0 for all of the other side's bits.

    It tries all sixteen patterns of marks on the value the honest side reveals. Against a side that
    checks no hashes of labels exactly one fits: its bits, all four of them.
    """
    assert patterns_that_fit(against(Encodes, 0, theirs, Trusting)) == [theirs]
    assert patterns_that_fit(against(Encodes, 0, theirs)) == ([0] if theirs == 0 else [])


def test_the_value_revealed_when_a_label_fitted_nothing_is_drawn_from_the_honest_sides_secret() -> (
    None
):
    """The same messages and another secret give another value: nobody else can compute it."""
    talk = against(Encodes, 0, 15)
    revealed = []
    for secret in (seed(1), seed(2)):
        side = talk.sides[1].at(3)
        side.party._seed = secret
        side.take(talk.sides[0].sent[2])
        side.take(talk.sides[0].sent[3])
        revealed.append(side.sent[4][32:])
    assert revealed[0] == talk.sides[1].sent[4][32:]
    assert revealed[0] != revealed[1]


def test_a_cheat_cannot_try_out_values_on_what_the_other_side_reveals() -> None:
    """It garbles the other side's bits as the result, and knows all labels of that run.

    Of the other run it holds the labels of one value: with those it can check that value alone.
    """
    for own, theirs in ((0, 6), (15, 6)):
        talk = against(GarblesOnes, own, theirs)
        cheat, revealed = talk.sides[0].party, talk.sides[1].sent[4][32:]
        fitting = [
            pattern
            for pattern, value in enumerate(every_pattern())
            if equality(
                talk, value, cheat._own_zero ^ spread_over(value, cheat._delta), held_by(talk)
            )
            == revealed
        ]
        assert fitting == ([theirs] if own & theirs == theirs else [])


# A party that cheats at the end


def test_whoever_commits_to_nothing_cannot_open_to_what_it_saw(talk: Conversation) -> None:
    def change(sender: int, number: int, message: bytes) -> bytes:
        if (sender, number) == (0, 4):
            return hashlib.sha256(b"a commitment to nothing").digest()
        if (sender, number) == (0, 5):
            return message[:32] + talk.sides[1].sent[4][32:]
        return message

    assert isinstance(talk.again(4, change).endings[1], PeerFault)


def test_whoever_commits_to_another_value_is_caught_though_it_opens_well(
    talk: Conversation,
) -> None:
    cheat = talk.sides[0].party
    salt, other = bytes(32), derive("another value")
    session = derive(
        "session",
        Sample.digest,
        *(talk.sides[number].sent[0] for number in sorted((0, 1), key=IDENTITIES.__getitem__)),
    )
    assert session == cheat._session
    committed = derive("commitment", session, IDENTITIES[0], salt, other)
    messages = {4: committed, 5: salt + other}
    tampered = talk.again(
        4, lambda sender, number, message: message if sender else messages[number]
    )
    assert isinstance(tampered.endings[1], PeerFault)


def test_a_side_reveals_nothing_before_it_has_the_other_sides_commitment(
    talk: Conversation,
) -> None:
    for number, side in enumerate(talk.sides):
        salt, value = side.sent[4][:32], side.sent[4][32:]
        before = b"".join(side.sent[:4])
        assert salt not in before
        assert value not in before
        assert side.sent[3] == derive(
            "commitment", side.party._session, IDENTITIES[number], salt, value
        )
