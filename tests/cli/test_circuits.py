"""`--circuit`, `--line` and breadth in points, through the real command and two processes."""

from __future__ import annotations

import json
import re
import shutil
from typing import Any

import pytest

import brute
from commands import Place, Run, rewritten
from tracktwo.deal.agenda import Agenda
from tracktwo.deal.position import Position
from tracktwo.files import agenda_in, position_in
from tracktwo.probe.choice import CIRCUITS, Circuits, Offer
from tracktwo.probe.cost import Cost
from tracktwo.probe.question import Question
from tracktwo.show import words

ASK = "exists,where,best"
FRONTIER, ENUMERATION = ["--circuit", "frontier"], ["--circuit", "enumeration"]
BREADTH = "20points"


def objects(runs: tuple[Run, Run]) -> list[Any]:
    assert [(run.returncode, run.stderr[-300:]) for run in runs if run.returncode] == []
    return [json.loads(run.stdout) for run in runs]


def parties(place: Place) -> tuple[Agenda, Position, Position]:
    agenda = agenda_in(place.path / "agenda.toml")
    a, b = (position_in(place.path / f"{side}.toml", agenda) for side in ("north", "south"))
    return agenda, a, b


def cost(place: Place, circuit: str, rule: str = "nash") -> Cost:
    circuits = Circuits(agenda_in(place.path / "agenda.toml"))
    offer = circuits.offers(Question(tuple(ASK.split(",")), rule))[circuit]
    assert isinstance(offer, Offer)
    return offer.cost


def anew(place: Place, name: str) -> Place:
    """The same files in a place where nobody has sat yet."""
    there = place.path / name
    (there / "shared").mkdir(parents=True)
    for path in place.path.glob("*.toml"):
        shutil.copy(path, there)
    return Place(there)


def open_wide(text: str) -> str:
    """With a line so low that several packages are acceptable to both."""
    return re.sub(r"accept_from = [\d.]+", "accept_from = 20", text)


def linking(text: str) -> str:
    return 'linked = [["water", "fence"]]\n' + text


def excluding_nothing(text: str) -> str:
    return text.partition("[[exclude]]")[0]


# The same answer by both


@pytest.mark.parametrize("rule", ["nash", "egalitarian"])
def test_the_same_package_is_best_by_both_circuits_and_none_is_worth_more(
    place: Place, rule: str
) -> None:
    for side in ("north", "south"):
        rewritten(place, f"{side}.toml", open_wide)
    said: dict[str, Any] = {}
    for circuit in CIRCUITS:
        options = ["--json", "--rule", rule, "--circuit", circuit]
        first, second = objects(anew(place, circuit).both(*options, ask=ASK))
        assert first["answers"] == second["answers"]
        assert first["circuit"] == second["circuit"] == circuit
        told = cost(place, circuit, rule)
        for field in ("packages", "and_gates", "bytes_sent", "bytes_received"):
            assert first["cost"][field] == second["cost"][field] == getattr(told, field)
        said[circuit] = first["answers"]
    assert said["frontier"] == said["enumeration"]
    agenda, a, b = parties(place)
    gains = brute.gains(agenda, a), brute.gains(agenda, b)
    assert len(brute.joint(*gains)) > 1
    best = [brute.packages(agenda)[number] for number in brute.best(*gains, rule)]
    assert said["frontier"]["best"]["package"] in best


def test_two_sides_that_insist_on_different_circuits_stop_and_are_told(place: Place) -> None:
    place.turn("north", *FRONTIER, ask=ASK)
    done = place.turn("south", *ENUMERATION, ask=ASK)
    assert (done.returncode, done.stdout) == (4, "")
    assert "The two sides differ in: circuit." in done.stderr


def test_without_insisting_the_circuit_is_the_same_on_both_sides_whatever_their_lines(
    place: Place,
) -> None:
    first = place.turn("north", "--line", "1", ask=ASK)
    second = place.turn("south", "--line", "1000", ask=ASK)
    assert [run.returncode for run in (first, second)] == [5, 5]
    for run, line in ((first, 1), (second, 1000)):
        assert f"on a line of {line} Mbit/s (--line)" in " ".join(run.stderr.split())


# What is said before anything is sent


@pytest.mark.parametrize("circuit", CIRCUITS)
@pytest.mark.parametrize("line", ["0.05", "20"])
def test_the_terms_name_the_circuit_its_gates_its_megabytes_and_its_seconds(
    place: Place, circuit: str, line: str
) -> None:
    done = place.turn("north", "--circuit", circuit, "--line", line, ask=ASK)
    said, told = " ".join(done.stderr.split()), cost(place, circuit)
    assert f"It takes {told.and_gates:,} gates each way by the {circuit} circuit," in said
    size = words.size(told.bytes_sent)
    assert f"{size} to send and {size} to receive" in said
    seconds = words.duration(told.bytes_sent * 8 / (float(line) * 1e6))
    assert f"{seconds} for the messages on a line of {line} Mbit/s (--line)" in said
    assert "s of computing on this machine" in said
    (other,) = [name for name in CIRCUITS if name != circuit]
    instead = cost(place, other)
    assert f"The {other} circuit would take {instead.and_gates:,} gates each way" in said


# What is refused, before anything is sent


