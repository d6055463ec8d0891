"""Which sums are joint and which are best, lane by lane, against a reckoning in plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import brute
from effort import examples
from frontiers import numbers_of, on_wires, scoring_of, wires_of
from matters import plain
from tracktwo.deal.trellis import Trellis
from tracktwo.mpc.gates import Clear, Wires
from tracktwo.probe.frontier.inputs import Layout
from tracktwo.probe.frontier.passes import Entered
from tracktwo.probe.frontier.ranking import Ranking, over_line

RULES = pytest.mark.parametrize("rule", ["nash", "egalitarian"])


@dataclass(frozen=True)
class Sums:
    """An array of sums, and two lines: what the ranking begins from."""

    points: int
    worths: tuple[int | None, ...]
    """The garbler's points in each lane, None where nothing is alive."""
    line: int
    """Of the garbler."""
    slack: int
    """How many of the first lanes the evaluator accepts."""

    def gains(self, lane: int) -> tuple[int, int] | None:
        """Of evaluator and garbler; None if one of them does not accept."""
        worth = self.worths[lane]
        if worth is None or worth < self.line or lane >= self.slack:
            return None
        return self.slack - lane, worth - self.line + 1

    def best(self, rule: str) -> list[int]:
        """The lanes of the greatest merit."""
        merits = {
            lane: sum(map(brute.logarithm, pair)) if rule == "nash" else (min(pair), max(pair))
            for lane in range(len(self.worths))
            if (pair := self.gains(lane)) is not None
        }
        top = max(merits.values(), default=None)  # type: ignore[type-var]
        return [lane for lane, merit in merits.items() if merit == top]


@st.composite
def sums(draw: st.DrawFn) -> Sums:
    """Any array: a real one never falls from lane to lane, but the ranking does not need that."""
    points = draw(st.sampled_from([1, 3, 6, 7, 20, 31, 60]))
    worth = st.none() | st.integers(0, points)
    lanes = Layout(_trellis(points), 0).lanes
    worths = draw(st.lists(worth, min_size=lanes, max_size=lanes))
    return Sums(
        points, tuple(worths), draw(st.integers(0, points + 1)), draw(st.integers(0, points + 1))
    )


def _trellis(points: int) -> Trellis:
    return Trellis(plain(2, points=points))


def entered_for(of: Sums) -> tuple[Clear, Layout, Entered, Wires]:
    """The wires of these numbers: the last are the sums of the first state."""
    trellis = _trellis(of.points)
    garbler = scoring_of(trellis, [[0, of.points]], of.line)
    evaluator = scoring_of(trellis, [[0, of.points]], of.points + 1 - of.slack)
    gates, layout, entered = on_wires(trellis, garbler, evaluator)
    # What lies under a dead lane means nothing: here the greatest number there is.
    rows = [(1 << layout.rows) - 1 if worth is None else worth for worth in of.worths]
    alive = [worth is not None for worth in of.worths]
    numbers = np.array(rows) + (np.array(alive, int) << layout.rows)
    return gates, layout, entered, wires_of(numbers[None], layout.rows + 1)


@RULES
@settings(max_examples=examples(200))
@given(of=sums())
def test_a_lane_is_joint_if_alive_within_the_slack_and_over_the_line(rule: str, of: Sums) -> None:
    gates, layout, entered, wires = entered_for(of)
    joint, seen, own = Ranking(layout, rule).joint(gates, entered, wires)
    expected = [of.gains(lane) for lane in range(layout.lanes)]
    assert joint[0, :, 0].tolist() == [int(pair is not None) for pair in expected]
    worths = list(zip(numbers_of(seen).tolist(), numbers_of(own).tolist(), strict=True))
    for lane, pair in enumerate(expected):
        if pair is not None:
            scale = brute.logarithm if rule == "nash" else int
            assert worths[lane] == tuple(scale(gain) - 1 for gain in pair)


@RULES
@settings(max_examples=examples(200))
@given(of=sums())
@example(of=Sums(7, (5,) * 8, 2, 8))  # one gain falls and the other stays: the first lane
@example(of=Sums(7, (7,) * 8, 0, 0))  # nothing is accepted
@example(of=Sums(7, (None,) * 8, 0, 8))
def test_the_best_lanes_are_all_those_of_the_greatest_merit(rule: str, of: Sums) -> None:
    gates, layout, entered, wires = entered_for(of)
    ranking = Ranking(layout, rule)
    found, best = ranking.best(gates, *ranking.joint(gates, entered, wires))
    expected = of.best(rule)
    assert found.ravel().tolist() == [int(bool(expected))]
    assert np.flatnonzero(best[0, :, 0]).tolist() == expected


@RULES
@pytest.mark.parametrize(
    ("worths", "nash", "egalitarian"),
    [
        (range(8), [3, 4], [3, 4]),  # gains 8 1, 7 2, 6 3, 5 4, 4 5, ...
        ([0, 0, 0, 0, 4, 4, 4, 7], [4], [4]),  # 4 5 beats 8 1 and 1 8
        ([0, 3, 3, 3, 3, 3, 3, 3], [1], [1]),  # 7 4
        ([0, 0, 0, 0, 0, 0, 0, 7], [0, 7], [0, 7]),  # 8 1 and 1 8
        ([1, 1, 1, 3, 4, 4, 4, 4], [3, 4], [3, 4]),  # 5 4 and 4 5
        ([2, 2, 2, 2, 2, 2, 6, 7], [0], [0]),  # 8 3 beats 2 7
    ],
)
def test_lanes_that_tie_are_all_best(
    rule: str, worths: Sequence[int], nash: list[int], egalitarian: list[int]
) -> None:
    gates, layout, entered, wires = entered_for(Sums(7, tuple(worths), 0, 8))
    ranking = Ranking(layout, rule)
    found, best = ranking.best(gates, *ranking.joint(gates, entered, wires))
    assert found.ravel().tolist() == [1]
    assert np.flatnonzero(best[0, :, 0]).tolist() == (nash if rule == "nash" else egalitarian)


def test_what_the_two_rules_rank_otherwise_is_ranked_so() -> None:
    """Gains of 8 and 3 have the greater product, those of 4 and 4 the greater least."""
    of = Sums(7, (2, 2, 2, 2, 3, 3, 3, 3), 0, 8)
    gates, layout, entered, wires = entered_for(of)
    told = {}
    for rule in ("nash", "egalitarian"):
        ranking = Ranking(layout, rule)
        _, best = ranking.best(gates, *ranking.joint(gates, entered, wires))
        told[rule] = np.flatnonzero(best[0, :, 0]).tolist()
    assert told == {"nash": [0], "egalitarian": [4]}


@settings(max_examples=examples(200))
@given(of=sums())
def test_sums_lie_above_the_line_by_their_difference_and_reach_it_from_0_on(of: Sums) -> None:
    gates, layout, entered, wires = entered_for(of)
    above, reached = over_line(gates, entered, wires[:, 0])
    for lane, worth in enumerate(of.worths):
        rows = (1 << layout.rows) - 1 if worth is None else worth
        difference = int(numbers_of(above)[lane])
        assert difference == (rows - of.line) % (1 << layout.rows + 1)
        assert reached[0, lane, 0] == (worth is not None and worth >= of.line)
