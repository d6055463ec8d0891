"""Agendas and positions as tables, for people who would rather fill in a spreadsheet.

One row says one thing, and its `kind` says what. Issues and options are matched by their ids; a
`label` repeats the name for the eye, and must repeat it rightly. What a column is not for must be
blank there, and a blank is never a zero.

    agenda      agenda (name: the title; points, note), issue, option, exclude (together, note),
                linked (together: ids of issues; blank if none are)
    position    accept_from, weight, score (value), red_line (never, unless, note), notes (note)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest

from tracktwo.deal.agenda import (
    POINTS,
    Agenda,
    Combination,
    Issue,
    Option,
    read_choice,
    write_choice,
)
from tracktwo.deal.linked import Group
from tracktwo.deal.located import located
from tracktwo.deal.position import Figure, Position, RedLine, require_covers, write_figure
from tracktwo.deal.sheet_rows import Kind, SheetName, read_rows, write_rows
from tracktwo.deal.texts import as_id
from tracktwo.deal.toml_reading import Place, nearest, quoted
from tracktwo.deal.workbook import Cell
from tracktwo.errors import BadInput
from tracktwo.said import said

_COLUMNS: dict[SheetName, tuple[str, ...]] = {
    "agenda": ("kind", "issue", "option", "name", "note", "source", "together", "points"),
    "position": ("kind", "issue", "option", "label", "value", "never", "unless", "note"),
}
_FOR: dict[SheetName, dict[str, set[str]]] = {
    "agenda": {
        "agenda": {"name", "note", "points"},
        "issue": {"issue", "name", "note", "source"},
        "option": {"issue", "option", "name", "note", "source"},
        "exclude": {"together", "note"},
        "linked": {"together"},
    },
    "position": {
        "accept_from": {"value"},
        "weight": {"issue", "label", "value"},
        "score": {"issue", "option", "label", "value"},
        "red_line": {"never", "unless", "note"},
        "notes": {"note"},
    },
}
_FIGURE = re.compile(r"[0-9]{1,12}(?:[.,][0-9]{0,12})?")
_AMBIGUOUS = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}")


def read_agenda_sheet(data: bytes, where: str) -> Agenda:
    """The agenda in a workbook or CSV file called `where`. Raises BadInput, with the row."""
    rows = _read(data, where, "agenda")
    top = _single(rows, "agenda", where)
    exclusions = _of(rows, "exclude")
    lines: dict[Place, int] = {(): top.number}
    lines |= {("exclude", number): row.number for number, row in enumerate(exclusions)}
    issues = tuple(_read_issues(rows))
    with located(where, lines):
        return Agenda(
            title=top["name"],
            issues=issues,
            exclude=tuple(row.combination("together") for row in exclusions),
            points=top.whole("points", POINTS),
            note=top["note"],
            exclude_notes=tuple(row["note"] for row in exclusions),
            linked=_read_groups(rows),
        )


def write_agenda_sheet(agenda: Agenda, kind: Kind) -> bytes:
    """A file that `read_agenda_sheet` turns into an equal agenda.

    Raises BadInput for a text that a workbook cannot hold.
    """
    points = Decimal(agenda.points)
    rows = [_row("agenda", kind="agenda", name=agenda.title, note=agenda.note, points=points)]
    for issue in agenda.issues:
        rows += [_row("agenda", kind="issue", issue=issue.id, **_texts(issue))]
        for option in issue.options:
            place = {"issue": issue.id, "option": option.id}
            rows += [_row("agenda", kind="option", **place, **_texts(option))]
    for combination, note in zip(agenda.exclude, agenda.exclude_notes, strict=True):
        together = _choices(agenda, combination)
        rows += [_row("agenda", kind="exclude", together=together, note=note)]
    if agenda.linked is not None:
        groups = map(" ".join, agenda.linked or ((),))
        rows += [_row("agenda", kind="linked", together=group) for group in groups]
    return write_rows([_COLUMNS["agenda"], *rows], kind, "agenda")


def read_position_sheet(data: bytes, where: str, agenda: Agenda) -> Position:
    """The position on `agenda` in a workbook or CSV file called `where`.

    Decimals may have a comma, if all of them have. Raises BadInput, with the row, and never quotes
    a figure.
    """
    rows = _read(data, where, "position")
    _require_one_mark(rows)
    line = _single(rows, "accept_from", where)
    lines: dict[Place, int] = {("accept_from",): line.number}
    weights = _read_weights(rows, agenda, lines)
    scores = _read_scores(rows, agenda, lines)
    _require_all(weights, scores, agenda, where)
    notes = _single(rows, "notes", where)["note"] if _of(rows, "notes") else ""
    red_lines = tuple(_read_red_line(row, agenda) for row in _of(rows, "red_line"))
    with located(where, lines):
        position = Position(line.figure(), weights, scores, red_lines, notes)
        require_covers(position, agenda)
    return position


def write_position_sheet(position: Position, agenda: Agenda, kind: Kind) -> bytes:
    """A file that `read_position_sheet` turns into an equal position.

    Raises BadInput for fractions (see `position.rounded`), and for a text that a workbook cannot
    hold.
    """
    require_covers(position, agenda)
    rows = [_row("position", kind="accept_from", value=_decimal(position.accept_from))]
    for issue in agenda.issues:
        told = {"issue": issue.id, "label": issue.name}
        rows += [
            _row("position", kind="weight", **told, value=_decimal(position.weights[issue.id]))
        ]
    for issue in agenda.issues:
        for option in issue.options:
            told = {"issue": issue.id, "option": option.id, "label": option.name}
            value = _decimal(position.scores[issue.id][option.id])
            rows += [_row("position", kind="score", **told, value=value)]
    for red_line in position.red_lines:
        never, unless = (_choices(agenda, part) for part in (red_line.never, red_line.unless))
        rows += [_row("position", kind="red_line", never=never, unless=unless, note=red_line.note)]
    if position.notes:
        rows += [_row("position", kind="notes", note=position.notes)]
    return write_rows([_COLUMNS["position"], *rows], kind, "position")


@dataclass(frozen=True, slots=True, repr=False)
class _Row:
    """A row of a file: what stands in each column it has, blank in the others."""

    where: str
    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def bad(self, what: str, advice: str = "") -> BadInput:
        """The error for this row, to be raised by the caller."""
        return BadInput(what, where=self.where, line=self.number, advice=advice)

    def id(self, column: str) -> str:
        """An id, which must be there."""
        text = self[column].strip()
        if not text:
            what = said("The column {column} is blank.", column=column)
            raise self.bad(what, said("Give the id of the {column}.", column=column))
        return as_id(text)

    def figure(self) -> Decimal:
        """The number under `value`, exactly as written."""
        text = self["value"].strip()
        if not text:
            raise self.bad(said("There is no value."), said("Write 0 if you mean 0."))
        if not _FIGURE.fullmatch(text):
            raise self.bad(
                said("The value is not a number that can be used."), said("Write 30 or 12.5.")
            )
        if _AMBIGUOUS.fullmatch(text):
            what = said("The comma in the value could part thousands or decimals.")
            raise self.bad(what, said("Write a point, or leave the comma out."))
        return Decimal(text.replace(",", ".").removesuffix("."))

    def whole(self, column: str, otherwise: int) -> int:
        """A whole number, or `otherwise` where there is none."""
        text = self[column].strip()
        if not re.fullmatch("[0-9]{0,9}", text, re.ASCII):
            raise self.bad(said("The column {column} holds no whole number.", column=column))
        return int(text) if text else otherwise

    def combination(self, column: str) -> Combination:
        """The choices under `column`, parted by spaces."""
        with located(self.where, {(): self.number}):
            choices = [read_choice(text) for text in self[column].split()]
        if len(set(choices)) < len(choices):
            what = said("An option stands twice under {column}.", column=column)
            raise self.bad(what, said("Delete one."))
        return frozenset(choices)


def _read(data: bytes, where: str, sheet: SheetName) -> list[_Row]:
    (first, headings), *numbered = read_rows(data, where, sheet)
    columns = [heading.strip().casefold() for heading in headings]
    for number, column in enumerate(columns, start=1):
        if column and (column not in _COLUMNS[sheet] or columns.count(column) > 1):
            # Not quoted: without a row of headings it may be a figure.
            what = said(
                "Heading {number} is not one of a sheet {sheet}, or stands twice.",
                number=number,
                sheet=sheet,
            )
            advice = said("The headings are: {names}.", names=", ".join(_COLUMNS[sheet]))
            raise BadInput(what, where=where, line=first, advice=advice)
    rows = [_Row(where, number, _under(columns, cells)) for number, cells in numbered]
    for row in rows:
        _require_fitting(row, sheet)
    return rows


def _under(columns: Iterable[str], cells: Iterable[str]) -> dict[str, str]:
    """The cells by their headings; under no heading, the last that is not blank."""
    pairs = zip_longest(columns, cells, fillvalue="")
    return {column: cell for column, cell in pairs if column or cell.strip()}


def _require_fitting(row: _Row, sheet: SheetName) -> None:
    kinds = _FOR[sheet]
    kind = row["kind"].strip()
    if kind not in kinds:
        what = said("There is no such kind of row in a sheet {sheet}.", sheet=sheet)
        raise row.bad(what, nearest(kind, kinds))
    if "" in row.cells:
        raise row.bad(said("Something stands in a column without a heading."))
    for column, text in row.cells.items():
        if text.strip() and column not in kinds[kind] and column != "kind":
            what = said(
                "A row of kind {kind} has nothing under {column}.", kind=kind, column=column
            )
            raise row.bad(what, said("Leave it blank."))


def _of(rows: Iterable[_Row], kind: str) -> list[_Row]:
    return [row for row in rows if row["kind"].strip() == kind]


def _single(rows: Iterable[_Row], kind: str, where: str) -> _Row:
    found = _of(rows, kind)
    if not found:
        what = said("There is no row of kind {kind}.", kind=kind)
        raise BadInput(what, where=where, advice=said("Add one."))
    if len(found) > 1:
        what = said("There are two rows of kind {kind}.", kind=kind)
        raise found[1].bad(what, said("Delete one."))
    return found[0]


def _read_issues(rows: list[_Row]) -> Iterator[Issue]:
    options: dict[str, list[Option]] = {}
    for row in _of(rows, "option"):
        with located(row.where, {(): row.number}):
            option = Option(row.id("option"), row["name"], row["note"], row["source"])
        options.setdefault(row.id("issue"), []).append(option)
    issues = _of(rows, "issue")
    ids = [row.id("issue") for row in issues]
    known = set(ids)
    for row in _of(rows, "option"):
        if row.id("issue") not in known:
            what = said("No row of kind issue has the id {id}.", id=quoted(row.id("issue")))
            raise row.bad(what, nearest(row.id("issue"), ids))
    for row, issue_id in zip(issues, ids, strict=True):
        of = tuple(options.get(issue_id, ()))
        with located(row.where, {(): row.number}):
            yield Issue(issue_id, row["name"], of, row["note"], row["source"])


def _read_groups(rows: Iterable[_Row]) -> tuple[Group, ...] | None:
    """The groups of linked issues; None where no row speaks of any."""
    groups = [tuple(map(as_id, row["together"].split())) for row in _of(rows, "linked")]
    return tuple(filter(None, groups)) if groups else None


def _require_one_mark(rows: Iterable[_Row]) -> None:
    """Refuse decimal points beside decimal commas: one of the two then parts thousands."""
    marks: set[str] = set()
    for row in rows:
        marks |= {",", "."} & set(row["value"])
        if len(marks) > 1:
            what = said("The value has another decimal mark than those above it.")
            raise row.bad(what, said("Use points throughout, or commas throughout."))


def _issue_of(row: _Row, agenda: Agenda) -> Issue:
    issue_id = row.id("issue")
    for issue in agenda.issues:
        if issue.id == issue_id:
            return issue
    what = said("The agenda has no issue {issue}.", issue=quoted(issue_id))
    raise row.bad(what, nearest(issue_id, [issue.id for issue in agenda.issues]))


def _require_label(row: _Row, name: str) -> None:
    label = row["label"].strip()
    if label and label != name.strip():
        what = said(
            "The label {label} is not the name that the agenda has for this id.",
            label=quoted(label),
        )
        advice = said("It is {name}. Correct the id or the label.", name=quoted(name))
        raise row.bad(what, advice)


def _read_weights(rows: list[_Row], agenda: Agenda, lines: dict[Place, int]) -> dict[str, Decimal]:
    weights: dict[str, Decimal] = {}
    for row in _of(rows, "weight"):
        issue = _issue_of(row, agenda)
        _require_label(row, issue.name)
        if issue.id in weights:
            what = said("The issue {issue} is weighed twice.", issue=quoted(issue.id))
            raise row.bad(what, said("Delete one."))
        weights[issue.id] = row.figure()
        lines["weights", issue.id] = row.number
    return weights


def _read_scores(
    rows: list[_Row], agenda: Agenda, lines: dict[Place, int]
) -> dict[str, dict[str, Decimal]]:
    scores: dict[str, dict[str, Decimal]] = {issue.id: {} for issue in agenda.issues}
    for row in _of(rows, "score"):
        issue, option_id = _issue_of(row, agenda), row.id("option")
        ids = [option.id for option in issue.options]
        if option_id not in ids:
            what = said(
                "The issue {issue} has no option {option}.",
                issue=quoted(issue.id),
                option=quoted(option_id),
            )
            raise row.bad(what, nearest(option_id, ids))
        _require_label(row, issue.option(option_id).name)
        if option_id in scores[issue.id]:
            what = said(
                "The option {option} of {issue} is scored twice.",
                option=quoted(option_id),
                issue=quoted(issue.id),
            )
            raise row.bad(what, said("Delete one."))
        scores[issue.id][option_id] = row.figure()
        lines["scores", issue.id, option_id] = row.number
    return scores


def _require_all(
    weights: Mapping[str, Decimal],
    scores: Mapping[str, Mapping[str, Decimal]],
    agenda: Agenda,
    where: str,
) -> None:
    for issue in agenda.issues:
        missing = [option.id for option in issue.options if option.id not in scores[issue.id]]
        what = ""
        if issue.id not in weights:
            what = said("There is no weight row of the issue {issue}.", issue=quoted(issue.id))
        elif missing:
            what = said(
                "There is no score row for the option {option} of the issue {issue}.",
                option=quoted(missing[0]),
                issue=quoted(issue.id),
            )
        if what:
            raise BadInput(what, where=where, advice=said("Add one, with a 0 if you mean 0."))


def _read_red_line(row: _Row, agenda: Agenda) -> RedLine:
    with located(row.where, {(): row.number}):
        never, unless = row.combination("never"), row.combination("unless")
        agenda.require_known(never)
        agenda.require_known(unless)
        return RedLine(never, unless, row["note"])


def _row(sheet: SheetName, **cells: Cell) -> tuple[Cell, ...]:
    return tuple(cells.get(column, "") for column in _COLUMNS[sheet])


def _texts(thing: Issue | Option) -> dict[str, Cell]:
    return {"name": thing.name, "note": thing.note, "source": thing.source}


def _choices(agenda: Agenda, combination: Combination) -> str:
    return " ".join(map(write_choice, agenda.in_order(combination)))


def _decimal(value: Figure) -> Decimal:
    return Decimal(write_figure(value))
