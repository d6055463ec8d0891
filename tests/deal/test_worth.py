"""Worths in a form NumPy can sort: in the order of the exact sums, however long these are."""

from __future__ import annotations

import itertools
from decimal import Decimal
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from tracktwo.deal.agenda import Agenda, Issue, Option
from tracktwo.deal.package import enumerate_packages
from tracktwo.deal.position import Position
from tracktwo.deal.worth import Worth

# Whole numbers about where 31 and 62 bits end and where limbs of 55 bits carry into each other.
EDGES = st.builds(
    lambda bit, more, few: max(0, (1 << bit) + (more << 55) + few),
    st.sampled_from([0, 29, 30, 54, 55, 60, 61, 62, 63, 109, 110, 118]),
    st.integers(0, 2),
    st.integers(-2, 2),
)
ONE = 1 << 124


@settings(max_examples=examples(300))
@given(st.lists(st.lists(EDGES, min_size=1, max_size=4), min_size=1, max_size=4), EDGES)
def test_keys_stand_in_the_order_of_the_exact_worths_and_are_negative_under_the_line(
    worths: list[list[int]], line: int
) -> None:
    issues = tuple(
        Issue(f"i{n}", "I", tuple(Option(f"o{m}", "O") for m in range(len(of))))
        for n, of in enumerate(worths)
    )
    scores = {
        issue.id: {f"o{m}": Fraction(w, ONE) for m, w in enumerate(of)}
        for issue, of in zip(issues, worths, strict=True)
    }
    weights = {issue.id: Decimal(1) for issue in issues}
    accept_from = Fraction(line, ONE * len(issues))
    packages = enumerate_packages(Agenda("Edges", issues))
    worth = Worth(packages, Position(accept_from, weights, scores), exact=True)
    sums = [sum(chosen) for chosen in itertools.product(*worths)]
    keys = worth.keys.tolist()
    assert [key < 0 for key in keys] == [total < line for total in sums]
    ranks = sorted(set(sums))
    levels = sorted(set(keys))
    assert [levels.index(key) for key in keys] == [ranks.index(total) for total in sums]
    exact = worth.of(np.arange(len(sums)))
    share = Fraction(1, ONE * len(issues) * 100)
    assert [Fraction(found, worth.unit) for found in exact] == [total * share for total in sums]
    assert worth.worst() == min(exact)


def test_keys_take_32_bits_where_they_fit_and_a_worth_shows_nothing() -> None:
    agenda = Agenda("Small", (Issue("i", "I", (Option("a", "A"), Option("b", "B"))),))
    scores = {"i": {"a": Decimal(7), "b": Decimal(0)}}
    worth = Worth(
        enumerate_packages(agenda), Position(Decimal(3), {"i": Decimal(1)}, scores), exact=True
    )
    assert worth.keys.dtype == np.int32
    assert worth.keys.tolist() == [4, -3]
    assert repr(worth) == "<Worth: not shown>"
