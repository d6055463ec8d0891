"""The agenda: what is on the table, public between the sides (DESIGN 4.0).

An agenda is checked when it is made, so whoever holds one may rely on every rule below.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tracktwo import encoding
from tracktwo.deal.linked import Group, require_groups
from tracktwo.deal.texts import as_id, require_id, require_line, require_note
from tracktwo.deal.toml_reading import BadPart, Place, Table, nearest, quoted, read_toml
from tracktwo.errors import BadInput
from tracktwo.said import said

Choice = tuple[str, str]
"""One option of one issue, by their ids; written `issue=option`."""

Combination = frozenset[Choice]
"""Options of different issues, all together."""

FILE_LIMIT = 1_000_000
"""Bytes of an agenda file or a position file."""

POINTS = 250
POINTS_LIMIT = 1000
ISSUE_LIMIT = 64
OPTION_LIMIT = 255
COMBINATION_LIMIT = 1000
"""How many exclusions an agenda may have, and how many red lines a position."""


@dataclass(frozen=True, slots=True)
class Option:
    """One way to settle an issue. Raises BadPart (a BadInput) for an id or text not allowed."""

    id: str
    name: str
    note: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        _require_named(self.id, self.name, self.note, self.source)


@dataclass(frozen=True, slots=True)
class Issue:
    """One question, with 1 to 255 options of different ids. Raises BadPart where that fails."""

    id: str
    name: str
    options: tuple[Option, ...]
    note: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        _require_named(self.id, self.name, self.note, self.source)
        _require_listed(self.options, OPTION_LIMIT, "option")

    def option(self, option_id: str) -> Option:
        """The option of that id. Raises KeyError if there is none."""
        return self.options[self.index(option_id)]

    def index(self, option_id: str) -> int:
        """The place of that option among the options, from 0. Raises KeyError if there is none."""
        for index, option in enumerate(self.options):
            if option.id == option_id:
                return index
        raise KeyError(option_id)


@dataclass(frozen=True, slots=True)
class Agenda:
    """What the sides may agree on: 1 to 64 issues of different ids.

    `exclude` holds combinations that cannot occur, each with its entry in `exclude_notes` (all
    empty if none is given). `points` is the budget that positions are rounded to, 1 to 1000.
    `linked` declares which issues a red line may join, as linked.py says. Raises BadPart (a
    BadInput without a file) where any of this fails.
    """

    title: str
    issues: tuple[Issue, ...]
    exclude: tuple[Combination, ...] = ()
    points: int = POINTS
    note: str = ""
    exclude_notes: tuple[str, ...] = ()
    linked: tuple[Group, ...] | None = None

    def __post_init__(self) -> None:
        require_line(self.title, ("title",))
        require_note(self.note, ("note",))
        if not 1 <= self.points <= POINTS_LIMIT:
            what = said('"points" is not between 1 and {top}.', top=POINTS_LIMIT)
            raise BadPart(what, ("points",), said("Leave it out to have {points}.", points=POINTS))
        _require_listed(self.issues, ISSUE_LIMIT, "issue")
        notes = self.exclude_notes or ("",) * len(self.exclude)
        object.__setattr__(self, "exclude_notes", notes)
        if len(self.exclude) != len(notes):
            raise BadPart(said("There is not one note for each exclusion."), ("exclude",))
        if len(self.exclude) > COMBINATION_LIMIT:
            what = said("There are more than {most} exclusions.", most=COMBINATION_LIMIT)
            raise BadPart(what, ("exclude", COMBINATION_LIMIT), said("Leave some out."))
        for number, combination in enumerate(self.exclude):
            self._require_exclusion(combination, ("exclude", number, "together"))
            require_note(notes[number], ("exclude", number, "note"))
        require_groups(self.linked, [issue.id for issue in self.issues])

    def _require_exclusion(self, combination: Combination, part: Place) -> None:
        require_combination(combination, part)
        self.require_known(combination, part)
        if len(combination) < 2:
            advice = said("To rule an option out altogether, leave it off the agenda.")
            raise BadPart(said("An exclusion names fewer than two options."), part, advice)

    def issue(self, issue_id: str) -> Issue:
        """The issue of that id. Raises KeyError if there is none."""
        for issue in self.issues:
            if issue.id == issue_id:
                return issue
        raise KeyError(issue_id)

    def require_known(self, combination: Iterable[Choice], part: Place = ()) -> None:
        """Raise BadPart if an issue or option of `combination` is not on the agenda."""
        for issue_id, option_id in combination:
            ids = [issue.id for issue in self.issues]
            if issue_id not in ids:
                what = said("The agenda has no issue {issue}.", issue=quoted(issue_id))
                raise BadPart(what, part, nearest(issue_id, ids))
            options = [option.id for option in self.issue(issue_id).options]
            if option_id not in options:
                what = said(
                    "The issue {issue} has no option {option}.",
                    issue=quoted(issue_id),
                    option=quoted(option_id),
                )
                raise BadPart(what, part, nearest(option_id, options))

    def in_order(self, combination: Combination) -> list[Choice]:
        """The choices of a combination in the order of the agenda."""
        order = [issue.id for issue in self.issues]
        return sorted(combination, key=lambda choice: order.index(choice[0]))

    def digest(self) -> bytes:
        """SHA-256 of the canonical encoding of all of it, notes included."""
        exclude = [
            {
                "together": [write_choice(choice) for choice in self.in_order(combination)],
                "note": note,
            }
            for combination, note in zip(self.exclude, self.exclude_notes, strict=True)
        ]
        whole: dict[str, object] = {
            "agenda": 1,
            "title": self.title,
            "note": self.note,
            "points": self.points,
            "issues": [_issue_tree(issue) for issue in self.issues],
            "exclude": exclude,
        }
        if self.linked is not None:
            whole["linked"] = [list(group) for group in self.linked]
        return encoding.digest(whole)


def read_agenda(data: bytes, where: str) -> Agenda:
    """The agenda in the bytes of a TOML file called `where`. Raises BadInput, with the line."""
    top = read_toml(data, where, limit=FILE_LIMIT)
    if "accept_from" in top or "weights" in top:
        advice = said("Keep it to yourself, and give the agenda here.")
        raise top.bad(said("This is a position, not an agenda."), advice=advice)
    top.allow("title", "note", "points", "linked", "issue", "exclude")
    exclusions = top.tables("exclude")
    for exclusion in exclusions:
        exclusion.allow("together", "note")
    exclude = tuple(read_combination(exclusion, "together") for exclusion in exclusions)
    issues = tuple(_read_issue(table) for table in top.tables("issue"))
    groups = top.groups("linked")
    with top.located():
        return Agenda(
            title=top.text("title"),
            issues=issues,
            exclude=exclude,
            points=top.whole("points", POINTS),
            note=top.text("note", ""),
            exclude_notes=tuple(exclusion.text("note", "") for exclusion in exclusions),
            linked=None if groups is None else tuple(tuple(map(as_id, of)) for of in groups),
        )


def write_agenda(agenda: Agenda) -> str:
    """TOML text that `read_agenda` turns into an equal agenda."""
    lines = [f"title = {write_text(agenda.title)}", f"points = {agenda.points}"]
    lines += _optional("note", agenda.note)
    if agenda.linked is not None:
        groups = (f"[{', '.join(map(write_text, group))}]" for group in agenda.linked)
        lines += [f"linked = [{', '.join(groups)}]"]
    for issue in agenda.issues:
        lines += ["", "[[issue]]", *_named_lines(issue)]
        for option in issue.options:
            lines += ["  [[issue.option]]", *(f"  {line}" for line in _named_lines(option))]
    for combination, note in zip(agenda.exclude, agenda.exclude_notes, strict=True):
        together = write_combination(agenda.in_order(combination))
        lines += ["", "[[exclude]]", f"together = {together}", *_optional("note", note)]
    return "\n".join(lines) + "\n"


def read_choice(text: str) -> Choice:
    """The choice written `issue=option`. Raises BadInput for any other form."""
    issue_id, sign, option_id = text.partition("=")
    if not (sign and issue_id and option_id) or "=" in option_id:
        raise BadPart(
            said("{text} does not name an option.", text=quoted(text)),
            advice=said('Write it "issue=option", by ids.'),
        )
    return as_id(issue_id.strip()), as_id(option_id.strip())


def write_choice(choice: Choice) -> str:
    """`issue=option`."""
    return "=".join(choice)


def read_combination(table: Table, key: str, default: tuple[str, ...] | None = None) -> Combination:
    """The combination under `key`, a list of `issue=option`. Raises BadInput, with the line."""
    choices: set[Choice] = set()
    for text in table.texts(key, default):
        try:
            choice = read_choice(text)
        except BadInput as error:
            raise table.bad(error.what, key, advice=error.advice) from None
        if choice in choices:
            what = said("{text} stands there twice.", text=quoted(text))
            raise table.bad(what, key, advice=said("Delete one."))
        choices.add(choice)
    return frozenset(choices)


def write_combination(choices: Iterable[Choice]) -> str:
    """A TOML array of `issue=option`."""
    return f"[{', '.join(write_text(write_choice(choice)) for choice in choices)}]"


def write_text(text: str) -> str:
    """A TOML string. What TOML would want escaped beyond JSON is not allowed in our texts."""
    return json.dumps(text, ensure_ascii=False)


def require_combination(combination: Combination, part: Place) -> None:
    """Raise BadPart unless `combination` names each issue once at most."""
    seen: set[str] = set()
    for issue_id, _ in combination:
        if issue_id in seen:
            what = said(
                "Two options of the issue {issue} can never be together.", issue=quoted(issue_id)
            )
            raise BadPart(what, part, said("Write one entry for each of the two."))
        seen.add(issue_id)


def _require_named(id_: str, name: str, note: str, source: str) -> None:
    require_id(id_)
    require_line(name, ("name",))
    require_note(note, ("note",))
    require_note(source, ("source",))


def _require_listed(things: Sequence[Issue | Option], limit: int, key: str) -> None:
    if not things:
        raise _no_things(key)
    if len(things) > limit:
        raise BadPart(_too_many(key, limit), (key, limit), said("Leave some out."))
    seen: set[str] = set()
    for number, thing in enumerate(things):
        if thing.id in seen:
            what = _twice(key, thing.id)
            raise BadPart(what, (key, number, "id"), said("Give one of them another id."))
        seen.add(thing.id)


def _no_things(key: str) -> BadPart:
    if key == "issue":
        return BadPart(said("There is no issue."), advice=said("Add at least one issue."))
    return BadPart(said("There is no option."), advice=said("Add at least one option."))


def _too_many(key: str, limit: int) -> str:
    if key == "issue":
        return said("There are more than {most} issues.", most=limit)
    return said("There are more than {most} options.", most=limit)


def _twice(key: str, id_: str) -> str:
    if key == "issue":
        return said("Two issues have the id {id}.", id=quoted(id_))
    return said("Two options have the id {id}.", id=quoted(id_))


def _read_issue(table: Table) -> Issue:
    table.allow("id", "name", "note", "source", "option")
    options = tuple(_read_option(option) for option in table.tables("option"))
    with table.located():
        return Issue(
            id=as_id(table.text("id")),
            name=table.text("name"),
            options=options,
            note=table.text("note", ""),
            source=table.text("source", ""),
        )


def _read_option(table: Table) -> Option:
    table.allow("id", "name", "note", "source")
    with table.located():
        return Option(
            id=as_id(table.text("id")),
            name=table.text("name"),
            note=table.text("note", ""),
            source=table.text("source", ""),
        )


def _issue_tree(issue: Issue) -> dict[str, object]:
    return {
        **_named_tree(issue),
        "options": [_named_tree(option) for option in issue.options],
    }


def _named_tree(thing: Issue | Option) -> dict[str, str]:
    return {"id": thing.id, "name": thing.name, "note": thing.note, "source": thing.source}


def _named_lines(thing: Issue | Option) -> list[str]:
    lines = [f"id = {write_text(thing.id)}", f"name = {write_text(thing.name)}"]
    return [*lines, *_optional("note", thing.note), *_optional("source", thing.source)]


def _optional(key: str, text: str) -> list[str]:
    return [f"{key} = {write_text(text)}"] if text else []
