"""Matters: an agenda with two positions on it, drawn by a seed, without texts.

Many times quicker to draw than what strategies.py draws, so that a test sees thousands.

from matters import matters

@given(matters())
def test_...(matter):
    agenda, a, b = matter
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from decimal import Decimal

from hypothesis import strategies as st

from tracktwo.deal.agenda import Agenda, Combination, Issue, Option
from tracktwo.deal.linked import Group
from tracktwo.deal.position import Position, RedLine

Matter = tuple[Agenda, Position, Position]


def plain(
    *sizes: int,
    exclude: tuple[Combination, ...] = (),
    linked: tuple[Group, ...] | None = None,
    points: int = 250,
) -> Agenda:
    """Issues i0, i1, ... with options o0, o1, ... of the given numbers."""
    issues = tuple(
        Issue(f"i{place}", "An issue", tuple(Option(f"o{n}", "An option") for n in range(size)))
        for place, size in enumerate(sizes)
    )
    return Agenda("Plain", issues, exclude, points, linked=linked)


def matters(
    *, min_issues: int = 1, max_issues: int = 5, max_options: int = 3
) -> st.SearchStrategy[Matter]:
    """Matters of a few issues. The sizes shrink, the rest comes from a seed."""
    sizes = st.lists(st.integers(1, max_options), min_size=min_issues, max_size=max_issues)
    return st.builds(lambda of, seed: matter(seed, of), sizes, st.integers(0, 2**32))


def larger_matters(least: int, most: int) -> st.SearchStrategy[Matter]:
    """Matters of about so many packages before exclusions: as often few of them as many."""
    return st.integers(0, 2**32).map(lambda seed: matter(seed, _sizes(seed, least, most)))


def _sizes(seed: int, least: int, most: int) -> list[int]:
    rng = random.Random(seed)
    packages = math.exp(rng.uniform(math.log(least), math.log(most)))
    sizes: list[int] = []
    while (room := int(packages / math.prod(sizes))) > 1:
        sizes.append(rng.randint(2, max(2, min(room, 12))))
    return sizes


def matter(seed: int, sizes: Sequence[int]) -> Matter:
    """A matter of so many options an issue.

    As often as not points are few and scores coarse, so that there are ties. Exclusions spare the
    package of first options. Red lines join only issues declared linked, which stand anywhere.
    """
    rng = random.Random(seed)
    exclude = [_combination(rng, sizes, range(len(sizes)), 2, 3) for _ in range(rng.randrange(4))]
    agenda = plain(
        *sizes,
        exclude=tuple(c for c in exclude if len(c) > 1 and any(o != "o0" for _, o in c)),
        linked=tuple(_group(rng, len(sizes)) for _ in range(rng.randrange(3) * (len(sizes) > 1))),
        points=rng.choice([250, 250, 1000, 30, 7]),
    )
    return agenda, _position(rng, agenda, sizes), _position(rng, agenda, sizes)


def _group(rng: random.Random, issues: int) -> Group:
    places = rng.sample(range(issues), rng.randint(2, min(3, issues)))
    return tuple(f"i{place}" for place in places)


def _combination(
    rng: random.Random, sizes: Sequence[int], among: Sequence[int], least: int, most: int
) -> Combination:
    """One option each of `least` to `most` issues, of fewer if there are not so many."""
    count = min(len(among), rng.randint(least, most))
    return frozenset((f"i{p}", f"o{rng.randrange(sizes[p])}") for p in rng.sample(among, count))


def _position(rng: random.Random, agenda: Agenda, sizes: Sequence[int]) -> Position:
    few = rng.choice([[0, 50, 100], range(101)])
    weights = [rng.randrange(5) for _ in sizes]
    return Position(
        accept_from=Decimal(rng.choice([0, 25, 40, 50, 60, 75, 100])),
        weights={
            issue.id: Decimal(weight or not any(weights))
            for issue, weight in zip(agenda.issues, weights, strict=True)
        },
        scores={
            issue.id: {option.id: Decimal(rng.choice(few)) for option in issue.options}
            for issue in agenda.issues
        },
        red_lines=tuple(_red_line(rng, agenda, sizes) for _ in range(rng.randrange(4))),
    )


def _red_line(rng: random.Random, agenda: Agenda, sizes: Sequence[int]) -> RedLine:
    alone = [(issue.id,) for issue in agenda.issues]
    together = rng.choice([*(agenda.linked or ()) * 2, *alone])
    places = [int(issue[1:]) for issue in together]
    never = _combination(rng, sizes, places, 1, 2)
    others = [place for place in places if f"i{place}" not in dict(never)]
    return RedLine(never, _combination(rng, sizes, others, 0, 2))


def tight(issues: int, line: str, *, points: int = 250, seed: int | None = None) -> Matter:
    """Two sides who want opposite things on the whole, ten options an issue, and a small room.

    Each two neighbours are linked; there are exclusions, and red lines inside an issue and across.
    Where the line leaves a room, and how small, is for the test to find out.
    """
    rng = random.Random(issues if seed is None else seed)
    ids = [f"i{place}" for place in range(issues)]
    pairs = list(itertools.pairwise(ids))
    agenda = plain(
        *[10] * issues,
        exclude=tuple(frozenset({(x, _tenth(rng)), (y, _tenth(rng))}) for x, y in pairs[::2]),
        linked=tuple(pairs),
        points=points,
    )
    scores = [[rng.randrange(101) for _ in range(10)] for _ in ids]
    opposed = [[max(0, min(100, 100 - s + rng.randint(-30, 30))) for s in of] for of in scores]
    return agenda, *(_tight_position(rng, agenda, line, of, pairs) for of in (scores, opposed))


def _tenth(rng: random.Random) -> str:
    return f"o{rng.randrange(10)}"


def _tight_position(
    rng: random.Random,
    agenda: Agenda,
    line: str,
    scores: Sequence[Sequence[int]],
    pairs: Sequence[tuple[str, str]],
) -> Position:
    across = [frozenset({(x, _tenth(rng)), (y, _tenth(rng))}) for x, y in pairs]
    within = [frozenset({(issue.id, _tenth(rng))}) for issue in agenda.issues[::4]]
    unless = [
        RedLine(frozenset({(x, _tenth(rng))}), frozenset({(y, _tenth(rng))})) for x, y in pairs[::5]
    ]
    return Position(
        Decimal(line),
        {issue.id: Decimal(rng.randint(1, 9)) for issue in agenda.issues},
        {
            issue.id: {option.id: Decimal(s) for option, s in zip(issue.options, of, strict=True)}
            for issue, of in zip(agenda.issues, scores, strict=True)
        },
        (*map(RedLine, across), *map(RedLine, within), *unless),
    )
