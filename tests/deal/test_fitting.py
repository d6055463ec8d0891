"""A position fitted to another agenda covers it, and keeps all that still has a place."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from matters import plain
from strategies import agendas, positions
from tracktwo.deal.fitting import blank, fitted, judgement_stands, lost, reworded
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


@given(st.data())
def test_what_is_to_be_looked_at_again_is_what_has_other_words_or_is_new(
    data: st.DataObject,
) -> None:
    agenda = data.draw(agendas())
    assert reworded(agenda, agenda) == {}
    issue, *rest = agenda.issues
    option, *others = issue.options
    other = replace(option, name=f"{option.name}, or so")
    changed = replace(agenda, issues=(replace(issue, options=(other, *others)), *rest))
    words = reworded(agenda, changed)
    assert words == {(issue.id, option.id): option.name}
    assert reworded(changed, agenda, words) == {}
    assert reworded(changed, changed, words) == words


@given(st.data())
def test_nothing_goes_that_is_not_said_to_be_lost(data: st.DataObject) -> None:
    agenda = data.draw(agendas(linked=True))
    other = data.draw(agendas(linked=True))
    position = data.draw(positions(agenda))
    assert not list(lost(position, agenda, agenda))
    moved = fitted(position, other)
    gone = len(position.red_lines) - len(moved.red_lines)
    said = list(lost(position, agenda, other))
    assert len([sentence for sentence in said if sentence.startswith("The red line: ")]) == gone
    shared = {issue.id for issue in agenda.issues} & {issue.id for issue in other.issues}
    scores = {i: of for i, of in position.scores.items() if i not in shared and any(of.values())}
    assert len([sentence for sentence in said if sentence.startswith("The scores of")]) == len(
        scores
    )


def test_a_judgement_stands_only_in_the_words_and_the_agenda_it_was_given_in() -> None:
    agenda = plain(2, 2)
    package = {"i0": "o0", "i1": "o1"}
    assert judgement_stands(package, agenda, {})
    assert judgement_stands(package, agenda, {("i1", "o0"): "Another"})
    assert judgement_stands(package, agenda, {("i1", "o2"): ""})
    assert not judgement_stands(package, agenda, {("i1", "o1"): "Another"})
    assert not judgement_stands(package, agenda, {("i1", ""): "Another"})
    assert not judgement_stands(package, plain(2, 2, 1), {})
    assert not judgement_stands(package, plain(2, 1), {})
    excluded = plain(2, 2, exclude=(frozenset(package.items()),))
    assert not judgement_stands(package, excluded, {})
