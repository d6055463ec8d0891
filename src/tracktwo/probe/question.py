"""What a sitting asks, what both learn, and how much an answer can tell (DESIGN 4.2)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from tracktwo.deal.agenda import Agenda
from tracktwo.deal.best import RULES
from tracktwo.deal.package import OutcomeSpace, Package
from tracktwo.encoding import digest
from tracktwo.errors import BadInput
from tracktwo.said import joined, said, series

ASKS = ("exists", "how-much", "where", "best")
UNITS = ("packages", "points")
IN_WORDS = {
    "exists": said("whether there is room"),
    "how-much": said("how much room there is"),
    "where": said("where it is"),
    "best": said("the best package"),
}
"""What each question asks."""
SUITE = "tracktwo-probe/2"


@dataclass(frozen=True, slots=True)
class Question:
    """The public terms of a sitting: both sides must name the same ones.

    `asked` holds one or more of ASKS in that order; `rule` is how `best` chooses; `breadth` is what
    each side must itself have room for, 0 for no such demand. Counted in packages, it is the least
    number of them the side accepts; in points, the least distance by which the best package the
    side does not forbid lies above its line.
    """

    asked: tuple[str, ...]
    rule: str = "nash"
    breadth: int = 0
    unit: str = "packages"

    def __post_init__(self) -> None:
        """Raises BadInput for terms that are no question."""
        if not self.asked:
            advice = said("Ask one or more of {names}.", names=series(ASKS))
            raise BadInput(said("Nothing is asked."), advice=advice)
        if self.asked != tuple(ask for ask in ASKS if ask in self.asked):
            raise BadInput(said("The questions are unknown, repeated or out of order."))
        if self.rule not in RULES:
            names = joined(list(RULES), "{first} or {rest}")
            raise BadInput(said("There is no such rule; choose {names}.", names=names))
        if self.breadth < 0:
            raise BadInput(said("Breadth is a number of packages or points: 0 or more."))
        if self.unit not in UNITS or (not self.breadth and self.unit != UNITS[0]):
            raise BadInput(said("Breadth is counted in packages or points."))

    def in_words(self) -> str:
        """What is asked, as people say it."""
        return series([IN_WORDS[ask] for ask in self.asked])

    def digest(self, agenda: Agenda) -> bytes:
        """32 bytes both sides share only if agenda, question and program version are the same."""
        return digest([SUITE, agenda.digest(), *self.terms()])

    def terms(self) -> list[object]:
        """All of it, as the sides compare it."""
        return [list(self.asked), self.rule, self.breadth, self.unit]


def parse_asked(text: str) -> tuple[str, ...]:
    """The questions in a comma-separated list, in canonical order. Raises BadInput."""
    words = [word.strip() for word in text.split(",")]
    unknown = [word for word in words if word not in ASKS]
    if unknown:
        advice = said("Ask one or more of {names}, separated by commas.", names=series(ASKS))
        what = said("There is no question {text}.", text=repr(unknown[0][:40]))
        raise BadInput(what, advice=advice)
    return tuple(ask for ask in ASKS if ask in words)


def parse_breadth(text: str) -> tuple[int, str]:
    """`20` or `20packages`, or `20points`: the number and its unit. Raises BadInput."""
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz ")
    unit = text[len(number) :].strip() or UNITS[0]
    if not (number.isascii() and number.isdigit()) or unit not in UNITS or len(number) > 9:
        advice = said("Write a number of packages, such as 20, or of points, such as 20points.")
        raise BadInput(said("{text} is no breadth.", text=repr(text[:40])), advice=advice)
    return int(number), unit if int(number) else UNITS[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """What both sides learn. A part is None where it was not asked, or all are where refused.

    `how_much` is the bracket (at_least, below) of the number of joint packages; `where` says for
    each option of each issue whether it is part of some joint package; `best` is the package, or
    None if there is none.
    """

    refused: bool
    exists: bool | None = None
    how_much: tuple[int, int] | None = None
    where: dict[str, dict[str, bool]] | None = None
    best: Package | None = None

    def as_json(self, question: Question) -> dict[str, object]:
        """The `answers` object of the command's JSON."""
        if self.refused:
            return {}
        answers: dict[str, object] = {}
        if "exists" in question.asked:
            answers["exists"] = self.exists
        if self.how_much is not None:
            at_least, below = self.how_much
            answers["how-much"] = {"at_least": at_least, "below": below}
        if self.where is not None:
            answers["where"] = self.where
        if "best" in question.asked:
            answers["best"] = {"package": self.best}
        return answers

    def as_plain(self) -> list[object]:
        """A value for `encoding`, which `from_plain` turns back."""
        how_much = None if self.how_much is None else list(self.how_much)
        return [self.refused, self.exists, how_much, self.where, self.best]

    @classmethod
    def from_plain(cls, plain: list[Any]) -> Answer:
        """The answer that `as_plain` gave."""
        refused, exists, how_much, where, best = plain
        return cls(refused, exists, how_much and (how_much[0], how_much[1]), where, best)


def number_of(bits: tuple[int, ...]) -> int:
    """The number with these bits, the lowest first."""
    return sum(bit << place for place, bit in enumerate(bits))


def bracket(length: int) -> tuple[int, int]:
    """The numbers of `length` binary digits, from the least to below the bound; (0, 1) for 0."""
    return (1 << length >> 1, 1 << length)


def most_bits(question: Question, packages: OutcomeSpace) -> float:
    """The most that one answer can tell, in bits: log2 of the number of possible answers.

    Answers hang together (a package found is a room found), so this counts the ways they can come
    out together, from above; a cheat gains at most one bit more.
    """
    ways = 1
    if "how-much" in question.asked:
        ways *= packages.count.bit_length()
    if "where" in question.asked:
        # With room, each issue has at least one option that is part of it.
        ways *= math.prod(2 ** len(issue.options) - 1 for issue in packages.agenda.issues)
    if "best" in question.asked:
        ways *= packages.count
    # "No room" is one answer whatever was asked; every way above takes room to be there.
    return math.log2(ways + 1 + (1 if question.breadth else 0))
