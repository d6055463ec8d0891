"""The agenda's screens: faults told at their fields, nothing typed lost, files come and go."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from matters import plain, tight
from tracktwo.deal.agenda import Agenda, Issue, Option
from tracktwo.deal.formats import Format, dump_agenda, load_agenda
from visits import Visit, faults_in, items_in, removals_in, typed_in

NEW = {
    "title": "Canal",
    "name": "Gate",
    "rows": "3",
    "option-0-name": "Upper",
    "option-2-name": "Both",
}
HIDDEN = "a\u202eb"


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return Visit.at(tmp_path)


def made(visit: Visit, **more: str) -> str:
    return visit.goes(visit.post("/agendas/new", {**NEW, **more}))


def kept(visit: Visit, path: str) -> Agenda:
    return load_agenda(visit.get(f"{path}/file/toml").content, "agenda.toml")


def at_issue(visit: Visit, path: str, issue: str) -> str:
    return f"{path}/issue/{visit.house.mark(issue)}"


def test_an_agenda_is_made_from_words_alone(visit: Visit) -> None:
    path = made(visit, note="Who turns it")
    options = (Option("upper", "Upper"), Option("both", "Both"))
    assert kept(visit, path) == Agenda("Canal", (Issue("gate", "Gate", options, "Who turns it"),))
    assert "Canal" in visit.get("/agendas").text


def test_every_field_of_a_new_agenda_says_what_is_wrong_with_it(visit: Visit) -> None:
    typed = {
        "title": "x" * 501,
        "name": HIDDEN,
        "note": HIDDEN + "1",
        "rows": "4",
        "option-1-name": HIDDEN + "2",
        "option-3-note": HIDDEN + "3",
        "option-3-source": HIDDEN + "4",
    }
    answer = visit.post("/agendas/new", typed)
    assert answer.status_code == 422
    assert set(faults_in(answer)) >= {
        *("title", "name", "note", "option-1-name"),
        *("option-3-name", "option-3-note", "option-3-source"),
    }
    assert set(typed.values()) - {"4"} <= typed_in(answer)
    assert visit.get("/agendas").text.count("/a/") == 0


def test_a_row_more_keeps_what_was_typed(visit: Visit) -> None:
    answer = visit.post("/agendas/new", {**NEW, "do": "more"})
    assert faults_in(answer) == {}
    assert {"Canal", "Gate", "Upper", "Both"} <= typed_in(answer)
    assert 'name="option-7-name"' in answer.text


def test_what_was_typed_survives_the_program_and_is_kept_only_encrypted(visit: Visit) -> None:
    visit.post("/agendas/new", {**NEW, "keep": "1", "title": "Unfinished business"})
    visit.comes_in()
    assert {"Unfinished business", "Upper"} <= typed_in(visit.get("/agendas/new"))
    made(visit, title="Finished business")
    assert "Unfinished business" not in typed_in(visit.get("/agendas/new"))
    for file in visit.house.home.iterdir():
        assert b"business" not in file.read_bytes()


def test_issues_are_added_changed_moved_and_removed(visit: Visit) -> None:
    path = made(visit)
    water = {"name": "Water", "rows": "2", "option-0-name": "Half", "option-1-name": "Turns"}
    visit.goes(visit.post(f"{path}/issue/new", water))
    gate = {
        "name": "The gate",
        "had": "upper,both",
        "rows": "2",
        "option-0-id": "upper",
        "option-0-name": "Up",
    }
    visit.goes(visit.post(at_issue(visit, path, "gate"), gate))
    assert kept(visit, path).issues[0] == Issue("gate", "The gate", (Option("upper", "Up"),))
    head = {"title": "Canal", "note": "", "points": "100"}
    visit.goes(visit.post(path, {**head, "do": "up-water"}))
    assert [issue.id for issue in kept(visit, path).issues] == ["water", "gate"]
    assert kept(visit, path).points == 100
    visit.goes(visit.post(path, {**head, "do": "remove-water"}))
    assert [issue.id for issue in kept(visit, path).issues] == ["gate"]


def test_the_fields_of_an_agenda_say_what_is_wrong(visit: Visit) -> None:
    path = made(visit)
    typed = {"title": " ", "note": HIDDEN, "points": "1001"}
    answer = visit.post(path, typed)
    assert set(faults_in(answer)) >= {"title", "note", "points"}
    assert {HIDDEN, "1001"} <= typed_in(answer)
    bad = {"name": "", "rows": "1", "option-0-name": "A"}
    assert set(faults_in(visit.post(at_issue(visit, path, "gate"), bad))) >= {"name"}


def test_what_never_goes_together_is_said_and_taken_back(visit: Visit) -> None:
    path = made(visit)
    water = {"name": "Water", "rows": "2", "option-0-name": "Half", "option-1-name": "Turns"}
    visit.goes(visit.post(f"{path}/issue/new", water))
    alone = visit.post(f"{path}/together", {"together-gate": "upper", "note": "why not"})
    assert set(faults_in(alone)) >= {"together"}
    assert "why not" in typed_in(alone)
    both = {"together-gate": "upper", "together-water": "turns", "note": "why not"}
    visit.goes(visit.post(f"{path}/together", both))
    shown = visit.get(f"{path}/together")
    assert 'Never "Gate: Upper" and "Water: Turns" together.' in items_in(shown)
    visit.goes(visit.post(f"{path}/together", {"do": removals_in(shown)[0]}))
    assert kept(visit, path).exclude == ()


THREE = Agenda(
    "Canal",
    tuple(
        Issue(id_, id_.title(), (Option("half", "Half"), Option("turns", "Turns")))
        for id_ in ("water", "gate", "toll")
    ),
    exclude=(
        frozenset({("water", "half"), ("gate", "half")}),
        frozenset({("water", "turns"), ("gate", "turns")}),
        frozenset({("water", "turns"), ("gate", "turns")}),
    ),
)


def test_a_window_that_was_left_open_changes_its_own_issue_alone(visit: Visit) -> None:
    path = visit.goes(visit.post("/agendas", {}, dump_agenda(THREE, "toml")))
    head = {"title": "Canal", "points": "100"}
    stale = at_issue(visit, path, "water")
    assert stale in visit.get(path).text
    half = {"option-0-id": "half", "option-0-name": "Half"}
    typed = {**half, "rows": "1", "had": "half,turns", "name": "Its water"}
    visit.post(stale, {**typed, "keep": "1"})
    visit.goes(visit.post(path, {**head, "do": "up-gate"}))
    assert "Its water" in typed_in(visit.get(stale))
    assert "Its water" not in typed_in(visit.get(at_issue(visit, path, "gate")))
    visit.goes(visit.post(path, {**head, "do": "remove-toll"}))
    gone = visit.post(at_issue(visit, path, "toll"), typed)
    assert "There is no such issue." in gone.text
    assert [issue.name for issue in kept(visit, path).issues] == ["Gate", "Water"]


def test_an_option_that_came_meanwhile_is_not_lost_to_a_window_left_open(visit: Visit) -> None:
    path = visit.goes(visit.post("/agendas", {}, dump_agenda(THREE, "toml")))
    at = at_issue(visit, path, "toll")
    (had,) = re.findall(r'name="had" value="([^"]*)"', visit.get(at).text)
    turns = {"name": "Toll", "had": had, "option-0-id": "turns", "option-0-name": "Turns"}
    more = {"rows": "3", "option-1-name": "None", "option-2-id": "half", "option-2-name": "Half"}
    visit.goes(visit.post(at, {**turns, **more}))
    visit.goes(visit.post(at, {**turns, "rows": "1"}))
    assert [option.id for option in kept(visit, path).issues[2].options] == ["turns", "none"]
    stale = {f"option-{row}-name": f"Option {row}" for row in range(255)}
    full = visit.post(at, {"name": "Toll", "rows": "255", **stale})
    assert "There are more than 255 options." in faults_in(full)[""]


@pytest.mark.parametrize("below", ["", "/together"])
def test_a_double_click_removes_nothing_more(visit: Visit, below: str) -> None:
    path = visit.goes(visit.post("/agendas", {}, dump_agenda(THREE, "toml")))
    head = {"title": "Canal", "note": "", "points": "100"}
    last = {**head, "do": removals_in(visit.get(path + below))[-1]}
    visit.goes(visit.post(path + below, last))
    once = kept(visit, path)
    again = visit.post(path + below, last)
    assert again.status_code == 422
    assert "not in the list any more" in faults_in(again)[""]
    assert kept(visit, path) == once


def test_what_many_hands_do_at_once_is_all_kept(visit: Visit) -> None:
    path = made(visit)
    issue = {"rows": "1", "option-0-name": "A"}
    posts = [(f"{path}/issue/new", {**issue, "name": f"Issue {n}"}) for n in range(4)]
    posts += [("/agendas/new", {**NEW, "title": f"Agenda {n}"}) for n in range(4)]
    with ThreadPoolExecutor(8) as hands:
        for answer in hands.map(lambda post: visit.post(*post), posts):
            visit.goes(answer)
    assert len(kept(visit, path).issues) == 5
    shown = visit.get("/agendas").text
    assert all(f"Agenda {n}" in shown for n in range(4))


@pytest.mark.parametrize("do", ["remove", "remove-", "remove-9", "remove-x", "up-9"])
def test_a_button_that_names_nothing_changes_nothing(visit: Visit, do: str) -> None:
    path = visit.goes(visit.post("/agendas", {}, dump_agenda(THREE, "toml")))
    for below in ("", "/together"):
        fields = {
            "title": "Canal",
            "points": "100",
            "together-water": "half",
            "together-gate": "turns",
        }
        if not (below and do == "up-9"):
            assert visit.post(path + below, {**fields, "do": do}).status_code == 422
    assert kept(visit, path) == THREE


def test_which_issues_red_lines_may_join_is_declared(visit: Visit) -> None:
    path = made(visit)
    water = {"name": "Water", "rows": "1", "option-0-name": "Half"}
    visit.goes(visit.post(f"{path}/issue/new", water))
    wrong = visit.post(
        f"{path}/together", {"do": "link", "declared": "yes", "linked": "gate, wtaer"}
    )
    assert "wtaer" in faults_in(wrong)["linked"]
    right = {"do": "link", "declared": "yes", "linked": "gate, water"}
    visit.goes(visit.post(f"{path}/together", right))
    assert kept(visit, path).linked == (("gate", "water"),)


@pytest.mark.parametrize("kind", ["toml", "xlsx", "csv", "xml"])
def test_agendas_come_from_files_and_go_into_files(visit: Visit, kind: Format) -> None:
    options = (Option("half", "Half"), Option("turns", "Turns"))
    agenda = Agenda("Canal", (Issue("water", "Water", options), Issue("gate", "Gate", options)))
    path = visit.goes(visit.post("/agendas", {}, dump_agenda(agenda, kind)))
    taken = visit.get(f"{path}/file/{kind}")
    assert taken.headers["content-disposition"] == f'attachment; filename="agenda.{kind}"'
    again = load_agenda(taken.content, f"agenda.{kind}")
    assert [issue.name for issue in again.issues] == ["Water", "Gate"]


def test_what_a_format_cannot_hold_is_said_instead_of_left_out(visit: Visit) -> None:
    path = visit.goes(visit.post("/agendas", {}, dump_agenda(plain(2, 2), "toml")))
    assert "GENIUS tells them apart by name" in visit.get(f"{path}/file/xml").text


@pytest.mark.parametrize("data", [None, b"", b"\xff\xfe", b"title = 3", b"<x/>", b"PK\x03\x04"])
def test_a_file_that_cannot_be_read_is_told_at_its_field(visit: Visit, data: bytes | None) -> None:
    answer = visit.post("/agendas", {}, data)
    assert answer.status_code == 422
    assert set(faults_in(answer)) >= {"file"}


@pytest.mark.parametrize("path", ["/a/nothing", "/a/nothing/issue/0", "/a/nothing/file/toml"])
def test_what_is_not_there_is_said(visit: Visit, path: str) -> None:
    answer = visit.get(path)
    assert answer.status_code == 404
    assert "There is no such agenda here." in answer.text


@pytest.mark.parametrize("issue", ["0", "x", "gate", "²"])
def test_an_issue_that_is_not_there_is_said(visit: Visit, issue: str) -> None:
    assert "There is no such issue." in visit.get(f"{made(visit)}/issue/{issue}").text


def test_an_agenda_is_removed_only_if_one_means_it(visit: Visit) -> None:
    path = made(visit)
    assert set(faults_in(visit.post(f"{path}/forget", {}))) >= {"sure"}
    visit.goes(visit.post(f"{path}/forget", {"sure": "yes"}))
    assert visit.get(path).status_code == 404
    assert "Canal" not in visit.get("/agendas").text


def test_the_largest_agendas_stay_small_on_the_line(visit: Visit) -> None:
    for agenda in (tight(6, "50")[0], plain(255, *[2] * 63)):
        path = visit.goes(visit.post("/agendas", {}, dump_agenda(agenda, "toml")))
        first = at_issue(visit, "", agenda.issues[0].id)
        for below in ("", first, "/together"):
            assert len(visit.get(path + below).content) < 300_000
