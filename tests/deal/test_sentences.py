"""The position said back: true to the brute force, in words a person can check."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brute
from effort import examples
from strategies import agendas, positions
from tracktwo.deal.agenda import Agenda, Issue, Option
from tracktwo.deal.package import enumerate_packages
from tracktwo.deal.position import Position, RedLine
from tracktwo.deal.sentences import SHOWN, Description, PackageView, describe
from tracktwo.deal.swing import swing_views
from tracktwo.errors import BadInput

AGENDA = Agenda(
    "Spring 2022",
    (
        Issue("alignment", "Alignment", (Option("neutral", "Neutral"), Option("open", "Open"))),
        Issue("guarantee", "Guarantee", (Option("each-acts", "Each"), Option("all-agree", "All"))),
        Issue("caps", "Caps", (Option("low", "Low"), Option("high", "High"), Option("none", "No"))),
    ),
)
POSITION = Position(
    Decimal("55.50"),
    {"alignment": Decimal(30), "guarantee": Decimal(45), "caps": Decimal(15)},
    {
        "alignment": {"neutral": Decimal(80), "open": Decimal(10)},
        "guarantee": {"each-acts": Decimal(100), "all-agree": Decimal(20)},
        "caps": {"low": Decimal(0), "high": Decimal(60), "none": Decimal(60)},
    },
    (
        RedLine(
            frozenset({("caps", "low"), ("alignment", "neutral")}),
            frozenset({("guarantee", "each-acts")}),
            "said in public",
        ),
        RedLine(frozenset({("caps", "none")})),
    ),
)


def described(agenda: Agenda = AGENDA, position: Position = POSITION) -> Description:
    return describe(agenda, position, enumerate_packages(agenda))


def test_a_position_is_said_back_in_sentences() -> None:
    assert described().sentences() == [
        "You accept a package worth at least 139 of 250 points (55.5 of 100)"
        " and crossing no red line.",
        '"Guarantee" counts for 54.5 %: 125 points for "Each", down to 25 for "All".',
        '"Alignment" counts for 31.8 %: 67 points for "Neutral", down to 8 for "Open".',
        '"Caps" counts for 13.6 %: 25 points for "High" or "No", down to 0 for "Low".',
        'Red line 1: Never "Alignment: Neutral" and "Caps: Low" together, unless also'
        ' "Guarantee: Each".',
        'Red line 2: Never "Caps: No".',
        "You accept 3 of 12 packages.",
    ]


def test_an_issue_counts_for_its_swing_and_not_for_its_weight() -> None:
    """Half of the weight on scores of 80 to 100 moves a fifth of what the rest of it moves."""
    options = (Option("a", "A"), Option("b", "B"))
    agenda = Agenda("Pair", (Issue("x", "X", options), Issue("y", "Y", options)))
    position = Position(
        Decimal(50),
        {"x": Decimal(50), "y": Decimal(50)},
        {"x": {"a": Decimal(100), "b": Decimal(80)}, "y": {"a": Decimal(0), "b": Decimal(100)}},
    )
    found = described(agenda, position)
    assert [(of.issue, of.share) for of in found.issues] == [("y", "83.3 %"), ("x", "16.7 %")]
    assert [
        share in view.sentence
        for view, share in zip(swing_views(agenda, position), ("16.7 %", "83.3 %"), strict=True)
    ] == [True, True]
    alike = replace(position, scores={of: {"a": Decimal(7), "b": Decimal(7)} for of in "xy"})
    assert {of.share for of in described(agenda, alike).issues} == {"0 %"}


def test_the_packages_around_the_line_are_shown_with_what_forbids_them() -> None:
    description = described()
    assert [(p.points, p.above, p.red_lines) for p in description.just_above] == [
        (158, 19, ()),
        (192, 53, ()),
        (217, 78, ()),
    ]
    assert [(p.points, p.above) for p in description.just_below] == [
        (133, -6),
        (117, -22),
        (117, -22),
    ]
    assert [(p.points, p.red_lines) for p in description.forbidden] == [(217, (2,)), (158, (2,))]
    assert description.best[0].package == {
        "alignment": "neutral",
        "guarantee": "each-acts",
        "caps": "high",
    }
    assert [r.note for r in description.red_lines] == ["said in public", ""]


def view_is_true(view: PackageView, agenda: Agenda, position: Position) -> bool:
    worth = brute.points(agenda, position, view.package)
    crossing = [
        n for n, line in enumerate(position.red_lines, 1) if brute.crosses(line, view.package)
    ]
    return (
        brute.packages(agenda)[view.number] == view.package
        and view.points == worth
        and view.above == worth - brute.line(agenda, position)
        and list(view.red_lines) == crossing
    )


@settings(max_examples=examples(200))
@given(st.data())
def test_counts_and_packages_shown_are_those_of_the_brute_force(data: st.DataObject) -> None:
    agenda = data.draw(agendas())
    position = data.draw(positions(agenda))
    description = described(agenda, position)
    every = brute.packages(agenda)
    line = brute.line(agenda, position)
    worth = [brute.points(agenda, position, package) for package in every]
    free = [not any(brute.crosses(r, package) for r in position.red_lines) for package in every]
    accepted = sorted(w for w, f in zip(worth, free, strict=True) if w >= line and f)
    forbidden = sorted(w for w, f in zip(worth, free, strict=True) if w >= line and not f)
    below = sorted(w for w in worth if w < line)

    assert (description.line, description.points) == (line, agenda.points)
    assert (description.accepted, description.count) == (len(accepted), len(every))
    assert [p.points for p in description.best] == accepted[::-1][:SHOWN]
    assert [p.points for p in description.just_above] == accepted[:SHOWN]
    assert [p.points for p in description.just_below] == below[::-1][:SHOWN]
    assert [p.points for p in description.forbidden] == forbidden[::-1][:SHOWN]
    for shown in (
        description.best,
        description.just_above,
        description.just_below,
        description.forbidden,
    ):
        assert all(view_is_true(view, agenda, position) for view in shown)
        assert len({view.number for view in shown}) == len(shown)


@settings(max_examples=examples(200))
@given(st.data())
def test_remarks_are_made_exactly_where_they_are_true(data: st.DataObject) -> None:
    agenda = data.draw(agendas(max_points=20))
    position = data.draw(positions(agenda))
    every = brute.packages(agenda)
    gains = brute.gains(agenda, position)
    accepted = [p for p, gain in zip(every, gains, strict=True) if gain]
    reaching = [
        p for p in every if brute.points(agenda, position, p) >= brute.line(agenda, position)
    ]
    crossing = [[p for p in every if brute.crosses(r, p)] for r in position.red_lines]
    expected = Counter(
        {
            "everything": int(len(accepted) == len(every)),
            "nothing": int(not accepted),
            "red-line-never-crossed": sum(not c for c in crossing),
            "red-line-without-effect": sum(
                bool(c) and not any(p in reaching for p in c) for c in crossing
            ),
            "weight-zero": sum(not weight for weight in position.weights.values()),
            "option-never": sum(
                bool(accepted) and not any(p[issue.id] == option.id for p in accepted)
                for issue in agenda.issues
                for option in issue.options
            ),
        }
    )
    for issue in agenda.issues:
        if position.weights[issue.id]:
            scores = set(position.scores[issue.id].values())
            worth = {brute.option_points(agenda, position, issue.id, o.id) for o in issue.options}
            expected["scores-equal"] += len(scores) == 1 and len(issue.options) > 1
            expected["rounded-together"] += len(worth) < len(scores)
    assert Counter(remark.kind for remark in described(agenda, position).remarks) == +expected


@given(st.data())
def test_issues_stand_by_swing_with_their_best_and_worst(data: st.DataObject) -> None:
    agenda = data.draw(agendas())
    position = data.draw(positions(agenda))
    views = described(agenda, position).issues
    swings = [
        Fraction(position.weights[view.issue])
        * (Fraction(max(of.values())) - Fraction(min(of.values())))
        for view in views
        for of in (position.scores[view.issue],)
    ]
    assert swings == sorted(swings, reverse=True)
    assert {view.issue for view in views} == {issue.id for issue in agenda.issues}
    for view in views:
        worth = {
            option.id: brute.option_points(agenda, position, view.issue, option.id)
            for option in agenda.issue(view.issue).options
        }
        assert view.best == tuple(o for o in worth if worth[o] == max(worth.values()))
        assert view.worst == tuple(o for o in worth if worth[o] == min(worth.values()))
        assert (view.best_points, view.worst_points) == (max(worth.values()), min(worth.values()))


REMARKS = {
    "everything": (
        replace(POSITION, accept_from=Decimal(0), red_lines=()),
        "You accept every package",
    ),
    "nothing reaches": (
        replace(POSITION, accept_from=Decimal(100)),
        "No package reaches your line",
    ),
    "nothing free": (
        replace(
            POSITION,
            red_lines=tuple(RedLine(frozenset({("caps", o)})) for o in ("low", "high", "none")),
        ),
        "Every package that reaches your line crosses a red line",
    ),
    "weight zero": (
        replace(POSITION, weights={**POSITION.weights, "caps": Decimal(0)}),
        '"Caps" has weight 0',
    ),
    "scores equal": (
        replace(
            POSITION,
            scores={**POSITION.scores, "caps": dict.fromkeys(("low", "high", "none"), Decimal(5))},
        ),
        'Every option of "Caps" has the same score',
    ),
    "rounded together": (
        replace(
            POSITION,
            scores={
                **POSITION.scores,
                "alignment": {"neutral": Decimal(80), "open": Decimal("80.1")},
            },
        ),
        'Options of "Alignment" with different scores are worth equal points',
    ),
    "no effect": (
        replace(
            POSITION,
            red_lines=(RedLine(frozenset({("alignment", "open"), ("guarantee", "all-agree")})),),
        ),
        "Red line 1 changes nothing",
    ),
    "option never": (POSITION, '"Guarantee: All" is in no package you accept.'),
}


@pytest.mark.parametrize("name", sorted(REMARKS))
def test_what_is_probably_not_meant_is_said(name: str) -> None:
    position, said = REMARKS[name]
    assert any(remark.sentence.startswith(said) for remark in described(position=position).remarks)


def test_what_the_agenda_makes_impossible_is_said() -> None:
    exclude = tuple(
        frozenset({("caps", "none"), ("guarantee", o)}) for o in ("each-acts", "all-agree")
    )
    remarks = [r.sentence for r in described(replace(AGENDA, exclude=exclude)).remarks]
    assert '"Caps: No" is in no package of the agenda.' in remarks
    assert "Red line 2 is never crossed: no package of the agenda can." in remarks


@pytest.mark.parametrize(
    ("weights", "shares"),
    [
        (["1", "1", "1"], ["33.3 %", "33.3 %", "33.3 %"]),
        (["99.999", "0.001", "0"], ["100 %", "under 0.1 %", "0 %"]),
        (["12.5", "87.45", "0.05"], ["87.5 %", "12.5 %", "0.1 %"]),
    ],
)
def test_shares_are_given_to_a_tenth_of_a_percent(weights: list[str], shares: list[str]) -> None:
    issues = [issue.id for issue in AGENDA.issues]
    figures = dict(zip(issues, map(Decimal, weights), strict=True))
    scores = {
        issue.id: {
            option.id: Decimal(100 * (option == issue.options[0])) for option in issue.options
        }
        for issue in AGENDA.issues
    }
    views = described(position=replace(POSITION, weights=figures, scores=scores)).issues
    assert [view.share for view in views] == shares


def test_a_line_that_is_a_fraction_is_shown_as_a_decimal() -> None:
    description = described(position=replace(POSITION, accept_from=Fraction(200, 3)))
    assert description.accept_from == "66.666667"
    assert description.line == 167


def test_many_equal_options_are_cut_short() -> None:
    options = tuple(Option(f"o{n}", f"O{n}") for n in range(7))
    agenda = Agenda("One", (Issue("i", "I", options),))
    scores = {option.id: Decimal(50) for option in options} | {"o6": Decimal(20)}
    position = Position(Decimal(0), {"i": Decimal(1)}, {"i": scores})
    sentence = described(agenda, position).issues[0].sentence
    assert sentence == (
        '"I" counts for 100 %: 125 points for "O0" or "O1" or "O2" or 3 more, down to 50 for "O6".'
    )


def test_equal_packages_shown_are_spread_over_the_agenda() -> None:
    position = replace(
        POSITION,
        accept_from=Decimal(50),
        scores={i.id: {o.id: Decimal(50) for o in i.options} for i in AGENDA.issues},
        red_lines=(),
    )
    assert [view.number for view in described(position=position).best] == [0, 4, 8]


@given(st.data())
def test_the_description_becomes_json_and_shows_nothing_by_itself(data: st.DataObject) -> None:
    agenda = data.draw(agendas())
    description = described(agenda, data.draw(positions(agenda)))
    tree = json.loads(json.dumps(description.to_dict()))
    assert tree["sentences"] == description.sentences()
    assert tree["accepted"] == description.accepted
    for secret in (description, *description.issues, *description.best, *description.remarks):
        assert repr(secret) == f"<{type(secret).__name__}: not shown>"


def test_a_position_for_another_agenda_is_not_described() -> None:
    other = replace(AGENDA, issues=AGENDA.issues[:2])
    with pytest.raises(BadInput, match='"caps" is not an issue of the agenda'):
        described(other, POSITION)
