"""Counting packages by what two sides lose on them: as in a plain list, of any size."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from matters import Matter, matters, plain
from tracktwo.deal.counting import all_paths, paths_along
from tracktwo.deal.joint_counting import JointTally
from tracktwo.deal.position import RedLine
from tracktwo.deal.trellis import Trellis

Losses = list[list[int]]


def by_adding_up(losses: tuple[Losses, Losses]) -> Counter[tuple[int, int]]:
    """How many packages cost how much, one issue after the other, of an agenda without rules."""
    counts = Counter({(0, 0): 1})
    for pairs in zip(*losses, strict=True):
        after: Counter[tuple[int, int]] = Counter()
        for (x, y), count in counts.items():
            for lost, other in zip(*pairs, strict=True):
                after[x + lost, y + other] += count
        counts = after
    return counts


@settings(max_examples=examples(500))
@given(matters(), st.integers(0, 2**32), st.integers(-1, 40), st.integers(-1, 40))
def test_counts_by_losses_are_those_of_the_list(
    matter: Matter, seed: int, slack: int, other_slack: int
) -> None:
    agenda, position, _ = matter
    rng, trellis = random.Random(seed), Trellis(agenda)
    losses = tuple(
        [[rng.choice([0, 0, 1, 9, rng.randrange(60)]) for _ in i.options] for i in agenda.issues]
        for _ in range(2)
    )
    paths = paths_along(trellis, trellis.allowed(position.red_lines))
    packages = [
        options
        for options in itertools.product(*(range(len(issue.options)) for issue in agenda.issues))
        if trellis.holds(options)
        and not any(line.crossed_by(trellis.package(options)) for line in position.red_lines)
    ]
    expected = Counter(
        tuple(sum(of[o] for of, o in zip(side, options, strict=True)) for side in losses)
        for options in packages
    )
    within = {
        pair: count
        for pair, count in expected.items()
        if pair[0] <= slack and pair[1] <= other_slack
    }
    found = JointTally(paths, losses, (slack, other_slack))
    assert found.count == sum(within.values())
    for x in range(slack + 1):
        for y in range(other_slack + 1):
            assert found.at(x, y) == within.get((x, y), 0)


@pytest.mark.parametrize(("issues", "options"), [(20, 10), (64, 30)])
def test_counts_beyond_all_machine_numbers_are_exact(issues: int, options: int) -> None:
    rng = random.Random(issues)
    losses = tuple(
        [[rng.randrange(2) * (place < 20) for _ in range(options)] for place in range(issues)]
        for _ in range(2)
    )
    paths = all_paths(Trellis(plain(*[options] * issues)))
    counts = by_adding_up(losses)
    whole = JointTally(paths, losses, (20, 20))
    assert whole.count == options**issues
    assert all(whole.at(x, y) == counts[x, y] for x in range(21) for y in range(21))
    part = JointTally(paths, losses, (9, 11))
    assert part.count == sum(c for (x, y), c in counts.items() if x <= 9 and y <= 11)


def test_counts_full_to_the_brim_of_a_limb_are_carried() -> None:
    # 255 options all alike: every sum is as great as it can be before it is carried.
    losses = ([[0] * 255] * 14, [[0] * 255] * 14)
    paths = all_paths(Trellis(plain(*[255] * 14)))
    assert 255**14 > 2**111
    assert JointTally(paths, losses, (0, 0)).count == 255**14


def test_a_state_that_no_path_reaches_may_have_more_packages_than_there_are() -> None:
    # Of i0 only o0 is allowed, after which i17 has one option left; after o1 it would have ten.
    first = [RedLine(frozenset({("i0", "o1")}))]
    rest = [RedLine(frozenset({("i0", "o0"), ("i17", f"o{n}")})) for n in range(1, 10)]
    trellis = Trellis(plain(2, *[10] * 17, linked=(("i0", "i17"),)))
    losses = [[0] * len(issue.options) for issue in trellis.agenda.issues]
    paths = paths_along(trellis, trellis.allowed(first + rest))
    assert 10**16 < 2**56 < 10**17
    assert paths.count == JointTally(paths, (losses, losses), (0, 0)).count == 10**16


def test_the_counts_of_one_issue_of_two_options_are_binomial() -> None:
    paths = all_paths(Trellis(plain(*[2] * 30)))
    found = JointTally(paths, ([[0, 1]] * 30, [[1, 0]] * 30), (30, 30))
    assert [found.at(lost, 30 - lost) for lost in range(31)] == [
        math.comb(30, lost) for lost in range(31)
    ]
    assert found.at(3, 3) == 0


def test_it_shows_nothing_by_itself() -> None:
    paths = all_paths(Trellis(plain(2)))
    assert repr(JointTally(paths, ([[0, 1]], [[1, 0]]), (1, 1))) == "<JointTally: not shown>"
