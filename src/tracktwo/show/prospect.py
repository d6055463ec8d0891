"""What a probe would take and what it would answer, before anybody sits down to one."""

from __future__ import annotations

from typing import Any

from tracktwo.deal.package import Package, Packages
from tracktwo.deal.points import gains
from tracktwo.deal.position import Position
from tracktwo.probe.enumeration import Enumeration
from tracktwo.probe.function import in_clear
from tracktwo.probe.question import ASKS, RULES, Answer, Question, most_bits
from tracktwo.probe.sitting import Cost, cost_of
from tracktwo.show import words

Prospect = tuple[Question, float, Cost]
"""What is asked, the most bits it tells, and what it takes."""


def prospects(packages: Packages) -> list[Prospect]:
    """What the usual lists of questions would take."""
    lists = (("exists",), ("exists", "how-much", "where"), ASKS)
    questions = [Question(asked) for asked in lists]
    return [(q, most_bits(q, packages), cost_of(Enumeration(q, packages))) for q in questions]


def as_plain(packages: Packages, costs: list[Prospect]) -> dict[str, Any]:
    """An agenda with its prospects, as JSON data."""
    agenda = packages.agenda
    return {
        "title": agenda.title,
        "note": agenda.note,
        "issues": [
            {
                "id": issue.id,
                "name": issue.name,
                "note": issue.note,
                "source": issue.source,
                "options": [
                    {"id": o.id, "name": o.name, "note": o.note, "source": o.source}
                    for o in issue.options
                ],
            }
            for issue in agenda.issues
        ],
        "exclude": [
            {"together": ["=".join(choice) for choice in agenda.in_order(together)], "note": note}
            for together, note in zip(agenda.exclude, agenda.exclude_notes, strict=True)
        ],
        "points": agenda.points,
        "packages": packages.count,
        "probes": [
            {
                "asked": list(question.asked),
                "most_bits": round(bits, 2),
                "and_gates": cost.and_gates,
                "bytes_sent": cost.bytes_sent,
                "bytes_received": cost.bytes_received,
            }
            for question, bits, cost in costs
        ],
        "digest": agenda.digest().hex(),
        "by_voice": words.by_voice(agenda.digest()),
    }


def answers_in_clear(packages: Packages, a: Position, b: Position) -> dict[str, Any]:
    """What a probe would answer, as JSON data: `best` by each rule, both ways the coin can fall."""
    question = Question(ASKS)
    answers = in_clear(question, packages, gains(packages, a), gains(packages, b), 0)
    return {**answers.as_json(question), "best": best_by_coin(packages, a, b)}


def best_by_coin(packages: Packages, a: Position, b: Position) -> dict[str, list[Package | None]]:
    """For each rule what a probe names as best: one package, or the two the coin chooses from."""
    ours, theirs = gains(packages, a), gains(packages, b)

    def best(rule: str, coin: int) -> Package | None:
        answer: Answer = in_clear(Question(("best",), rule), packages, ours, theirs, coin)
        return answer.best

    found = {rule: [best(rule, coin) for coin in (0, 1)] for rule in RULES}
    return {rule: two[:1] if two[0] == two[1] else two for rule, two in found.items()}
