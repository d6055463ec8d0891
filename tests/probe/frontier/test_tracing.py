"""The way back on clear wires: the first package of those that won, or by the coin the last."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from frontiers import Walk, Walks, on_wires, scoring_of
from matters import Matter, matters, plain
from tracktwo.deal.trellis import Trellis, scoring
from tracktwo.mpc.gates import Clear, Wires
from tracktwo.probe.frontier.inputs import Layout
from tracktwo.probe.frontier.passes import Entered, Step, beginning
from tracktwo.probe.frontier.tracing import choose_option, follow, marked_options


def traced(walks: Walks, lanes: Sequence[int], coin: int) -> list[list[int]]:
    """For each issue, the options chosen on the way back from a mask of these lanes."""
    gates, layout, entered = on_wires(walks.trellis, walks.a, walks.b)
    steps = [Step(layout, place) for place in range(len(walks.trellis.layers))]
    tossed = np.full((1, 1, 1), coin, np.uint8)
    won = _won(gates, layout, entered, steps, tossed)
    mask, chosen = gates.zeros(1, layout.lanes)[:, None], []
    mask[0, 0, list(lanes)] = 1
    for place, step in enumerate(steps):
        options = layout.options[place]
        found, taken = choose_option(gates, step, mask, won[place], tossed, options)
        assert found.shape == (options, 1, 1)
        chosen.append(np.flatnonzero(found).tolist())
        mask = follow(gates, entered, step, taken, found)
        assert mask.shape == (1, step.layer.after, layout.lanes, 1)
    return chosen


def _won(
    gates: Clear, layout: Layout, entered: Entered, steps: Sequence[Step], coin: Wires
) -> list[list[Wires]]:
    sums, won = beginning(gates, layout), []
    for step in reversed(steps):
        candidates = step.candidates(gates, entered, sums)
        sums, wins = step.by_source.play(gates, candidates, coin)
        won.append(wins)
    return won[::-1]


def winners(walks: Walks, lanes: Sequence[int]) -> list[list[int]]:
    """The options of every way that gives the most some of these lanes allow, in order."""
    every, places = walks.every(), range(len(walks.trellis.layers))
    most = walks.most(every, places, max([0, *lanes]) + 1)

    def wins(walk: Walk) -> bool:
        told = walks.told(walk, places)
        return told is not None and any(told[1] <= lane and told[0] == most[lane] for lane in lanes)

    return [walks.options(walk) for walk in every if wins(walk)]


@settings(max_examples=examples(250))
@given(matters(max_issues=4), st.integers(0, 2**32 - 1), st.integers(0, 1))
def test_of_all_ways_that_won_in_any_lane_of_the_mask_the_first_or_last_comes_out(
    matter: Matter, seed: int, coin: int
) -> None:
    agenda, a, b = matter
    trellis = Trellis(agenda)
    walks = Walks(trellis, scoring(trellis, a), scoring(trellis, b))
    every, places = walks.every(), range(len(trellis.layers))
    most = walks.most(every, places, Layout(trellis, 0).lanes)
    alive = [lane for lane, found in enumerate(most) if found >= 0]
    random = np.random.default_rng(seed)
    size = int(random.integers(0, min(len(alive), 12) + 1))
    lanes = sorted(random.choice(alive, size, replace=False).tolist()) if size else []
    told = winners(walks, lanes)
    expected = [[option] for option in told[-1 if coin else 0]] if told else [[]] * len(places)
    assert traced(walks, lanes, coin) == expected


@pytest.mark.parametrize(("coin", "package"), [(0, [0, 2]), (1, [2, 0])])
def test_ways_that_tie_in_lanes_of_their_own_go_back_together(
    coin: int, package: list[int]
) -> None:
    """Each loses and gives as much in another issue: lanes 0, 2 and 4 hold three ways that tie."""
    trellis = Trellis(plain(3, 3, points=8))
    a = scoring_of(trellis, [[0, 2, 4], [0, 2, 4]], 0)
    b = scoring_of(trellis, [[4, 2, 0], [4, 2, 0]], 0)
    walks = Walks(trellis, a, b)
    assert winners(walks, [4]) == [[0, 2], [1, 1], [2, 0]]
    assert traced(walks, [4], coin) == [[option] for option in package]


def test_who_took_another_option_does_not_go_on() -> None:
    """Lane 0 holds (0, 0) and lane 3 (1, 1): never are the two mixed to (0, 1)."""
    trellis = Trellis(plain(2, 2, points=6, linked=(("i0", "i1"),)))
    a = scoring_of(trellis, [[0, 3], [0, 3]], 0)
    b = scoring_of(trellis, [[3, 2], [3, 1]], 0)
    for branch, (_, option) in enumerate(trellis.layers[1].held.tolist()):
        a.allowed[1][branch] = trellis.layers[1].held[branch][0] == option
    walks = Walks(trellis, a, b)
    assert winners(walks, [0, 3]) == [[0, 0], [1, 1]]
    assert traced(walks, [0, 3], 0) == [[0], [0]]
    assert traced(walks, [0, 3], 1) == [[1], [1]]


@given(matters(max_issues=3), st.integers(0, 2**32 - 1))
def test_an_option_is_marked_if_any_lane_of_any_of_its_branches_is(
    matter: Matter, seed: int
) -> None:
    layout = Layout(Trellis(matter[0]), 0)
    random = np.random.default_rng(seed)
    for place, layer in enumerate(layout.trellis.layers):
        few = random.random((1, layer.branches, layout.lanes, 1)) < 0.5 / layout.lanes
        found = marked_options(
            Clear(random.bytes(16)),
            Step(layout, place),
            few.astype(np.uint8),
            layout.options[place],
        )
        held = {int(layer.option[branch]) for branch in np.flatnonzero(few.any(axis=(0, 2, 3)))}
        assert np.flatnonzero(found).tolist() == sorted(held)
        assert found.shape == (layout.options[place], 1, 1)
