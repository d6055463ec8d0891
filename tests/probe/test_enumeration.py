"""The circuit over all packages, run on clear bits, equals the brute force."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from answers import BOTH_RULES, by_brute_force, by_circuit, output_bits, questions
from effort import examples
from sides import EVERYTHING, agenda_of, entries, gains_of, packages_of, program_of
from strategies import agendas, positions
from tracktwo.deal.agenda import Agenda
from tracktwo.deal.package import Packages, enumerate_packages
from tracktwo.deal.points import gains
from tracktwo.mpc.program import size_of
from tracktwo.probe import enumeration, lanes
from tracktwo.probe.enumeration import Enumeration
from tracktwo.probe.function import in_clear
from tracktwo.probe.keys import most_gain
from tracktwo.probe.question import Question

COINS = list(itertools.product((0, 1), repeat=2))


@contextmanager
def sections_of(count: int) -> Iterator[None]:
    """Sections of few packages, so that many of them cost little."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lanes, "LANES", count)
        patch.setattr(enumeration, "LANES", count)
        yield


def random_gains(seed: int, packages: Packages) -> list[list[int]]:
    """Two sides' gains: few or many acceptable, few or many different, often tied."""
    draw = np.random.default_rng(seed)
    top = int(draw.choice([1, 2, 5, most_gain(packages.agenda)]))
    sides = []
    for _ in range(2):
        accepted = draw.random(packages.count) < draw.choice([0.02, 0.2, 0.7, 1.0])
        sides.append((draw.integers(1, top + 1, packages.count) * accepted).tolist())
    return sides


def agree(program: Enumeration, a: list[int], b: list[int], coins: tuple[int, int]) -> None:
    """The circuit, the function in the clear and the brute force give one answer."""
    found = by_circuit(program, a, b, coins)
    coin, question = coins[0] ^ coins[1], program.question
    assert found == by_brute_force(question, program.packages.agenda, a, b, coin)
    assert found == in_clear(question, program.packages, gains_of(a), gains_of(b), coin)


# Equal to the brute force


@settings(max_examples=examples(250))
@given(st.data())
def test_the_answer_of_the_circuit_equals_the_brute_force(data: st.DataObject) -> None:
    agenda = data.draw(agendas(max_points=250))
    packages = enumerate_packages(agenda)
    asked = data.draw(questions(packages.count))
    a, b = (gains(packages, data.draw(positions(agenda))).tolist() for _ in range(2))
    coins = data.draw(st.sampled_from(COINS))
    for rule in BOTH_RULES:
        agree(Enumeration(replace(asked, rule=rule), packages), a, b, coins)


@settings(max_examples=examples(400))
@given(st.data(), st.sampled_from(COINS))
def test_any_gains_at_all_give_the_answer_of_the_brute_force(
    data: st.DataObject, coins: tuple[int, int]
) -> None:
    packages = packages_of(2, 3, 2, points=30)
    question = data.draw(questions(packages.count))
    top = data.draw(st.sampled_from([1, 3, most_gain(packages.agenda)]))
    side = st.lists(st.integers(0, top), min_size=12, max_size=12)
    agree(Enumeration(question, packages), data.draw(side), data.draw(side), coins)


