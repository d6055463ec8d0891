"""What a probe would take and what it would answer, before anybody sits down to one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tracktwo.deal.best import RULES
from tracktwo.deal.package import OutcomeSpace, Package, Packages
from tracktwo.deal.points import gains
from tracktwo.deal.position import Position
from tracktwo.deal.trellis import Trellis, scoring
from tracktwo.probe.choice import Circuits, Offer
from tracktwo.probe.cost import Cost
from tracktwo.probe.function import along, in_clear
from tracktwo.probe.question import ASKS, Answer, Question, most_bits
from tracktwo.show import words

_LISTS = (("exists",), ("exists", "where"), ("exists", "where", "best"), ASKS)


@dataclass(frozen=True, slots=True)
class Prospect:
    """What is asked, the most bits it tells, and what it takes by each circuit; one is chosen."""

    question: Question
    bits: float
    costs: tuple[Cost, ...]
    chosen: Cost


def prospects(circuits: Circuits) -> list[Prospect]:
    """What the usual lists of questions would take, but for those no circuit can answer."""
    found = []
    for question in map(Question, _LISTS):
        offers = [o for o in circuits.offers(question).values() if isinstance(o, Offer)]
        if offers:
            costs = tuple(offer.cost for offer in offers)
            bits = most_bits(question, circuits.packages)
            found.append(Prospect(question, bits, costs, circuits.choose(question).cost))
    return found


def as_plain(packages: OutcomeSpace, costs: list[Prospect]) -> dict[str, Any]:
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
        "linked": None if agenda.linked is None else [list(group) for group in agenda.linked],
        "points": agenda.points,
        "packages": packages.count,
        "probes": [
            {
                "asked": list(each.question.asked),
                "most_bits": round(each.bits, 2),
                "circuit": cost.circuit,
                "taken": cost == each.chosen,
                "and_gates": cost.and_gates,
                "bytes_sent": cost.bytes_sent,
                "bytes_received": cost.bytes_received,
            }
            for each in costs
            for cost in each.costs
        ],
        "digest": agenda.digest().hex(),
        "by_voice": words.by_voice(agenda.digest()),
    }


Answering = Callable[[Question, int], Answer]
"""The answer to a question in the clear, for a coin."""


def answering(circuits: Circuits, a: Position, b: Position) -> Answering:
    """How to answer in the clear, for one who holds both positions."""
    packages = circuits.packages
    if isinstance(packages, Packages):
        ours, theirs = gains(packages, a), gains(packages, b)
        return lambda question, coin: in_clear(question, packages, ours, theirs, coin)
    if isinstance(packages, Trellis):
        mine, yours = scoring(packages, a), scoring(packages, b)
        return lambda question, coin: along(question, packages, mine, yours, coin)
    raise TypeError("packages are listed or stand along a trellis")


def answers_in_clear(circuits: Circuits, a: Position, b: Position) -> dict[str, Any]:
    """What a probe would answer, as JSON data: `best` by each rule, both ways the coin can fall."""
    listed = isinstance(circuits.packages, Packages)
    question = Question(tuple(ask for ask in ASKS if listed or ask != "how-much"))
    answer = answering(circuits, a, b)
    return {**answer(question, 0).as_json(question), "best": _best_by_coin(answer)}


def _best_by_coin(answer: Answering) -> dict[str, list[Package | None]]:
    """For each rule what a probe names as best: one package, or the two the coin chooses from."""
    found = {
        rule: [answer(Question(("best",), rule), coin).best for coin in (0, 1)] for rule in RULES
    }
    return {rule: two[:1] if two[0] == two[1] else two for rule, two in found.items()}
