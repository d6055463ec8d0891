"""The two larger cases under examples/: every figure and claim of their READMEs is so.

Nobody lists their packages: figures come from the program's study along the trellis, and beside it
from an exact solver and, where there are few enough, from a reckoning of all packages at once.
"""

from __future__ import annotations

import dataclasses
import math
import re

import numpy as np
import pytest
from numpy.typing import NDArray

import brute
from cases import CONTRACT, JUNE, LARGER, NAMES, NINE, ROOT, SIDES, Case, case, row
from solver import Solver
from tracktwo.deal.agenda import Agenda
from tracktwo.deal.analysis import Rule, study
from tracktwo.deal.position import Position, RedLine
from tracktwo.probe.choice import Circuits
from tracktwo.probe.question import Question
from tracktwo.show.words import size

every_larger_case = pytest.mark.parametrize("name", LARGER)


def before_exclusions(agenda: Agenda) -> int:
    return math.prod(len(issue.options) for issue in agenda.issues)


def out_of_room(its: Case) -> set[str]:
    pairs = zip(its.agenda.issues, its.studied.where, strict=True)
    return {
        f"{issue.id}={option.id}"
        for issue, row in pairs
        for option, held in zip(issue.options, row, strict=True)
        if not held
    }


def tied(its: Case) -> int:
    return sum(point.count for point in its.studied.best[Rule.NASH])


@every_larger_case
def test_the_readme_of_a_larger_case_counts_what_the_program_finds(name: str) -> None:
    its = case(name)
    found = its.studied
    first, second = (NAMES[side] for side in SIDES[name])
    rows = [
        row("Packages", found.packages.count),
        row(f"Acceptable to {first}", found.a.acceptable),
        row(f"Acceptable to {second}", found.b.acceptable),
        row("Acceptable to both", found.room),
    ]
    assert [line for line in rows if line not in its.readme] == []
    told = re.findall(r"^\| (Packages|Acceptable)", its.readme, re.MULTILINE)
    assert len(told) == len(rows) + ("before exclusions" in its.readme)
    assert f"`exists`: {'yes' if found.room else 'no'}." in its.readme


@every_larger_case
def test_a_solver_finds_the_room_and_the_best_package_that_the_program_finds(name: str) -> None:
    its = case(name)
    solver, issues = Solver(its.agenda, *its.positions), its.agenda.issues
    every = {f"{issue.id}={option.id}" for issue in issues for option in issue.options}
    assert {"=".join(choice) for choice in solver.where()} == every - out_of_room(its)
    best = solver.best("nash")
    assert best is not None
    for point in its.studied.best[Rule.NASH]:
        gains = (
            point.a - brute.line(its.agenda, its.a) + 1,
            point.b - brute.line(its.agenda, its.b) + 1,
        )
        assert sum(map(brute.logarithm, gains)) == sum(map(brute.logarithm, best))


@every_larger_case
def test_the_readme_of_a_larger_case_names_what_its_agenda_links(name: str) -> None:
    its = case(name)
    assert its.agenda.linked
    for group in its.agenda.linked:
        first, second = group
        assert f"`{first}` with `{second}`" in its.words
    (said,) = re.findall(r"- \*\*Linked\.\*\* (.*?): each pair", its.words)
    assert said.count(" with ") == len(its.agenda.linked)


@every_larger_case
def test_all_red_lines_of_a_larger_case_are_ones_the_frontier_circuit_takes(name: str) -> None:
    its = case(name)
    offer = Circuits(its.agenda).choose(Question(("exists", "where", "best")))
    assert offer.cost.circuit == "frontier"
    for side in its.positions:
        offer.circuit.take(side)
        assert any(len(line.never | line.unless) > 1 for line in side.red_lines)


