"""What never goes together in a package, and which issues a red line may join."""

from __future__ import annotations

from starlette.responses import Response

from tracktwo.deal.drafts import AgendaDraft, Together, agenda_draft
from tracktwo.deal.position import RedLine
from tracktwo.deal.sentences import red_line_sentence
from tracktwo.web.page import Page, screen
from tracktwo.web.screens.agenda import (
    MOST_SAID,
    changing,
    chosen_in,
    here,
    is_choosing,
    kept,
    place_of,
    row_marks,
)


def _show(page: Page) -> Response:
    ident, agenda = here(page)
    marks = _marks(agenda_draft(agenda))
    exclusions = [
        (page.language.said(red_line_sentence(agenda, RedLine(of))), note, mark)
        for of, note, mark in zip(agenda.exclude, agenda.exclude_notes, marks, strict=True)
    ]
    return page.show(
        "together.html",
        ident=ident,
        agenda=agenda,
        exclusions=exclusions[:MOST_SAID],
        more=max(0, len(exclusions) - MOST_SAID),
        choosing=is_choosing(agenda),
        groups="\n".join(", ".join(group) for group in agenda.linked or ()),
    )


def _change(page: Page) -> Response | None:
    with changing(page) as (node, ident, agenda):
        draft = agenda_draft(agenda)
        what, _, mark = page.form.text("do").partition("-")
        if what == "remove":
            del draft.exclude[place_of(mark, _marks(draft))]
        elif what == "link":
            lines = page.form.text("linked").splitlines()
            groups = [
                [i.strip() for i in line.split(",") if i.strip()] for line in lines if line.strip()
            ]
            draft.linked = groups if page.form.text("declared") == "yes" else None
        else:
            chosen = chosen_in(page, agenda, "together")
            draft.exclude.append(Together(chosen, page.form.text("note")))
        place = ("exclude", len(draft.exclude) - 1)
        return kept(page, node, ident, draft, place, f"/a/{ident}/together")


def _marks(draft: AgendaDraft) -> list[str]:
    return row_marks([[of.options, of.note] for of in draft.exclude])


SCREENS = [screen("/a/{agenda}/together", _show, _change)]
