"""Both passes on clear wires, against every way through the trellis, walked one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from frontiers import Walk, Walks, numbers_of, on_wires, scoring_of, wires_of
from matters import Matter, matters, plain
from tracktwo.deal.trellis import Trellis, scoring
from tracktwo.mpc.gates import Tally, Wires
from tracktwo.probe.frontier.inputs import Layout
from tracktwo.probe.frontier.passes import Step, beginning, enter

SMALL = matters(max_issues=4)


def sums_of(wires: Wires) -> list[list[int]]:
    """An array of sums as numbers, -1 where it is dead: for each state or branch, each lane."""
    alive = wires[-1, ..., 0] == 1
    return np.where(alive, numbers_of(wires[:-1]), -1).tolist()


def through(walks: list[Walk], place: int, branch: int) -> list[Walk]:
    return [walk for walk in walks if walk[place] == branch]


def walks_of(matter: Matter) -> Walks:
    agenda, a, b = matter
    trellis = Trellis(agenda)
    return Walks(trellis, scoring(trellis, a), scoring(trellis, b))


def at(walks: Walks, every: list[Walk], place: int, state: int) -> list[Walk]:
    """Those that go through a state: before the layer of that place."""
    if place == len(walks.trellis.layers):
        return every
    layer = walks.trellis.layers[place]
    return [walk for walk in every if layer.source[walk[place]] == state]


@settings(max_examples=examples(150))
@given(SMALL, st.integers(0, 1))
def test_going_back_each_branch_has_the_most_that_any_walk_on_from_it_gives(
    matter: Matter, coin: int
) -> None:
    walks = walks_of(matter)
    gates, layout, entered = on_wires(walks.trellis, walks.a, walks.b)
    every, places = walks.every(), range(len(walks.trellis.layers))
    sums = beginning(gates, layout)
    for place in reversed(places):
        step, rest = Step(layout, place), places[place:]
        candidates = step.candidates(gates, entered, sums)
        assert sums_of(candidates) == [
            walks.most(through(every, place, branch), rest, layout.lanes)
            for branch in range(step.layer.branches)
        ]
        sums, _ = step.by_source.play(gates, candidates, np.full((1, 1, 1), coin, np.uint8))
        assert sums_of(sums) == [
            walks.most(at(walks, every, place, state), rest, layout.lanes)
            for state in range(step.layer.before)
        ]


@settings(max_examples=examples(150))
@given(SMALL)
def test_going_forth_each_state_has_the_most_that_any_walk_to_it_gave(matter: Matter) -> None:
    walks = walks_of(matter)
    gates, layout, entered = on_wires(walks.trellis, walks.a, walks.b)
    every, places = walks.every(), range(len(walks.trellis.layers))
    sums = beginning(gates, layout)
    for place in places:
        step = Step(layout, place)
        sums = step.forth(gates, entered, sums)
        assert sums_of(sums) == [
            walks.most(at(walks, every, place + 1, state), places[: place + 1], layout.lanes)
            for state in range(step.layer.after)
        ]


@given(SMALL, st.integers(0, 2**32 - 1))
def test_a_mask_is_moved_back_by_what_each_pair_loses_and_what_falls_out_is_gone(
    matter: Matter, seed: int
) -> None:
    walks = walks_of(matter)
    gates, layout, entered = on_wires(walks.trellis, walks.a, walks.b)
    random = np.random.default_rng(seed)
    for place, points in enumerate(walks.b.table.points):
        step = Step(layout, place)
        shape = (1, len(step.options), layout.lanes, 1)
        mask = random.integers(0, 2, shape, np.uint8)
        moved = step.unmoved(gates, entered, mask)
        assert moved.shape == shape
        for pair, option in enumerate(step.options.tolist()):
            lost = int(points.max() - points[option])
            kept = mask[0, pair, lost:, 0].tolist()
            assert moved[0, pair, :, 0].tolist() == [*kept, *[0] * lost][: layout.lanes]


@given(SMALL)
def test_pairs_are_the_branches_of_one_option_to_one_state(matter: Matter) -> None:
    layout = Layout(Trellis(matter[0]), 0)
    for place, layer in enumerate(layout.trellis.layers):
        step = Step(layout, place)
        named = list(zip(step.targets.tolist(), step.options.tolist(), strict=True))
        assert len(set(named)) == len(named)
        assert [named[pair] for pair in step.pair.tolist()] == list(
            zip(layer.target.tolist(), layer.option.tolist(), strict=True)
        )


def test_nothing_gained_and_nothing_lost_is_alive_in_every_lane() -> None:
    layout = Layout(Trellis(plain(2, points=10)), 0)
    gates = Tally()
    assert beginning(gates, layout).shape[:3] == (layout.rows + 1, 1, layout.lanes)
    assert gates.ciphertexts == 0
    clear, layout, _ = on_wires(layout.trellis, *[scoring_of(layout.trellis, [[3, 0]], 1)] * 2)
    assert sums_of(beginning(clear, layout)) == [[0] * layout.lanes]


def test_what_is_moved_in_is_dead_and_stays_so_whatever_its_rows_hold() -> None:
    """A loss of 3 kills the lanes below; points are added under the dead ones, and mean nothing."""
    trellis = Trellis(plain(1, 2, points=5))
    garbler = scoring_of(trellis, [[2], [5, 1]], 0)
    evaluator = scoring_of(trellis, [[0], [0, 3]], 0)
    gates, layout, entered = on_wires(trellis, garbler, evaluator)
    found = Step(layout, 1).candidates(gates, entered, beginning(gates, layout))
    assert sums_of(found) == [[-1] * 3 + [5] * 5, [1] * 8]
    dead = np.concatenate([wires_of(np.full((1, 8), 7), layout.rows), gates.zeros(1, 8)[:, None]])
    assert sums_of(Step(layout, 0).candidates(gates, entered, dead)) == [[-1] * 8]


@pytest.mark.parametrize("forbids", ["garbler", "evaluator"])
def test_either_side_kills_a_branch_it_forbids_and_no_other(forbids: str) -> None:
    trellis = Trellis(plain(3, points=7))
    sides = {name: scoring_of(trellis, [[4, 2, 1]], 0) for name in ("garbler", "evaluator")}
    sides[forbids].allowed[0][1] = False
    gates, layout, entered = on_wires(trellis, sides["garbler"], sides["evaluator"])
    found = sums_of(Step(layout, 0).candidates(gates, entered, beginning(gates, layout)))
    assert found == [[4] * 8, [-1] * 8, [-1] * 3 + [1] * 5]


def test_what_is_entered_is_each_sides_own_and_shows_nothing() -> None:
    trellis = Trellis(plain(2, points=7))
    garbler, evaluator = scoring_of(trellis, [[5, 3]], 6), scoring_of(trellis, [[1, 4]], 2)
    _, layout, entered = on_wires(trellis, garbler, evaluator)
    assert numbers_of(entered.points).tolist() == [5, 3]
    assert numbers_of(entered.line).tolist() == [2 ** (layout.rows + 1) - 6]
    assert numbers_of(entered.seen["loss"]).tolist() == [3, 0]
    assert numbers_of(entered.seen["slack"]).tolist() == [4 - 2 + 1]
    assert str(entered) == repr(entered) == "Entered(<secret>)"
    mine = entered.mine("points")
    assert mine is not None
    assert mine.tolist() == [[1, 1], [0, 1], [1, 0]]
    tally = Tally()
    assert enter(tally, layout, None, tally.zeros(*layout.shape)).mine("points") is None
