"""The frontier circuit: on clear bits and garbled, equal to the brute force in every answer."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

import answers as answers_of
from effort import examples
from frontiers import ASKED, by_brute_force, by_circuit, output_bits, questions, scoring_of
from matters import Matter, larger_matters, matters, plain
from sides import answers, two_sides
from strategies import agendas, positions
from tracktwo.deal.agenda import Agenda
from tracktwo.deal.frontier import Frontier
from tracktwo.deal.package import enumerate_packages
from tracktwo.deal.points import gains
from tracktwo.deal.position import Position
from tracktwo.deal.trellis import Trellis, scoring
from tracktwo.errors import BadInput, PeerFault
from tracktwo.mpc.gates import Clear
from tracktwo.mpc.program import size_of
from tracktwo.probe.enumeration import Enumeration
from tracktwo.probe.frontier.circuit import FrontierCircuit
from tracktwo.probe.function import along, read_answer
from tracktwo.probe.question import Question

COINS = st.tuples(st.integers(0, 1), st.integers(0, 1))
WHOLE = Question(ASKED)


@settings(max_examples=examples(400))
@given(matters(), questions(), COINS)
def test_the_circuit_answers_as_the_brute_force_does_whoever_garbles(
    matter: Matter, question: Question, coins: tuple[int, int]
) -> None:
    agenda, a, b = matter
    trellis = Trellis(agenda)
    expected = by_brute_force(question, agenda, a, b, coins[0] ^ coins[1])
    assert by_circuit(question, trellis, a, b, coins) == expected
    assert by_circuit(question, trellis, b, a, coins) == expected


@settings(max_examples=examples(400))
@given(matters(), questions(), COINS)
def test_what_is_said_of_it_in_the_clear_is_the_brute_force_too(
    matter: Matter, question: Question, coins: tuple[int, int]
) -> None:
    agenda, a, b = matter
    trellis, coin = Trellis(agenda), coins[0] ^ coins[1]
    found = along(question, trellis, scoring(trellis, a), scoring(trellis, b), coin)
    assert found == by_brute_force(question, agenda, a, b, coin)


@settings(max_examples=examples(25))
@given(st.data(), questions(), COINS)
def test_any_ids_weights_and_scores_do_as_well(
    data: st.DataObject, question: Question, coins: tuple[int, int]
) -> None:
    agenda = data.draw(agendas(linked=True, max_issues=4, max_options=3))
    a, b = (data.draw(positions(agenda, max_red_lines=3)) for _ in range(2))
    expected = by_brute_force(question, agenda, a, b, coins[0] ^ coins[1])
    assert by_circuit(question, Trellis(agenda), a, b, coins) == expected


@settings(max_examples=examples(200))
@given(larger_matters(100, 15_000), questions(breadths=False), COINS)
def test_so_it_does_on_agendas_of_thousands_of_packages(
    matter: Matter, question: Question, coins: tuple[int, int]
) -> None:
    require_the_brute_force(matter, question, coins)


@settings(max_examples=10)
@given(larger_matters(30_000, 100_000), COINS)
def test_and_of_tens_of_thousands(matter: Matter, coins: tuple[int, int]) -> None:
    require_the_brute_force(matter, WHOLE, coins)


def require_the_brute_force(matter: Matter, question: Question, coins: tuple[int, int]) -> None:
    agenda, a, b = matter
    trellis = quick(agenda)
    expected = by_brute_force(question, agenda, a, b, coins[0] ^ coins[1])
    assert by_circuit(question, trellis, a, b, coins) == expected


def quick(agenda: Agenda) -> Trellis:
    """The trellis, if the circuit's gates can be run one by one in good time."""
    try:
        trellis = Trellis(agenda)
    except BadInput:
        reject()
    assume(max(layer.branches for layer in trellis.layers) * agenda.points <= 1 << 17)
    return trellis


@settings(max_examples=examples(100))
@given(larger_matters(10, 10_000), questions(breadths=False), COINS)
def test_both_circuits_come_to_the_same_answer_and_the_same_package(
    matter: Matter, question: Question, coins: tuple[int, int]
) -> None:
    agenda, a, b = matter
    trellis, packages = quick(agenda), enumerate_packages(agenda)
    listed = Enumeration(question, packages)
    ours, theirs = gains(packages, a), gains(packages, b)
    expected = answers_of.by_circuit(listed, ours, theirs, coins)
    assert by_circuit(question, trellis, a, b, coins) == expected


