"""An agenda changed under a position: no score says the opposite unseen, nothing goes unasked."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest

from canal import AGENDA, POSITION, laid_out
from tracktwo.deal.agenda import Agenda
from tracktwo.deal.formats import dump_position, load_agenda, load_position
from tracktwo.deal.position import Position, RedLine
from visits import Visit, faults_in, hidden_in, items_in, removals_in

GATE = {
    "name": "Gate",
    "had": "half,turns,both",
    "rows": "3",
    **{f"option-{n}-id": of for n, of in enumerate(("half", "turns", "both"))},
    **{f"option-{n}-name": of for n, of in enumerate(("Half", "Turns", "Both"))},
}
SWAPPED = {**GATE, "option-0-name": "Both", "option-2-name": "Half"}
LINES = (
    RedLine(frozenset({("gate", "both")}), note="by cabinet"),
    RedLine(frozenset({("water", "half")})),
)
HEAD = {"title": "Canal", "note": "", "points": "100"}


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return Visit.at(tmp_path)


@pytest.fixture
def path(visit: Visit) -> str:
    return laid_out(visit, AGENDA, replace(POSITION, red_lines=LINES))


def at(visit: Visit, path: str, issue: str = "gate") -> str:
    return f"{path}/issue/{visit.house.mark(issue)}"


def agenda_of(visit: Visit, path: str) -> Agenda:
    return load_agenda(visit.get(f"{path}/file/toml").content, "a.toml")


def position_of(visit: Visit, path: str) -> Position:
    data = visit.get(f"{path}/own/file/toml").content
    return load_position(data, "p.toml", agenda_of(visit, path))


def test_an_option_in_other_words_is_named_with_its_score_and_red_lines(
    visit: Visit, path: str
) -> None:
    shown = html.unescape(visit.get(visit.goes(visit.post(at(visit, path), SWAPPED))).text)
    assert '"Gate: Both" and "Gate: Half"' in shown
    said = items_in(visit.get(f"{path}/own"))
    assert '"Gate: Both" was "Half" when you scored it. Its score is 0.' in said
    assert '"Gate: Half" was "Both" when you scored it. Its score is 100.' in said
    assert 'Red line 1 names it: Never "Gate: Half".' in said
    assert not [line for line in said if "Red line 2 names it" in line]
    for below in ("/swings", "/line", "/red-lines"):
        assert "The agenda has other words" in visit.get(f"{path}/own{below}").text


def test_it_is_right_only_once_somebody_has_read_it_and_says_so(visit: Visit, path: str) -> None:
    visit.goes(visit.post(at(visit, path), SWAPPED))
    read = hidden_in(visit.get(f"{path}/own"))["read"]
    assert "meant" in faults_in(visit.post(f"{path}/own/again", {"read": read}))
    visit.goes(visit.post(f"{path}/own/issue/{visit.house.mark('gate')}", SCORES))
    stale = visit.post(f"{path}/own/again", {"read": read, "meant": "yes"})
    assert "changed meanwhile" in faults_in(stale)[""]
    read = hidden_in(visit.get(f"{path}/own"))["read"]
    visit.goes(visit.post(f"{path}/own/again", {"read": read, "meant": "yes"}))
    assert "To be looked at again" not in visit.get(f"{path}/own").text
    assert position_of(visit, path).scores["gate"]["half"] == 100


SCORES = {"score-half": "100", "score-turns": "50", "score-both": "0"}


def test_words_that_are_as_they_were_need_no_second_look(visit: Visit, path: str) -> None:
    visit.goes(visit.post(at(visit, path), SWAPPED))
    visit.goes(visit.post(at(visit, path), GATE))
    assert "To be looked at again" not in visit.get(f"{path}/own").text


def test_a_position_brought_in_anew_needs_no_second_look(visit: Visit, path: str) -> None:
    visit.goes(visit.post(at(visit, path), SWAPPED))
    data = dump_position(POSITION, AGENDA, "toml")
    visit.goes(visit.post(f"{path}/own", {"sure": "yes"}, data))
    assert "To be looked at again" not in visit.get(f"{path}/own").text


def test_a_position_takes_the_place_of_another_only_if_one_says_so(visit: Visit, path: str) -> None:
    before = position_of(visit, path)
    data = dump_position(POSITION, AGENDA, "toml")
    assert "sure" in faults_in(visit.post(f"{path}/own", {}, data))
    assert position_of(visit, path) == before
    visit.goes(visit.post(f"{path}/supposed", {}, data))


@pytest.mark.parametrize("whole", [True, False])
def test_what_goes_with_an_issue_or_option_is_listed_before_it_goes(
    visit: Visit, path: str, whole: bool
) -> None:
    both = {"together-gate": "both", "together-water": "half", "note": "no water"}
    visit.goes(visit.post(f"{path}/together", both))
    package = {"package-0": "gate=half,water=half", "verdict-0": "yes"}
    visit.goes(visit.post(f"{path}/own/judging", package))
    before, mine = agenda_of(visit, path), position_of(visit, path)
    where, form = (path, {**HEAD, "do": "remove-gate"}) if whole else (at(visit, path), FEWER)
    asked = visit.post(where, form)
    assert asked.status_code == 200
    said = items_in(asked)
    assert 'Never "Water: Half" and "Gate: Both" together.' in said
    assert 'The red line: Never "Gate: Both".' in said
    scores = 'The scores of "Gate", and what it counts for.'
    assert (scores if whole else 'The score of "Gate: Both".') in said
    assert ("What you said of 1 package." in said) == whole
    hidden = hidden_in(asked)
    unsure = visit.post(where, hidden)
    assert "sure" in faults_in(unsure)
    assert (agenda_of(visit, path), position_of(visit, path)) == (before, mine)
    visit.goes(visit.post(where, {**hidden, "sure": "yes"}))
    after = agenda_of(visit, path)
    assert [issue.id for issue in after.issues] == (["water"] if whole else ["water", "gate"])
    assert after.exclude == ()
    assert position_of(visit, path).red_lines == (LINES[1],)


FEWER = {**GATE, "option-2-name": ""}


def test_who_goes_back_has_changed_nothing_and_finds_what_was_typed(
    visit: Visit, path: str
) -> None:
    before = agenda_of(visit, path)
    typed = {**FEWER, "option-1-name": "By turns"}
    visit.post(at(visit, path), {**typed, "keep": "1"})
    asked = visit.post(at(visit, path), typed)
    assert 'value="By turns"' in visit.post(at(visit, path), {**hidden_in(asked), "no": "1"}).text
    assert 'value="By turns"' in visit.get(at(visit, path)).text
    assert agenda_of(visit, path) == before


def test_what_came_to_it_meanwhile_is_asked_about_too(visit: Visit, path: str) -> None:
    form = {**HEAD, "do": "remove-gate"}
    hidden = hidden_in(visit.post(path, form))
    visit.goes(visit.post(f"{path}/own/red-lines", {"never-gate": "turns"}))
    asked = visit.post(path, {**hidden, "sure": "yes"})
    assert 'The red line: Never "Gate: Turns".' in items_in(asked)
    assert len(agenda_of(visit, path).issues) == 2


def test_issues_no_longer_joined_take_no_red_line_unasked(visit: Visit, path: str) -> None:
    both = {"never-gate": "turns", "never-water": "turns", "do": "together"}
    visit.goes(visit.post(f"{path}/own/red-lines", both))
    form = {"do": "link", "declared": "yes", "linked": ""}
    asked = visit.post(f"{path}/together", form)
    assert items_in(asked) == ['The red line: Never "Water: Turns" and "Gate: Turns" together.']
    assert len(position_of(visit, path).red_lines) == 3
    visit.goes(visit.post(f"{path}/together", {**hidden_in(asked), "sure": "yes"}))
    assert len(position_of(visit, path).red_lines) == 2


def test_what_loses_nothing_is_done_at_once(visit: Visit, path: str) -> None:
    package = {"package-0": "gate=half,water=half", "verdict-0": "yes"}
    visit.goes(visit.post(f"{path}/own/judging", package))
    visit.goes(visit.post(path, {**HEAD, "do": "up-gate"}))
    assert re.search(r'value="yes"[^>]* checked', visit.get(f"{path}/own/judging").text)
    new = {"name": "Toll", "rows": "1", "option-0-name": "None"}
    assert "What you said of 1 package." in items_in(visit.post(f"{path}/issue/new", new))
    visit.goes(visit.post(f"{path}/own/judging", {"do": "forget"}))
    visit.goes(visit.post(f"{path}/issue/new", new))
    visit.goes(visit.post(path, {**HEAD, "do": removals_in(visit.get(path))[-1]}))


def test_what_is_new_is_looked_at_before_it_counts(visit: Visit, path: str) -> None:
    more = {**GATE, "rows": "4", "option-3-name": "Guards"}
    visit.goes(visit.post(at(visit, path), more))
    said = items_in(visit.get(f"{path}/own"))
    assert '"Gate: Guards" is new: its score is 0 until you score it.' in said