def test_the_readme_says_how_many_packages_the_larger_cases_have_and_what_they_take() -> None:
    said = " ".join((ROOT / "README.md").read_text("utf-8").split())
    nine, contract = case(NINE), case(CONTRACT)
    assert f"with {before_exclusions(nine.agenda):,} packages before exclusions" in said
    assert f"with {contract.studied.packages.count:,} packages" in said
    assert (len(nine.agenda.issues), len(contract.agenda.issues)) == (9, 20)
    assert "[nine issues](examples/ukraine-nine-issues/" in said
    assert "[twenty clauses](examples/writers-contract-2023/" in said
    question = Question(("exists", "where", "best"))
    taken = Circuits(contract.agenda).choose(question).cost
    assert f"{size(taken.bytes_sent)} each way" in said
    listed = Circuits(nine.agenda).choose(question, "enumeration").cost
    assert f"the nine issues would need {size(listed.bytes_sent)} each way" in said


def reckoned(agenda: Agenda, position: Position) -> NDArray[np.int64]:
    """The gain of every package before exclusions, -1 of those excluded, all at once."""
    places = {issue.id: place for place, issue in enumerate(agenda.issues)}
    axes = np.ix_(*(range(len(issue.options)) for issue in agenda.issues))

    def holding(choices: frozenset[tuple[str, str]]) -> NDArray[np.bool_]:
        held = np.ones((1,) * len(axes), np.bool_)
        for issue, option in choices:
            held = held & (axes[places[issue]] == agenda.issue(issue).index(option))
        return held

    gains = np.full(1, 1 - brute.line(agenda, position))
    for axis, issue in zip(axes, agenda.issues, strict=True):
        worth = [brute.option_points(agenda, position, issue.id, o.id) for o in issue.options]
        gains = gains + np.array(worth)[axis]
    gains = np.maximum(gains, 0)
    for line in position.red_lines:
        crossed = holding(line.never)
        if line.unless:
            crossed = crossed & ~holding(line.unless)
        gains = np.where(crossed, 0, gains)
    for excluded in agenda.exclude:
        gains = np.where(holding(excluded), -1, gains)
    return np.asarray(gains)


def test_the_nine_issues_count_as_a_plain_reckoning_of_every_package_does() -> None:
    its = case(NINE)
    a, b = (reckoned(its.agenda, side) for side in its.positions)
    assert row("Packages before exclusions", a.size) in its.readme
    assert a.size == before_exclusions(its.agenda)
    assert row("Packages", int((a >= 0).sum())) in its.readme
    assert row("Acceptable to Russia", int((a > 0).sum())) in its.readme
    assert row("Acceptable to Ukraine", int((b > 0).sum())) in its.readme
    joint = (a > 0) & (b > 0)
    assert row("Acceptable to both", int(joint.sum())) in its.readme
    merits = [
        brute.logarithm(int(x)) + brute.logarithm(int(y))
        for x, y in zip(a[joint], b[joint], strict=True)
    ]
    assert merits.count(max(merits)) == tied(its) == 6
    assert "`best` by the Nash rule is one of six packages that tie" in its.words


def test_the_nine_issues_readme_says_what_is_in_the_room_and_what_is_not() -> None:
    its = case(NINE)
    out = out_of_room(its)

    def left(issue: str) -> list[str]:
        options = [option.id for option in its.agenda.issue(issue).options]
        return [option for option in options if f"{issue}={option}" not in out]

    assert left("territory") == ["donbas-zone"]
    assert left("crimea") == ["de-facto"]
    assert left("plant") == ["shared-output", "consortium"]
    told = {
        choice for choice in out if choice.split("=")[0] not in ("territory", "crimea", "plant")
    }
    assert told == {"forces=high", "ceasefire=on-leaving"}
    for part in (
        "on territory only `donbas-zone`, on Crimea only `de-facto`",
        "at the plant `shared-output` or `consortium` are in the room",
        "`forces=high` and `ceasefire=on-leaving` are not",
    ):
        assert part in its.words


