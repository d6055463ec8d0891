"""What a side enters: every part where the layout says, from points and red lines alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from frontiers import scoring_of
from matters import Matter, matters, plain
from tracktwo.deal.trellis import Trellis, scoring
from tracktwo.mpc.blocks import Bits
from tracktwo.probe.frontier.inputs import Entries, Layout


def number(bits: Bits) -> list[int]:
    return [int(of) for of in (bits.astype(np.int64) << np.arange(len(bits))[:, None]).sum(axis=0)]


def entered(layout: Layout, side: object, coin: int = 0) -> dict[str, list[int]]:
    entries = Entries(layout, side, coin)  # type: ignore[arg-type]
    return {name: number(bits) for name, bits in layout.split(entries.bits(0)).items()}


def test_points_are_entered_as_they_are_and_as_losses_against_the_best_option() -> None:
    layout = Layout(Trellis(plain(3, 2, points=20)), 0)
    parts = entered(layout, scoring_of(layout.trellis, [[12, 6, 0], [0, 8]], 5), coin=1)
    assert parts["points"] == [12, 6, 0, 0, 8]
    assert parts["loss"] == [0, 6, 12, 8, 0]
    assert parts["slack"] == [20 - 5 + 1]
    assert parts["line"] == [2 ** (layout.rows + 1) - 5]
    assert parts["allowed"] == [1] * 5
    assert parts["coin"] == [1]


@pytest.mark.parametrize("line", [21, 22, 25])
def test_a_line_out_of_reach_leaves_no_slack(line: int) -> None:
    layout = Layout(Trellis(plain(3, 2, points=20)), 0)
    assert entered(layout, scoring_of(layout.trellis, [[12, 6, 0], [0, 8]], line))["slack"] == [0]


@given(matters())
def test_every_part_holds_its_numbers_whole_and_padding_is_zero(matter: Matter) -> None:
    agenda, a, _ = matter
    layout = Layout(Trellis(agenda), 3)
    scored = scoring(layout.trellis, a)
    parts = entered(layout, scored)
    points = np.concatenate(scored.table.points).tolist()
    assert parts["points"] == points
    tops = [int(of.max()) for of in scored.table.points for _ in of]
    assert parts["loss"] == [top - worth for top, worth in zip(tops, points, strict=True)]
    assert parts["allowed"] == np.concatenate(scored.allowed).astype(int).tolist()
    used = sum(rows * lanes for rows, lanes in layout.parts.values())
    assert not Entries(layout, scored, 1).bits(0)[0, used:].any()
    assert Entries(layout, scored, 0).bits(1).shape == (1, 0)


@pytest.mark.parametrize(
    ("points", "issues", "rows", "lanes", "digits"),
    [(1, 1, 1, 8, 4), (250, 10, 8, 256, 9), (250, 20, 9, 264, 9), (1000, 30, 10, 1016, 10)],
)
def test_widths_follow_from_points_and_issues(
    points: int, issues: int, rows: int, lanes: int, digits: int
) -> None:
    layout = Layout(Trellis(plain(*[2] * issues, points=points)), 0)
    assert (layout.rows, layout.lanes, layout.digits) == (rows, lanes, digits)
    assert layout.reach <= 1 << layout.rows
    assert layout.lanes < 1 << layout.digits, "a loss out of reach can be entered"


def test_entries_do_not_show_what_they_hold() -> None:
    layout = Layout(Trellis(plain(2)), 0)
    entries = Entries(layout, scoring_of(layout.trellis, [[7, 0]], 1), 0)
    assert repr(entries) == str(entries) == "Entries(<secret>)"
