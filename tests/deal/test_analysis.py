"""The study of two positions: equal to definitions played out by hand, ties and all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brute
from effort import examples
from matters import Matter, plain
from strategies import agendas, positions
from tracktwo.deal.agenda import Agenda, Issue, Option
from tracktwo.deal.analysis import Rule, Study, study
from tracktwo.deal.package import Packages, enumerate_packages
from tracktwo.deal.position import Position, RedLine
from tracktwo.deal.room import Point
from tracktwo.deal.room_listed import room_listed
from tracktwo.deal.trellis import Trellis
from tracktwo.errors import BadInput

Pair = tuple[Fraction, Fraction]


def worths(agenda: Agenda, position: Position, exact: bool) -> list[Fraction]:
    """Each allowed package as a share of the whole."""
    every = brute.packages(agenda)
    if not exact:
        return [Fraction(brute.points(agenda, position, p), agenda.points) for p in every]
    total = sum((Fraction(w) for w in position.weights.values()), Fraction(0))
    return [
        sum(
            (Fraction(position.weights[i]) * Fraction(position.scores[i][o]) for i, o in p.items()),
            Fraction(0),
        )
        / (100 * total)
        for p in every
    ]


class Side:
    """One side, straight from the definitions."""

    def __init__(self, agenda: Agenda, position: Position, exact: bool) -> None:
        every = brute.packages(agenda)
        self.worth = worths(agenda, position, exact)
        self.line = Fraction(position.accept_from) / 100
        if not exact:
            self.line = Fraction(brute.line(agenda, position), agenda.points)
        self.accepts = {
            number
            for number, package in enumerate(every)
            if self.worth[number] >= self.line
            and not any(brute.crosses(line, package) for line in position.red_lines)
        }
        self.disagreement = max(self.line, min(self.worth))


def frontier(a: Side, b: Side, room: set[int]) -> dict[Pair, list[int]]:
    pairs: dict[Pair, list[int]] = {}
    for number in sorted(room):
        pairs.setdefault((a.worth[number], b.worth[number]), []).append(number)
    return {
        (u, v): numbers
        for (u, v), numbers in pairs.items()
        if not any(x >= u and y >= v and (x, y) != (u, v) for x, y in pairs)
    }


def rule_keys(a: Side, b: Side, rule: Rule, front: list[Pair]) -> dict[Pair, object]:
    surplus = {pair: (pair[0] - a.disagreement, pair[1] - b.disagreement) for pair in front}
    most = [max((s[side] for s in surplus.values()), default=Fraction(0)) for side in (0, 1)]

    def key(pair: Pair) -> object:
        x, y = surplus[pair]
        match rule:
            case Rule.NASH:
                return x * y
            case Rule.EGALITARIAN:
                return sorted((x, y))
            case Rule.KALAI_SMORODINSKY:
                return sorted((x / most[0] if most[0] else 0, y / most[1] if most[1] else 0))
            case Rule.UTILITARIAN:
                return sum(pair)
            case Rule.NEAREST_TO_IDEAL:
                return -((1 - pair[0]) ** 2 + (1 - pair[1]) ** 2)

    return {pair: key(pair) for pair in front}


def seen(study_: Study, points: tuple[Point, ...]) -> dict[Pair, list[dict[str, str]]]:
    assert all(len(point.first(point.count + 1)) == point.count for point in points)
    return {study_.shares(point): point.first(point.count) for point in points}


def require_equal_to_definitions(agenda: Agenda, a: Position, b: Position, exact: bool) -> None:
    found = study(agenda, a, b, exact=exact)
    one, other = Side(agenda, a, exact), Side(agenda, b, exact)
    room = one.accepts & other.accepts
    every = brute.packages(agenda)
    assert (found.a.acceptable, found.b.acceptable) == (len(one.accepts), len(other.accepts))
    assert Fraction(found.a.disagreement, found.a.unit) == one.disagreement
    assert found.room == len(room)
    assert found.where == tuple(
        tuple(any(every[n][issue.id] == o.id for n in room) for o in issue.options)
        for issue in agenda.issues
    )
    front = {
        pair: [every[number] for number in numbers]
        for pair, numbers in frontier(one, other, room).items()
    }
    assert seen(found, found.frontier) == front
    assert [found.shares(point)[0] for point in found.frontier] == sorted(
        (u for u, _ in front), reverse=True
    )
    for rule in Rule:
        keys = rule_keys(one, other, rule, list(front))
        top = max(keys.values(), default=None)  # type: ignore[type-var]
        expected = {pair: front[pair] for pair in front if keys[pair] == top}
        assert seen(found, found.best[rule]) == expected, rule


@st.composite
def odd_positions(draw: st.DrawFn, agenda: Agenda) -> Position:
    """Positions of fractions no decimal holds, some of great length."""
    position = draw(positions(agenda))
    parts = st.sampled_from([1, 3, 7, 10**19 + 51, 2**89 - 1])

    def odd(value: Decimal | Fraction) -> Fraction:
        return Fraction(value) - Fraction(value) / (3 * draw(parts))

    scores = {
        i: {option: odd(score) for option, score in of.items()} for i, of in position.scores.items()
    }
    weights = {issue: odd(weight) for issue, weight in position.weights.items()}
    return replace(position, weights=weights, scores=scores)


@settings(max_examples=examples(300))
@given(st.data(), st.booleans())
def test_a_study_equals_the_definitions(data: st.DataObject, exact: bool) -> None:
    agenda = data.draw(agendas())
    a, b = data.draw(positions(agenda)), data.draw(positions(agenda))
    require_equal_to_definitions(agenda, a, b, exact)


@settings(max_examples=examples(150))
@given(st.data())
def test_a_study_equals_the_definitions_on_coarse_figures_full_of_ties(data: st.DataObject) -> None:
    agenda = data.draw(agendas(max_issues=5, max_options=3, max_points=20))

    def coarse() -> Position:
        few = st.sampled_from([0, 50, 100]).map(Decimal)
        weights = {issue.id: Decimal(data.draw(st.integers(1, 2))) for issue in agenda.issues}
        scores = {i.id: {o.id: data.draw(few) for o in i.options} for i in agenda.issues}
        return Position(data.draw(st.sampled_from([0, 25, 50, 75])) * Decimal(1), weights, scores)

    require_equal_to_definitions(agenda, coarse(), coarse(), exact=data.draw(st.booleans()))


@settings(max_examples=examples(150))
@given(st.data())
def test_a_study_equals_the_definitions_on_figures_beyond_64_bits(
    data: st.DataObject,
) -> None:
    agenda = data.draw(agendas(max_issues=3, max_options=3))
    a, b = data.draw(odd_positions(agenda)), data.draw(odd_positions(agenda))
    require_equal_to_definitions(agenda, a, b, exact=data.draw(st.booleans()))


def two_by_two(a: str, b: str, line: int = 0) -> tuple[Agenda, Position, Position]:
    """Two issues p and q of options 0 and 1, scored by two digits of tens each."""
    options = (Option("0", "None"), Option("1", "All"))
    agenda = Agenda("Two by two", (Issue("p", "P", options), Issue("q", "Q", options)))

    def position(text: str) -> Position:
        tens = [Decimal(int(digit, 11) * 10) for digit in text]
        scores = {"p": dict(zip("01", tens[:2], strict=True))}
        scores["q"] = dict(zip("01", tens[2:], strict=True))
        return Position(Decimal(line), {"p": Decimal(1), "q": Decimal(1)}, scores)

    return agenda, position(a), position(b)


def test_packages_of_equal_worth_to_both_all_stay_on_the_frontier() -> None:
    agenda, a, b = two_by_two("55AA", "55AA")
    found = study(agenda, a, b, exact=True)
    (point,) = found.frontier
    assert point.first(9) == brute.packages(agenda)
    assert point.first(2) == brute.packages(agenda)[:2]
    assert [p.count for p in found.best[Rule.NASH]] == [4]


def test_two_different_pairs_may_tie() -> None:
    agenda, a, b = two_by_two("0A0A", "A0A0")  # each wants 1 everywhere, the other 0
    found = study(agenda, a, b, exact=True)
    (middle,) = found.best[Rule.NASH]
    assert middle.first(9) == brute.packages(agenda)[1:3]
    assert [found.shares(p) for p in found.best[Rule.UTILITARIAN]] == [
        (Fraction(1), Fraction(0)),
        (Fraction(1, 2), Fraction(1, 2)),
        (Fraction(0), Fraction(1)),
    ]


def test_without_room_there_is_no_frontier_and_nothing_is_best() -> None:
    agenda, a, b = two_by_two("0A0A", "A0A0", line=60)
    found = study(agenda, a, b, exact=False)
    assert (found.room, found.frontier) == (0, ())
    assert found.where == ((False, False), (False, False))
    assert all(found.best[rule] == () for rule in Rule)
    assert found.to_json()["best"]["nash"] == {
        "utilities": [],
        "exact": [],
        "ties": 0,
        "tied_packages": 0,
        "packages": [],
    }


def test_where_a_line_excludes_nothing_surplus_counts_from_the_worst_package() -> None:
    agenda, a, b = two_by_two("5A00", "0A0A", line=10)
    found = study(agenda, a, b, exact=True)
    assert (found.a.line, found.a.disagreement) == (20, 50)  # of 200: its worst is above the line


def test_a_red_line_takes_packages_out_of_the_room() -> None:
    agenda, a, b = two_by_two("0A0A", "0A0A")
    wary = replace(a, red_lines=(RedLine(frozenset({("p", "1")}), frozenset({("q", "0")})),))
    found = study(agenda, wary, b, exact=True)
    assert (found.room, found.a.acceptable, found.b.acceptable) == (3, 3, 4)
    assert [point.first(9) for point in found.frontier] == [brute.packages(agenda)[1:3]]


def test_equal_on_paper_is_equal_in_an_exact_study_though_not_in_floats() -> None:
    options = (Option("0", "No"), Option("1", "Yes"))
    agenda = Agenda("Tenths", tuple(Issue(i, i, options) for i in "pqr"))
    weights = {"p": Decimal("0.1"), "q": Decimal("0.2"), "r": Decimal("0.3")}
    scores = {i: {"0": Decimal(0), "1": Decimal(100)} for i in "pqr"}
    same = Position(Decimal(0), weights, scores)
    flat = replace(same, scores={i: {"0": Decimal(50), "1": Decimal(50)} for i in "pqr"})
    cap = RedLine(frozenset({("r", "1"), ("p", "1")})), RedLine(frozenset({("r", "1"), ("q", "1")}))
    found = study(agenda, replace(same, red_lines=cap), flat, exact=True)
    every = brute.packages(agenda)
    # 0.3, and 0.1 + 0.2
    assert [point.first(9) for point in found.frontier] == [[every[1], every[6]]]


def test_no_part_of_a_study_shows_its_figures() -> None:
    agenda, a, b = two_by_two("37AA", "73AA", line=40)
    found = study(agenda, a, b, exact=True)
    assert repr(found) == "<Study: not shown>"
    assert repr(found.a) == "<Side: not shown>"
    assert {repr(point) for point in found.frontier} == {"<Point: not shown>"}


def test_json_names_the_packages_and_counts_the_ties_it_does_not_list() -> None:
    agenda, a, b = two_by_two("55AA", "55AA")
    json = study(agenda, a, b, exact=False).to_json(listed=1)
    assert json["best"]["nash"]["packages"] == [{"p": "0", "q": "0"}]
    assert (json["best"]["nash"]["ties"], json["best"]["nash"]["tied_packages"]) == (1, 4)
    assert json["best"]["nash"]["exact"] == [["94/125", "94/125"]]  # 63 + 125 of 250 points
    assert json["where"] == {"p": {"0": True, "1": True}, "q": {"0": True, "1": True}}


def test_figures_too_long_to_compare_exactly_are_refused_not_rounded() -> None:
    agenda, a, b = two_by_two("37AA", "73AA")
    endless = replace(a, accept_from=Fraction(1, 3**400))
    with pytest.raises(BadInput, match="too long"):
        study(agenda, endless, b, exact=True)


def test_a_position_on_another_agenda_is_refused() -> None:
    agenda, a, b = two_by_two("37AA", "73AA")
    with pytest.raises(BadInput, match="not an issue"):
        study(agenda, a, replace(b, weights={"x": Decimal(1)}), exact=True)


def opposed(sizes: Sequence[int], *red_lines: RedLine, **rules: Any) -> Matter:  # noqa: ANN401
    """Two sides of whom each wants what the other does not, each option worth something else."""
    agenda = plain(*sizes, **rules)
    weights = {issue.id: Decimal(1 + place % 3) for place, issue in enumerate(agenda.issues)}

    def position(turn: int, lines: tuple[RedLine, ...]) -> Position:
        scores = {
            issue.id: {
                option.id: Decimal(7 * (rank + place) % 101)
                for rank, option in enumerate(issue.options[::turn])
            }
            for place, issue in enumerate(agenda.issues)
        }
        return Position(Decimal(30), weights, scores, lines)

    return agenda, position(1, red_lines), position(-1, ())


def test_the_faster_way_is_taken_and_both_find_the_same() -> None:
    few, many = opposed([10] * 4), opposed([10] * 6)
    assert isinstance(study(*few, exact=False).packages, Packages)
    found = study(*many, exact=False)
    assert isinstance(found.packages, Trellis)
    listed = room_listed(enumerate_packages(many[0]), many[1], many[2], exact=False)
    assert (found.a, found.b, found.room, found.where, found.frontier) == (
        listed.a,
        listed.b,
        listed.count,
        listed.where,
        listed.frontier,
    )
    assert found.room > 10**5
    assert [p.first(50) for p in found.frontier] == [p.first(50) for p in listed.frontier]


def test_packages_too_many_to_list_are_studied_in_points_and_only_so() -> None:
    matter = opposed([10] * 20)
    json = study(*matter, exact=False).to_json(listed=3)
    assert json["packages"] == 10**20
    assert 10**19 < json["room"] < 10**20
    for best in json["best"].values():
        assert len(best["packages"]) == min(3, best["tied_packages"])
    with pytest.raises(BadInput, match="can be listed") as caught:
        study(*matter, exact=True)
    assert caught.value.advice.startswith("Study the positions in points")


def test_a_red_line_across_issues_not_linked_is_studied_where_packages_can_be_listed() -> None:
    across = RedLine(frozenset({("i0", "o0"), ("i5", "o9")}))
    assert isinstance(study(*opposed([10] * 6, across), exact=False).packages, Packages)
    joined = opposed([10] * 6, across, linked=(("i0", "i5"),))
    assert isinstance(study(*joined, exact=False).packages, Trellis)
    with pytest.raises(BadInput, match="Red line 1 joins issues"):
        study(*opposed([10] * 7, across), exact=False)


def test_issues_too_many_of_which_hang_together_are_studied_where_packages_can_be_listed() -> None:
    ids = tuple(f"i{place}" for place in range(5))
    found = study(*opposed([12] * 5, linked=(ids,)), exact=False)
    assert isinstance(found.packages, Packages)
    with pytest.raises(BadInput, match="hang together"):
        study(*opposed([24] * 5, linked=(ids,)), exact=False)


@pytest.mark.parametrize("sizes", [[2, 2], [2, 2, *[10] * 7]])
def test_exclusions_that_leave_nothing_are_named_as_such(sizes: list[int]) -> None:
    never = tuple(frozenset({("i0", f"o{x}"), ("i1", f"o{y}")}) for x in range(2) for y in range(2))
    with pytest.raises(BadInput, match="leave no package at all"):
        study(*opposed(sizes, exclude=never), exact=False)
    with pytest.raises(BadInput) as caught:
        study(*opposed(sizes, exclude=never), exact=True)
    assert "in points" not in caught.value.advice