def test_the_nine_issues_say_of_their_figures_what_they_are() -> None:
    its, june = case(NINE), case(JUNE)
    for side in its.positions:
        assert len(set(side.weights.values())) == 1
        assert side.accept_from == 50
        assert {score for of in side.scores.values() for score in of.values()} <= {0, 40, 60, 100}
    assert {side.accept_from for side in june.positions} == {60}
    assert its.b.scores["plant"]["shared-output"] == 0
    assert not any(line.never == {("plant", "shared-output")} for line in its.b.red_lines)


def test_one_red_line_more_on_the_zone_in_donbas_leaves_the_nine_issues_no_room() -> None:
    its = case(NINE)
    crossed = [
        {
            option
            for line in side.red_lines
            for issue, option in line.never
            if issue == "territory" and len(line.never) == 1 and not line.unless
        }
        for side in its.positions
    ]
    options = {option.id for option in its.agenda.issue("territory").options}
    assert options - set.union(*crossed) == {"donbas-zone"}
    assert [len(of) for of in crossed] == [4, 1]
    more = (RedLine(frozenset({("territory", "donbas-zone")})),)
    for which, side in enumerate(its.positions):
        stricter = dataclasses.replace(side, red_lines=(*side.red_lines, *more))
        sides = (stricter, its.b) if which == 0 else (its.a, stricter)
        assert study(its.agenda, *sides, exact=False).room == 0


def test_the_settlement_of_the_contract_is_in_the_room_and_is_not_the_best_package() -> None:
    its = case(CONTRACT)
    settlement = {issue.id: "settled" for issue in its.agenda.issues}
    gains = [brute.gain(its.agenda, side, settlement) for side in its.positions]
    assert min(gains) > 0
    assert "The settlement lies in the room." in its.words
    best = its.studied.best[Rule.NASH]
    lines = [brute.line(its.agenda, side) for side in its.positions]
    pairs = [(point.a - lines[0] + 1, point.b - lines[1] + 1) for point in best]
    assert tuple(gains) not in pairs
    assert tied(its) > 1
    assert "`best` by the Nash rule is another package, one of many that tie." in its.words


def test_the_contracts_readme_says_what_is_not_in_the_room() -> None:
    its = case(CONTRACT)
    may = {f"{issue}=studios" for issue in ("staff", "viewing", "data", "ai-writing")}
    assert out_of_room(its) == may | {"ai-training=guild"}
    assert (
        "the studios' terms of May on staff, pay by viewing, viewing data and writing by machines"
        " are not in the room, and neither is the guild's ban on training; every other option is."
    ) in its.words


def test_the_contract_has_more_than_nineteen_thousand_million_packages_before_exclusions() -> None:
    its = case(CONTRACT)
    assert {len(issue.options) for issue in its.agenda.issues} == {3, 4}
    assert before_exclusions(its.agenda) // 10**9 == 19
    assert "With three or four options each there are more than nineteen thousand million" in (
        its.words
    )


def test_the_contract_says_of_its_figures_what_they_are() -> None:
    its = case(CONTRACT)
    for issue in its.agenda.issues:
        for option in issue.options:
            total = sum(side.scores[issue.id][option.id] for side in its.positions)
            assert total == 100, (issue.id, option.id)
    assert [side.accept_from for side in its.positions] == [55, 35]
    assert {weight for side in its.positions for weight in side.weights.values()} == {1, 2}
    heavy = [[issue for issue, weight in of.weights.items() if weight == 2] for of in its.positions]
    assert set(heavy[0]) == {"rooms", "staff", "viewing", "ai-writing", "ai-training"}
    assert set(heavy[1]) == {"raises", "foreign", "rooms", "room-weeks", "staff", "weeks"}
    texts = [f"{o.note} {o.source}" for issue in its.agenda.issues for o in issue.options]
    assert sum("Chosen" in text for text in texts) == 4
    assert 'Four options are marked "chosen" in the agenda' in its.words
