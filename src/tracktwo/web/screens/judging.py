"""Packages about the line to take or leave, what the answers contradict, and what would mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from tracktwo.channel.node import Node
from tracktwo.deal.agenda import Agenda, write_choice
from tracktwo.deal.borderline import borderline
from tracktwo.deal.judging import Correction, Judgement, contradictions, corrections
from tracktwo.deal.package import OutcomeSpace, Package
from tracktwo.deal.position import rounded, write_position
from tracktwo.deal.trellis import outcome_space
from tracktwo.encoding import digest
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
        corrections=[
            (one, _mark(work, one)) for one in corrections(work.agenda, work.position, judgements)
        ],
    )


def _judge(page: Page) -> Response:
    with changing(page) as (node, work):
        what, _, mark = page.form.text("do").partition("-")
        judged = matters.judged(node, work.ident, work.whose)
        if what == "take":
            return _take(page, node, work, judged, mark)
        answered = [] if what == "forget" else _answered(page, work, judged)
        matters.keep_judged(node, work.ident, work.whose, answered)
        return page.go(f"{work.path}/judging", page.gettext("Your answers are kept."))


def _answered(page: Page, work: Work, judged: list[Judged]) -> list[Judged]:
    """What was answered before, with what is answered otherwise now."""
    answers = {_written(package): (package, accepts) for package, accepts in judged}
    for written, verdict in _typed(page).items():
        package = _read(work.agenda, written)
        if verdict in ("yes", "no"):
            answers[written] = (package, verdict == "yes")
        else:
            answers.pop(written, None)
    return list(answers.values())


def _take(page: Page, node: Node, work: Work, judged: list[Judged], mark: str) -> Response:
    """Take a position that was offered."""
    offered = corrections(work.agenda, work.position, _judgements(judged))
    positions = {_mark(work, one): one.position for one in offered}
    if mark not in positions:
        raise BadInput(said("This is not offered any more."))
    work.keep(node, positions[mark])
    matters.drop_drafts(node, work.ident, work.whose)
    return page.go(f"{work.path}/judging", page.gettext("The position is kept."))


def _mark(work: Work, one: Correction) -> str:
    """What the button calls an offer by: by the time it is pressed, another may stand there."""
    return digest(write_position(rounded(one.position), work.agenda)).hex()[:16]


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
    written = _written(package)
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


def _written(package: Package) -> str:
    """A package as the form writes it."""
    return ",".join(sorted(map(write_choice, package.items())))


def _read(agenda: Agenda, written: str) -> Package:
    """A package as the form writes it. Raises BadInput for any other text."""
    options = dict(text.partition("=")[::2] for text in written.split(","))
    good = (
        options.keys() == {issue.id for issue in agenda.issues}
        and all(options[i.id] in [option.id for option in i.options] for i in agenda.issues)
        and not any(of <= options.items() for of in agenda.exclude)
    )
    if not good:
        raise BadInput(said("There is no such package."))
    return {issue.id: options[issue.id] for issue in agenda.issues}


SCREENS = [screen("/a/{agenda}/{whose}/judging", _show, _judge, draft=True)]
