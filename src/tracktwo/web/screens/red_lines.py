"""Red lines: said with their numbers, drawn and taken back."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from tracktwo.deal.agenda import read_choice
from tracktwo.deal.drafts import PositionDraft, RedLineDraft, position_draft, require_drawable
from tracktwo.deal.position import RedLine
from tracktwo.deal.sentences import numbered_line, red_line_sentence
from tracktwo.deal.toml_reading import BadPart, Place
from tracktwo.web.page import Page, screen
from tracktwo.web.screens.agenda import MOST_SAID, chosen_in, is_choosing, place_of, row_marks
from tracktwo.web.screens.position import Work, changed, changing, show, work_of


def _show(page: Page) -> Response:
    work = work_of(page)
    marks = _marks(position_draft(work.position, work.agenda))
    lines = [
        (page.language.said(_line_said(work, number, line)), line.note, mark)
        for number, (line, mark) in enumerate(zip(work.position.red_lines, marks, strict=True), 1)
    ]
    more = max(0, len(lines) - MOST_SAID)
    choosing = is_choosing(work.agenda)
    return show(page, "red_lines.html", work, lines=lines[:MOST_SAID], more=more, choosing=choosing)


def _line_said(work: Work, number: int, line: RedLine) -> str:
    return numbered_line(number, red_line_sentence(work.agenda, line))


def _change(page: Page) -> Response | None:
    with changing(page) as (node, work):
        what, _, mark = page.form.text("do").partition("-")
        if what == "back":
            return None
        drawn = [] if what == "remove" else _drawn(page, work)
        if page.form.faults:
            return None
        if what not in ("remove", "together", "apart") and len(drawn[0].never) > 1:
            return _ask_whether_together(page, work, drawn[0])
        if what == "apart":
            drawn = [replace(drawn[0], never=[option]) for option in drawn[0].never]

        def change(draft: PositionDraft) -> None:
            if what == "remove":
                del draft.red_lines[place_of(mark, _marks(draft))]
            draft.red_lines += drawn

        names: dict[Place, str] = {
            ("red_line", len(work.position.red_lines) + number, part): part
            for number in range(len(drawn))
            for part in ("never", "unless", "note")
        }
        return changed(page, node, work, change, names, f"{work.path}/red-lines")


def _drawn(page: Page, work: Work) -> list[RedLineDraft]:
    """The red line of the form; what can be said of it by the names on the agenda is blamed."""
    never, unless = (chosen_in(page, work.agenda, name) for name in ("never", "unless"))
    drawn = RedLineDraft(never, unless, page.form.text("note"))
    with page.form.about("never"):
        work.agenda.require_known(map(read_choice, never))
    if not page.form.faults:
        with page.form.about("unless"):
            require_drawable(drawn, work.agenda)
    return [drawn]


def _ask_whether_together(page: Page, work: Work, drawn: RedLineDraft) -> Response | None:
    """Two options ticked are often meant as two red lines: one line of both forbids far less."""
    unless = frozenset(map(read_choice, drawn.unless))
    options = [read_choice(text) for text in drawn.never]
    try:
        one = RedLine(frozenset(options), unless)
        apart = [RedLine(frozenset({option}), unless) for option in options]
    except BadPart as error:
        page.form.blame(str(error.part[0]), error)
        return None
    return show(
        page,
        "red_lines_ask.html",
        work,
        one=red_line_sentence(work.agenda, one),
        apart=[red_line_sentence(work.agenda, line) for line in apart],
        hidden={k: v for k, v in page.form.shown().items() if k != "do"},
    )


def _marks(draft: PositionDraft) -> list[str]:
    return row_marks([[of.never, of.unless, of.note] for of in draft.red_lines])


SCREENS = [screen("/a/{agenda}/{whose}/red-lines", _show, _change, draft=True)]
