"""Swings become weights and come back, and their points are those of the brute force."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import brute
from matters import Matter, matters, plain
from tracktwo.deal.position import Position
from tracktwo.deal.swing import swing_views, swings_of, total_sentence, weights_of
from tracktwo.deal.toml_reading import BadPart

AGENDA = plain(2, 3, 2)
POSITION = Position(
    Decimal(50),
    {"i0": Decimal(100), "i1": Decimal(50), "i2": Decimal(50)},
    {
        "i0": {"o0": Decimal(0), "o1": Decimal(100)},
        "i1": {"o0": Decimal(20), "o1": Decimal(100), "o2": Decimal(20)},
        "i2": {"o0": Decimal(70), "o1": Decimal(70)},
    },
)


def test_where_scores_span_everything_the_weights_are_the_swings_as_they_were_typed() -> None:
    scores = {"a": {"x": Decimal(0), "y": Decimal(100)}, "b": {"x": Decimal(100), "y": Decimal(0)}}
    swings = {"a": Decimal("62.5"), "b": Decimal(100)}
    assert weights_of(swings, scores) == swings


def test_a_narrow_span_of_scores_takes_a_larger_weight_for_the_same_swing() -> None:
    scores = {"a": {"x": Decimal(0), "y": Decimal(100)}, "b": {"x": Decimal(40), "y": Decimal(65)}}
    assert weights_of({"a": Decimal(100), "b": Decimal(50)}, scores) == {
        "a": Decimal(100),
        "b": Fraction(200),
    }


def test_an_issue_without_difference_has_no_swing() -> None:
    assert swings_of(POSITION) == {"i0": 100, "i1": 40, "i2": 0}
    weights = weights_of({"i0": 100, "i1": 40, "i2": 0}, POSITION.scores)
    assert weights == {"i0": 100, "i1": 50, "i2": 0}
    with pytest.raises(BadPart, match="one score") as caught:
        weights_of({"i0": Decimal(1), "i1": Decimal(0), "i2": Decimal(5)}, POSITION.scores)
    assert caught.value.part == ("swings", "i2")


@pytest.mark.parametrize("swing", [Decimal(-1), Decimal("100.1")])
def test_a_swing_lies_between_0_and_100(swing: Decimal) -> None:
    with pytest.raises(BadPart, match="not between 0 and 100") as caught:
        weights_of({"i0": Decimal(100), "i1": swing, "i2": Decimal(0)}, POSITION.scores)
    assert caught.value.part == ("swings", "i1")


def test_some_swing_must_be_above_0() -> None:
    with pytest.raises(BadPart, match="No swing is above 0"):
        weights_of(dict.fromkeys(POSITION.weights, Decimal(0)), POSITION.scores)


def test_the_sentences_say_the_swing_and_its_rounding() -> None:
    first, second, third = swing_views(AGENDA, POSITION)
    assert first.sentence == (
        '"An issue": going from "An option" to "An option" is worth 125 of your 250 points,'
        " 71.4 % of all you can gain."
    )
    assert first.rounding == "These are whole points without rounding."
    assert second.rounding == (
        "Points are whole and halves go up: 62.5 for the best becomes 63, 12.5 for the worst"
        " becomes 13."
    )
    assert (second.exact, second.points) == (50, 50)
    assert third.sentence == '"An issue": one option is as good as another to you.'
    assert total_sentence(AGENDA, POSITION) == (
        "Your best options come to 232 of 250 points, because not every issue has an option with"
        " score 100."
    )


def test_it_is_said_that_rounding_changes_the_whole() -> None:
    scores = {f"i{n}": {"o0": Decimal(0), "o1": Decimal(100)} for n in range(4)}
    thirds = Position(Decimal(50), dict.fromkeys(scores, Decimal(1)), scores)
    assert "252 points instead of 250" in total_sentence(plain(2, 2, 2, 2), thirds)
    assert "all 4 points" in total_sentence(plain(2, 2, 2, 2, points=4), thirds)


@given(matters())
def test_the_points_of_a_swing_are_those_that_packages_get(matter: Matter) -> None:
    agenda, position, _ = matter
    for issue, view in zip(agenda.issues, swing_views(agenda, position), strict=True):
        worth = {
            option.id: brute.option_points(agenda, position, issue.id, option.id)
            for option in issue.options
        }
        assert view.points == max(worth.values()) - min(worth.values())
        assert abs(view.points - view.exact) <= 1


@given(matters(), st.data())
def test_weights_come_back_as_the_same_swings(matter: Matter, data: st.DataObject) -> None:
    agenda, position, _ = matter
    spans = {i: len(set(of.values())) > 1 for i, of in position.scores.items()}
    swings = {
        issue.id: Decimal(data.draw(st.integers(0, 100))) if spans[issue.id] else Decimal(0)
        for issue in agenda.issues
    }
    if not any(swings.values()):
        return
    made = replace(position, weights=weights_of(swings, position.scores))
    top = max(swings.values())
    assert swings_of(made) == {
        i: Fraction(100 * swing) / Fraction(top) for i, swing in swings.items()
    }
    shares = {view.issue: view.exact for view in swing_views(agenda, made)}
    ratio = {shares[i] / Fraction(swing) for i, swing in swings.items() if swing}
    assert len(ratio) == 1
