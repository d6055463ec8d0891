"""The workshop's screens: every figure has its sentence, faults are told at their fields."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from canal import AGENDA, OPTIONS, POSITION, kept, laid_out
from matters import plain, tight
from tracktwo.deal.agenda import Option
from tracktwo.deal.formats import Format, dump_agenda, dump_position, load_position
from tracktwo.deal.position import Position, RedLine
from tracktwo.web import matters
from tracktwo.web.app import SCREENS
from visits import Visit, faults_in, items_in, removals_in, typed_in


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return Visit.at(tmp_path)


def test_a_position_is_made_step_by_step(visit: Visit) -> None:
    path = laid_out(visit)
    own = f"{path}/own"
    then = visit.goes(
        visit.post(
            at_scores(visit, path, "water"), {"score-half": "0", "score-turns": "100", "do": "next"}
        )
    )
    assert then == at_scores(visit, path, "gate")
    scores = {"score-half": "0", "score-turns": "50", "score-both": "١٠٠", "do": "next"}
    assert visit.goes(visit.post(then, scores)) == own
    visit.goes(visit.post(f"{own}/swings", {"swing-water": "100", "swing-gate": "66,5"}))
    visit.goes(visit.post(f"{own}/line", {"accept_from": "45.5", "notes": "by cabinet"}))
    visit.goes(
        visit.post(f"{own}/red-lines", {"never-water": "half", "unless-gate": "both", "note": "so"})
    )
    assert kept(visit, path) == Position(
        Decimal("45.5"),
        {"water": Decimal(100), "gate": Decimal("66.5")},
        POSITION.scores,
        (RedLine(frozenset({("water", "half")}), frozenset({("gate", "both")}), "so"),),
        "by cabinet",
    )


def test_the_position_is_said_back_in_words(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION)
    said = items_in(visit.get(f"{path}/own"))
    assert "You accept a package worth at least 50 of 100 points (50 of 100)." in said
    assert '"Water" counts for 60 %: 60 points for "Turns", down to 0 for "Half".' in said
    assert "You accept 3 of 6 packages." in said


def test_every_score_says_what_is_wrong_with_it(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION)
    typed = {"score-half": "much", "score-turns": "101", "score-both": ""}
    answer = visit.post(at_scores(visit, path, "gate"), typed)
    assert answer.status_code == 422
    assert set(faults_in(answer)) >= set(typed)
    assert set(typed.values()) <= typed_in(answer)
    assert kept(visit, path) == POSITION


def test_every_swing_says_what_is_wrong_with_it(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION)
    answer = visit.post(f"{path}/own/swings", {"swing-water": "-1", "swing-gate": "100.5"})
    assert set(faults_in(answer)) >= {"swing-water", "swing-gate"}
    assert {"-1", "100.5"} <= typed_in(answer)
    nothing = visit.post(f"{path}/own/swings", {"swing-water": "0", "swing-gate": "0"})
    assert "No swing is above 0." in faults_in(nothing)[""]


def test_a_swing_without_scores_is_refused_at_its_field(visit: Visit) -> None:
    path = laid_out(visit)
    answer = visit.post(f"{path}/own/swings", {"swing-water": "100", "swing-gate": "50"})
    assert "one score" in faults_in(answer)["swing-water"]


def test_a_swing_shown_rounded_and_left_alone_changes_nothing(visit: Visit) -> None:
    thirds = replace(POSITION, weights={"water": Decimal(3), "gate": Decimal(1)})
    path = laid_out(visit, AGENDA, thirds)
    shown = typed_in(visit.get(f"{path}/own/swings"))
    assert shown == {"100", "33.33"}
    visit.goes(visit.post(f"{path}/own/swings", {"swing-water": "100", "swing-gate": "33.33"}))
    weights = kept(visit, path).weights
    assert abs(weights["water"] / weights["gate"] - 3) < Decimal("0.000001")


def test_every_figure_of_a_swing_has_its_sentence(visit: Visit) -> None:
    odd = replace(POSITION, weights={"water": Decimal(2), "gate": Decimal(1)})
    text = visit.get(f"{laid_out(visit, AGENDA, odd)}/own/swings").text.replace("&#34;", '"')
    assert 'going from "Half" to "Turns" is worth 67 of your 100 points' in text
    assert "66.667 for the best becomes 67" in text


def test_the_line_and_the_red_lines_say_what_is_wrong(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION)
    hidden = "a\u202eb"
    answer = visit.post(f"{path}/own/line", {"accept_from": "x", "notes": hidden})
    assert set(faults_in(answer)) >= {"accept_from"}
    assert {"x", hidden} <= typed_in(answer)
    answer = visit.post(f"{path}/own/line", {"accept_from": "50", "notes": hidden})
    assert set(faults_in(answer)) >= {"notes"}
    assert set(faults_in(visit.post(f"{path}/own/red-lines", {"note": "x"}))) >= {"never"}
    both = {"never-water": "half", "unless-water": "turns", "note": "because"}
    answer = visit.post(f"{path}/own/red-lines", both)
    assert set(faults_in(answer)) >= {"unless"}
    assert "because" in typed_in(answer)


def test_red_lines_are_said_and_taken_back(visit: Visit) -> None:
    line = RedLine(frozenset({("water", "half")}), frozenset({("gate", "both")}), "said so")
    path = laid_out(visit, AGENDA, replace(POSITION, red_lines=(line,)))
    shown = visit.get(f"{path}/own/red-lines")
    assert 'Never "Water: Half", unless also "Gate: Both".' in items_in(shown)
    visit.goes(visit.post(f"{path}/own/red-lines", {"do": removals_in(shown)[0]}))
    assert kept(visit, path).red_lines == ()


def test_a_double_click_removes_no_other_red_line(visit: Visit) -> None:
    lines = tuple(RedLine(frozenset({("gate", of)})) for of in ("half", "turns", "both", "both"))
    path = laid_out(visit, AGENDA, replace(POSITION, red_lines=lines))
    buttons = removals_in(visit.get(f"{path}/own/red-lines"))
    for button in (buttons[0], buttons[2]):
        visit.goes(visit.post(f"{path}/own/red-lines", {"do": button}))
        again = visit.post(f"{path}/own/red-lines", {"do": button, "never-water": "half"})
        assert "not in the list any more" in faults_in(again)[""]
    assert kept(visit, path).red_lines == (lines[1], lines[3])


def at_scores(visit: Visit, path: str, issue: str) -> str:
    return f"{path}/own/issue/{visit.house.mark(issue)}"


def test_a_window_that_was_left_open_gives_no_figure_to_another_issue(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION)
    at = at_scores(visit, path, "water")
    moved = replace(AGENDA, issues=AGENDA.issues[::-1])
    with visit.house.node() as node:
        matters.change(node, path.removeprefix("/a/"), moved)
    visit.goes(visit.post(at, {"score-turns": "40", "score-half": "100"}))
    visit.goes(visit.post(f"{path}/own/swings", {"swing-water": "10", "swing-gate": "100"}))
    never = {"never-water": "turns", "never-gate": "both"}
    visit.goes(visit.post(f"{path}/own/red-lines", never))
    now = load_position(visit.get(f"{path}/own/file/toml").content, "p.toml", moved)
    assert now.scores["water"] == {"half": 100, "turns": 40}
    assert now.scores["gate"] == POSITION.scores["gate"]
    assert now.weights["water"] * 5 < now.weights["gate"]
    assert now.red_lines == (RedLine(frozenset({("water", "turns"), ("gate", "both")})),)


def test_an_option_that_came_meanwhile_is_given_no_figure_unseen(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION)
    more = replace(AGENDA.issues[0], options=(Option("none", "None"), *OPTIONS))
    with visit.house.node() as node:
        changed = replace(AGENDA, issues=(more, AGENDA.issues[1]))
        matters.change(node, path.removeprefix("/a/"), changed)
    stale = {"score-half": "100", "score-turns": "0"}
    answer = visit.post(at_scores(visit, path, "water"), stale)
    assert set(faults_in(answer)) - {""} == {"score-none"}


@pytest.mark.parametrize("kind", ["toml", "xlsx", "csv", "xml"])
def test_positions_come_from_files_and_go_into_files(visit: Visit, kind: Format) -> None:
    path = laid_out(visit)
    visit.goes(visit.post(f"{path}/own", {}, dump_position(POSITION, AGENDA, kind)))
    taken = visit.get(f"{path}/own/file/{kind}").content
    assert load_position(taken, f"p.{kind}", AGENDA).accept_from == 50
    assert kept(visit, path).scores == POSITION.scores


def test_a_file_for_another_agenda_is_told_at_its_field(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION)
    other = dump_agenda(plain(2, 2), "toml")
    assert set(faults_in(visit.post(f"{path}/own", {}, other))) >= {"file"}
    assert set(faults_in(visit.post(f"{path}/own", {}))) >= {"file"}
    assert kept(visit, path) == POSITION


def test_a_changed_agenda_fits_its_positions_and_says_so(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION)
    water = {"name": "Water", "had": "half,turns", "rows": "2", "option-0-id": "half"}
    more = {"option-0-name": "Half", "option-1-name": "By the fields"}
    visit.goes(visit.post(f"{path}/issue/{visit.house.mark('water')}", {**water, **more}))
    assert "Your positions on it were fitted" in visit.get(path).text
    assert visit.get(f"{path}/own").status_code == 200


def test_a_position_is_removed_only_if_one_means_it(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION, POSITION)
    assert set(faults_in(visit.post(f"{path}/own/forget", {}))) >= {"sure"}
    visit.goes(visit.post(f"{path}/own/forget", {"sure": "yes"}))
    assert kept(visit, path) != POSITION
    assert kept(visit, path, "supposed") == POSITION


def test_nothing_of_a_position_lies_open_on_the_disk(visit: Visit) -> None:
    secret = replace(POSITION, notes="the minister of wells would settle for less")
    laid_out(visit, AGENDA, secret)
    for file in visit.house.home.iterdir():
        assert b"minister" not in file.read_bytes()


def test_a_form_that_keeps_what_is_typed_does_nothing_by_it(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION)
    kept = 0
    for route in SCREENS:
        if route.path.startswith("/a/") and "/file/" not in route.path:
            at = route.path.format(
                agenda=path.removeprefix("/a/"), whose="own", issue=visit.house.mark("gate")
            )
            if "data-draft" in visit.get(at).text:
                assert visit.post(at, {"keep": "1"}).status_code == 204, at
                kept += 1
    assert kept == 6


def test_what_many_hands_do_at_a_position_is_all_kept(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION)
    posts = [
        (f"{path}/own/red-lines", {"never-water": "half", "never-gate": of})
        for of in ("half", "turns", "both")
    ]
    posts.append((f"{path}/own/line", {"accept_from": "45", "notes": "so"}))
    posts.append((f"{path}/own/swings", {"swing-water": "100", "swing-gate": "50"}))
    with ThreadPoolExecutor(5) as hands:
        for answer in hands.map(lambda post: visit.post(*post), posts):
            visit.goes(answer)
    position = kept(visit, path)
    assert len(position.red_lines) == 3
    assert (position.accept_from, position.weights["gate"]) == (45, 50)


def test_a_browser_is_given_nothing_to_remember(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION)
    water = visit.house.mark("water")
    for below in ("", f"/issue/{water}", f"/own/issue/{water}", "/own/red-lines", "/own/line"):
        page = visit.get(path + below).text
        title = page.partition("<title>")[2].partition("</title>")[0]
        assert not re.search("canal|water", title + path + below, re.IGNORECASE)
        for form in re.findall(r"<form [^>]*novalidate[^>]*>", page):
            assert 'autocomplete="off"' in form


def test_a_rehearsal_wants_both_positions_and_shows_what_is_left_open(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION)
    assert "Suppose their position first" in visit.get(f"{path}/rehearsal").text
    theirs = replace(POSITION, weights={"water": Decimal(10), "gate": Decimal(90)})
    both = laid_out(visit, AGENDA, POSITION, theirs)
    text = visit.get(f"{both}/rehearsal").text
    assert "Both would accept 2 of 6 packages." in text
    assert 'id="frontier-title"' in text
    assert "A line raised by 5 % of what is above it, to 53 points" in text


def test_the_terms_of_a_rehearsal_say_what_is_wrong_and_are_kept(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION, POSITION)
    answer = visit.post(f"{path}/rehearsal", {"doubt": "51", "rule": "other"})
    assert set(faults_in(answer)) >= {"doubt", "rule"}
    assert "51" in typed_in(answer)
    visit.goes(visit.post(f"{path}/rehearsal", {"doubt": "5", "rule": "egalitarian"}))
    assert "5" in typed_in(visit.get(f"{path}/rehearsal"))


def test_a_million_packages_stay_usable(visit: Visit) -> None:
    agenda, mine, theirs = tight(6, "50")
    path = laid_out(visit, agenda, mine, theirs)
    first = at_scores(visit, "", agenda.issues[0].id)
    for below in ("", "/own", first, "/own/swings", "/own/judging", "/rehearsal"):
        began = time.perf_counter()
        answer = visit.get(path + below)
        assert answer.status_code == 200
        assert time.perf_counter() - began < 10  # under a second on an idle machine
        assert len(answer.content) < 300_000


def test_more_packages_than_can_be_listed_are_worked_on_too(visit: Visit) -> None:
    agenda, mine, theirs = tight(20, "50")
    path = laid_out(visit, agenda, mine, theirs)
    for below in ("/own", "/own/judging", "/rehearsal"):
        assert visit.get(path + below).status_code == 200
