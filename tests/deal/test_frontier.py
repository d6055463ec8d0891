"""What two positions leave open along a trellis: equal to the brute force over all packages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brute
from effort import examples
from matters import Matter, matter, matters
from strategies import agendas, every_kind_of_matter, positions
from tracktwo.deal.agenda import Agenda
from tracktwo.deal.frontier import Frontier, Pair, best_alone, best_pairs, is_broad
from tracktwo.deal.position import Position
from tracktwo.deal.trellis import Trellis, scoring
from tracktwo.errors import BadInput

MERITS: dict[str, Callable[[Pair], object]] = {
    "nash": lambda pair: sum(map(brute.logarithm, pair)),
    "egalitarian": lambda pair: (min(pair), max(pair)),
}


def undominated(pairs: set[Pair]) -> list[Pair]:
    """Those that none is better than for one and no worse for the other, the first's best first."""
    kept: list[Pair] = []
    for pair in sorted(pairs, reverse=True):
        if not kept or pair[1] > kept[-1][1]:
            kept.append(pair)
    return kept


def require_equal_to_brute_force(agenda: Agenda, a: Position, b: Position) -> None:
    trellis = Trellis(agenda)
    found = Frontier(trellis, scoring(trellis, a), scoring(trellis, b))
    every = brute.packages(agenda)
    ours, theirs = brute.many_gains(agenda, a), brute.many_gains(agenda, b)
    room = brute.joint(ours, theirs)
    assert found.exists == brute.exists(ours, theirs)
    assert list(found.pairs) == undominated({(ours[n], theirs[n]) for n in room})
    held = {choice for number in room for choice in every[number].items()}
    assert found.where() == tuple(
        tuple((issue.id, option.id) in held for option in issue.options) for issue in agenda.issues
    )
    for rule, merit in MERITS.items():
        best = brute.best(ours, theirs, rule)
        pairs = best_pairs(found.pairs, merit)
        assert set(pairs) == {(ours[n], theirs[n]) for n in best}
        if best:
            first, last = (found.package(pairs, last=last) for last in (False, True))
            assert trellis.package(first) == every[min(best)]
            assert trellis.package(last) == every[max(best)]


@settings(max_examples=examples(1600))
@given(every_kind_of_matter())
def test_it_equals_the_brute_force(matter: Matter) -> None:
    require_equal_to_brute_force(*matter)


@settings(max_examples=examples(100))
@given(st.data())
def test_a_red_line_across_any_issues_is_taken_right_or_refused(data: st.DataObject) -> None:
    agenda = data.draw(agendas(max_exclusions=6))
    a, b = data.draw(positions(agenda)), data.draw(positions(agenda))
    refusal = None
    try:
        require_equal_to_brute_force(agenda, a, b)
    except BadInput as error:
        refusal = error
    if refusal is not None:
        assert "joins issues" in refusal.what
        lines = [*a.red_lines, *b.red_lines]
        assert any(len({issue for issue, _ in r.never | r.unless}) > 1 for r in lines)


@pytest.mark.parametrize("sizes", [(10, 10, 10, 10, 10), (100, 40, 25), (3,) * 10, (2,) * 16])
def test_it_equals_the_brute_force_over_as_many_as_100_000_packages(sizes: tuple[int, ...]) -> None:
    require_equal_to_brute_force(*matter(len(sizes), sizes))


@settings(max_examples=examples(300))
@given(matters(), st.integers(0, 300))
def test_a_side_is_broad_if_its_best_package_lies_so_far_above_its_line(
    matter: Matter, breadth: int
) -> None:
    agenda, position, _ = matter
    trellis = Trellis(agenda)
    free = [
        package
        for package in brute.packages(agenda)
        if not any(brute.crosses(line, package) for line in position.red_lines)
    ]
    worths = [brute.points(agenda, position, package) for package in free]
    side = scoring(trellis, position)
    most, options = best_alone(trellis, side)
    assert most == max(worths, default=None)
    if most is not None:
        assert trellis.package(options) in [
            p for p, w in zip(free, worths, strict=True) if w == most
        ]
    least = brute.line(agenda, position) + breadth
    assert is_broad(trellis, side, breadth) == (not breadth or any(w >= least for w in worths))


def test_neither_side_shows_in_it() -> None:
    agenda, a, b = matter(0, (2, 2))
    trellis = Trellis(agenda)
    assert repr(Frontier(trellis, scoring(trellis, a), scoring(trellis, b))) == (
        "<Frontier: not shown>"
    )
