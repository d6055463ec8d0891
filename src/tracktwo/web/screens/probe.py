"""Probes of a channel: which there were, how one stands, its answer, saying no."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from tracktwo.channel.replica import Replica
from tracktwo.channel.roster import ACTIVE
from tracktwo.channel.view import name_of
from tracktwo.deal.agenda import Agenda
from tracktwo.deal.position import RedLine
from tracktwo.deal.sentences import red_line_sentence
from tracktwo.deal.trellis import outcome_space
from tracktwo.errors import BadInput
from tracktwo.probe.asking import left_for, require_short
from tracktwo.probe.correspondence import outcome
from tracktwo.probe.proposal import Proposal, at, proposals
from tracktwo.probe.question import Answer
from tracktwo.said import Said, said
from tracktwo.show import words
from tracktwo.show.room_map import Signs, strips
from tracktwo.show.standing import owing, stands
from tracktwo.web.page import Page, screen
from tracktwo.web.sittings import CARRYING, COMPUTING, Sitting

MOST_DRAWN = 40
"""Issues up to which the room is drawn; the table has them all."""


@dataclass(frozen=True)
class Budget:
    """How many probes are left on one version of an agenda."""

    title: str
    left: int
    probes: tuple[Proposal, ...]


def here(page: Page, replica: Replica) -> Proposal:
    """The probe of this address. Raises BadInput if there is none."""
    text = page.param("probe")
    if not (text.isdecimal() and len(text) < 16):
        raise BadInput(said("There is no such probe."))
    return at(replica, int(text))


def path_of(page: Page, proposal: Proposal) -> str:
    """Where a probe is shown: by its place in our own log, which tells nobody anything."""
    return f"{page.here}/probes/{proposal.place}"


def show(page: Page, template: str, name: str, replica: Replica, **values: Any) -> Response:  # noqa: ANN401 - for templates
    """A screen about probes of a channel."""
    return page.show(
        template,
        name=name,
        replica=replica,
        name_of=name_of,
        stands=lambda proposal: page.language.said(stands(replica, proposal)),
        path_of=lambda proposal: path_of(page, proposal),
        words=words,
        never_together=lambda agenda: [
            red_line_sentence(agenda, RedLine(of)) for of in agenda.exclude
        ],
        **values,
    )


def _show_all(page: Page) -> Response:
    with page.channel() as (name, replica):
        return show(page, "probes.html", name, replica, budgets=list(_budgets(replica)))


def _budgets(replica: Replica) -> Iterator[Budget]:
    """By agenda version, the newest first."""
    by_agenda: dict[bytes, list[Proposal]] = {}
    for proposal in reversed(proposals(replica)):
        by_agenda.setdefault(proposal.digest, []).append(proposal)
    for digest, of in by_agenda.items():
        # not by left_for, which reads the log each time
        left = replica.charter.probes - sum(p.counts for p in of) if digest else 0
        yield Budget(of[0].title, max(0, left), tuple(of))


# One


def _show(page: Page) -> Response:
    with page.channel() as (name, replica):
        proposal = here(page, replica)
        ended = outcome(replica, proposal)
        sitting = page.sittings.sitting(page.param("channel"), proposal.id)
        is_ours = replica.own in (proposal.asker.id, proposal.other.id)
        people_are_in = all(m.state == ACTIVE for m in (proposal.asker, proposal.other))
        is_open = is_ours and ended is None and proposal.state in ("asked", "accepted")
        return show(
            page,
            "probe.html",
            name,
            replica,
            proposal=proposal,
            is_answered=isinstance(ended, Answer),
            is_open=is_open,
            is_under_way=is_open and people_are_in and not _waits_for_us(replica, proposal),
            waits=is_open and people_are_in and _waits_for_us(replica, proposal),
            sitting=sitting,
            doing=_doing(sitting, is_our_turn=owing(proposal).id == replica.own),
            agenda=_agenda(proposal),
            left=max(0, left_for(replica, proposal)),
        )


def _waits_for_us(replica: Replica, proposal: Proposal) -> bool:
    return proposal.state == "asked" and proposal.other.id == replica.own


def _agenda(proposal: Proposal) -> Agenda | None:
    try:
        return proposal.agenda
    except BadInput:
        return None


def _doing(sitting: Sitting, *, is_our_turn: bool) -> Said:
    """How far it is, in a sentence."""
    if sitting.doing not in (COMPUTING, CARRYING):
        if is_our_turn:
            return said("Your program makes it. You can close this page: it goes on by itself.")
        return said("Waiting for the other side. You can close this page: it goes on by itself.")
    doing = said("Computing") if sitting.doing == COMPUTING else said("On the line")
    done, total = words.size(sitting.done), words.size(sitting.total)
    if sitting.seconds_left < 1:
        return said("{doing}: {done} of {total}.", doing=doing, done=done, total=total)
    left = words.duration(sitting.seconds_left)
    return said(
        "{doing}: {done} of {total}, about {left} to go.",
        doing=doing,
        done=done,
        total=total,
        left=left,
    )


def _decline(page: Page) -> Response | None:
    with page.channel() as (_, replica):
        proposal = here(page, replica)
        proposal.peer_of(replica.own)
        if proposal.state not in ("asked", "accepted") or outcome(replica, proposal) is not None:
            raise BadInput(said("This probe is over already."))
        with page.form.about("because"):
            because = page.form.line("because")
            require_short(because)
            if page.form.text("sure") != "yes":
                page.form.blame("sure", page.gettext("Say that you mean it."))
                return None
            page.sittings.give_up(page.param("channel"), replica, proposal, because)
            page.rounds.nudge(page.param("channel"))
            return page.go(path_of(page, proposal), page.gettext("The others are told."))
    return None


# The answer


def _show_answer(page: Page) -> Response:
    with page.channel() as (name, replica):
        proposal = here(page, replica)
        answer = outcome(replica, proposal)
        if not isinstance(answer, Answer):
            raise BadInput(said("This probe has no answer here."))
        agenda, question = proposal.agenda, proposal.question
        count = outcome_space(agenda).count if answer.how_much is not None else 0
        is_empty = answer.refused or words.is_empty(answer)
        is_drawn = not is_empty and answer.where is not None and len(agenda.issues) <= MOST_DRAWN
        return show(
            page,
            "probe_answer.html",
            name,
            replica,
            proposal=proposal,
            agenda=agenda,
            answer=answer,
            sentences=words.answered(question, count, answer),
            is_empty=is_empty,
            best_by=words.best_by(question),
            map=strips(agenda, answer, _signs(page, agenda)) if is_drawn else "",
            mark_of=words.mark_of,
            left=max(0, left_for(replica, proposal)),
        )


def _signs(page: Page, agenda: Agenda) -> Signs:
    title = page.gettext("The room of “%(title)s” as a map; the table below says the same.")
    return Signs(
        title % {"title": agenda.title},
        best=page.gettext("IN, BEST"),
        inside=page.gettext("IN"),
        outside=page.gettext("not"),
        right_to_left=page.language.direction == "rtl",
        width=360,  # half that of a printed page, so that letters are twice as large
        most=3,
    )


SCREENS = [
    screen("/c/{channel}/probes", _show_all),
    screen("/c/{channel}/probes/{probe}", _show, _decline),
    screen("/c/{channel}/probes/{probe}/answer", _show_answer),
]