@settings(max_examples=examples(20))
@given(st.integers(0, 2**32 - 1), st.sampled_from(["nash", "egalitarian"]))
def test_ten_thousand_billion_packages_are_answered_as_the_frontier_in_the_clear_is(
    seed: int, rule: str
) -> None:
    """12 issues of 12 options: 12**12 is 8.9 times 10**12."""
    trellis = Trellis(plain(*[12] * 12, points=60))
    a, b = (
        scoring_of(trellis, points.tolist(), 24)
        for points in np.random.default_rng(seed).integers(0, 6, (2, 12, 12))
    )
    question, coins = Question(ASKED, rule), (seed & 1, seed >> 1 & 1)
    expected = along(question, trellis, a, b, coins[0] ^ coins[1])
    assert by_circuit(question, trellis, a, b, coins) == expected
    assert expected.exists == bool(Frontier(trellis, a, b).pairs)


# At the edges


EDGES = {
    "both accept everything": (0, 0),
    "one accepts nothing": (0, 250),
    "neither accepts anything but its best": (250, 250),
    "lines above what anybody has": (251, 252),
}


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("rule", ["nash", "egalitarian"])
@pytest.mark.parametrize("coin", [0, 1])
def test_lines_at_the_edges(edge: str, rule: str, coin: int) -> None:
    trellis = Trellis(plain(2, 3))
    points = [[100, 0], [150, 75, 0]]
    other = [[0, 100], [0, 75, 150]]
    a, b = (
        scoring_of(trellis, of, line) for of, line in zip((points, other), EDGES[edge], strict=True)
    )
    question = Question(ASKED, rule)
    expected = along(question, trellis, a, b, coin)
    assert by_circuit(question, trellis, a, b, (coin, 0)) == expected
    assert by_circuit(question, trellis, b, a, (0, coin)) == expected


def test_points_that_all_round_up_still_fit() -> None:
    """64 issues with a half point too much each: 1032 points where there are 1000."""
    half = Position(
        Decimal(100),
        {f"i{n}": Decimal(1) for n in range(64)},
        {f"i{n}": {"o0": Decimal(100), "o1": Decimal(0)} for n in range(64)},
    )
    trellis = Trellis(plain(*[2] * 64, points=992))  # 15.5 points each
    scored = scoring(trellis, half)
    assert sum(int(of.max()) for of in scored.table.points) == 992 + 32
    for sides in ((half, half), (replace(half, accept_from=Decimal(0)), half)):
        found = by_circuit(WHOLE, trellis, *sides)
        expected = along(WHOLE, trellis, *(scoring(trellis, side) for side in sides), 0)
        assert found == expected
        assert found.exists


@pytest.mark.parametrize("forbidding", [(True, False), (False, True), (True, True)])
def test_who_forbids_every_branch_accepts_nothing(forbidding: tuple[bool, bool]) -> None:
    trellis = Trellis(plain(2, 2))
    sides = [scoring_of(trellis, [[5, 0], [5, 0]], 0) for _ in range(2)]
    for side, forbids in zip(sides, forbidding, strict=True):
        if forbids:
            side.allowed[1][:] = False
    found = by_circuit(WHOLE, trellis, *sides)
    assert (found.exists, found.best) == (False, None)
    assert found.where is not None
    assert not any(any(of.values()) for of in found.where.values())


# Garbled


@settings(max_examples=6)
@given(matters(max_issues=4), questions())
def test_both_sides_get_the_answer_of_the_brute_force_garbled(
    tmp_path_factory: pytest.TempPathFactory, matter: Matter, question: Question
) -> None:
    agenda, a, b = matter
    trellis = Trellis(agenda)
    program = FrontierCircuit(question, trellis)
    base = tmp_path_factory.mktemp("sitting")
    found = [r.answer for r in answers(*two_sides(base, program, program.take(a), program.take(b)))]
    expected = [by_brute_force(question, agenda, a, b, coin) for coin in (0, 1)]
    assert found[0] == found[1]
    assert found[0] in expected


def test_inputs_too_long_to_be_produced_at_once_are_sent_all_the_same(tmp_path: Path) -> None:
    """Over 64 KiB a message goes straight into the folder, sections that hold nothing included."""
    trellis = Trellis(plain(*[230] * 8, points=2))
    program = FrontierCircuit(Question(("exists",)), trellis)
    for lines in ((1, 1), (1, 2)):
        # Each issue pays one side or the other, and only the first can pay both.
        a = scoring_of(trellis, [[1, 0, *[0] * 228], *[[0] * 230] * 7], lines[0])
        b = scoring_of(trellis, [[1, 0, *[0] * 228], *[[0] * 230] * 7], lines[1])
        base = tmp_path / f"{lines}"
        base.mkdir()
        sides = two_sides(base, program, a, b)
        expected = along(program.question, trellis, a, b, 0)
        assert expected.exists == (lines == (1, 1))
        assert [result.answer for result in answers(*sides)] == [expected] * 2
        assert all(side.message(2).stat().st_size > 1 << 16 for side in sides)


