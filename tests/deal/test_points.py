"""Points and gains: equal to the brute force to the last bit, and to figures worked by hand."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brute
from effort import examples
from strategies import agendas, positions
from tracktwo.deal.agenda import Agenda, Issue, Option
from tracktwo.deal.package import enumerate_packages
from tracktwo.deal.points import gains, point_table, utilities
from tracktwo.deal.position import Position, RedLine
from tracktwo.errors import BadInput

MATTER = Agenda(
    "Spring 2022",
    (
        Issue("alignment", "Alignment", (Option("neutral", "Neutral"), Option("open", "Open"))),
        Issue("guarantee", "Guarantee", (Option("each-acts", "Each"), Option("all-agree", "All"))),
    ),
    (frozenset({("alignment", "open"), ("guarantee", "all-agree")}),),
)
VIEW = Position(
    Decimal(55),
    {"alignment": Decimal(30), "guarantee": Decimal(45)},
    {
        "alignment": {"neutral": Decimal(80), "open": Decimal(10)},
        "guarantee": {"each-acts": Decimal(100), "all-agree": Decimal(20)},
    },
    (RedLine(frozenset({("alignment", "neutral")}), frozenset({("guarantee", "each-acts")})),),
)


def test_the_example_of_the_design_worked_by_hand() -> None:
    # 250*30*80/7500 = 80, 250*30*10/7500 = 10, 250*45*100/7500 = 150, 30; line 137.5 up to 138
    table = point_table(MATTER, VIEW)
    packages = enumerate_packages(MATTER)
    assert [of.tolist() for of in table.points] == [[80, 10], [150, 30]]
    assert table.line == 138
    assert utilities(packages, table).tolist() == [230, 110, 160]
    assert gains(packages, VIEW).tolist() == [93, 0, 23]


@settings(max_examples=examples(400))
@given(st.data())
def test_points_and_gains_equal_the_brute_force(data: st.DataObject) -> None:
    agenda = data.draw(agendas())
    position = data.draw(positions(agenda))
    packages, table = enumerate_packages(agenda), point_table(agenda, position)
    for issue, of in zip(agenda.issues, table.points, strict=True):
        worth = [brute.option_points(agenda, position, issue.id, o.id) for o in issue.options]
        assert of.tolist() == worth
    assert table.line == brute.line(agenda, position)
    expected = [brute.points(agenda, position, package) for package in brute.packages(agenda)]
    assert utilities(packages, table).tolist() == expected
    assert gains(packages, position).tolist() == brute.gains(agenda, position)


@given(st.data())
def test_exclusions_take_packages_away_and_change_no_gain(data: st.DataObject) -> None:
    agenda = data.draw(agendas(min_issues=2))
    position = data.draw(positions(agenda))
    unrestricted = Agenda(agenda.title, agenda.issues, points=agenda.points)
    every = gains(enumerate_packages(unrestricted), position)
    packages = enumerate_packages(agenda)
    kept = every if packages.raw is None else every[packages.raw]
    assert gains(packages, position).tolist() == kept.tolist()


@given(st.data(), st.integers(1, 1000))
def test_weights_matter_only_in_proportion(data: st.DataObject, factor: int) -> None:
    agenda = data.draw(agendas())
    position = data.draw(positions(agenda))
    scaled = Position(
        position.accept_from,
        {issue: weight * factor for issue, weight in position.weights.items()},
        position.scores,
        position.red_lines,
    )
    packages = enumerate_packages(agenda)
    assert gains(packages, position).tolist() == gains(packages, scaled).tolist()


def one_issue(points: int, score: str, accept_from: str) -> tuple[Agenda, Position]:
    agenda = Agenda("One", (Issue("i", "I", (Option("o", "O"),)),), points=points)
    position = Position(
        Decimal(accept_from), {"i": Decimal("0.000001")}, {"i": {"o": Decimal(score)}}
    )
    return agenda, position


@pytest.mark.parametrize(
    ("points", "score", "accept_from", "worth", "line"),
    [
        (1, "50", "0", 1, 0),  # one half goes up
        (1, "49.999999", "0", 0, 0),
        (1, "100", "0.000001", 1, 1),  # the line goes up, however little is asked
        (1000, "0.05", "100", 1, 1000),
        (1000, "0.049999", "99.9", 0, 999),
        (3, "83.333333", "33.333333", 2, 1),
        (3, "83.333334", "33.333334", 3, 2),
    ],
)
def test_halves_go_up_and_the_line_goes_up(
    points: int, score: str, accept_from: str, worth: int, line: int
) -> None:
    table = point_table(*one_issue(points, score, accept_from))
    assert table.points[0].tolist() == [worth]
    assert table.line == line


def test_a_package_on_the_line_gains_one_and_below_it_nothing() -> None:
    agenda, position = one_issue(100, "60", "60")
    assert gains(enumerate_packages(agenda), position).tolist() == [1]
    agenda, position = one_issue(100, "60", "60.000001")
    assert gains(enumerate_packages(agenda), position).tolist() == [0]


def test_a_red_line_takes_a_package_away_whatever_it_is_worth() -> None:
    agenda, position = one_issue(100, "100", "0")
    crossed = Position(
        position.accept_from,
        position.weights,
        position.scores,
        (RedLine(frozenset({("i", "o")})),),
    )
    assert gains(enumerate_packages(agenda), position).tolist() == [101]
    assert gains(enumerate_packages(agenda), crossed).tolist() == [0]


def test_a_position_for_another_agenda_has_no_points() -> None:
    agenda, _ = one_issue(100, "100", "0")
    with pytest.raises(BadInput, match="not an issue of the agenda"):
        point_table(agenda, VIEW)


def test_the_point_table_shows_nothing() -> None:
    shown = repr(point_table(MATTER, VIEW)) + str(point_table(MATTER, VIEW))
    assert "138" not in shown
    assert "150" not in shown


def test_types_are_those_the_circuits_expect() -> None:
    packages = enumerate_packages(MATTER)
    table = point_table(MATTER, VIEW)
    assert gains(packages, VIEW).dtype == np.int32
    assert utilities(packages, table).dtype == np.int32
    assert all(of.dtype == np.int32 for of in table.points)
