"""Forms and drafts of all screens: what is kept of what was typed, and what is said of it."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from canal import AGENDA, POSITION, laid_out
from nodes import PASSPHRASE
from settled import Settled
from tracktwo.web.app import SCREENS
from tracktwo.web.house import House
from visits import Visit, faults_in, typed_in


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return Visit.at(tmp_path)


def test_what_is_kept_while_typing_goes_to_the_screens_that_take_drafts(settled: Settled) -> None:
    visit = Visit(House(settled.person.home), PASSPHRASE)
    visit.comes_in()
    takes = {
        path
        for route in SCREENS
        if inspect.getclosurevars(route.endpoint).nonlocals["shown"].draft
        for path in settled.paths([route])
    }
    sends = set()
    for path in settled.paths():
        forms = re.findall(
            r'<form [^>]*action="/[^/"]*([^"]*)"[^>]* data-draft', visit.get(path).text
        )
        sends.update(forms)
    assert sends == takes


def test_over_a_draft_it_is_said_that_it_was_not_sent(visit: Visit) -> None:
    path = f"{laid_out(visit, AGENDA, POSITION)}/own/line"
    said = "This is what you typed; it was not sent."
    assert said not in visit.get(path).text
    visit.post(path, {"accept_from": "71", "notes": "", "keep": "1"})
    shown = visit.get(path)
    assert "71" in typed_in(shown)
    assert f'<p class="notice" role="status">{said}</p>' in shown.text
    assert faults_in(shown) == {}
    assert said not in visit.post(path, {"accept_from": "x", "notes": ""}).text
    visit.goes(visit.post(path, {"accept_from": "72", "notes": ""}))
    assert said not in visit.get(path).text
    visit.post(path, {"accept_from": "", "notes": "", "keep": "1"})
    assert said not in visit.get(path).text  # there is nothing that was typed


def test_a_text_too_long_for_any_form_is_answered_by_a_page(visit: Visit) -> None:
    answer = visit.post("/begin", {"goal": "x" * ((1 << 20) + 1)})
    assert answer.status_code == 400
    assert "<main" in answer.text
    assert "too long" in answer.text
    assert "Go back" in answer.text


def test_what_is_too_long_to_be_kept_while_nobody_is_in_is_said_to_be_lost(visit: Visit) -> None:
    half = "x" * (1 << 19)
    visit.house.lock()
    kept = visit.post("/begin", {"goal": half})
    assert "What you typed is kept." in kept.text
    lost = visit.post("/begin", {"goal": half, "title": half + "x"})
    assert lost.status_code == 403
    assert "What you typed is kept." not in lost.text
    assert "What you typed is too long to be kept" in lost.text
    wrong = visit.outside("/unlock", {"passphrase": "wrong", "left": ""})
    assert "is kept" not in wrong.text
    assert "too long" not in wrong.text
