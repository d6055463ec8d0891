"""The position workshop: scores, swings, red lines and the line, and packages to judge.

One's own position and a supposed one of the other side are worked on at the same screens. There is
always a whole position, so that each screen can say what it means; a new one says nothing yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from starlette.responses import Response

from tracktwo.channel.node import Node
from tracktwo.deal.agenda import Agenda, Choice
from tracktwo.deal.drafts import (
    Faulty,
    PositionDraft,
    position_draft,
    position_of,
)
from tracktwo.deal.fitting import blank, reworded_sentences
from tracktwo.deal.formats import dump_position, load_position
from tracktwo.deal.points import point_table
from tracktwo.deal.position import Position, rounded
from tracktwo.deal.sentences import describe
from tracktwo.deal.swing import TOP_SWING, swing_views, swings_of, total_sentence, weights_of
from tracktwo.deal.toml_reading import BadPart, Place
from tracktwo.deal.trellis import outcome_space
from tracktwo.deal.typed import read_figure
from tracktwo.errors import BadInput
from tracktwo.said import rounded as shortened
from tracktwo.said import said
from tracktwo.show.plots import Bar, Words, bars
from tracktwo.web import matters
from tracktwo.web.page import Page, screen
from tracktwo.web.screens.agenda import (
    FORMATS,
    number_of,
)

MOST_BARS = 60
"""Bars drawn in one plot; the table has them all."""


@dataclass(frozen=True)
class Work:
    """What a screen of the workshop is about."""

    ident: str
    whose: str
    agenda: Agenda
    position: Position
    is_kept: bool
    again: Mapping[Choice, str]
    """What has other words since it was scored: see matters.py."""

    def __repr__(self) -> str:
        return "Work(<secret>)"

    @property
    def path(self) -> str:
        """Where the workshop of this position is."""
        return f"/a/{self.ident}/{self.whose}"

    def keep(self, node: Node, position: Position) -> None:
        """Keep it in place of the one before."""
        matters.keep_position(node, self.ident, self.whose, self.agenda, position)


def work_of(page: Page) -> Work:
    """The position of this address. Raises BadInput if there is no such agenda."""
    with page.node() as node:
        return _work_in(page, node)


@contextmanager
def changing(page: Page) -> Iterator[tuple[Node, Work]]:
    """The same, and nobody else changes it meanwhile."""
    with page.node() as node, node.transaction():
        yield node, _work_in(page, node)


def _work_in(page: Page, node: Node) -> Work:
    ident, whose = page.param("agenda"), page.param("whose")
    agenda = matters.agenda_in(node, ident)
    position = matters.position_in(node, ident, whose, agenda)
    again = matters.to_look_at(node, ident, whose)
    if position is None:
        return Work(ident, whose, agenda, blank(agenda), False, again)
    return Work(ident, whose, agenda, position, True, again)


def show(page: Page, template: str, work: Work, **values: Any) -> Response:  # noqa: ANN401 - for templates
    """A screen of the workshop."""
    return page.show(template, agenda=work.agenda, work=work, **values)


def words(page: Page, name: str, title: str, description: str) -> Words:
    """What a plot says of itself, in the language of the page."""
    return Words(
        name,
        title,
        description,
        number=lambda value: page.language.number(shortened(value, 1)),
        right_to_left=page.language.direction == "rtl",
        series=page.language.series,
    )


# All of it


def _show(page: Page) -> Response:
    work = work_of(page)
    try:
        said_back = describe(work.agenda, work.position, outcome_space(work.agenda))
    except BadInput as error:
        page.form.blame("", error)
        said_back = None
    again = _again(work)
    return show(
        page,
        "position.html",
        work,
        said_back=said_back,
        formats=FORMATS,
        again=again,
        read=page.house.mark(repr(again)),
    )


def _bring(page: Page) -> Response | None:
    with changing(page) as (node, work):
        with page.form.about("file"):
            data = page.form.data("file")
            if not data:
                raise BadInput(said("No file was chosen."))
            position = load_position(data, page.gettext("The file"), work.agenda)
            if work.is_kept and page.form.text("sure") != "yes":
                page.form.blame("sure", page.gettext("Say that you mean it."))
                return None
            work.keep(node, position)
            matters.looked_at(node, work.ident, work.whose)
            matters.drop_drafts(node, work.ident, work.whose)
            return page.go(work.path, page.gettext("The position was brought in."))
        return None


def _again(work: Work) -> list[str]:
    """What is to be looked at again, in sentences."""
    return list(reworded_sentences(work.agenda, work.position, work.again)) if work.again else []


def _look_again(page: Page) -> Response | None:
    with changing(page) as (node, work):
        if page.form.text("read") != page.house.mark(repr(_again(work))):
            raise BadInput(said("This has changed meanwhile. Read it again."))
        if page.form.text("meant") != "yes":
            page.form.blame("meant", page.gettext("Say that you mean it."))
            return None
        matters.looked_at(node, work.ident, work.whose)
        return page.go(work.path, page.gettext("The position is kept."))


def _take_along(page: Page) -> Response:
    work, kind = work_of(page), page.param("format")
    if kind not in FORMATS:
        raise BadInput(said("There is no such format."))
    return page.download(dump_position(work.position, work.agenda, kind), f"position.{kind}")


# Scores of one issue


def _show_scores(page: Page) -> Response:
    work = work_of(page)
    number = number_of(page, work.agenda)
    issue = work.agenda.issues[number]
    points = point_table(work.agenda, work.position).points[number].tolist()
    rows = [Bar(o.name, (worth,)) for o, worth in zip(issue.options, points, strict=True)]
    plot = bars(
        words(
            page,
            "scores",
            page.gettext("What each option is worth to you"),
            page.gettext("One bar for each option, as long as its points. The table has them all."),
        ),
        (page.gettext("Option"), page.gettext("Points")),
        rows[:MOST_BARS],
    )
    scores = position_draft(work.position, work.agenda).scores[issue.id]
    return show(
        page,
        "scores.html",
        work,
        issue=issue,
        number=number,
        scores=scores,
        points=points,
        plot=plot,
    )


def _change_scores(page: Page) -> Response | None:
    with changing(page) as (node, work):
        number = number_of(page, work.agenda)
        issue, *later = work.agenda.issues[number:]
        fields = {option.id: f"score-{option.id}" for option in issue.options}

        def change(draft: PositionDraft) -> None:
            draft.scores[issue.id] = {of: page.form.line(name) for of, name in fields.items()}

        names: dict[Place, str] = {("scores", issue.id, of): name for of, name in fields.items()}
        then = work.path
        if later and page.form.text("do") == "next":
            then += f"/issue/{page.house.mark(later[0].id)}"
        return changed(page, node, work, change, names, then)


# Swings


def _show_swings(page: Page) -> Response:
    work = work_of(page)
    views = swing_views(work.agenda, work.position)
    plot = bars(
        words(
            page,
            "swings",
            page.gettext("What each swing is worth to you"),
            page.gettext("One bar for each issue, as long as the points from worst to best."),
        ),
        (page.gettext("Issue"), page.gettext("Points")),
        [Bar(view.name, (view.points,)) for view in views],
    )
    swings = swings_of(work.position)
    return show(
        page,
        "swings.html",
        work,
        views=views,
        plot=plot,
        swings={issue: _figure(swing) for issue, swing in swings.items()},
        total=total_sentence(work.agenda, work.position),
    )


def _figure(value: Fraction) -> str:
    return f"{shortened(value, 2):f}"


def _change_swings(page: Page) -> Response | None:
    with changing(page) as (node, work):
        names = {issue.id: f"swing-{issue.id}" for issue in work.agenda.issues}
        before = swings_of(work.position)
        swings: dict[str, Decimal | Fraction] = {}
        for issue, name in names.items():
            with page.form.about(name):
                typed = read_figure(page.form.text(name), TOP_SWING)
                # A figure that was shown rounded, and left alone, stays what it was.
                is_rounded = typed != before[issue] and page.form.line(name) == _figure(
                    before[issue]
                )
                swings[issue] = before[issue] if is_rounded else typed
        if page.form.faults:
            return None
        try:
            called = {issue.id: issue.name for issue in work.agenda.issues}
            weights = weights_of(swings, work.position.scores, called)
        except BadPart as error:
            page.form.blame(names.get(str(error.part[-1]), ""), error)
            return None
        work.keep(node, rounded(replace(work.position, weights=weights)))
        return page.go(f"{work.path}/swings", page.gettext("Your swings are kept."))


# The line


def _show_line(page: Page) -> Response:
    work = work_of(page)
    draft = position_draft(work.position, work.agenda)
    line = point_table(work.agenda, work.position).line
    return show(page, "line.html", work, draft=draft, line=line)


def _change_line(page: Page) -> Response | None:
    with changing(page) as (node, work):

        def change(draft: PositionDraft) -> None:
            draft.accept_from = page.form.text("accept_from")
            draft.notes = page.form.text("notes")

        names: dict[Place, str] = {("accept_from",): "accept_from", ("notes",): "notes"}
        return changed(page, node, work, change, names, work.path)


def changed(
    page: Page,
    node: Node,
    work: Work,
    change: Callable[[PositionDraft], None],
    names: Mapping[Place, str],
    then: str,
) -> Response | None:
    """Keep what the draft becomes by `change`; what is wrong is blamed on the fields of `names`."""
    draft = position_draft(work.position, work.agenda)
    change(draft)
    try:
        position = position_of(draft, work.agenda)
    except Faulty as faulty:
        for place, error in faulty.faults.items():
            page.form.blame(names.get(place, ""), error)
        return None
    work.keep(node, position)
    return page.go(then, page.gettext("The position is kept."))


def _show_forget(page: Page) -> Response:
    return show(page, "position_forget.html", work_of(page))


def _forget(page: Page) -> Response | None:
    work = work_of(page)
    if page.form.text("sure") != "yes":
        page.form.blame("sure", page.gettext("Say that you mean it."))
        return None
    with page.node() as node:
        matters.drop_position(node, work.ident, work.whose)
    return page.go(work.path, page.gettext("It is gone from this machine."))


SCREENS = [
    screen("/a/{agenda}/{whose}", _show, _bring),
    screen("/a/{agenda}/{whose}/issue/{issue}", _show_scores, _change_scores, draft=True),
    screen("/a/{agenda}/{whose}/swings", _show_swings, _change_swings, draft=True),
    screen("/a/{agenda}/{whose}/line", _show_line, _change_line, draft=True),
    screen("/a/{agenda}/{whose}/file/{format}", _take_along),
    screen("/a/{agenda}/{whose}/again", _show, _look_again),
    screen("/a/{agenda}/{whose}/forget", _show_forget, _forget),
]
