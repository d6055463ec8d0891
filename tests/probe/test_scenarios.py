"""The scenarios of the research field: the probe finds what the brute force finds, to the last."""

from __future__ import annotations

import functools
import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import brute
from answers import BOTH_RULES, by_circuit
from sides import EVERYTHING, answers, program_of, two_sides
from tracktwo.deal.agenda import Agenda
from tracktwo.deal.genius import read_domain, read_profile
from tracktwo.deal.package import enumerate_packages
from tracktwo.deal.points import gains
from tracktwo.deal.position import Position
from tracktwo.probe.enumeration import Enumeration
from tracktwo.probe.function import in_clear
from tracktwo.probe.question import Answer, Question

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "scenarios"
EXPECTED: dict[str, dict[str, Any]] = (
    json.loads((FOLDER / "expected.json").read_text()) if FOLDER.is_dir() else {}
)
FIRST_TWO = {"ItexvsCypress_10_reservations": ("ItexBReserve05", "CypressAReserve05")}
SMALL = sorted(name for name, of in EXPECTED.items() if of["packages"] <= 20_000)
LARGE = sorted(name for name, of in EXPECTED.items() if of["packages"] > 20_000)

pytestmark = pytest.mark.skipif(
    not EXPECTED, reason="../shared/scenarios is absent: third-party data, not kept with the code"
)


def load(folder: str) -> tuple[Agenda, Position, Position]:
    paths = sorted((FOLDER / folder).glob("*.xml"))
    domain = next(p for p in paths if b"<negotiation_template" in p.read_bytes())
    profiles = [path for path in paths if path != domain]
    if folder in FIRST_TWO:
        profiles = [p for part in FIRST_TWO[folder] for p in profiles if part in p.name]
    agenda = read_domain(domain.read_bytes(), domain.name)
    a, b = (read_profile(path.read_bytes(), path.name, agenda) for path in profiles[:2])
    return agenda, a, b


@functools.cache
def gains_by_hand(folder: str) -> list[list[int]]:
    """The gains of both sides, summed over a table of the brute force's points."""
    agenda, *both = load(folder)
    assert not agenda.exclude
    found = []
    for position in both:
        assert not position.red_lines
        worth = [
            [brute.option_points(agenda, position, i.id, o.id) for o in i.options]
            for i in agenda.issues
        ]
        below = brute.line(agenda, position) - 1
        found.append([max(0, sum(p) - below) for p in itertools.product(*worth)])
    return found


@functools.cache
def expected(folder: str, rule: str) -> list[Answer]:
    """The answer of everything for coins of 0 and 1."""
    agenda, *_ = load(folder)
    a, b = gains_by_hand(folder)
    joint = [n for n, (x, y) in enumerate(zip(a, b, strict=True)) if x and y]
    low = 1 << len(joint).bit_length() >> 1
    tied = best_by_hand(a, b, joint, rule) or [None]
    answer = Answer(
        refused=False,
        exists=bool(joint),
        how_much=(low, 2 * low or 1),
        where=where_by_hand(agenda, joint),
    )
    return [replace(answer, best=named(agenda, tied[place])) for place in (0, -1)]


def where_by_hand(agenda: Agenda, joint: list[int]) -> dict[str, dict[str, bool]]:
    marks = {}
    for issue, (stride, count) in zip(agenda.issues, places(agenda), strict=True):
        there = {number // stride % count for number in joint}
        marks[issue.id] = {option.id: n in there for n, option in enumerate(issue.options)}
    return marks


def places(agenda: Agenda) -> list[tuple[int, int]]:
    """What a package's number is divided by to find the option of each issue, and how many."""
    found, stride = [], 1
    for issue in reversed(agenda.issues):
        found.append((stride, len(issue.options)))
        stride *= len(issue.options)
    return found[::-1]


def named(agenda: Agenda, number: int | None) -> dict[str, str] | None:
    if number is None:
        return None
    pairs = zip(agenda.issues, places(agenda), strict=True)
    return {
        issue.id: issue.options[number // stride % count].id for issue, (stride, count) in pairs
    }


def best_by_hand(a: list[int], b: list[int], joint: list[int], rule: str) -> list[int]:
    keys = {pair: brute._key(*pair, rule) for pair in {(a[n], b[n]) for n in joint}}
    top = max(keys.values(), default=None)
    return [n for n in joint if keys[a[n], b[n]] == top]


@pytest.mark.parametrize("folder", SMALL)
def test_the_probe_in_the_clear_finds_what_the_brute_force_does(folder: str) -> None:
    agenda, a, b = load(folder)
    packages = enumerate_packages(agenda)
    assert packages.count == EXPECTED[folder]["packages"]
    ours, theirs = gains(packages, a), gains(packages, b)
    assert [ours.tolist(), theirs.tolist()] == gains_by_hand(folder)
    for rule, coin in itertools.product(BOTH_RULES, (0, 1)):
        found = in_clear(Question(EVERYTHING, rule), packages, ours, theirs, coin)
        assert found == expected(folder, rule)[coin]


@pytest.mark.parametrize("rule", BOTH_RULES)
@pytest.mark.parametrize("folder", SMALL)
def test_two_sides_find_what_the_brute_force_does(folder: str, rule: str, tmp_path: Path) -> None:
    agenda, a, b = load(folder)
    packages = enumerate_packages(agenda)
    program = program_of(packages, rule=rule, breadth=1)
    sides = two_sides(tmp_path, program, gains(packages, a), gains(packages, b))
    one, other = answers(*sides)
    assert one.answer == other.answer
    if EXPECTED[folder]["room"]:
        assert one.answer in expected(folder, rule)
    else:
        assert not one.answer.exists


@pytest.mark.parametrize("folder", LARGE)
def test_in_a_large_scenario_the_circuit_and_two_sides_find_what_the_brute_force_does(
    folder: str, tmp_path: Path
) -> None:
    agenda, a, b = load(folder)
    packages = enumerate_packages(agenda)
    ours, theirs = gains(packages, a), gains(packages, b)
    assert [ours.tolist(), theirs.tolist()] == gains_by_hand(folder)
    for rule in BOTH_RULES:
        whole = expected(folder, rule)[1]
        question = Question(EVERYTHING, rule)
        assert in_clear(question, packages, ours, theirs, 1) == whole
        # Garbled, the ranking of so many takes too long for every run of the tests: bench/ has it.
        assert by_circuit(Enumeration(question, packages), ours, theirs, (1, 0)) == whole
    program = program_of(packages, "exists", "where")
    one, other = answers(*two_sides(tmp_path, program, ours, theirs))
    assert one.answer == other.answer == replace(whole, how_much=None, best=None)
