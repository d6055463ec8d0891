"""Packages to judge: what contradicts is told, nothing changed unasked, and no answer is lost."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from canal import AGENDA, POSITION, kept, laid_out
from visits import Visit, faults_in, items_in


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return Visit.at(tmp_path)


def judged(visit: Visit, path: str, verdicts: dict[str, str]) -> list[str]:
    """Answer for packages, by the options of gate and water; what is said then."""
    fields = {}
    for place, (options, verdict) in enumerate(verdicts.items()):
        gate, water = options.split()
        written = f"gate={gate},water={water}"
        fields |= {f"package-{place}": written, f"verdict-{place}": verdict}
    visit.goes(visit.post(f"{path}/own/judging", fields))
    return items_in(visit.get(f"{path}/own/judging"))


def test_packages_are_judged_contradictions_told_and_nothing_changed(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION)
    asked = re.findall(r'name="package-\d+" value="([^"]+)"', visit.get(f"{path}/own/judging").text)
    assert sorted(asked) == [
        f"gate={gate},water={water}"
        for gate in ("both", "half", "turns")
        for water in ("half", "turns")
    ]
    said = judged(visit, path, {"both half": "yes", "half turns": "", "turns half": "no"})
    assert "You take A, but it misses your line by 10 points." in said
    assert "Lower your line from 50 to 40 points (40 of 100)." in said
    assert kept(visit, path) == POSITION


def test_a_position_that_was_offered_is_taken_only_when_asked(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION)
    judged(visit, path, {"both half": "yes"})
    take, *_ = offers(visit, path)
    visit.goes(visit.post(f"{path}/own/judging", {"do": take}))
    assert kept(visit, path) == replace(POSITION, accept_from=Decimal(40))
    assert "go together" in visit.get(f"{path}/own/judging").text
    again = visit.post(f"{path}/own/judging", {"do": take})
    assert "not offered any more" in faults_in(again)[""]


def offers(visit: Visit, path: str) -> list[str]:
    return re.findall(r'value="(take-[^"]*)"', visit.get(f"{path}/own/judging").text)


def test_what_was_offered_is_taken_or_nothing(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION)
    judged(visit, path, {"both half": "yes"})
    stale, *_ = offers(visit, path)
    judged(visit, path, {"turns half": "yes"})
    assert "not offered any more" in faults_in(visit.post(f"{path}/own/judging", {"do": stale}))[""]
    assert kept(visit, path) == POSITION


def test_judgements_that_contradict_each_other_are_named(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION)
    said = judged(visit, path, {"turns half": "yes", "both half": "no"})
    assert 'You take A and refuse B, but by your scores B is better on "Gate"' in " ".join(said)
    visit.goes(visit.post(f"{path}/own/judging", {"do": "forget"}))
    assert "does not go together" not in visit.get(f"{path}/own/judging").text


def windows(visit: Visit, path: str, count: int) -> list[dict[str, str]]:
    """Forms of packages to judge, open at once; each answers yes to another package."""
    text = visit.get(f"{path}/own/judging").text
    shown = dict(re.findall(r'name="((?:package|before)-\d+)" value="([^"]*)"', text))
    return [{**shown, f"verdict-{place}": "yes"} for place in range(count)]


def yes_in(visit: Visit, path: str) -> int:
    return len(re.findall(r'value="yes" checked', visit.get(f"{path}/own/judging").text))


def test_of_answers_given_in_many_windows_at_once_none_is_lost(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION)
    with ThreadPoolExecutor(6) as hands:
        forms = windows(visit, path, 6)
        for answer in hands.map(lambda form: visit.post(f"{path}/own/judging", form), forms):
            visit.goes(answer)
    assert yes_in(visit, path) == 6


def test_an_answer_is_taken_back_in_the_window_that_shows_it_alone(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION)
    stale, other = windows(visit, path, 2)
    visit.goes(visit.post(f"{path}/own/judging", stale))
    visit.goes(visit.post(f"{path}/own/judging", other))
    assert yes_in(visit, path) == 2
    (shown,) = windows(visit, path, 1)
    visit.goes(visit.post(f"{path}/own/judging", {**shown, "verdict-0": "", "verdict-1": "yes"}))
    assert yes_in(visit, path) == 1


def test_an_unsent_answer_stays_with_its_package(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION)
    one, other = windows(visit, path, 2)
    visit.post(f"{path}/own/judging", {**one, "keep": "1"})
    visit.goes(visit.post(f"{path}/own/line", {"accept_from": "90", "notes": ""}))
    last = {**other, "verdict-1": "", "verdict-5": "no"}
    with visit.house.node() as node:
        draft = node.kept(f"draft {path}/own/judging")
        assert draft is not None
        visit.goes(visit.post(f"{path}/own/judging", last))
        node.keep(f"draft {path}/own/judging", draft)
    text = visit.get(f"{path}/own/judging").text
    (chosen,) = re.findall(r'name="verdict-(\d+)" value="yes" checked', text)
    assert f'name="package-{chosen}" value="{one["package-0"]}"' in text
    (refused,) = re.findall(r'name="verdict-(\d+)" value="no" checked', text)
    assert f'name="package-{refused}" value="{one["package-5"]}"' in text


@pytest.mark.parametrize(
    "written",
    [
        *("", "0.0", "gate=half", "gate=half,water=both", "gate=half,water=half,toll=half"),
        *("gate=half,water", "gate=half,water=turns"),
    ],
)
def test_a_package_that_is_none_is_refused(visit: Visit, written: str) -> None:
    never = frozenset({("gate", "half"), ("water", "turns")})
    path = laid_out(visit, replace(AGENDA, exclude=(never,)), POSITION)
    answer = visit.post(f"{path}/own/judging", {"package-0": written, "verdict-0": "yes"})
    assert "There is no such package." in faults_in(answer)[""]
