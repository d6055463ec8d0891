"""Packages about the line to take or leave, what the answers contradict, and what would mend it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from tracktwo.deal.borderline import borderline
from tracktwo.deal.judging import Correction, Judgement, contradictions, corrections
from tracktwo.deal.package import OutcomeSpace, Package
from tracktwo.deal.trellis import outcome_space
from tracktwo.errors import BadInput
from tracktwo.said import said
from tracktwo.web import matters
from tracktwo.web.page import Page, screen
from tracktwo.web.screens.position import Work, show, work_of

MOST = 26
"""Packages judged at most: each has a letter."""


@dataclass(frozen=True)
class Asked:
    """A package to judge: its letter, how the form writes it, and what was answered before."""

    name: str
    written: str
    options: tuple[tuple[str, str], ...]
    verdict: str

    def __repr__(self) -> str:
        return "Asked(<secret>)"


def _show(page: Page) -> Response:
    work = work_of(page)
    judged = _judged(page, work)
    judgements = [Judgement(_letter(n), *each) for n, each in enumerate(judged)]
    try:
        fresh = _fresh(work, outcome_space(work.agenda), [package for package, _ in judged])
    except BadInput as error:
        page.form.blame("", error)
        fresh = []
    every = [*judged, *((package, None) for package in fresh)][:MOST]
    asked = [
        _asked(page, work, place, package, verdict)
        for place, (package, verdict) in enumerate(every)
    ]
    return show(
        page,
        "judging.html",
        work,
        asked=asked,
        before=len(judged),
        contradictions=contradictions(work.agenda, work.position, judgements),
        corrections=corrections(work.agenda, work.position, judgements),
    )


def _judge(page: Page) -> Response:
    work = work_of(page)
    what, _, kind = page.form.text("do").partition("-")
    if what == "take":
        return _take(page, work, kind)
    judged: list[tuple[Package, bool]] = []
    if what != "forget":
        for place in range(MOST):
            verdict = page.form.text(f"verdict-{place}")
            if verdict in ("yes", "no"):
                package = _read(work, page.form.text(f"package-{place}"))
                judged.append((package, verdict == "yes"))
    with page.node() as node:
        matters.keep_judged(node, work.ident, work.whose, judged)
    return page.go(f"{work.path}/judging", page.gettext("Your answers are kept."))


def _take(page: Page, work: Work, kind: str) -> Response:
    """Take a position that was offered."""
    judgements = [Judgement(_letter(n), *each) for n, each in enumerate(_judged(page, work))]
    offered: dict[str, Correction] = {
        one.kind: one for one in corrections(work.agenda, work.position, judgements)
    }
    if kind not in offered:
        raise BadInput(said("This is not offered any more."))
    with page.node() as node:
        work.keep(node, offered[kind].position)
    return page.go(f"{work.path}/judging", page.gettext("The position is kept."))


def _judged(page: Page, work: Work) -> list[tuple[Package, bool]]:
    with page.node() as node:
        return matters.judged(node, work.ident, work.whose)[:MOST]


def _fresh(work: Work, packages: OutcomeSpace, known: list[Package]) -> list[Package]:
    """Packages not judged yet, so mixed that it does not show which the position accepts."""
    shown = borderline(work.position, packages, known=known)
    views = sorted((*shown.above, *shown.below), key=lambda view: view.number)
    return [view.package for view in (*views, *shown.forbidden)]


def _letter(place: int) -> str:
    return chr(ord("A") + place)


def _asked(page: Page, work: Work, place: int, package: Package, verdict: bool | None) -> Asked:
    issues = work.agenda.issues
    before = "" if verdict is None else ("yes" if verdict else "no")
    return Asked(
        name=_letter(place),
        written=".".join(str(issue.index(package[issue.id])) for issue in issues),
        options=tuple((issue.name, issue.option(package[issue.id]).name) for issue in issues),
        verdict=page.form.text(f"verdict-{place}", before),
    )


def _read(work: Work, written: str) -> Package:
    """A package as the form writes it. Raises BadInput for any other text."""
    places = written.split(".")
    issues = work.agenda.issues
    good = len(places) == len(issues) and all(
        place.isdecimal() and len(place) < 4 and int(place) < len(issue.options)
        for place, issue in zip(places, issues, strict=False)
    )
    if not good:
        raise BadInput(said("There is no such package."))
    return {i.id: i.options[int(place)].id for i, place in zip(issues, places, strict=True)}


SCREENS = [screen("/a/{agenda}/{whose}/judging", _show, _judge)]
