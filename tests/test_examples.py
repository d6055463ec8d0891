"""The cases under examples/: what each shows, and that its README says what the files give.

Gains come from the program and from a plain reckoning beside it; every figure is of both. The
larger cases have a file of their own.
"""

from __future__ import annotations

import dataclasses
import re
from decimal import ROUND_HALF_UP, Decimal

import pytest

import brute
from cases import (
    EXAMPLES,
    JUNE,
    LISTED,
    NAMES,
    SIDES,
    SPRING,
    STRIKE,
    case,
    plain_gains,
    row,
)
from tracktwo.deal.agenda import Agenda
from tracktwo.deal.package import enumerate_packages
from tracktwo.deal.points import gains, point_table
from tracktwo.deal.position import Position

SETTLEMENT = {
    "raises": "august",
    "rooms": "settled",
    "staff": "settled",
    "weeks": "august",
    "viewing": "settled",
    "data": "settled",
    "foreign": "settled",
    "ai": "settled",
}
# The studios' offer on `rooms` was not found; none is what they had last said.
AUGUST = dict.fromkeys(SETTLEMENT, "august") | {"rooms": "studios"}
OPENING = dict.fromkeys(SETTLEMENT, "guild")


def names(agenda: Agenda) -> list[str]:
    options = [option for issue in agenda.issues for option in issue.options]
    return [*(issue.name for issue in agenda.issues), *(option.name for option in options)]


def with_line(position: Position, accept_from: int) -> Position:
    return dataclasses.replace(position, accept_from=Decimal(accept_from))


every_case = pytest.mark.parametrize("name", SIDES)
every_listed_case = pytest.mark.parametrize("name", LISTED)


@every_listed_case
def test_the_program_finds_the_gains_that_the_plain_reckoning_finds(name: str) -> None:
    its = case(name)
    packages = enumerate_packages(its.agenda)
    assert gains(packages, its.a).tolist() == its.gains_a
    assert gains(packages, its.b).tolist() == its.gains_b


@every_listed_case
def test_the_readme_counts_what_the_files_give(name: str) -> None:
    its = case(name)
    before = 1
    for issue in its.agenda.issues:
        before *= len(issue.options)
    first, second = (NAMES[side] for side in SIDES[name])
    expected = [
        row("Packages before exclusions", before),
        row("Packages", len(its.packages)),
        row(f"Acceptable to {first}", sum(gain > 0 for gain in its.gains_a)),
        row(f"Acceptable to {second}", sum(gain > 0 for gain in its.gains_b)),
        row("Acceptable to both", len(its.joint())),
    ]
    low, high = brute.how_much(its.gains_a, its.gains_b)
    expected.append(f"`how-much`: {f'{low:,} to {high:,}' if high else 0}.")
    expected.append(f"`exists`: {'yes' if its.joint() else 'no'}.")
    assert [line for line in expected if line not in its.readme] == []


@every_case
def test_every_option_has_its_source_and_every_exclusion_and_red_line_its_reason(name: str) -> None:
    its = case(name)
    options = [option for issue in its.agenda.issues for option in issue.options]
    assert [option.id for option in options if not option.source] == []
    assert all(its.agenda.exclude_notes)
    assert [line.note for side in its.positions for line in side.red_lines if not line.note] == []


@every_case
def test_names_fit_a_table_in_a_terminal(name: str) -> None:
    assert [text for text in names(case(name).agenda) if len(text) > 60] == []


@every_case
def test_no_reference_needs_another_document(name: str) -> None:
    texts = [path.read_text(encoding="utf-8") for path in (EXAMPLES / name).iterdir()]
    assert [code for text in texts for code in re.findall(r"\b[SWUM]\d{1,2}[a-z]?\b", text)] == []
    readme = case(name).readme
    body, sources = readme.split("## Sources")
    listed = set(re.findall(r"^(\d+)\. ", sources, re.MULTILINE))
    assert set(re.findall(r"\[(\d+)\]", body)) == listed


def test_in_spring_2022_what_both_had_accepted_is_in_the_room() -> None:
    its = case(SPRING)
    assert its.in_room("alignment=neutral")
    assert its.in_room("crimea=outside")
    assert its.in_room("guarantors=five")


