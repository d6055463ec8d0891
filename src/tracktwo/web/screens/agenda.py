"""Agendas: what is on the table, issue by issue; brought from files and taken along as files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.responses import Response

from tracktwo.channel.node import Node
from tracktwo.deal.agenda import ISSUE_LIMIT, Agenda, Choice
from tracktwo.deal.drafts import (
    AgendaDraft,
    Faulty,
    Named,
    NamedIssue,
    agenda_draft,
    agenda_of,
    without_gone,
)
from tracktwo.deal.formats import Format, dump_agenda, load_agenda
from tracktwo.deal.toml_reading import Place
from tracktwo.encoding import digest
from tracktwo.errors import BadInput
from tracktwo.said import joined, said
from tracktwo.web import matters
from tracktwo.web.page import Page, screen

FORMATS: dict[Format, str] = {"xlsx": "Excel", "csv": "CSV", "toml": "TOML", "xml": "GENIUS"}

SPARE_ROWS = 3
"""Empty rows for further options."""

MOST_SAID = 300
"""Exclusions or red lines that are shown on one page."""

MOST_LISTED = 200
"""Options of an agenda, up to which all stand below their issues."""

MOST_TO_CHOOSE = 1200
"""Options of an agenda, up to which all stand in lists to choose from."""


def here(page: Page) -> tuple[str, Agenda]:
    """The agenda of this address. Raises BadInput if there is none."""
    ident = page.param("agenda")
    with page.node() as node:
        return ident, matters.agenda_in(node, ident)


@contextmanager
def changing(page: Page) -> Iterator[tuple[Node, str, Agenda]]:
    """The same, to be changed: nobody else changes it meanwhile."""
    ident = page.param("agenda")
    with page.node() as node, node.transaction():
        yield node, ident, matters.agenda_in(node, ident)


# All agendas


def _show_all(page: Page) -> Response:
    with page.node() as node:
        return page.show("agendas.html", titles=matters.titles(node))


def _bring(page: Page) -> Response | None:
    with page.form.about("file"):
        data = page.form.data("file")
        if not data:
            raise BadInput(said("No file was chosen."))
        agenda = load_agenda(data, page.gettext("The file"))
        with page.node() as node:
            notice = page.gettext("The agenda was brought in.") + _also_called(page, node, agenda)
            ident = matters.add(node, agenda)
        return page.go(f"/a/{ident}", notice)
    return None


def _show_new(page: Page) -> Response:
    return page.show("agenda_new.html", rows=_rows(page, 0))


def _make(page: Page) -> Response | None:
    draft = AgendaDraft(title=page.form.line("title"), issues=[_typed(page)])
    if page.form.text("do") == "more" or not _are_apart(page):
        return None
    agenda = _agenda(page, draft, ("issue", 0))
    if agenda is None:
        return None
    with page.node() as node:
        notice = page.gettext("The agenda is kept.") + _also_called(page, node, agenda)
        ident = matters.add(node, agenda)
    return page.go(f"/a/{ident}", notice)


def _also_called(page: Page, node: Node, agenda: Agenda, but: str = "") -> str:
    """What to say where another agenda than `but` has this title."""
    if agenda.title not in (title for i, title in matters.titles(node).items() if i != but):
        return ""
    return " " + page.gettext(
        "Another agenda here has the same title: give one of them another, so that you take the"
        " right one."
    )


# One agenda


def _show(page: Page) -> Response:
    ident, agenda = here(page)
    is_small = _options(agenda) <= MOST_LISTED
    return page.show("agenda.html", ident=ident, agenda=agenda, formats=FORMATS, is_small=is_small)


def _change(page: Page) -> Response | None:
    with changing(page) as (node, ident, agenda):
        draft = agenda_draft(agenda)
        draft.title, draft.note = page.form.line("title"), page.form.text("note")
        draft.points = page.form.line("points")
        what, _, issue_id = page.form.text("do").partition("-")
        if what in ("up", "remove"):
            place = place_of(issue_id, [issue.id for issue in draft.issues])
        if what == "up":
            above = max(0, place - 1)
            draft.issues[above], draft.issues[place] = draft.issues[place], draft.issues[above]
        elif what == "remove":
            del draft.issues[place]
            without_gone(draft)
        answer = kept(page, node, ident, draft)
        if what == "remove" and answer is not None and answer.status_code == 303:
            matters.drop_issue_drafts(node, ident, page.house.mark(issue_id))
        return answer


def _take_along(page: Page) -> Response:
    kind = page.param("format")
    if kind not in FORMATS:
        raise BadInput(said("There is no such format."))
    _, agenda = here(page)
    return page.download(dump_agenda(agenda, kind), f"agenda.{kind}")


def _show_forget(page: Page) -> Response:
    ident, agenda = here(page)
    return page.show("agenda_forget.html", ident=ident, agenda=agenda)


def _forget(page: Page) -> Response | None:
    if page.form.text("sure") != "yes":
        page.form.blame("sure", page.gettext("Say that you mean it."))
        return None
    with page.node() as node:
        matters.forget(node, page.param("agenda"))
    return page.go("/agendas", page.gettext("It is gone from this machine."))


# One issue


def _show_issue(page: Page) -> Response:
    ident, agenda = here(page)
    number = _number(page, agenda)
    issue = NamedIssue() if number is None else agenda_draft(agenda).issues[number]
    rows = _rows(page, len(issue.options))
    return page.show(
        "issue.html", ident=ident, agenda=agenda, number=number, issue=issue, rows=rows
    )


def _change_issue(page: Page) -> Response | None:
    with changing(page) as (node, ident, agenda):
        number = _number(page, agenda)
        draft, issue = agenda_draft(agenda), _typed(page)
        if page.form.text("do") == "more" or not _are_apart(page):
            return None
        if number is None:
            draft.issues.append(issue)
        else:
            _replace(page, draft.issues, number, issue)
            without_gone(draft)
        place = len(draft.issues) - 1 if number is None else number
        return kept(page, node, ident, draft, ("issue", place))


def _replace(page: Page, issues: list[NamedIssue], number: int, issue: NamedIssue) -> None:
    """Put an issue in its place, with the options that came to it in another window meanwhile."""
    before = issues[number]
    seen = {*page.form.text("had").split(","), *(option.id for option in issue.options)}
    issue.id = before.id
    issue.options += [option for option in before.options if option.id not in seen]
    issues[number] = issue


def _number(page: Page, agenda: Agenda) -> int | None:
    """Which issue this is about; None for a new one."""
    if page.param("issue") == "new" and len(agenda.issues) < ISSUE_LIMIT:
        return None
    return number_of(page, agenda)


def number_of(page: Page, agenda: Agenda) -> int:
    """Which issue this address is about, wherever it stands now. Raises BadInput."""
    marks = [page.house.mark(issue.id) for issue in agenda.issues]
    if page.param("issue") not in marks:
        raise BadInput(said("There is no such issue."))
    return marks.index(page.param("issue"))


def _rows(page: Page, options: int) -> int:
    """How many rows for options the form has."""
    text = page.form.text("rows")
    rows = int(text) if text.isdecimal() and len(text) < 4 else options + SPARE_ROWS
    return min(255, rows + 5 * (page.form.text("do") == "more"))


def _typed(page: Page) -> NamedIssue:
    """The issue in the form, with the options of the rows that have a word in them."""
    form = page.form
    options = [
        Named(*(form.text(f"option-{row}-{part}") for part in ("id", "name", "note", "source")))
        for row in _filled(page)
    ]
    return NamedIssue("", form.line("name"), form.text("note"), form.text("source"), options)


def _filled(page: Page) -> list[int]:
    """The rows for options that have a word in them."""
    return [
        row
        for row in range(_rows(page, 0))
        if any(page.form.line(f"option-{row}-{part}") for part in ("name", "note", "source"))
    ]


def _are_apart(page: Page) -> bool:
    """Whether each option of the form has a name of its own; else it is blamed."""
    seen = set()
    for row in _filled(page):
        name = page.form.line(f"option-{row}-name")
        if name and name in seen:
            page.form.blame(
                f"option-{row}-name", page.gettext("Another option of this issue is called so.")
            )
        seen.add(name)
    return not page.form.faults


# Options chosen together


def is_choosing(agenda: Agenda) -> bool:
    """Whether options are chosen from lists; else they are typed."""
    return _options(agenda) <= MOST_TO_CHOOSE


def _options(agenda: Agenda) -> int:
    return sum(len(issue.options) for issue in agenda.issues)


def chosen_in(page: Page, agenda: Agenda, prefix: str) -> list[str]:
    """The options chosen under this prefix, each `issue=option`."""
    if not is_choosing(agenda):
        return [
            text.strip()
            for text in page.form.text(prefix).replace("\n", ",").split(",")
            if text.strip()
        ]
    picked: list[Choice] = [
        (issue.id, page.form.text(f"{prefix}-{issue.id}")) for issue in agenda.issues
    ]
    return [f"{issue}={option}" for issue, option in picked if option]


# Rows and their buttons


def row_marks(rows: list[list[list[str] | str]]) -> list[str]:
    """What a button calls its row by: its place may be another row's once the button is pressed.

    Equal rows are called by how many they are too, so that no second press removes a second one.
    """
    digests = [digest(row).hex()[:16] for row in rows]
    counts = Counter(digests)
    return [f"{of}-{counts[of]}" for of in digests]


def place_of(mark: str, marks: list[str]) -> int:
    """The place of what a button is about. Raises BadInput if it is gone."""
    if mark not in marks:
        raise BadInput(
            said("This is not in the list any more. Nothing was changed: look at the list again.")
        )
    return marks.index(mark)


# Keeping


def kept(
    page: Page, node: Node, ident: str, draft: AgendaDraft, place: Place = (), then: str = ""
) -> Response | None:
    """Keep what the draft becomes, and go on; ask first where it takes more with it.

    What is wrong is blamed on its fields: see `blame`.
    """
    agenda = _agenda(page, draft, place)
    if agenda is None or page.form.text("no"):
        return None
    if losses := matters.losses(node, ident, agenda):
        # Only what was read is let go: more may have come to it in another window meanwhile.
        read = page.house.mark(repr(losses))
        is_read = page.form.text("read") == read
        if not (is_read and page.form.text("sure") == "yes"):
            if is_read:
                page.form.blame("sure", page.gettext("Say that you mean it."))
            return _ask_before(page, matters.agenda_in(node, ident), losses, read)
    before = matters.agenda_in(node, ident)
    change = matters.change(node, ident, agenda)
    notice = page.gettext("The agenda is kept.")
    if agenda.title != before.title:
        notice += _also_called(page, node, agenda, ident)
    if change.is_fitted:
        notice += " " + page.gettext("Your positions on it were fitted: look through them.")
    if change.again:
        notice += " " + page.language.said(_again_sentence(change.again))
    return page.go(then or f"/a/{ident}", notice)


def _ask_before(page: Page, agenda: Agenda, losses: dict[str, list[str]], read: str) -> Response:
    """What the change takes with it, before it does."""
    hidden = {k: v for k, v in page.form.shown().items() if k not in ("sure", "read")}
    answer = page.show(
        "agenda_losses.html",
        agenda=agenda,
        losses=losses,
        hidden={**hidden, "read": read},
        most=MOST_SAID,
    )
    answer.status_code = 422 if page.form.faults else 200
    return answer


def _again_sentence(names: tuple[str, ...]) -> str:
    quotes = [said('"{name}"', name=name) for name in names[:5]]
    listed = joined(quotes, "{first} and {rest}")
    if len(names) > 5:
        listed = said("{names} and others", names=listed)
    return said(
        "Its words are others now where you had a position: {names}. Nothing is asked with that"
        " position before you have looked at it again.",
        names=listed,
    )


def _agenda(page: Page, draft: AgendaDraft, place: Place) -> Agenda | None:
    """The agenda of a draft; what is wrong is blamed on its fields."""
    try:
        return agenda_of(draft)
    except Faulty as faulty:
        blame(page, faulty, place)
        return None


def blame(page: Page, faulty: Faulty, at: Place = ()) -> None:
    """Say what is wrong beside each field, and above them of what no field is about.

    A form that is about a part, `at` its place, calls its fields by what is left of theirs.
    """
    rows = _filled(page)
    for where, error in faulty.faults.items():
        is_inside = where[: len(at)] == at
        left = list(where[len(at) :] if is_inside else where)
        if not is_inside and "-".join(map(str, left)) not in page.form.values:
            left = []
        if left[:1] == ["option"] and len(left) > 1 and rows:
            place = int(left[1])
            left = ["option", rows[place], *left[2:]] if place < len(rows) else []
        page.form.blame("-".join(map(str, left)), error)


SCREENS = [
    screen("/agendas", _show_all, _bring),
    screen("/agendas/new", _show_new, _make, draft=True),
    screen("/a/{agenda}", _show, _change),
    screen("/a/{agenda}/file/{format}", _take_along),
    screen("/a/{agenda}/forget", _show_forget, _forget),
    screen("/a/{agenda}/issue/{issue}", _show_issue, _change_issue, draft=True),
]
