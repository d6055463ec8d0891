"""What a demonstration shows, before it is put on a terminal or a page.

A side's private view is in it only because that side's own process said it, of positions made from
the public record; a sitting between real sides has nobody who could hold a `Story`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from tracktwo.deal.agenda import Agenda
from tracktwo.deal.package import OutcomeSpace, Package
from tracktwo.deal.points import gain_of
from tracktwo.deal.position import Position
from tracktwo.probe.question import Answer, Question
from tracktwo.show import words

if TYPE_CHECKING:  # it brings in all of the secure computation, which not every command needs
    from tracktwo.probe.cost import Cost


@dataclass(frozen=True, slots=True)
class Stage:
    """What is known to all before the sitting: the case, what is asked, what it will take."""

    case: str
    question: Question
    packages: OutcomeSpace
    cost: Cost

    def opening(self) -> list[str]:
        """What is about to happen."""
        return [
            "Two processes of this computer play the two sides. Each has a folder of its own with"
            " the agenda, its own position and its own vault; they share one more folder, through"
            " which all their messages go. This program starts them and holds neither position.",
            "Both positions were put together from the public record. Nobody's private view is in"
            " them; they show what a probe tells, judge no one and propose nothing.",
        ]

    def on_the_table(self) -> list[str]:
        """The agenda in figures."""
        agenda = self.packages.agenda
        options = sum(len(issue.options) for issue in agenda.issues)
        left_out = ", combinations the agenda excludes left out" if agenda.exclude else ""
        return [
            f"{len(agenda.issues)} issues with {options} options: {self.packages.count:,} packages"
            f"{left_out}."
        ]

    def cautions(self) -> list[str]:
        """What each side reads of how much an answer tells, and what the sitting takes."""
        cautions = words.cautions(self.question, self.packages, self.cost.circuit)
        return [*cautions, words.expected(self.cost)]

    def not_learnt(self, names: Sequence[str]) -> list[str]:
        """What neither side knows of the other afterwards."""
        agenda = self.packages.agenda
        options = sum(len(issue.options) for issue in agenda.issues)
        return [
            f"{' and '.join(names)} each keep to themselves their {options} scores, their"
            f" {len(agenda.issues)} weights, their line and their red lines; how many packages they"
            " accept; which ones, but for what the answer says; and why anything is out.",
            "Nobody else took part: no third party saw a position, and none was sent anywhere, not"
            " even encrypted.",
        ]


@dataclass(frozen=True, slots=True)
class View:
    """What one side alone sees: the command it runs, its process, its position said back."""

    name: str
    command: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `memory`: the peak of each side in bytes, where the system tells it."""

    answer: Answer
    seconds: float
    memory: int | None
    messages: int
    processes: tuple[int, ...]

    def both_hold(self, names: Sequence[str]) -> str:
        """Who has the answer."""
        of = ", ".join(
            f"{name} (process {number})" for name, number in zip(names, self.processes, strict=True)
        )
        return f"The two outputs, of {of}, were compared: they are the same."


@dataclass(frozen=True, slots=True)
class Row:
    """An issue as it was settled: the option's name, and its score of 100 for each side."""

    issue: str
    option: str
    scores: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a settlement that was reached stands to both positions: for one who holds both."""

    rows: tuple[Row, ...]
    worth: tuple[str, str]
    lines: tuple[str, str]
    in_room: bool
    alone: int
    """How many options of all issues reach both lines taken alone."""

    def sentences(self, names: Sequence[str]) -> list[str]:
        """What that shows."""
        a, b = names
        where = "lies in the room" if self.in_room else "does not lie in the room"
        issue = "No option" if not self.alone else f"Only {self.alone} options"
        return [
            f"A mediator whom both had given their positions would see more. What was settled in"
            f" the end {where}: it is worth {self.worth[0]} of 100 to {a}, who accepts from"
            f" {self.lines[0]}, and {self.worth[1]} to {b}, who accepts from {self.lines[1]}.",
            f"{issue} of any issue, taken alone, reaches both lines. The room is there only as"
            " trade across issues: less here for more there. The probe told both that it is there,"
            " and nobody had to see these figures for it.",
        ]


@dataclass(frozen=True, slots=True)
class Story:
    """A demonstration from beginning to end."""

    stage: Stage
    views: tuple[View, View]
    outcome: Outcome
    settlement: Settlement | None

    @property
    def names(self) -> tuple[str, str]:
        """The two sides."""
        return self.views[0].name, self.views[1].name

    def as_json(self) -> dict[str, object]:
        """What came of it, as JSON data."""
        stage, outcome = self.stage, self.outcome
        return {
            "case": stage.case,
            "title": stage.packages.agenda.title,
            "sides": list(self.names),
            "asked": list(stage.question.asked),
            "same_answer": True,
            "answers": outcome.answer.as_json(stage.question),
            "cost": {
                "circuit": stage.cost.circuit,
                "packages": stage.cost.packages,
                "and_gates": stage.cost.and_gates,
                "bytes_sent": stage.cost.bytes_sent,
                "bytes_received": stage.cost.bytes_received,
                "seconds": outcome.seconds,
                "peak_memory_bytes": outcome.memory,
                "messages": outcome.messages,
            },
        }


def settlement_of(
    agenda: Agenda, settled: Package, positions: tuple[Position, Position]
) -> Settlement:
    """How a package that was settled on stands to the positions of both sides."""
    rows = tuple(
        Row(
            issue.name,
            issue.option(settled[issue.id]).name,
            _both([_score(p, issue.id, settled[issue.id]) for p in positions]),
        )
        for issue in agenda.issues
    )
    return Settlement(
        rows,
        worth=_both([_worth(position, settled) for position in positions]),
        lines=_both([Fraction(position.accept_from) for position in positions]),
        in_room=all(gain_of(agenda, position, settled) > 0 for position in positions),
        alone=_alone(agenda, positions),
    )


def _alone(agenda: Agenda, positions: Sequence[Position]) -> int:
    return sum(
        all(_score(p, issue.id, option.id) >= p.accept_from for p in positions)
        for issue in agenda.issues
        for option in issue.options
    )


def _score(position: Position, issue: str, option: str) -> Fraction:
    return Fraction(position.scores[issue][option])


def _worth(position: Position, package: Package) -> Fraction:
    """What a package is worth, of 100."""
    weights = {issue: Fraction(weight) for issue, weight in position.weights.items()}
    total = sum(weights[issue] * _score(position, issue, of) for issue, of in package.items())
    return Fraction(total) / sum(weights.values())


def _both(figures: Sequence[Fraction]) -> tuple[str, str]:
    a, b = (f"{float(figure):.1f}".removesuffix(".0") for figure in figures)
    return a, b
