"""The four questions in the clear equal the brute force, coin and breadth included."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brute
from answers import BOTH_RULES, by_brute_force, questions
from effort import examples
from sides import EVERYTHING, gains_of, packages_of, program_of
from strategies import agendas, positions
from tracktwo.deal.package import enumerate_packages
from tracktwo.deal.points import gains
from tracktwo.errors import PeerFault
from tracktwo.probe.enumeration import Enumeration
from tracktwo.probe.function import in_clear, read_answer
from tracktwo.probe.question import Question


@settings(max_examples=examples(350))
@given(st.data())
def test_the_answer_in_the_clear_equals_the_brute_force(data: st.DataObject) -> None:
    agenda = data.draw(agendas())
    packages = enumerate_packages(agenda)
    asked = data.draw(questions(packages.count))
    ours, theirs = data.draw(positions(agenda)), data.draw(positions(agenda))
    a, b = brute.gains(agenda, ours), brute.gains(agenda, theirs)
    for rule, coin in itertools.product(BOTH_RULES, (0, 1)):
        question = replace(asked, rule=rule)
        found = in_clear(question, packages, gains(packages, ours), gains(packages, theirs), coin)
        assert found == by_brute_force(question, agenda, a, b, coin)


@pytest.mark.parametrize(("top", "points"), [(3, 250), (252, 250), (1003, 1000)])
@settings(max_examples=examples(150))
@given(data=st.data())
def test_any_gains_at_all_equal_the_brute_force(data: st.DataObject, top: int, points: int) -> None:
    packages = packages_of(2, 3, 2, points=points)
    gain = st.lists(st.integers(0, top), min_size=12, max_size=12)
    a, b = data.draw(gain), data.draw(gain)
    for rule, coin in itertools.product(BOTH_RULES, (0, 1)):
        question = Question(EVERYTHING, rule)
        found = in_clear(question, packages, gains_of(a), gains_of(b), coin)
        assert found == by_brute_force(question, packages.agenda, a, b, coin)


@pytest.mark.parametrize("rule", ["nash", "egalitarian"])
def test_of_equal_packages_the_coin_takes_the_first_or_the_last(rule: str) -> None:
    packages, question = packages_of(5), Question(("best",), rule)
    a, b = gains_of([9, 2, 6, 3, 0]), gains_of([0, 6, 2, 4, 9])
    tied = {"nash": ["o1", "o2", "o3"], "egalitarian": ["o3"]}[rule]
    chosen = [in_clear(question, packages, a, b, coin).best for coin in (0, 1)]
    assert chosen == [{"i0": tied[0]}, {"i0": tied[-1]}]


def test_both_sides_of_the_table_get_the_same_answer() -> None:
    packages = packages_of(3, 2)
    a, b = gains_of([4, 0, 3, 2, 1, 6]), gains_of([0, 4, 3, 2, 6, 1])
    for rule in ("nash", "egalitarian"):
        for coin in (0, 1):
            question = Question(EVERYTHING, rule, 4)
            assert in_clear(question, packages, a, b, coin) == in_clear(
                question, packages, b, a, coin
            )


def test_a_package_number_past_the_last_is_a_fault_and_no_traceback() -> None:
    program = program_of(packages_of(5), "best")
    assert program.widths == {"best": 4}
    assert read_answer(program, (1, 0, 0, 1)).best == {"i0": "o4"}
    assert read_answer(program, (0, 1, 1, 1)).best is None
    with pytest.raises(PeerFault, match="a package that does not exist"):
        read_answer(program, (1, 1, 0, 1))


@settings(max_examples=examples(200))
@given(st.data())
def test_any_output_bits_are_an_answer_or_a_fault(data: st.DataObject) -> None:
    packages = packages_of(3, 2)
    question = data.draw(questions(packages.count))
    program = Enumeration(question, packages)
    bits = data.draw(
        st.lists(st.integers(0, 1), min_size=program.outputs, max_size=program.outputs)
    )
    try:
        answer = read_answer(program, tuple(bits))
    except PeerFault:
        return
    assert set(answer.as_json(question)) == (set() if answer.refused else set(question.asked))
