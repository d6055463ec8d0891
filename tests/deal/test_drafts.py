"""A draft becomes the very thing it was made from, and every fault is at its field."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies import agendas, positions
from tracktwo.deal.agenda import Agenda, Issue, Option
from tracktwo.deal.drafts import (
    AgendaDraft,
    Faulty,
    Named,
    NamedIssue,
    PositionDraft,
    RedLineDraft,
    Together,
    agenda_draft,
    agenda_of,
    position_draft,
    position_of,
)
from tracktwo.deal.position import Position
from tracktwo.deal.toml_reading import Place

Draft = TypeVar("Draft", AgendaDraft, PositionDraft)

AGENDA = Agenda(
    "Canal",
    (
        Issue("water", "Water", (Option("half", "Half each"), Option("turns", "By turns"))),
        Issue("gate", "Gate", (Option("upper", "Upper"), Option("both", "Both"))),
    ),
)
DRAFT = position_draft(
    Position(
        Decimal(50),
        {"water": Decimal(60), "gate": Decimal(40)},
        {
            "water": {"half": Decimal(100), "turns": Decimal(0)},
            "gate": {"upper": Decimal(0), "both": Decimal("12.5")},
        },
    ),
    AGENDA,
)


def faults(draft: AgendaDraft | PositionDraft) -> dict[Place, str]:
    with pytest.raises(Faulty) as caught:
        agenda_of(draft) if isinstance(draft, AgendaDraft) else position_of(draft, AGENDA)
    return {place: error.what for place, error in caught.value.faults.items()}


def changed(draft: Draft, **fields: Any) -> Draft:  # noqa: ANN401 - fields of any type
    return replace(draft, **fields)


@settings(max_examples=150)
@given(st.data())
def test_drafts_come_back_equal_also_through_a_browser(data: st.DataObject) -> None:
    agenda = data.draw(agendas(linked=data.draw(st.booleans())))
    draft = agenda_draft(agenda)
    draft.note = draft.note.replace("\n", "\r\n")  # as browsers send it
    made = agenda_of(draft)
    assert made == agenda
    assert made.digest() == agenda.digest()
    position = data.draw(positions(agenda))
    assert position_of(position_draft(position, agenda), agenda) == position


def test_every_fault_is_told_at_once_and_at_its_field() -> None:
    draft = AgendaDraft(
        title=" ",
        points="1.5",
        issues=[
            NamedIssue("a b", "An issue", options=[Named("", ""), Named("x", "X", note="\u202e")]),
            NamedIssue("", "Gate", options=[]),
        ],
        exclude=[Together(["water"])],
    )
    assert set(faults(draft)) == {
        ("title",),
        ("points",),
        ("issue", 0, "id"),
        ("issue", 0, "option", 0, "name"),
        ("issue", 0, "option", 1, "note"),
        ("issue", 1),
        ("exclude", 0, "together"),
    }


def test_what_hangs_together_wrongly_is_told_where_it_is() -> None:
    draft = agenda_draft(AGENDA)
    twice = changed(
        draft, issues=[*draft.issues, NamedIssue("gate", "Gate", options=[Named("", "X")])]
    )
    assert set(faults(twice)) == {("issue", 2, "id")}
    assert set(faults(changed(draft, exclude=[Together(["water=half"])]))) == {
        ("exclude", 0, "together")
    }
    assert set(faults(changed(draft, exclude=[Together(["water=half", "gate=none"])]))) == {
        ("exclude", 0, "together")
    }
    assert set(faults(changed(draft, issues=[]))) == {()}
    assert set(faults(changed(draft, linked=[["water"]]))) == {("linked",)}


def test_ids_are_made_from_names_in_any_script_and_once_only() -> None:
    draft = AgendaDraft(
        title="Canal",
        issues=[
            NamedIssue(
                "", "Вода: кому?", options=[Named("", "Half each"), Named("", "Half, each!")]
            ),
            NamedIssue("", "?!", options=[Named("", "مياه")]),
        ],
    )
    made = agenda_of(draft)
    assert [issue.id for issue in made.issues] == ["вода-кому", "x"]
    assert [option.id for option in made.issues[0].options] == ["half-each", "half-each-2"]
    assert made.issues[1].options[0].id == "مياه"


def test_faults_of_a_position_are_at_their_figures_and_quote_none() -> None:
    draft = changed(
        DRAFT,
        accept_from="much",
        weights={"water": "1e9", "gate": ""},
        scores={"water": {"half": "101", "turns": "0.1234567"}, "gate": {"upper": "0"}},
        red_lines=[
            RedLineDraft([]),
            RedLineDraft(["water"]),
            RedLineDraft(["water=half"], ["water=turns"]),
        ],
    )
    found = faults(draft)
    assert set(found) == {
        ("accept_from",),
        ("weights", "water"),
        ("weights", "gate"),
        ("scores", "water", "half"),
        ("scores", "water", "turns"),
        ("scores", "gate", "both"),
        ("red_line", 0, "never"),
        ("red_line", 1, "never"),
        ("red_line", 2, "unless"),
    }
    assert not any("101" in what or "1e9" in what for what in found.values())
    assert repr(draft) == "<PositionDraft: not shown>"


def test_what_a_position_lacks_as_a_whole_is_told_where_it_is() -> None:
    assert set(faults(changed(DRAFT, weights={"water": "0", "gate": "0"}))) == {("weights",)}
    unknown = changed(DRAFT, red_lines=[RedLineDraft(["water=none"])])
    assert set(faults(unknown)) == {("red_line", 0, "never")}
