"""The least change is one that meets the conditions, and no point of a fine grid is nearer."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from tracktwo.deal.least_change import Condition, least_change

FINE = 4


def condition(rng: random.Random, count: int, free: bool) -> Condition:
    each = tuple(Fraction(rng.randint(-4, 4)) for _ in range(count))
    return Condition(
        each, Fraction(rng.choice([1, -1]) if free else 0), Fraction(rng.randint(-3, 3))
    )


def meets(weights: list[Fraction], line: Fraction, conditions: list[Condition]) -> bool:
    return all(
        sum(e * w for e, w in zip(c.each, weights, strict=True)) >= c.line * line + c.more
        for c in conditions
    )


def some_line(weights: list[Fraction], conditions: list[Condition]) -> Fraction | None:
    """A free number with which the conditions are met, if there is one: at the edge of one."""
    edges = [
        (sum(e * w for e, w in zip(c.each, weights, strict=True)) - c.more) / c.line
        for c in conditions
        if c.line
    ]
    return next((e for e in [*edges, Fraction(0)] if meets(weights, e, conditions)), None)


def grid(count: int, total: int) -> list[list[Fraction]]:
    parts = itertools.product(range(total * FINE + 1), repeat=count - 1)
    return [
        [*(Fraction(n, FINE) for n in of), total - Fraction(sum(of), FINE)]
        for of in parts
        if sum(of) <= total * FINE
    ]


@settings(max_examples=200)
@given(st.integers(0, 2**32), st.integers(2, 3), st.integers(1, 4), st.booleans())
def test_no_weights_on_a_grid_are_nearer(seed: int, count: int, many: int, free: bool) -> None:
    rng = random.Random(seed)
    start = [Fraction(rng.randint(0, 2)) for _ in range(count)]
    start[0] += 1
    conditions = [condition(rng, count, free) for _ in range(many)]
    found = least_change(start, conditions)

    def change(weights: list[Fraction]) -> Fraction:
        return sum((abs(w - s) for w, s in zip(weights, start, strict=True)), Fraction(0))

    good = [w for w in grid(count, int(sum(start))) if some_line(w, conditions) is not None]
    if found is None:
        assert not good
        return
    assert sum(found) == sum(start)
    assert min(found) >= 0
    assert some_line(found, conditions) is not None
    assert change(found) <= min(map(change, good), default=change(found))


def test_nothing_changes_where_the_conditions_hold() -> None:
    start = [Fraction(30), Fraction(45), Fraction(25)]
    holds = Condition((Fraction(1), Fraction(0), Fraction(0)), Fraction(0), Fraction(30))
    assert least_change(start, [holds]) == start


def test_few_weights_change() -> None:
    start = [Fraction(n) for n in range(10, 20)]
    first = Condition((Fraction(1), *[Fraction(0)] * 9), Fraction(0), Fraction(15))
    found = least_change(start, [first])
    assert found is not None
    assert found[0] == 15
    assert sum(a != b for a, b in zip(found, start, strict=True)) == 2


def test_weights_of_the_most_issues_an_agenda_may_have_are_found() -> None:
    rng = random.Random(5)
    start = [Fraction(rng.randint(1, 100)) for _ in range(64)]
    total = sum(start)
    conditions = []
    for _ in range(10):
        each = tuple(Fraction(rng.randint(0, 100)) for _ in start)
        side = rng.choice([1, -1])
        far = side * Fraction(52 if side > 0 else 48) * total
        conditions.append(Condition(tuple(side * e for e in each), Fraction(0), far))
    found = least_change(start, conditions)
    assert found is not None
    assert meets(found, Fraction(0), conditions)
