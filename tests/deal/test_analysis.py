"""The study of two positions: equal to definitions played out by hand, ties and all."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brute
from strategies import agendas, positions
from tracktwo.deal.agenda import Agenda, Issue, Option
from tracktwo.deal.analysis import Point, Rule, Study, study, undominated
from tracktwo.deal.position import Position, RedLine
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


def seen(study_: Study, points: tuple[Point, ...]) -> dict[Pair, list[int]]:
    return {study_.shares(point): list(point.packages) for point in points}


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
    front = frontier(one, other, room)
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


@settings(max_examples=300, deadline=None)
@given(st.data(), st.booleans())
def test_a_study_equals_the_definitions(data: st.DataObject, exact: bool) -> None:
    agenda = data.draw(agendas())
    a, b = data.draw(positions(agenda)), data.draw(positions(agenda))
    require_equal_to_definitions(agenda, a, b, exact)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_study_equals_the_definitions_on_coarse_figures_full_of_ties(data: st.DataObject) -> None:
    agenda = data.draw(agendas(max_issues=5, max_options=3, max_points=20))

    def coarse() -> Position:
        few = st.sampled_from([0, 50, 100]).map(Decimal)
        weights = {issue.id: Decimal(data.draw(st.integers(1, 2))) for issue in agenda.issues}
        scores = {i.id: {o.id: data.draw(few) for o in i.options} for i in agenda.issues}
        return Position(data.draw(st.sampled_from([0, 25, 50, 75])) * Decimal(1), weights, scores)

    require_equal_to_definitions(agenda, coarse(), coarse(), exact=data.draw(st.booleans()))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_study_equals_the_definitions_on_figures_beyond_64_bits(
    data: st.DataObject,
) -> None:
    agenda = data.draw(agendas(max_issues=3, max_options=3))
    a, b = data.draw(odd_positions(agenda)), data.draw(odd_positions(agenda))
    require_equal_to_definitions(agenda, a, b, exact=data.draw(st.booleans()))


@given(
    st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5), st.booleans()), max_size=60),
    st.sampled_from([1, 2**59, -(2**59)]),
)
def test_undominated_keeps_exactly_what_nothing_dominates(
    triples: list[tuple[int, int, bool]], scale: int
) -> None:
    x, y = (np.array([t[i] * scale for t in triples], np.int64) for i in (0, 1))
    among = np.array([t[2] for t in triples], np.bool_)
    if not triples:
        return
    points = [(t[0] * scale, t[1] * scale) for t in triples]
    kept = [
        n
        for n, p in enumerate(points)
        if among[n]
        and not any(
            among[m] and q[0] >= p[0] and q[1] >= p[1] and q != p for m, q in enumerate(points)
        )
    ]
    found = undominated(x, y, among).tolist()
    assert sorted(found) == kept
    assert [points[n] for n in found] == sorted((points[n] for n in found), reverse=True)


@pytest.mark.parametrize("seed", range(12))
def test_undominated_among_many_equals_a_plain_sweep(seed: int) -> None:
    rng = np.random.default_rng(seed)
    reach, dtype = [(9, np.int32), (250, np.int32), (10**6, np.int32), (2**61, np.int64)][seed % 4]
    count = int(rng.integers(600, 20_000))
    x = rng.integers(-reach, reach, count).astype(dtype)
    lean = [-x // 2, x // 2, np.zeros_like(x)][seed % 3]  # opposed, alike, unrelated
    y = (lean + rng.integers(-reach // 3, reach // 3, count)).astype(dtype)
    among = rng.random(count) < (0.9 if seed % 2 else 0.2)
    best, kept = None, []
    for u, v, n in sorted((-int(x[n]), -int(y[n]), n) for n in np.flatnonzero(among)):
        if best is None or v < best[1] or (u, v) == best:
            best = (u, v)
            kept.append(int(n))
    assert sorted(undominated(x, y, among).tolist()) == sorted(kept)


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
    assert [point.packages for point in found.frontier] == [(0, 1, 2, 3)]
    assert sum(len(p.packages) for p in found.best[Rule.NASH]) == 4


def test_two_different_pairs_may_tie() -> None:
    agenda, a, b = two_by_two("0A0A", "A0A0")  # each wants 1 everywhere, the other 0
    found = study(agenda, a, b, exact=True)
    (middle,) = found.best[Rule.NASH]
    assert middle.packages == (1, 2)
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
    assert [point.packages for point in found.frontier] == [(1, 2)]


def test_equal_on_paper_is_equal_in_an_exact_study_though_not_in_floats() -> None:
    options = (Option("0", "No"), Option("1", "Yes"))
    agenda = Agenda("Tenths", tuple(Issue(i, i, options) for i in "pqr"))
    weights = {"p": Decimal("0.1"), "q": Decimal("0.2"), "r": Decimal("0.3")}
    scores = {i: {"0": Decimal(0), "1": Decimal(100)} for i in "pqr"}
    same = Position(Decimal(0), weights, scores)
    flat = replace(same, scores={i: {"0": Decimal(50), "1": Decimal(50)} for i in "pqr"})
    cap = RedLine(frozenset({("r", "1"), ("p", "1")})), RedLine(frozenset({("r", "1"), ("q", "1")}))
    found = study(agenda, replace(same, red_lines=cap), flat, exact=True)
    assert [point.packages for point in found.frontier] == [(1, 6)]  # 0.3, and 0.1 + 0.2


def test_neither_a_study_nor_a_side_shows_its_figures() -> None:
    agenda, a, b = two_by_two("37AA", "73AA", line=40)
    found = study(agenda, a, b, exact=True)
    assert repr(found) == "<Study: not shown>"
    assert repr(found.a) == "<Side: not shown>"


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
