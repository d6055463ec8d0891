"""Which circuit a sitting runs: the cheaper one that can express what the agenda permits.

From public facts alone, so both sides come to the same one. An agenda that declares `linked` has
said which issues a red line may join, and the frontier circuit can then take any position on it. An
agenda that does not, and whose packages can be listed, permits red lines across any issues; only
enumeration takes all of these. Where packages cannot be listed there is no choice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from tracktwo.deal.agenda import Agenda
from tracktwo.deal.package import OutcomeSpace, enumerate_packages
from tracktwo.deal.trellis import Trellis
from tracktwo.errors import BadInput
from tracktwo.probe.circuit import Circuit
from tracktwo.probe.cost import Cost, cost_of
from tracktwo.probe.enumeration import Enumeration
from tracktwo.probe.frontier.circuit import FrontierCircuit
from tracktwo.probe.question import Question
from tracktwo.said import joined, said

CIRCUITS = (Enumeration.name, FrontierCircuit.name)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Offer:
    """A circuit for a question, and what a sitting of it takes."""

    circuit: Circuit[Any]
    cost: Cost


class Circuits:
    """Both circuits of an agenda, for any question. Raises BadInput if it can have neither."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self._listed = _made(enumerate_packages, agenda)
        self._trellis = _made(Trellis, agenda)
        self._offers: dict[Question, dict[str, Offer | BadInput]] = {}
        if isinstance(self._listed, BadInput) and isinstance(self._trellis, BadInput):
            raise self._listed

    @property
    def packages(self) -> OutcomeSpace:
        """The packages, listed where they can be."""
        if not isinstance(self._listed, BadInput):
            return self._listed
        if not isinstance(self._trellis, BadInput):
            return self._trellis
        raise self._listed

    @property
    def is_frontier_for_all(self) -> bool:
        """Whether the frontier circuit takes every position that the agenda permits."""
        return self._agenda.linked is not None or isinstance(self._listed, BadInput)

    def offers(self, question: Question) -> dict[str, Offer | BadInput]:
        """By the name of each circuit: what it takes, or why it cannot answer this question.

        Worked out once for a question: to know its cost, a circuit is run without content.
        """
        if question not in self._offers:
            listed, trellis = self._listed, self._trellis
            self._offers[question] = {
                Enumeration.name: _offer(lambda: Enumeration(question, _there(listed))),
                FrontierCircuit.name: _offer(lambda: FrontierCircuit(question, _there(trellis))),
            }
        return self._offers[question]

    def choose(self, question: Question, insist: str | None = None) -> Offer:
        """The circuit a sitting runs, or the one insisted on. Raises BadInput if there is none."""
        offers = self.offers(question)
        if insist is not None and insist not in offers:
            raise BadInput(said("There is no such circuit."))
        if insist is not None:
            return _there(offers[insist])
        usable = [
            offer
            for name, offer in offers.items()
            if isinstance(offer, Offer)
            and (name != FrontierCircuit.name or self.is_frontier_for_all)
        ]
        if not usable:
            raise _neither(offers)
        return min(usable, key=lambda offer: offer.cost.bytes_sent)


def _made(make: Callable[[Agenda], _T], agenda: Agenda) -> _T | BadInput:
    try:
        return make(agenda)
    except BadInput as refusal:
        return refusal


def _offer(make: Callable[[], Circuit[Any]]) -> Offer | BadInput:
    try:
        circuit = make()
    except BadInput as refusal:
        return refusal
    return Offer(circuit, cost_of(circuit))


def _there(value: _T | BadInput) -> _T:
    """The value. Raises what stands in its place."""
    if isinstance(value, BadInput):
        raise value
    return value


def _neither(offers: dict[str, Offer | BadInput]) -> BadInput:
    """Why no circuit answers, and what would help."""
    refusals = {name: offer for name, offer in offers.items() if isinstance(offer, BadInput)}
    reasons = joined(
        [said("By {name}: {why}", name=name, why=each.what) for name, each in refusals.items()],
        "{first} {rest}",
    )
    if FrontierCircuit.name in refusals:
        advice = refusals[FrontierCircuit.name].advice
        return BadInput(
            said("No circuit can answer this. {reasons}", reasons=reasons), advice=advice
        )
    return BadInput(
        said(
            "No circuit can answer this for every position that the agenda permits. {reasons}",
            reasons=reasons,
        ),
        advice=said(
            "Say in the agenda which issues are linked, or insist with --circuit frontier."
        ),
    )
