"""Asking for a probe, and agreeing to one: what the answer may tell is read before either."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from tracktwo.channel.node import Node
from tracktwo.channel.replica import Replica
from tracktwo.channel.roster import Member
from tracktwo.channel.view import name_of
from tracktwo.deal.agenda import Agenda, write_agenda
from tracktwo.deal.package import OutcomeSpace
from tracktwo.deal.position import Position, rounded, write_position
from tracktwo.deal.sentences import Description, describe
from tracktwo.errors import BadInput
from tracktwo.probe.asking import (
    accept,
    ask,
    askable,
    require_breadth,
    require_budget,
    require_waiting,
    sittings_left,
)
from tracktwo.probe.choice import Circuits, Offer
from tracktwo.probe.cost import LINE, pace
from tracktwo.probe.proposal import Proposal
from tracktwo.probe.question import ASKS, IN_WORDS, UNITS, Question, parse_breadth
from tracktwo.said import said
from tracktwo.show import words
from tracktwo.web import matters
from tracktwo.web.page import Page, screen
from tracktwo.web.screens.probe import here, path_of, show


@dataclass(frozen=True)
class Paper:
    """An agenda among our papers, and our own position on it."""

    ident: str
    agenda: Agenda
    position: Position | None
    is_reworded: bool
    """Whether the position is to be looked at again, before it counts: see matters.py."""

    def __repr__(self) -> str:
        return "Paper(<secret>)"

    @property
    def is_ready(self) -> bool:
        """Whether one can take part with it."""
        return self.position is not None and not self.is_reworded


@dataclass(frozen=True)
class Own:
    """One's own position as it would be sealed. `read`: stands for what was read of it."""

    path: str
    said_back: Description
    read: str

    def __repr__(self) -> str:
        return "Own(<secret>)"


def _papers(node: Node) -> dict[str, Paper]:
    """All that can be read, the newest first."""
    found = {}
    for ident in matters.titles(node):
        try:
            agenda = matters.agenda_in(node, ident)
            position = matters.position_in(node, ident, matters.OWN, agenda)
        except BadInput:
            continue
        is_reworded = position is not None and bool(matters.to_look_at(node, ident, matters.OWN))
        found[ident] = Paper(ident, agenda, position, is_reworded)
    return found


def _chosen(page: Page, papers: dict[str, Paper]) -> tuple[Agenda, Position]:
    """The paper of the form. Raises BadInput."""
    paper = papers.get(page.form.text("paper"))
    if paper is None or paper.position is None:
        raise BadInput(said("Choose an agenda on which you have a position."))
    if paper.is_reworded:
        raise BadInput(
            said("The agenda has other words since you scored it."),
            advice=said("Look at your position again first."),
        )
    return paper.agenda, paper.position


def _own(page: Page, ident: str, position: Position, packages: OutcomeSpace) -> Own:
    """What a position says, to be read before it is fixed. Raises BadInput as `describe`."""
    agenda = packages.agenda
    read = page.house.mark(write_agenda(agenda) + write_position(rounded(position), agenda))
    return Own(f"/a/{ident}/{matters.OWN}", describe(agenda, position, packages), read)


def _consent(
    replica: Replica, circuits: Circuits, offer: Offer, peer: Member, but: bytes = b""
) -> dict[str, Any]:
    """What is to be read before one takes part."""
    question, packages = offer.circuit.question, offer.circuit.packages
    left = sittings_left(replica, packages.agenda.digest(), but)
    telling = [(IN_WORDS[ask], sentence) for ask, sentence in words.telling(question, packages)]
    return {
        "question": question,
        "peer": peer,
        "telling": telling,
        "cautions": words.cautions(
            question, packages, offer.circuit.name, words.PAGE, is_verified=peer.is_verified
        ),
        "never": words.never_broad(question, packages),
        "takes": words.taking(circuits, offer, pace(), LINE, words.PAGE),
        "came_before": words.before(max(0, replica.charter.probes - left) + 1),
        "left": max(0, left),
    }


# Asking


def _show_ask(page: Page) -> Response:
    with page.node() as node:
        papers = _papers(node)
    with page.channel() as (name, replica):
        breadth, unit = parse_breadth(replica.charter.breadth or "0")
        return show(
            page,
            "probe_ask.html",
            name,
            replica,
            papers={i: p.agenda.title for i, p in papers.items() if p.is_ready},
            reworded={i: p.agenda.title for i, p in papers.items() if p.is_reworded},
            without={i: p.agenda.title for i, p in papers.items() if p.position is None},
            others={m.id.hex(): name_of(replica, m) for m in askable(replica)},
            asks=IN_WORDS,
            asked=[ask for ask in ASKS if page.form.text(f"ask-{ask}")] or ASKS[:1],
            rules={rule: page.language.said(text) for rule, text in words.RULES.items()},
            units={unit: page.language.said(text) for unit, text in _UNITS.items()},
            breadth=breadth,
            unit=unit,
        )


_UNITS = {"packages": said("packages a side accepts"), "points": said("points above its line")}


