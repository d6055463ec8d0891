"""A position fitted to another agenda covers it, and keeps all that still has a place."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from matters import plain
from strategies import agendas, positions
from tracktwo.deal.fitting import blank, fitted
from tracktwo.deal.position import RedLine, require_covers


@settings(max_examples=150)
@given(st.data())
def test_it_covers_the_other_agenda_and_keeps_what_has_a_place(data: st.DataObject) -> None:
    agenda = data.draw(agendas(linked=True))
    other = data.draw(agendas(linked=True))
    position = data.draw(positions(agenda))
    assert fitted(position, agenda) == position
    moved = fitted(position, other)
    require_covers(moved, other)
    assert moved.accept_from == position.accept_from
    for issue in other.issues:
        for option in issue.options:
            kept = position.scores.get(issue.id, {}).get(option.id, 0)
            assert moved.scores[issue.id][option.id] == kept
    assert set(moved.red_lines) <= set(position.red_lines)


@given(st.data())
def test_a_blank_position_covers_its_agenda(data: st.DataObject) -> None:
    agenda = data.draw(agendas())
    require_covers(blank(agenda), agenda)


def test_a_red_line_goes_that_joins_what_may_not_be_joined_any_more() -> None:
    agenda = plain(2, 2)
    across = RedLine(frozenset({("i0", "o1"), ("i1", "o1")}))
    within = RedLine(frozenset({("i0", "o1")}))
    position = replace(blank(agenda), red_lines=(across, within))
    assert fitted(position, replace(agenda, linked=())).red_lines == (within,)
    assert fitted(position, agenda).red_lines == (across, within)
    assert fitted(position, plain(1, 2)).red_lines == ()
