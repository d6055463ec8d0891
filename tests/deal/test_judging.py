"""What judgements contradict is found by the definition, and what is offered does fit them."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brute
from matters import Matter, matters, plain
from tracktwo.deal.agenda import Agenda
from tracktwo.deal.judging import Correction, Judgement, contradictions, corrections
from tracktwo.deal.position import Position, RedLine, write_position

AGENDA = plain(2, 2, 2, points=100)
FULL = {f"i{n}": {"o0": Decimal(0), "o1": Decimal(100)} for n in range(3)}
POSITION = Position(
    Decimal(50), {"i0": Decimal(50), "i1": Decimal(30), "i2": Decimal(20)}, FULL, ()
)


def judged(name: str, options: str, accepts: bool) -> Judgement:
    return Judgement(name, {f"i{n}": f"o{o}" for n, o in enumerate(options)}, accepts)


def sentences(*judgements: Judgement, position: Position = POSITION) -> list[str]:
    return [one.sentence for one in contradictions(AGENDA, position, judgements)]


def offered(*judgements: Judgement, position: Position = POSITION) -> dict[str, Correction]:
    return {one.kind: one for one in corrections(AGENDA, position, judgements)}


def fits(agenda: Agenda, position: Position, judgements: list[Judgement]) -> bool:
    return all((brute.gain(agenda, position, j.package) > 0) == j.accepts for j in judgements)


def test_judgements_that_fit_contradict_nothing_and_change_nothing() -> None:
    fitting = judged("A", "100", True), judged("B", "001", False)
    assert sentences(*fitting) == []
    assert offered(*fitting) == {}


def test_each_contradiction_is_a_sentence_with_its_figures() -> None:
    assert sentences(judged("A", "010", True)) == [
        "You take A, but it misses your line by 20 points."
    ]
    assert sentences(judged("A", "011", False)) == ["You refuse A, but it just reaches your line."]
    assert sentences(judged("A", "110", False)) == [
        "You refuse A, but it lies 30 points above your line."
    ]
    red = replace(POSITION, red_lines=(RedLine(frozenset({("i0", "o1")})),))
    assert sentences(judged("A", "110", True), position=red) == [
        "You take A, but it crosses your red line 1."
    ]
    assert sentences(judged("A", "110", False), position=red) == []


def test_a_yes_beside_a_no_to_something_better_is_named() -> None:
    assert sentences(judged("A", "100", True), judged("B", "101", False))[0] == (
        'You take A and refuse B, but by your scores B is better on "An issue" and worse on'
        " nothing."
    )
    even = replace(POSITION, scores={**FULL, "i2": {"o0": Decimal(9), "o1": Decimal(9)}})
    assert sentences(judged("A", "100", True), judged("B", "101", False), position=even)[0] == (
        "You take A and refuse B, but by your scores they are equally good on every issue."
    )


def test_a_better_package_may_be_refused_for_a_red_line() -> None:
    red = replace(POSITION, red_lines=(RedLine(frozenset({("i2", "o1")})),))
    assert sentences(judged("A", "100", True), judged("B", "101", False), position=red) == []


def test_judgements_no_weights_fit_are_named_and_no_others() -> None:
    # A and B together are worth as much as C and D together, and no one is better than another.
    agenda = plain(2, 2, 2, 2)
    scores = {f"i{n}": FULL["i0"] for n in range(4)}
    position = Position(Decimal(50), dict.fromkeys(scores, Decimal(1)), scores)
    stuck = [
        judged("A", "1100", True),
        judged("B", "0011", True),
        judged("C", "1010", False),
        judged("D", "0101", False),
    ]
    first, *_ = contradictions(agenda, position, [*stuck, judged("E", "1111", True)])
    assert (first.kind, first.names) == ("no-weights", ("A", "B", "C", "D"))
    assert first.sentence.startswith("On your scores no weights and no line fit your judgements of")
    assert corrections(agenda, position, stuck) == ()


def test_a_line_is_offered_that_parts_yes_from_no() -> None:
    line = offered(judged("A", "011", False), judged("B", "101", True))["line"]
    assert line.sentences == ("Raise your line from 50 to 51 points (51 of 100).",)
    assert line.position == replace(POSITION, accept_from=Decimal(51))
    lower = offered(judged("A", "010", True))["line"]
    assert lower.sentences == ("Lower your line from 50 to 30 points (30 of 100).",)


def test_weights_are_offered_changed_the_least() -> None:
    weights = offered(judged("A", "010", True), judged("B", "001", False))["weights"]
    assert weights.position.weights == {"i0": 30, "i1": 50, "i2": 20}
    assert weights.sentences == (
        'Let "An issue" count for 30 % instead of 50 %.',
        'Let "An issue" count for 50 % instead of 30 %.',
    )
    assert weights.position.accept_from == POSITION.accept_from


def test_both_are_offered_only_where_neither_alone_does() -> None:
    # Whatever the weights, B is worth 60 and more; and as they are, more than A.
    high = {issue: {"o0": Decimal(60), "o1": Decimal(100)} for issue in FULL}
    position = replace(POSITION, scores=high)
    answers = judged("A", "010", True), judged("B", "100", False)
    both = offered(*answers, position=position)
    assert list(both) == ["both"]
    assert fits(AGENDA, both["both"].position, list(answers))
    assert len(both["both"].sentences) == 3


@settings(max_examples=200)
@given(matters(min_issues=2, max_issues=4), st.integers(0, 2**32))
def test_what_is_offered_fits_and_can_be_written(matter: Matter, seed: int) -> None:
    agenda, position, _ = matter
    rng = random.Random(seed)
    every = brute.packages(agenda)
    some = rng.sample(every, min(len(every), rng.randint(1, 5)))
    judgements = [Judgement(str(n), p, rng.random() < 0.5) for n, p in enumerate(some)]
    free = [
        j for j in judgements if not any(brute.crosses(r, j.package) for r in position.red_lines)
    ]
    for one in corrections(agenda, position, judgements):
        assert fits(agenda, one.position, free)
        assert one.sentences
        assert (one.kind == "line") == (one.position.weights == position.weights)
        assert one.position.scores == position.scores
        assert one.position.red_lines == position.red_lines
        write_position(one.position, agenda)


@settings(max_examples=200)
@given(matters(min_issues=2, max_issues=3), st.integers(0, 2**32))
def test_a_line_is_offered_where_and_only_where_one_fits(matter: Matter, seed: int) -> None:
    agenda, position, _ = matter
    rng = random.Random(seed)
    open_ = [
        p
        for p in brute.packages(agenda)
        if not any(brute.crosses(r, p) for r in position.red_lines)
    ]
    some = rng.sample(open_, min(len(open_), 3))
    judgements = [Judgement(str(n), p, rng.random() < 0.5) for n, p in enumerate(some)]
    if fits(agenda, position, judgements):
        assert corrections(agenda, position, judgements) == ()
        return
    good = [
        line
        for line in range(agenda.points + 1)
        if all((brute.points(agenda, position, j.package) >= line) == j.accepts for j in judgements)
    ]
    kinds = {one.kind: one.position for one in corrections(agenda, position, judgements)}
    assert ("line" in kinds) == bool(good)
    if good:
        old = brute.line(agenda, position)
        new = brute.line(agenda, kinds["line"])
        assert abs(new - old) == min(abs(line - old) for line in good)


@settings(max_examples=200)
@given(matters(min_issues=2, max_issues=3), st.integers(0, 2**32))
def test_dominance_is_found_by_its_definition(matter: Matter, seed: int) -> None:
    agenda, position, _ = matter
    rng = random.Random(seed)
    every = brute.packages(agenda)
    some = rng.sample(every, min(len(every), 4))
    judgements = [Judgement(str(n), p, rng.random() < 0.5) for n, p in enumerate(some)]
    expected = {
        (yes.name, no.name)
        for yes, no in itertools.permutations(judgements, 2)
        if yes.accepts
        and not no.accepts
        and not any(brute.crosses(r, no.package) for r in position.red_lines)
        and all(
            position.scores[i][no.package[i]] >= position.scores[i][yes.package[i]]
            for i in no.package
        )
    }
    found = contradictions(agenda, position, judgements)
    assert {one.names for one in found if one.kind == "order"} == expected


@pytest.mark.parametrize("line", range(1, 252, 50))
def test_the_figure_offered_makes_exactly_that_line(line: int) -> None:
    agenda = plain(2, points=251)
    scores = {"i0": {"o0": Decimal(100), "o1": Decimal(100 * line) / 251}}
    fine = {"i0": {"o0": Decimal(100), "o1": scores["i0"]["o1"].quantize(Decimal("0.000001"))}}
    position = Position(Decimal(100), {"i0": Decimal(1)}, fine)
    answer = Judgement("A", {"i0": "o1"}, True)
    for one in corrections(agenda, position, [answer]):
        assert brute.line(agenda, one.position) == brute.points(agenda, position, answer.package)