# What depends on what


def test_sizes_and_digest_depend_on_the_agenda_and_the_question_alone() -> None:
    trellis = Trellis(plain(3, 2))
    programs = [
        FrontierCircuit(question, of)
        for question in (WHOLE, replace(WHOLE, rule="egalitarian"), Question(("exists",)))
        for of in (trellis, Trellis(plain(3, 2, points=100)), Trellis(plain(3, 2, linked=())))
    ]
    assert len({program.digest for program in programs}) == len(programs)
    again = FrontierCircuit(WHOLE, Trellis(plain(3, 2)))
    assert (again.digest, again.shapes) == (programs[0].digest, programs[0].shapes)
    assert size_of(again) == size_of(programs[0])


def test_the_work_grows_with_the_options_and_not_with_the_packages() -> None:
    sizes = [
        size_of(FrontierCircuit(Question(("best",)), Trellis(plain(*[10] * n)))) for n in (5, 10)
    ]
    assert sizes[1].ands < 2 * sizes[0].ands


def test_how_many_cannot_be_asked_and_breadth_is_not_in_packages() -> None:
    trellis = Trellis(plain(2))
    with pytest.raises(BadInput, match="only be asked where they are listed"):
        FrontierCircuit(Question(("exists", "how-much")), trellis)
    with pytest.raises(BadInput, match="breadth counts points"):
        FrontierCircuit(Question(("exists",), "nash", 2), trellis)


def test_more_than_a_machine_can_hold_at_once_is_refused_before_anything_is_sent() -> None:
    groups = (("i0", "i1"),)
    vast = plain(40, 40, linked=groups, points=1000)
    with pytest.raises(BadInput, match="At 'i1' too many options hang together"):
        FrontierCircuit(Question(("exists",)), Trellis(vast))
    FrontierCircuit(Question(("exists",)), Trellis(plain(30, 30, linked=groups)))
    limits = FrontierCircuit(WHOLE, Trellis(plain(*[50] * 30, points=1000)))
    assert 16 * max(size_of(limits).ciphertexts) < 100_000_000


def test_answers_that_contradict_each_other_are_a_fault() -> None:
    """What no position enters can make the circuit say so: a slack beyond all losses."""
    program = FrontierCircuit(WHOLE, Trellis(plain(2)))
    assert read_answer(program, (1, 1, 0, 1, 0)).best == {"i0": "o0"}
    assert read_answer(program, (0, 0, 0, 0, 0)).exists is False
    for bits in ((0, 1, 0, 0, 0), (1, 0, 0, 1, 0), (1, 1, 0, 1, 1), (1, 1, 0, 0, 0)):
        with pytest.raises(PeerFault, match="contradict each other"):
            read_answer(program, bits)


def test_inputs_and_what_sections_leave_do_not_show_what_they_hold() -> None:
    program = FrontierCircuit(WHOLE, Trellis(plain(2)))
    side = program.entries(scoring_of(program.packages, [[3, 1]], 2), 1).bits(0)
    board = program.run(Clear(bytes(16)), [], side, side[..., None])
    shown = f"{board} {board!r} {board.entered} {board.entered!r}"
    assert "array" not in shown
    assert "Entered(<secret>)" in shown


def test_bits_that_name_no_package_are_a_fault() -> None:
    program = FrontierCircuit(Question(("best",)), Trellis(plain(3, 2)))
    assert read_answer(program, (1, 0, 1, 1)).best == {"i0": "o2", "i1": "o1"}
    assert read_answer(program, (0, 1, 1, 1)).best is None
    with pytest.raises(PeerFault, match="does not exist"):
        read_answer(program, (1, 1, 1, 0))


def test_an_excluded_package_is_none_either() -> None:
    excluding = plain(2, 2, exclude=(frozenset({("i0", "o1"), ("i1", "o1")}),))
    program = FrontierCircuit(Question(("best",)), Trellis(excluding))
    with pytest.raises(PeerFault, match="does not exist"):
        read_answer(program, (1, 1, 1))


@settings(max_examples=examples(60))
@given(matters(), st.integers(0, 2**32 - 1))
def test_whatever_the_evaluator_enters_what_comes_out_has_its_shape(
    matter: Matter, seed: int
) -> None:
    agenda, a, b = matter
    program = FrontierCircuit(Question(ASKED, "nash", 5, "points"), Trellis(agenda))
    random = np.random.default_rng(seed)
    entered = {
        name: random.integers(0, 2, shape, np.uint8) for name, shape in program.layout.parts.items()
    }
    assert len(output_bits(program, a, b, entered=entered)) == program.outputs
