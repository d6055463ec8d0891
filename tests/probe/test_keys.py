"""Keys: a greater key is a better package, exactly, and every gain fits the bits that are sent."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brute
from effort import examples
from sides import agenda_of, gains_of
from tracktwo.deal.agenda import Agenda
from tracktwo.deal.best import log_gain
from tracktwo.deal.package import enumerate_packages
from tracktwo.deal.points import gains
from tracktwo.deal.position import Position
from tracktwo.mpc.gates import Clear
from tracktwo.probe.keys import (
    Acceptance,
    Egalitarian,
    Nash,
    Valuation,
    most_gain,
)

TOP = 1033  # the largest gain any agenda allows: 1000 points, 64 issues
GAIN = st.integers(1, TOP)
RULES = [Acceptance, Nash, Egalitarian]


def valuation(rule: type, agenda: Agenda) -> Valuation:
    made: Valuation = rule() if rule is Acceptance else rule(agenda)
    return made


# The logarithm


@given(GAIN)
def test_the_logarithm_of_a_gain_is_exact(gain: int) -> None:
    whole = log_gain(gain) - 1
    assert 2**whole <= gain**1024 < 2 ** (whole + 1)


def test_the_logarithm_is_the_one_of_the_brute_force() -> None:
    assert [log_gain(g) for g in range(1, TOP + 1)] == [
        brute.logarithm(g) for g in range(1, TOP + 1)
    ]
    assert [log_gain(1), log_gain(2), log_gain(3), log_gain(1024)] == [1, 1025, 1624, 10241]


@given(GAIN, GAIN, GAIN, GAIN)
def test_a_greater_key_means_a_greater_product_of_gains_to_a_tenth_of_a_percent(
    a: int, b: int, c: int, d: int
) -> None:
    one, other = log_gain(a) + log_gain(b), log_gain(c) + log_gain(d)
    if a * b == c * d:
        assert abs(one - other) <= 1
    if one > other:
        assert Fraction(c * d, a * b) ** 1024 < 2  # at most 1.00068 of the other
    if Fraction(a * b, c * d) ** 512 >= 2:
        assert one > other


@given(GAIN, GAIN, st.integers(1, TOP))
def test_a_dominated_package_never_has_the_greater_key(a: int, b: int, more: int) -> None:
    better = min(TOP, a + more)
    assert log_gain(better) + log_gain(b) >= log_gain(a) + log_gain(b)
    assert better == a or log_gain(better) > log_gain(a)


# What is sent


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("points", "issues"), [(1, 1), (1, 64), (250, 4), (1000, 1), (1000, 64)])
def test_every_gain_has_an_entry_of_its_own_that_fits_the_rows(
    rule: type, points: int, issues: int
) -> None:
    agenda = agenda_of(*[2] * issues, points=points)
    value = valuation(rule, agenda)
    every = value.entries(np.arange(most_gain(agenda) + 1, dtype=np.int32)).tolist()
    assert max(every).bit_length() == value.rows
    assert every[0] == 0
    assert min(every[1:]) > 0
    if rule is not Acceptance:
        assert len(set(every)) == len(every)
        assert every == sorted(every)


def test_a_nash_entry_is_the_logarithm_less_1_and_above_it_accepted() -> None:
    value = Nash(agenda_of(2, 2))  # 250 points: gains to 252, logarithms to 8171, 13 bits
    assert value.rows == 14
    assert value.entries(gains_of([0, 1, 2, 252])).tolist() == [
        0,
        1 << 13,
        (1 << 13) + 1024,
        (1 << 13) + brute.logarithm(252) - 1,
    ]


# The largest gain


@st.composite
def greedy(draw: st.DrawFn) -> tuple[Agenda, Position]:
    """Positions that accept anything and score it as high as can be."""
    issues = draw(st.integers(1, 12))
    agenda = agenda_of(*[1] * issues, points=draw(st.integers(1, 40) | st.integers(1, 1000)))
    weights = draw(st.lists(st.integers(0, 99), min_size=issues, max_size=issues).filter(any))
    ids = [issue.id for issue in agenda.issues]
    named = zip(ids, map(Decimal, weights), strict=True)
    return agenda, Position(Decimal(0), dict(named), {i: {"o0": Decimal(100)} for i in ids})


@settings(max_examples=examples(400))
@given(greedy())
def test_no_position_gains_more_than_the_most(case: tuple[Agenda, Position]) -> None:
    agenda, position = case
    assert gains(enumerate_packages(agenda), position).max() <= most_gain(agenda)


@settings(max_examples=examples(60))
@given(st.integers(1, 64), st.data())
def test_the_most_is_reached_wherever_every_half_point_can_be_rounded_up(
    issues: int, data: st.DataObject
) -> None:
    points = data.draw(st.integers(max(1, issues // 2), 1000))
    # All issues but an odd last one worth a half more than a whole number of points.
    halves = [1] * (issues - issues % 2) + [0] * (issues % 2)
    halves[-1] += 2 * points - sum(halves)
    agenda = agenda_of(*[1] * issues, points=points)
    ids = [issue.id for issue in agenda.issues]
    weights = dict(zip(ids, map(Decimal, halves), strict=True))
    position = Position(Decimal(0), weights, {i: {"o0": Decimal(100)} for i in ids})
    assert gains(enumerate_packages(agenda), position).tolist() == [most_gain(agenda)]
    assert brute.gains(agenda, position) == [most_gain(agenda)]


# The keys the two sides' bits make


@settings(max_examples=examples(300))
@given(st.data(), st.sampled_from([Nash, Egalitarian]))
def test_keys_stand_as_the_rule_says(data: st.DataObject, rule: type) -> None:
    agenda = agenda_of(2, 2, points=data.draw(st.sampled_from([1, 3, 250, 1000])))
    gain = st.integers(0, most_gain(agenda))
    ours = data.draw(st.lists(gain, min_size=8, max_size=8))
    theirs = data.draw(st.lists(gain, min_size=8, max_size=8))
    keys, joint = keys_of(valuation(rule, agenda), ours, theirs)
    assert joint == [a > 0 and b > 0 for a, b in zip(ours, theirs, strict=True)]
    name = "nash" if rule is Nash else "egalitarian"
    for n in range(8):
        for m in range(8):
            if joint[n] and not joint[m]:
                assert keys[n] > keys[m]
            if joint[n] and joint[m]:
                better = brute.best([ours[n], ours[m]], [theirs[n], theirs[m]], name)
                assert better == {0} | {1} if keys[n] == keys[m] else {int(keys[n] < keys[m])}


def keys_of(value: Valuation, ours: list[int], theirs: list[int]) -> tuple[list[int], list[bool]]:
    """The keys of packages and whether each is joint, as the circuit finds them."""
    gates = Clear(b"\0" * 16)
    places = np.arange(value.rows)[:, None]
    own, seen = (
        (value.entries(gains_of(of)).astype(np.int64) >> places & 1).astype(np.uint8)
        for of in (ours, theirs)
    )
    accepted = value.accepted(gates, seen[..., None])
    assert accepted[0, :, 0].tolist() == [int(b > 0) for b in theirs]
    assert value.mine(own)[0].tolist() == [int(a > 0) for a in ours]
    joint = gates.both_own(value.mine(own), accepted)
    key = value.key(gates, own, seen[..., None], joint)
    found = [value.found(gates, key[:, n : n + 1]).item() for n in range(len(ours))]
    assert found == joint[0, :, 0].tolist()
    numbers = [
        sum(int(bit) << row for row, bit in enumerate(key[:, n, 0])) for n in range(len(ours))
    ]
    return numbers, [bool(bit) for bit in found]