def test_in_spring_2022_neither_text_of_the_trigger_is_in_the_room() -> None:
    its = case(SPRING)
    assert {package["trigger"] for package in its.joint()} == {"later"}


def test_in_spring_2022_no_recognition_is_in_the_room() -> None:
    its = case(SPRING)
    assert not its.in_room("crimea=recognised")
    assert not its.in_room("territory=recognised")


def test_in_spring_2022_the_readme_says_where_the_room_is() -> None:
    its = case(SPRING)
    for issue in its.agenda.issues:
        held = [o.id for o in issue.options if its.in_room(f"{issue.id}={o.id}")]
        rest = [o.id for o in issue.options if o.id not in held]
        cells = f"| `{issue.id}` | {', '.join(held)} | {', '.join(rest)}"
        assert f"{cells.rstrip()} |" in its.readme


def test_in_spring_2022_the_readme_names_the_best_package_by_the_nash_rule() -> None:
    its = case(SPRING)
    (number,) = brute.best(its.gains_a, its.gains_b, "nash")
    text = " ".join(its.readme.split())
    shown = ", ".join(f"`{issue}={option}`" for issue, option in its.packages[number].items())
    assert f": {shown}." in text
    gain_a, gain_b = its.gains_a[number], its.gains_b[number]
    assert f"{gain_a} points of gain for Russia and {gain_b} for Ukraine of 250" in text


def test_in_june_2025_no_package_is_joint() -> None:
    its = case(JUNE)
    assert not brute.exists(its.gains_a, its.gains_b)
    assert sum(gain > 0 for gain in its.gains_a) > 0
    assert sum(gain > 0 for gain in its.gains_b) > 0


def test_in_june_2025_every_settlement_of_territory_is_a_red_line_of_one_side() -> None:
    its = case(JUNE)
    crossed = [
        {option for line in side.red_lines for issue, option in line.never if issue == "territory"}
        for side in its.positions
    ]
    assert {option.id for option in its.agenda.issue("territory").options} == set.union(*crossed)
    assert not any(line.unless for side in its.positions for line in side.red_lines)
    assert [len(options) for options in crossed] == [4, 1]  # so none is of both


def test_in_june_2025_no_line_however_low_makes_room() -> None:
    # At 0 only red lines refuse, and no weight changes those.
    its = case(JUNE)
    low = [plain_gains(its.agenda, with_line(side, 0), its.packages) for side in its.positions]
    assert not brute.exists(*low)


def test_in_june_2025_territory_set_aside_makes_room_only_from_lower_lines() -> None:
    its = case(JUNE)

    def joint_from(accept_from: int) -> int:
        sides = [
            dataclasses.replace(
                with_line(side, accept_from),
                red_lines=tuple(
                    line
                    for line in side.red_lines
                    if all(issue != "territory" for issue, _ in line.never)
                ),
            )
            for side in its.positions
        ]
        return len(brute.joint(*(plain_gains(its.agenda, side, its.packages) for side in sides)))

    assert joint_from(60) == 0
    assert f"At lines of 50 there would be {joint_from(50):,}." in its.readme


def test_in_june_2025_three_options_have_at_least_a_conditional_yes_of_both() -> None:
    its = case(JUNE)

    def scored(least: int) -> set[str]:
        return {
            f"{issue.id}={option.id}"
            for issue in its.agenda.issues
            for option in issue.options
            if all(side.scores[issue.id][option.id] >= least for side in its.positions)
        }

    assert scored(100) == {"prisoners=categories"}
    assert scored(60) == {"prisoners=categories", "prisoners=all", "guarantee=monitors"}


def test_the_settlement_of_the_strike_is_in_the_room() -> None:
    assert SETTLEMENT in case(STRIKE).joint()


def test_every_option_of_the_strike_is_in_the_room() -> None:
    its = case(STRIKE)
    every = {(issue.id, option.id) for issue in its.agenda.issues for option in issue.options}
    assert brute.where(its.agenda, its.gains_a, its.gains_b) == every


def test_no_option_of_any_issue_of_the_strike_reaches_both_lines_by_itself() -> None:
    its = case(STRIKE)
    reached = [
        (issue.id, option.id)
        for issue in its.agenda.issues
        for option in issue.options
        if all(side.scores[issue.id][option.id] >= side.accept_from for side in its.positions)
    ]
    assert reached == []