@pytest.mark.parametrize("ask", ["how-much", "exists,how-much,where,best"])
def test_how_many_is_refused_along_the_frontier_before_anything_is_sent(
    place: Place, ask: str
) -> None:
    done = place.turn("north", *FRONTIER, "--json", ask=ask)
    assert (done.returncode, done.stdout) == (2, "")
    assert "How many packages are in the room can only be asked where they are listed." in (
        done.stderr
    )
    assert "--circuit enumeration" in done.stderr
    assert list(place.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ([*ENUMERATION, "--breadth", BREADTH], "counts packages, not points"),
        ([*FRONTIER, "--breadth", "2"], "breadth counts points, not packages"),
        ([*FRONTIER, "--breadth", "2packages"], "breadth counts points, not packages"),
    ],
)
def test_breadth_in_the_other_circuits_unit_is_refused_before_anything_is_sent(
    place: Place, options: list[str], what: str
) -> None:
    done = place.turn("north", *options, "--json", ask=ASK)
    assert (done.returncode, done.stdout) == (2, "")
    assert what in done.stderr
    assert list(place.folder.iterdir()) == []


def test_how_many_with_breadth_in_points_has_no_circuit_and_says_why_of_each(place: Place) -> None:
    done = place.turn("north", "--breadth", BREADTH, ask="how-much")
    assert (done.returncode, done.stdout) == (2, "")
    assert "No circuit can answer this. By enumeration: " in done.stderr
    assert " By frontier: How many packages" in done.stderr
    assert list(place.folder.iterdir()) == []


# Breadth in points


def test_breadth_in_points_that_is_reached_answers_along_the_frontier(place: Place) -> None:
    rewritten(place, "agenda.toml", linking)
    for said in objects(place.both("--json", "--breadth", BREADTH, ask="exists,best")):
        assert (said["circuit"], said["refused"]) == ("frontier", None)
        assert said["answers"] == {
            "exists": True,
            "best": {"package": {"water": "turns", "fence": "goes"}},
        }


def test_breadth_in_points_where_linked_is_left_open_is_refused_and_says_what_helps(
    place: Place,
) -> None:
    done = place.turn("north", "--breadth", BREADTH)
    assert (done.returncode, done.stdout) == (2, "")
    assert "breadth counts packages, not points" in done.stderr
    assert "--circuit frontier" in done.stderr
    assert list(place.folder.iterdir()) == []


def test_breadth_in_points_is_reached_up_to_the_best_package_a_side_does_not_forbid(
    place: Place,
) -> None:
    agenda, *sides = parties(place)
    broad = [
        max(
            brute.points(agenda, side, package) - brute.line(agenda, side)
            for package in brute.packages(agenda)
            if not any(brute.crosses(line, package) for line in side.red_lines)
        )
        for side in sides
    ]
    least = min(broad)
    assert broad[0] != broad[1]
    for points, code in ((least, 0), (least + 1, 3)):
        options = ["--json", *FRONTIER, "--breadth", f"{points}points"]
        for done in anew(place, f"{points}").both(*options):
            assert done.returncode == code
            said = json.loads(done.stdout)
            assert said["refused"] == ("breadth" if code else None)
            assert said["answers"] == ({} if code else {"exists": True})


def test_a_refusal_in_points_is_in_words_and_does_not_say_whose_it_is(place: Place) -> None:
    first, second = place.both(*FRONTIER, "--breadth", "200points")
    assert (first.returncode, second.returncode) == (3, 3)
    said = [" ".join(done.stdout.split()).partition("computed.")[0] for done in (first, second)]
    assert said[0] == said[1]
    assert "one side or both lies fewer than 200 points above its line" in said[0]


@pytest.mark.parametrize(("breadth", "never"), [("250points", False), ("251points", True)])
def test_a_breadth_beyond_all_points_is_told_to_be_never_met(
    place: Place, breadth: str, never: bool
) -> None:
    said = " ".join(place.turn("north", *FRONTIER, "--breadth", breadth).stderr.split())
    assert f"The breadth is {breadth.removesuffix('points')} points" in said
    assert ("The agenda has 250 points: a breadth of 251 is never met." in said) == never


def test_as_many_points_as_packages_is_another_breadth(place: Place) -> None:
    rewritten(place, "agenda.toml", linking)
    place.turn("north", "--breadth", "2points")
    done = place.turn("south", "--breadth", "2")
    assert (done.returncode, done.stdout) == (4, "")
    assert "The two sides differ in: circuit and what breadth counts." in done.stderr


# Red lines that one circuit takes and the other cannot


def across(water: str) -> str:
    return f'\n[[red_line]]\nnever = ["water={water}", "fence=goes"]\n'


def test_a_red_line_across_issues_not_linked_is_refused_where_the_frontier_is_insisted_on(
    place: Place,
) -> None:
    rewritten(place, "agenda.toml", excluding_nothing)
    rewritten(place, "south.toml", lambda text: text + across("north"))
    done = place.turn("south", *FRONTIER)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Red line 1 joins issues that the agenda does not declare linked." in done.stderr
    assert "--circuit enumeration" in done.stderr
    assert list(place.folder.iterdir()) == []
    assert [run.returncode for run in place.both(*ENUMERATION)] == [0, 0]


def test_an_agenda_that_links_the_issues_takes_it_by_both(place: Place) -> None:
    rewritten(place, "agenda.toml", linking)
    rewritten(place, "south.toml", lambda text: text + across("turns"))
    for circuit in CIRCUITS:
        sat = anew(place, circuit).both("--json", "--circuit", circuit, ask="exists,best")
        assert [said["answers"]["exists"] for said in objects(sat)] == [False, False]
