"""The cases under examples/, as their files give them, for the tests of what they show."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import brute
from tracktwo.deal.agenda import Agenda, read_agenda
from tracktwo.deal.analysis import Study, study
from tracktwo.deal.position import Position, read_position

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
SPRING, JUNE, STRIKE = "ukraine-spring-2022", "ukraine-june-2025", "writers-strike-2023"
NINE, CONTRACT = "ukraine-nine-issues", "writers-contract-2023"
SIDES = {
    SPRING: ("russia", "ukraine"),
    JUNE: ("russia", "ukraine"),
    STRIKE: ("guild", "studios"),
    NINE: ("russia", "ukraine"),
    CONTRACT: ("guild", "studios"),
}
LISTED, LARGER = (SPRING, JUNE, STRIKE), (NINE, CONTRACT)
"""A plain reckoning goes through the packages of the first one by one; of the others it cannot."""

NAMES = {"russia": "Russia", "ukraine": "Ukraine", "guild": "the guild", "studios": "the studios"}


@dataclass(frozen=True)
class Case:
    """An example as its files give it, the sides in the order of SIDES."""

    agenda: Agenda
    a: Position
    b: Position
    readme: str

    @functools.cached_property
    def packages(self) -> list[dict[str, str]]:
        return brute.packages(self.agenda)

    @functools.cached_property
    def gains_a(self) -> list[int]:
        return plain_gains(self.agenda, self.a, self.packages)

    @functools.cached_property
    def gains_b(self) -> list[int]:
        return plain_gains(self.agenda, self.b, self.packages)

    @functools.cached_property
    def studied(self) -> Study:
        """What the program says of it in the clear."""
        return study(self.agenda, self.a, self.b, exact=False)

    @property
    def words(self) -> str:
        """The README without line breaks."""
        return " ".join(self.readme.split())

    @property
    def positions(self) -> tuple[Position, Position]:
        return self.a, self.b

    def joint(self) -> list[dict[str, str]]:
        return [self.packages[number] for number in brute.joint(self.gains_a, self.gains_b)]

    def in_room(self, choice: str) -> bool:
        issue, option = choice.split("=")
        return any(package[issue] == option for package in self.joint())

    def gains_of(self, package: dict[str, str]) -> tuple[int, int]:
        number = self.packages.index(package)
        return self.gains_a[number], self.gains_b[number]


@functools.cache
def case(name: str) -> Case:
    folder = EXAMPLES / name
    agenda = read_agenda((folder / "agenda.toml").read_bytes(), "agenda.toml")
    a, b = (
        read_position((folder / f"{side}.toml").read_bytes(), f"{side}.toml", agenda)
        for side in SIDES[name]
    )
    return Case(agenda, a, b, (folder / "README.md").read_text(encoding="utf-8"))


def plain_gains(agenda: Agenda, position: Position, packages: list[dict[str, str]]) -> list[int]:
    """As brute.gains, with the points of each option reckoned once: these agendas are long."""
    worth = {
        (issue.id, option.id): brute.option_points(agenda, position, issue.id, option.id)
        for issue in agenda.issues
        for option in issue.options
    }
    line = brute.line(agenda, position)

    def gain(package: dict[str, str]) -> int:
        above = sum(worth[choice] for choice in package.items()) - line
        crossed = any(brute.crosses(red_line, package) for red_line in position.red_lines)
        return 0 if above < 0 or crossed else above + 1

    return [gain(package) for package in packages]


def row(figure: str, count: int) -> str:
    return f"| {figure} | {count:,} |"
