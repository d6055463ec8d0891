"""What two positions leave open, before anything is called best: the words of a study.

`room_listed` finds it package by package, `room_along` along a trellis; analysis.py says what every
word means.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tracktwo.deal.package import Package

Naming = Callable[[int], list[Package]]
"""At most so many of some packages, the first in the order of the agenda."""


@dataclass(frozen=True, slots=True, repr=False)
class Point:
    """A pair of utilities on the frontier, in units of each side. SECRET: it tells of both.

    `count`: how many packages of the room are worth it. There may be more than can be listed.
    """

    a: int
    b: int
    count: int
    naming: Naming = field(compare=False)

    def __repr__(self) -> str:
        return "<Point: not shown>"

    def first(self, most: int) -> list[Package]:
        """The first of these packages, at most so many, in the order of the agenda."""
        return self.naming(most)


@dataclass(frozen=True, slots=True, repr=False)
class Side:
    """What one side is worth where. SECRET. All in units, of which `unit` make the whole.

    `line`: the least worth it accepts. `disagreement`: what surplus is counted from. `acceptable`:
    how many packages it accepts.
    """

    unit: int
    line: int
    disagreement: int
    acceptable: int

    def __repr__(self) -> str:
        return "<Side: not shown>"


@dataclass(frozen=True, slots=True, repr=False)
class Room:
    """The packages acceptable to both sides. SECRET: it tells of both.

    `count`: how many. `where`: for each issue and option, whether it is part of one. `frontier`: by
    the worth to side a, greatest first.
    """

    a: Side
    b: Side
    count: int
    where: tuple[tuple[bool, ...], ...]
    frontier: tuple[Point, ...]

    def __repr__(self) -> str:
        return "<Room: not shown>"
