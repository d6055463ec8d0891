"""Packages about the line to take or leave, what the answers contradict, and what would mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from tracktwo.channel.node import Node
from tracktwo.deal.borderline import borderline
from tracktwo.deal.judging import Correction, Judgement, contradictions, corrections
from tracktwo.deal.package import OutcomeSpace, Package
from tracktwo.deal.trellis import outcome_space
from tracktwo.errors import BadInput
from tracktwo.said import said
from tracktwo.web import matters
from tracktwo.web.page import Page, screen
from tracktwo.web.screens.position import Work, changing, show

MOST = 26
"""Packages up to which more are shown: each has a letter."""

Judged = tuple[Package, bool]
"""A package, and whether it would be taken."""


@dataclass(frozen=True)
class Asked:
    """A package to judge: its letter, how the form writes it, what was answered before and now."""

    name: str
    written: str
    options: tuple[tuple[str, str], ...]
    before: str
    verdict: str

    def __repr__(self) -> str:
        return "Asked(<secret>)"


def _show(page: Page) -> Response:
    with changing(page) as (node, work):
        judged = matters.judged(node, work.ident, work.whose)
    judgements = _judgements(judged)
    try:
        fresh = _fresh(work, outcome_space(work.agenda), [package for package, _ in judged])
    except BadInput as error:
        page.form.blame("", error)
        fresh = []
    every = [*judged, *((package, None) for package in fresh[: max(0, MOST - len(judged))])]
    typed = _typed(page)
    asked = [
        _asked(work, place, package, verdict, typed)
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
    with changing(page) as (node, work):
        what, _, kind = page.form.text("do").partition("-")
        judged = matters.judged(node, work.ident, work.whose)
        if what == "take":
            return _take(page, node, work, judged, kind)
        answered = [] if what == "forget" else _answered(page, work, judged)
        matters.keep_judged(node, work.ident, work.whose, answered)
        return page.go(f"{work.path}/judging", page.gettext("Your answers are kept."))


def _answered(page: Page, work: Work, judged: list[Judged]) -> list[Judged]:
    """What was answered before, with what is answered otherwise now."""
    answers = {_written(work, package): (package, accepts) for package, accepts in judged}
    for written, verdict in _typed(page).items():
        package = _read(work, written)
        if verdict in ("yes", "no"):
            answers[written] = (package, verdict == "yes")
        else:
            answers.pop(written, None)
    return list(answers.values())


def _take(page: Page, node: Node, work: Work, judged: list[Judged], kind: str) -> Response:
    """Take a position that was offered."""
    offered: dict[str, Correction] = {
        one.kind: one for one in corrections(work.agenda, work.position, _judgements(judged))
    }
    if kind not in offered:
        raise BadInput(said("This is not offered any more."))
    work.keep(node, offered[kind].position)
    return page.go(f"{work.path}/judging", page.gettext("The position is kept."))


def _judgements(judged: list[Judged]) -> list[Judgement]:
    return [Judgement(_letter(n), *each) for n, each in enumerate(judged)]


def _fresh(work: Work, packages: OutcomeSpace, known: list[Package]) -> list[Package]:
    """Packages not judged yet, so mixed that it does not show which the position accepts."""
    shown = borderline(work.position, packages, known=known)
    views = sorted((*shown.above, *shown.below), key=lambda view: view.number)
    return [view.package for view in (*views, *shown.forbidden)]


def _letter(place: int) -> str:
    """A, B, ... and A1, B1, ... where two windows have answered more than there are letters."""
    round_, letter = divmod(place, MOST)
    return chr(ord("A") + letter) + (str(round_) if round_ else "")


def _asked(
    work: Work, place: int, package: Package, verdict: bool | None, typed: Mapping[str, str]
) -> Asked:
    before = "" if verdict is None else ("yes" if verdict else "no")
    written = _written(work, package)
    options = tuple((i.name, i.option(package[i.id]).name) for i in work.agenda.issues)
    return Asked(_letter(place), written, options, before, typed.get(written, before))


def _typed(page: Page) -> dict[str, str]:
    """By package, the answers that are others than the form was shown with.

    The rest may have been answered in another window meanwhile.
    """
    form = page.form
    found = {}
    for name, written in form.values.items():
        what, _, place = name.partition("-")
        verdict = form.text(f"verdict-{place}")
        if what == "package" and verdict != form.text(f"before-{place}"):
            found[written] = verdict
    return found


def _written(work: Work, package: Package) -> str:
    """A package as the form writes it."""
    return ".".join(str(issue.index(package[issue.id])) for issue in work.agenda.issues)


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


SCREENS = [screen("/a/{agenda}/{whose}/judging", _show, _judge, draft=True)]
