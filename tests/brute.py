"""The brute force: packages, gains and the four answers straight from DESIGN 4.1 and 4.2.

Fractions, itertools and plain loops; it shares no code with the program, and is what the program is
compared with. It reads the fields of agendas and positions and calls nothing on them.
"""

from __future__ import annotations

import functools
import itertools
import math
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracktwo.deal.agenda import Agenda, Combination
    from tracktwo.deal.position import Position, RedLine


def packages(agenda: Agenda) -> list[dict[str, str]]:
    """Every allowed package, in order: first issue slowest, options in file order."""
    issues = [issue.id for issue in agenda.issues]
    choices = [[option.id for option in issue.options] for issue in agenda.issues]
    every = [dict(zip(issues, chosen, strict=True)) for chosen in itertools.product(*choices)]
    return [p for p in every if not any(holds(p, excluded) for excluded in agenda.exclude)]


def holds(package: dict[str, str], combination: Combination) -> bool:
    """Whether all of a combination is in a package."""
    return all(package[issue] == option for issue, option in combination)


def option_points(agenda: Agenda, position: Position, issue: str, option: str) -> int:
    """floor(P*weight*score / (100*W) + 1/2)."""
    total = sum((Fraction(weight) for weight in position.weights.values()), Fraction(0))
    weight, score = Fraction(position.weights[issue]), Fraction(position.scores[issue][option])
    return math.floor(agenda.points * weight * score / (100 * total) + Fraction(1, 2))


def line(agenda: Agenda, position: Position) -> int:
    """ceil(P*accept_from/100)."""
    return math.ceil(agenda.points * Fraction(position.accept_from) / 100)


def points(agenda: Agenda, position: Position, package: dict[str, str]) -> int:
    """What a package is worth."""
    return sum(option_points(agenda, position, i, o) for i, o in package.items())


def crosses(red_line: RedLine, package: dict[str, str]) -> bool:
    """All of never, and not all of unless; with no unless, always."""
    if not holds(package, red_line.never):
        return False
    return not red_line.unless or not holds(package, red_line.unless)


def gain(agenda: Agenda, position: Position, package: dict[str, str]) -> int:
    """How far a package lies above the line, from 1; 0 where it is not acceptable."""
    above = points(agenda, position, package) - line(agenda, position)
    if above < 0 or any(crosses(red_line, package) for red_line in position.red_lines):
        return 0
    return above + 1


def gains(agenda: Agenda, position: Position) -> list[int]:
    """The gain of every allowed package, in order."""
    return [gain(agenda, position, package) for package in packages(agenda)]


def many_gains(agenda: Agenda, position: Position) -> list[int]:
    """The same, with the points of each option worked out once: for many packages."""
    worth = {
        (issue.id, option.id): option_points(agenda, position, issue.id, option.id)
        for issue in agenda.issues
        for option in issue.options
    }
    least, found = line(agenda, position), []
    for package in packages(agenda):
        above = sum(worth[choice] for choice in package.items()) - least
        crossed = any(crosses(red_line, package) for red_line in position.red_lines)
        found.append(0 if above < 0 or crossed else above + 1)
    return found


def joint(a: list[int], b: list[int]) -> list[int]:
    """The numbers of the packages both gain from."""
    return [n for n in range(len(a)) if a[n] > 0 and b[n] > 0]


def refused(a: list[int], b: list[int], breadth: int) -> bool:
    """Whether either side has fewer than `breadth` acceptable packages."""
    return any(sum(gain > 0 for gain in side) < breadth for side in (a, b))


def exists(a: list[int], b: list[int]) -> bool:
    """Is any package joint?"""
    return len(joint(a, b)) > 0


def how_much(a: list[int], b: list[int]) -> tuple[int, int]:
    """The bracket of the number of joint packages: (0, 0), (1, 1), (2, 3), (4, 7), ..."""
    count = len(joint(a, b))
    low, high = 0, 0
    while not low <= count <= high:
        low, high = high + 1, 2 * high + 1
    return low, high


def where(agenda: Agenda, a: list[int], b: list[int]) -> set[tuple[str, str]]:
    """The options that are part of some joint package."""
    every = packages(agenda)
    return {choice for number in joint(a, b) for choice in every[number].items()}


@functools.cache
def logarithm(gain: int) -> int:
    """L(g) = 1 + floor(1024 * log2 g): the number of binary digits of g to the power 1024."""
    return len(f"{gain**1024:b}")


def best(a: list[int], b: list[int], rule: str) -> set[int]:
    """The numbers of all packages best by a rule, before the coin; none if none is joint."""
    candidates = joint(a, b)
    if not candidates:
        return set()
    keys = {number: _key(a[number], b[number], rule) for number in candidates}
    top = max(keys.values())
    return {number for number in candidates if keys[number] == top}


def _key(a: int, b: int, rule: str) -> tuple[int, ...]:
    if rule == "nash":
        return (logarithm(a) + logarithm(b),)
    if rule == "egalitarian":
        return (min(a, b), max(a, b))
    raise ValueError(rule)
