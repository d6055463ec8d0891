"""The question: what may be asked, what an answer looks like, and how much it can tell."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from sides import EVERYTHING, agenda_of, gains_of, packages_of
from strategies import agendas
from tracktwo.deal.agenda import Agenda
from tracktwo.deal.package import Packages, enumerate_packages
from tracktwo.encoding import decode, encode
from tracktwo.errors import BadInput
from tracktwo.probe.function import in_clear
from tracktwo.probe.question import Answer, Question, bracket, most_bits, parse_asked

ASKED = st.sets(st.sampled_from(EVERYTHING), min_size=1).map(
    lambda chosen: tuple(ask for ask in EVERYTHING if ask in chosen)
)
QUESTIONS = st.builds(
    Question, ASKED, st.sampled_from(["nash", "egalitarian"]), st.integers(0, 1 << 40)
)


# What may be asked


@given(ASKED, st.data())
def test_questions_are_read_in_any_order_and_kept_in_one(
    asked: tuple[str, ...], data: st.DataObject
) -> None:
    words = data.draw(st.permutations([*asked, *data.draw(st.lists(st.sampled_from(asked)))]))
    spaces = data.draw(st.sampled_from([",", ", ", " ,"]))
    assert parse_asked(spaces.join(words)) == asked


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("", "''"),
        ("exists,", "''"),
        ("exist", "'exist'"),
        ("EXISTS", "'EXISTS'"),
        ("exists;where", "'exists;where'"),
        ("how much", "'how much'"),
        ("x" * 1000, "'" + "x" * 40 + "'"),
        ("\x1b[2J", r"'\x1b[2J'"),
    ],
)
def test_an_unknown_question_is_bad_input_that_says_which_there_are(
    text: str, unknown: str
) -> None:
    with pytest.raises(BadInput) as caught:
        parse_asked(text)
    assert str(caught.value) == (
        f"There is no question {unknown}."
        " Ask one or more of exists, how-much, where, best, separated by commas."
    )


@pytest.mark.parametrize(
    ("asked", "rule", "breadth", "sentence"),
    [
        ((), "nash", 0, "Nothing is asked"),
        (("where", "exists"), "nash", 0, "out of order"),
        (("exists", "exists"), "nash", 0, "repeated"),
        (("price",), "nash", 0, "unknown"),
        (("exists",), "Nash", 0, "no such rule"),
        (("exists",), "", 0, "no such rule"),
        (("exists",), "nash", -1, "0 or more"),
    ],
)
def test_terms_that_are_no_question_are_bad_input(
    asked: tuple[str, ...], rule: str, breadth: int, sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence):
        Question(asked, rule, breadth)


# The digest


@given(QUESTIONS, QUESTIONS)
def test_the_digest_is_the_same_for_the_same_terms_alone(one: Question, other: Question) -> None:
    agenda = agenda_of(2, 3)
    assert (one.digest(agenda) == other.digest(agenda)) == (one == other)


@settings(max_examples=examples(50))
@given(QUESTIONS, st.data())
def test_the_digest_changes_with_anything_on_the_agenda(
    question: Question, data: st.DataObject
) -> None:
    agenda = data.draw(agendas())
    assert len(question.digest(agenda)) == 32
    for other in changed(agenda):
        assert question.digest(other) != question.digest(agenda)


def changed(agenda: Agenda) -> list[Agenda]:
    first, *rest = agenda.issues
    option, *others = first.options
    options = [
        replace(option, **{what: getattr(option, what) + "x"})
        for what in ("name", "note", "source")
    ]
    issues = [
        replace(first, **{what: getattr(first, what) + "x"}) for what in ("name", "note", "source")
    ]
    issues += [replace(first, options=(changed_option, *others)) for changed_option in options]
    points = replace(agenda, points=agenda.points % 1000 + 1)
    return [
        replace(agenda, title=agenda.title + "x"),
        replace(agenda, note=agenda.note + "x"),
        points,
        *(replace(agenda, issues=(issue, *rest)) for issue in issues),
    ]


# The answer


@st.composite
def answers(draw: st.DrawFn) -> tuple[Question, Packages, Answer]:
    packages = packages_of(2, 3, 1)
    asked, rule = draw(ASKED), draw(st.sampled_from(["nash", "egalitarian"]))
    question = Question(asked, rule, draw(st.sampled_from([0, 1, 3, 7])))
    gains = st.lists(st.integers(0, 3), min_size=6, max_size=6).map(gains_of)
    return question, packages, in_clear(question, packages, draw(gains), draw(gains), 0)


@given(answers())
def test_an_answer_comes_back_from_the_plain_value_that_is_kept(
    case: tuple[Question, Packages, Answer],
) -> None:
    _, _, answer = case
    assert Answer.from_plain(decode(encode(answer.as_plain()), limit=10_000)) == answer


@given(answers())
def test_the_json_has_what_was_asked_and_nothing_else(
    case: tuple[Question, Packages, Answer],
) -> None:
    question, _, answer = case
    shown = json.loads(json.dumps(answer.as_json(question)))
    assert tuple(shown) == (() if answer.refused else question.asked)


def test_the_json_of_a_room_has_the_promised_shape() -> None:
    question, packages = Question(EVERYTHING), packages_of(2, 2)
    answer = in_clear(question, packages, gains_of([1, 2, 0, 1]), gains_of([1, 2, 1, 0]), 0)
    assert answer.as_json(question) == {
        "exists": True,
        "how-much": {"at_least": 2, "below": 4},
        "where": {"i0": {"o0": True, "o1": False}, "i1": {"o0": True, "o1": True}},
        "best": {"package": {"i0": "o0", "i1": "o1"}},
    }


def test_the_json_of_no_room_has_the_promised_shape() -> None:
    question, packages = Question(EVERYTHING), packages_of(2)
    answer = in_clear(question, packages, gains_of([1, 0]), gains_of([0, 1]), 0)
    assert answer.as_json(question) == {
        "exists": False,
        "how-much": {"at_least": 0, "below": 1},
        "where": {"i0": {"o0": False, "o1": False}},
        "best": {"package": None},
    }


def test_the_json_of_a_refusal_has_no_answer() -> None:
    question, packages = Question(EVERYTHING, breadth=2), packages_of(2)
    answer = in_clear(question, packages, gains_of([1, 1]), gains_of([0, 1]), 0)
    assert answer == Answer(refused=True)
    assert answer.as_json(question) == {}


@given(st.integers(0, 1 << 30))
def test_every_number_lies_in_the_bracket_of_its_length(count: int) -> None:
    at_least, below = bracket(count.bit_length())
    assert at_least <= count < below
    assert below <= max(1, 2 * at_least)


# How much an answer can tell


@pytest.mark.parametrize("options", [(1,), (2,), (3,), (2, 1), (2, 2)])
@pytest.mark.parametrize("breadth", [0, 1, 2])
@pytest.mark.parametrize(
    "asked",
    [a for size in range(1, 5) for a in itertools.combinations(EVERYTHING, size)],
    ids="+".join,
)
def test_no_position_can_get_more_different_answers_than_most_bits_says(
    options: tuple[int, ...], breadth: int, asked: tuple[str, ...]
) -> None:
    packages, question = packages_of(*options), Question(asked, "nash", breadth)
    gains = [gains_of(of) for of in itertools.product(range(3), repeat=packages.count)]
    if len(gains) > 30:
        gains = [of for of in gains if of.max() < 2 or (of > 0).sum() < 3]
    seen = {
        json.dumps(in_clear(question, packages, ours, theirs, 0).as_plain())
        for ours, theirs in itertools.product(gains, repeat=2)
    }
    assert math.log2(len(seen)) <= most_bits(question, packages) + 1e-9


@pytest.mark.parametrize("count", [1, 3, 200])
def test_a_lone_yes_or_no_tells_one_bit_at_most(count: int) -> None:
    assert most_bits(Question(("exists",)), packages_of(count)) == 1


def test_the_most_bits_of_the_largest_agenda_can_be_said() -> None:
    agenda = agenda_of(*[255] * 2, *[1] * 62)
    packages = enumerate_packages(agenda)
    bits = most_bits(Question(EVERYTHING, "nash", 5), packages)
    assert 2 * 255 < bits < 2 * 255 + 62 + 30


@given(ASKED, st.integers(1, 5))
def test_asking_more_never_tells_less(asked: tuple[str, ...], breadth: int) -> None:
    packages = packages_of(3, 4)
    bits = most_bits(Question(asked), packages)
    assert bits <= most_bits(Question(EVERYTHING), packages)
    assert bits <= most_bits(Question(asked, "nash", breadth), packages)