def _ask(page: Page) -> Response | None:
    if page.form.text("do") == "change":
        return _show_ask(page)
    if page.form.text("do") == "ask" and not _is_first(page):
        return page.go(f"{page.here}/probes", page.gettext("This form was sent already."))
    with page.node() as node:
        papers = _papers(node)
    with page.channel() as (name, replica):
        question = _question(page, replica)
        peer = {m.id.hex(): m for m in askable(replica)}.get(page.form.text("member"))
        if peer is None:
            page.form.blame("member", page.gettext("Choose whom to ask."))
        with page.form.about("paper"):
            agenda, position = _chosen(page, papers)
            require_budget(replica, agenda.digest())
        if question is None or peer is None or page.form.faults:
            return None
        with page.form.about("asks"):
            circuits = Circuits(agenda)
            offer = circuits.choose(question)
        if page.form.faults:
            return None
        with page.form.about("paper"):
            offer.circuit.take(position)
            own = _own(page, page.form.text("paper"), position, offer.circuit.packages)
        if page.form.faults:
            return None
        if page.form.text("do") != "ask" or not _consents(page, own, page.form.text("read")):
            ticks = ("do", "sure", "meant")
            hidden = {k: v for k, v in page.form.shown().items() if k not in ticks}
            hidden |= {"once": secrets.token_urlsafe(16), "read": own.read}
            consent = _consent(replica, circuits, offer, peer)
            values = {**consent, "hidden": hidden, "agenda": agenda, "own": own}
            answer = show(page, "probe_consent.html", name, replica, **values)
            answer.status_code = 422 if page.form.faults else 200
            return answer
        text = write_agenda(agenda)
        proposal = ask(replica, page.house.home, offer, position, text, peer.id)
    page.sittings.go_on(page.param("channel"), proposal.id)
    return page.go(path_of(page, proposal), page.gettext("It is asked."))


def _question(page: Page, replica: Replica) -> Question | None:
    """What the form asks; None once it is said what is wrong."""
    form = page.form
    asked = tuple(ask for ask in ASKS if form.text(f"ask-{ask}") == "yes")
    if not asked:
        form.blame("asks", page.gettext("Choose at least one question."))
    if form.text("rule") not in words.RULES:
        form.blame("rule", page.gettext("Choose one of these."))
    if form.text("unit") not in UNITS:
        form.blame("unit", page.gettext("Choose one of these."))
    with form.about("breadth"):
        figure = form.line("breadth") or "0"
        if not (figure.isdecimal() and len(figure) < 10):
            raise BadInput(said("Write a whole number, such as 20; 0 for no breadth."))
        breadth, unit = parse_breadth(f"{int(figure)}{form.text('unit')}")
    if form.faults:
        return None
    question = Question(asked, form.text("rule"), breadth, unit)
    with form.about("breadth"):
        require_breadth(replica, question)
    return None if form.faults else question


def _is_first(page: Page) -> bool:
    """Whether this form was not sent before: a second sitting would tell more."""
    return page.session is not None and page.session.spend(page.form.text("once"))


def _consents(page: Page, own: Own, read: str) -> bool:
    """Whether it is wanted, and what was read is what is there now; else what is wrong is said."""
    form = page.form
    if read != own.read:
        form.blame("sure", page.gettext("The agenda or your position has changed. Read it again."))
    elif form.text("sure") != "yes":
        form.blame("sure", page.gettext("Say that you have read this and want it."))
    if own.said_back.remarks and (read != own.read or form.text("meant") != "yes"):
        form.blame("meant", page.gettext("Say that your position is meant so."))
    return not form.faults


# Agreeing


def _asked_of_us(page: Page, replica: Replica) -> Proposal:
    """The probe of this address. Raises BadInput if it does not wait for us."""
    proposal = here(page, replica)
    require_waiting(replica, proposal)
    return proposal


def _fitting(node: Node, agenda: Agenda) -> dict[str, Paper]:
    """Our papers about this very agenda."""
    digest = agenda.digest()
    return {i: paper for i, paper in _papers(node).items() if paper.agenda.digest() == digest}


def _show_accept(page: Page) -> Response:
    with page.channel() as (name, replica), page.node() as node:
        proposal = _asked_of_us(page, replica)
        papers = _fitting(node, proposal.agenda)
        circuits = Circuits(proposal.agenda)
        offer = circuits.choose(proposal.question, proposal.circuit)
        owns = {}
        for ident, paper in papers.items():
            if paper.position is not None and paper.is_ready:
                with page.form.about("paper"):
                    owns[ident] = _own(page, ident, paper.position, offer.circuit.packages)
        return show(
            page,
            "probe_accept.html",
            name,
            replica,
            proposal=proposal,
            agenda=proposal.agenda,
            papers={i: papers[i].agenda.title for i in owns},
            owns=owns,
            without=[i for i, paper in papers.items() if paper.position is None],
            reworded=[i for i, paper in papers.items() if paper.is_reworded],
            **_consent(replica, circuits, offer, proposal.asker, proposal.id),
        )


def _accept(page: Page) -> Response | None:
    with page.channel() as (_, replica), page.node() as node:
        proposal = _asked_of_us(page, replica)
        with page.form.about("paper"):
            _, position = _chosen(page, _fitting(node, proposal.agenda))
            offer = Circuits(proposal.agenda).choose(proposal.question, proposal.circuit)
            offer.circuit.take(position)
            ident = page.form.text("paper")
            own = _own(page, ident, position, offer.circuit.packages)
        if page.form.faults or not _consents(page, own, page.form.text(f"read-{ident}")):
            return None
        accept(replica, page.house.home, proposal, offer, position)
    page.sittings.go_on(page.param("channel"), proposal.id)
    return page.go(path_of(page, proposal), page.gettext("You have agreed."))


def _take_over(page: Page) -> Response:
    """The agenda among our papers, to make a position on it."""
    with page.channel() as (_, replica), page.node() as node:
        agenda = _asked_of_us(page, replica).agenda
        ident = next(iter(_fitting(node, agenda)), "") or matters.add(node, agenda)
    said_so = page.gettext("The agenda is among yours. Make your position, then go back to Probes.")
    return page.go(f"/a/{ident}/{matters.OWN}", said_so)


SCREENS = [
    screen("/c/{channel}/probes/ask", _show_ask, _ask),
    screen("/c/{channel}/probes/{probe}/accept", _show_accept, _accept),
    screen("/c/{channel}/probes/{probe}/take", _show_accept, _take_over),
]