def test_no_settled_option_of_the_strike_is_the_best_of_its_issue_for_either_side() -> None:
    its = case(STRIKE)
    best = [
        issue
        for issue, option in SETTLEMENT.items()
        for side in its.positions
        if side.scores[issue][option] == max(side.scores[issue].values())
    ]
    assert best == []


def test_the_offer_of_august_and_the_opening_of_the_guild_are_each_refused_by_one_side() -> None:
    its = case(STRIKE)
    guild, studios = its.gains_of(AUGUST)
    assert (guild, studios > 0) == (0, True)
    guild, studios = its.gains_of(OPENING)
    assert (guild > 0, studios) == (True, 0)


def test_the_readme_says_what_offer_and_settlement_are_worth_of_100() -> None:
    its = case(STRIKE)

    def worth(package: dict[str, str]) -> list[int]:
        return [
            100 * brute.points(its.agenda, side, package) // its.agenda.points
            for side in its.positions
        ]

    guild, studios = worth(AUGUST)
    text = " ".join(its.readme.split())
    assert f"11 August is worth {guild} to the guild, which refused it, and {studios} to" in text
    guild, studios = worth(SETTLEMENT)
    assert f"worth {guild} to the guild and {studios} to the studios, and stays there" in text
    assert f"line of the guild up to {guild} and of the studios up to {studios}" in text
    for up in (0, 1):
        lines = with_line(its.a, guild + up), with_line(its.b, studios + up)
        taken = [brute.gain(its.agenda, side, SETTLEMENT) > 0 for side in lines]
        assert taken == [up == 0] * 2


def test_on_each_issue_of_the_strike_the_two_sides_scores_mirror_each_other() -> None:
    its = case(STRIKE)
    for issue in its.agenda.issues:
        for option in issue.options:
            total = sum(side.scores[issue.id][option.id] for side in its.positions)
            assert total == 100, (issue.id, option.id)


def test_the_scores_of_the_strike_stand_in_proportion_to_the_figures() -> None:
    def compound(*rises: str) -> Decimal:
        whole = Decimal(1)
        for rise in rises:
            whole *= 1 + Decimal(rise) / 100
        return (whole - 1) * 100

    figures = {
        "raises": {
            "guild": compound("6", "5", "5"),
            "august": compound("5", "4", "3.5"),
            "studios": compound("4", "3", "2"),
        },
        "rooms": {"guild": Decimal(6), "settled": Decimal(3), "studios": Decimal(0)},
        "staff": {
            "guild": Decimal(7),
            "settled": Decimal(5),
            "august": Decimal(3),
            "studios": Decimal(0),
        },
        "weeks": {"guild": Decimal(24), "august": Decimal(20), "studios": Decimal(0)},
    }
    for issue, of in figures.items():
        low, high = min(of.values()), max(of.values())
        share = {o: round(100 * (value - low) / (high - low), 2) for o, value in of.items()}
        assert share == case(STRIKE).a.scores[issue]
    shown = [value.quantize(Decimal("0.01"), ROUND_HALF_UP) for value in figures["raises"].values()]
    assert [str(value) for value in shown] == ["16.87", "13.02", "9.26"]
    assert [value for value in map(str, shown) if value not in case(STRIKE).readme] == []


def test_the_readme_compares_the_settlement_with_the_best_package() -> None:
    its = case(STRIKE)
    (number,) = brute.best(its.gains_a, its.gains_b, "nash")
    for issue, option in its.packages[number].items():
        assert f"| `{issue}` | {SETTLEMENT[issue]} | {option} |" in its.readme
    text = " ".join(its.readme.split())
    guild, studios = its.gains_of(SETTLEMENT)
    assert its.gains_a[number] == its.gains_b[number]
    gives = f"gives {its.gains_a[number]} points of gain to each of 250"
    assert f"{gives}, the settlement {guild} and {studios}" in text
    pairs = zip(its.gains_a, its.gains_b, strict=True)
    better = sum(a >= guild and b >= studios and (a, b) != (guild, studios) for a, b in pairs)
    assert f"{better} packages are worth no less to either side and more to one" in text


def test_the_lines_in_points_are_the_programs() -> None:
    for name in SIDES:
        its = case(name)
        for side in its.positions:
            assert point_table(its.agenda, side).line == brute.line(its.agenda, side)