@settings(max_examples=examples(200))
@given(st.data(), st.sampled_from([128, 384]), st.integers(0, 1 << 32), st.sampled_from(COINS))
def test_many_sections_and_a_tail_give_the_answer_of_one(
    data: st.DataObject, length: int, seed: int, coins: tuple[int, int]
) -> None:
    options = data.draw(st.lists(st.integers(2, 9), min_size=3, max_size=3))
    packages = packages_of(*options, points=60)
    question = data.draw(questions(packages.count))
    with sections_of(length):
        program = Enumeration(question, packages)
        assert len(program.lanes) == -(-packages.count // length)
        agree(program, *random_gains(seed, packages), coins)


@pytest.mark.parametrize("rule", BOTH_RULES)
@pytest.mark.parametrize("count", [1, 2, 127, 128, 129])
@pytest.mark.parametrize("coins", COINS)
def test_counts_at_the_edges_of_the_lanes(rule: str, count: int, coins: tuple[int, int]) -> None:
    packages = packages_of(count)
    for breadth in (0, 1, count, count + 1):
        program = program_of(packages, rule=rule, breadth=breadth)
        for a, b in edge_gains(packages):
            agree(program, a, b, coins)


def edge_gains(packages: Packages) -> list[tuple[list[int], list[int]]]:
    """None, all alike, all at the most, and one joint package, first or last."""
    count, most = packages.count, most_gain(packages.agenda)
    first, last = [most] + [0] * (count - 1), [0] * (count - 1) + [1]
    return [
        ([0] * count, [0] * count),
        ([most] * count, [0] * count),
        ([1] * count, [1] * count),
        ([most] * count, [most] * count),
        ([most] * count, first),
        (last, [most] * count),
    ]


@pytest.mark.parametrize("rule", BOTH_RULES)
@pytest.mark.parametrize("points", [1, 2, 999, 1000])
def test_points_at_their_edges(rule: str, points: int) -> None:
    packages = packages_of(3, *[1] * 20, 3, points=points)
    program = program_of(packages, rule=rule)
    most = most_gain(packages.agenda)
    top, near = [most] * 9, [most, most - 1, 1, 2, 0, most // 2, 1, most, 0]
    for a, b in itertools.product((top, near, near[::-1], [1] * 9), repeat=2):
        agree(program, a, b, (0, 1))


@pytest.mark.parametrize("rule", BOTH_RULES)
@pytest.mark.parametrize(
    ("options", "short"), [((64, 128), 1), ((64, 128), 0), ((34, 241), 1), ((91, 91), 0)]
)
def test_full_sections_and_the_first_package_of_the_next(
    rule: str, options: tuple[int, int], short: int
) -> None:
    agenda = agenda_of(*options)
    packages = enumerate_packages(excluding(agenda) if short else agenda)
    assert packages.count in (8191, 8192, 8193, 8281)
    program = program_of(packages, rule=rule, breadth=1)
    tied = [1] * packages.count
    agree(program, tied, tied, (0, 0))
    agree(program, tied, tied, (0, 1))
    agree(program, *random_gains(packages.count, packages), (1, 0))


def excluding(agenda: Agenda) -> Agenda:
    """The agenda without its first package of two options."""
    return replace(agenda, exclude=(frozenset({("i0", "o0"), ("i1", "o0")}),))


@pytest.mark.parametrize("rule", BOTH_RULES)
def test_every_joint_package_alone_is_found_wherever_it_lies(rule: str) -> None:
    with sections_of(128):
        packages = packages_of(15, 10)
        program = program_of(packages, rule=rule)
        for number in range(packages.count):
            alone = [int(n == number) for n in range(packages.count)]
            agree(program, [1] * packages.count, alone, (0, number & 1))


# Alike for both sides


@settings(max_examples=examples(60))
@given(st.data(), st.integers(0, 1 << 32), st.sampled_from(COINS))
def test_either_side_may_garble_and_the_answer_is_the_same(
    data: st.DataObject, seed: int, coins: tuple[int, int]
) -> None:
    packages = packages_of(4, 5, 3)
    program = Enumeration(data.draw(questions(packages.count)), packages)
    a, b = random_gains(seed, packages)
    assert by_circuit(program, a, b, coins) == by_circuit(program, b, a, coins[::-1])


@pytest.mark.parametrize("rule", BOTH_RULES)
def test_neither_coin_alone_decides(rule: str) -> None:
    program = program_of(packages_of(5), "best", rule=rule)
    found = [by_circuit(program, [1] * 5, [1] * 5, coins).best for coins in COINS]
    assert found == [{"i0": "o0"}, {"i0": "o4"}, {"i0": "o4"}, {"i0": "o0"}]


@pytest.mark.parametrize("breadth", range(6))
def test_a_refusal_does_not_say_which_side_and_shows_nothing_else(breadth: int) -> None:
    program = program_of(packages_of(5), breadth=breadth)
    wide, narrow = [1] * 5, [0, 1, 1, 0, 1]
    one = by_circuit(program, wide, narrow, (0, 0))
    other = by_circuit(program, narrow, wide, (0, 0))
    assert one == other
    assert one.refused == (breadth > 3)


# Nothing else comes out


@pytest.mark.parametrize("rule", BOTH_RULES)
def test_all_that_comes_out_of_a_refusal_is_the_refusal(rule: str) -> None:
    program = program_of(packages_of(5), rule=rule, breadth=4)
    for narrow in ([0, 1, 1, 0, 1], [0] * 5):
        for sides in (([7] * 5, narrow), (narrow, [7] * 5), (narrow, narrow)):
            bits = output_bits(program, *sides, coins=(0, 1))
            assert (bits[0], sum(bits)) == (1, 1)


@pytest.mark.parametrize("rule", BOTH_RULES)
@settings(max_examples=examples(60))
@given(seed=st.integers(0, 1 << 32))
def test_all_that_comes_out_where_there_is_no_room_is_zeros(rule: str, seed: int) -> None:
    packages = packages_of(5, 7)
    a, b = random_gains(seed, packages)
    without = [0 if x else y for x, y in zip(a, b, strict=True)]
    bits = output_bits(program_of(packages, rule=rule), a, without, coins=(1, 0))
    assert sum(bits) == 0


@pytest.mark.parametrize("rule", BOTH_RULES)
def test_a_side_that_accepts_what_is_no_package_gains_nothing_by_it(rule: str) -> None:
    program = program_of(packages_of(5), rule=rule, breadth=4)
    wide, narrow = [7, 0, 7, 7, 7], [0, 1, 1, 0, 1]
    for a, b in ((wide, wide), (wide, narrow)):
        assert output_bits(program, a, b, padding=1) == output_bits(program, a, b)


# Public sizes


def test_the_shapes_are_a_coin_the_sections_and_the_joining() -> None:
    program = program_of(packages_of(91, 91))  # 8281 packages
    assert program.shapes == [(1, 128), (14, 8192), (14, 128), (1, 128)]
    assert [program_of(packages_of(3), "exists").shapes[1], program.outputs] == [
        (1, 128),
        1 + 4 + 182 + 1 + 14,
    ]


PER_PACKAGE = [
    # (asked, rule, breadth, ANDs, one-ciphertext gates, transfers), as docs/spec/circuit.md says
    (("exists",), "nash", 0, 0, 1, 1),
    (("exists", "where"), "nash", 0, 0, 1, 1),
    (("how-much",), "nash", 0, 1, 1, 1),
    (("best",), "nash", 0, 43, 2, 14),
    (("best",), "egalitarian", 0, 49, 0, 8),
    (("exists",), "nash", 9, 0, 2, 1),
    (("best",), "nash", 9, 43, 3, 14),
]


@pytest.mark.parametrize(("asked", "rule", "breadth", "ands", "halves", "transfers"), PER_PACKAGE)
def test_a_package_costs_what_the_specification_says(
    asked: tuple[str, ...], rule: str, breadth: int, ands: int, halves: int, transfers: int
) -> None:
    packages = packages_of(32, 32, 64)  # 65536: full sections only
    size = size_of(program_of(packages, *asked, rule=rule, breadth=breadth))
    where = 127 * sum((32, 32, 64)) if "where" in asked else 0
    assert round((size.ands - where) / packages.count, 1) == pytest.approx(ands, abs=0.1)
    assert round(size.halves / packages.count, 1) == pytest.approx(halves, abs=0.1)
    assert round(size.transfers / packages.count, 1) == transfers


def test_the_digest_differs_whenever_the_circuit_does() -> None:
    packages = packages_of(2, 3)
    programs = [
        Enumeration(Question(asked, rule, breadth), packages)
        for asked in (("exists",), ("best",), EVERYTHING)
        for rule in BOTH_RULES
        for breadth in (0, 1, 2)
    ]
    others = [
        program_of(packages_of(3, 2)),
        program_of(packages_of(2, 3, points=251)),
        program_of(enumerate_packages(excluding(packages.agenda))),
    ]
    digests = [program.digest for program in programs + others]
    assert len(set(digests)) == len(digests)
    assert {len(digest) for digest in digests} == {32}


# What a side enters


@settings(max_examples=examples(100))
@given(st.integers(0, 1 << 32), st.sampled_from(BOTH_RULES), st.integers(0, 1))
def test_a_side_enters_its_entries_in_the_lanes_and_nothing_in_the_padding(
    seed: int, rule: str, coin: int
) -> None:
    packages = packages_of(10, 13)
    program = program_of(packages, rule=rule, breadth=40)
    values, _ = random_gains(seed, packages)
    own = entries(program, values, coin)
    bits = [own.bits(section) for section in range(3)]
    assert bits[0].sum() == bits[0][0, 0] == coin
    assert bits[2].sum() == bits[2][0, 0] == (np.count_nonzero(values) >= 40)
    numbers = (bits[1].astype(int) << np.arange(len(bits[1]))[:, None]).sum(axis=0)
    expected = program.valuation.entries(gains_of(values))
    for lane, number in enumerate(program.lanes[0]):
        assert numbers[lane] == (expected[number] if number < packages.count else 0)


def test_nothing_shows_what_a_side_enters() -> None:
    side = entries(program_of(packages_of(3)), [7, 0, 9], 1)
    assert repr(side) == str(side) == "Entries(<secret>)"
