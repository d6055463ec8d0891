"""An agenda and a position as a form holds them: plain texts, right or wrong, and what is wrong.

A draft can hold anything a person types, also half done. `agenda_of` and `position_of` make the
real thing or say of each field what is wrong with it, all at once. The fields are named by their
places, as in files: ("issue", 0, "option", 2, "name"). What no field alone is wrong about stands
at (). Nothing of a position's figures is in a message.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from tracktwo.deal.agenda import (
    POINTS,
    POINTS_LIMIT,
    Agenda,
    Combination,
    Issue,
    Option,
    read_choice,
    write_choice,
)
from tracktwo.deal.position import (
    TOP_SCORE,
    TOP_WEIGHT,
    Position,
    RedLine,
    Secret,
    require_covers,
    rounded,
    write_figure,
)
from tracktwo.deal.sentences import red_line_sentence
from tracktwo.deal.texts import as_id, require_id, require_line, require_note
from tracktwo.deal.toml_reading import BadPart, Place
from tracktwo.deal.typed import named_id, read_figure
from tracktwo.said import said

_T = TypeVar("_T")


@dataclass(slots=True)
class Named:
    """An option. Without an id it gets one from its name."""

    id: str = ""
    name: str = ""
    note: str = ""
    source: str = ""


@dataclass(slots=True)
class NamedIssue(Named):
    """An issue."""

    options: list[Named] = field(default_factory=list)


@dataclass(slots=True)
class Together:
    """Options that never go together, each written `issue=option`, and why."""

    options: list[str] = field(default_factory=list)
    note: str = ""


@dataclass(slots=True)
class AgendaDraft:
    """An agenda in the making. `linked`: ids of issues, or None where the agenda says nothing."""

    title: str = ""
    note: str = ""
    points: str = str(POINTS)
    issues: list[NamedIssue] = field(default_factory=list)
    exclude: list[Together] = field(default_factory=list)
    linked: list[list[str]] | None = None


@dataclass(slots=True, repr=False)
class RedLineDraft(Secret):
    """Options never accepted together, each `issue=option`, unless others are given."""

    never: list[str] = field(default_factory=list)
    unless: list[str] = field(default_factory=list)
    note: str = ""


@dataclass(slots=True, repr=False)
class PositionDraft(Secret):
    """A position in the making: figures as typed, by issue id and option id."""

    accept_from: str = ""
    weights: dict[str, str] = field(default_factory=dict)
    scores: dict[str, dict[str, str]] = field(default_factory=dict)
    red_lines: list[RedLineDraft] = field(default_factory=list)
    notes: str = ""


class Faulty(Exception):
    """A draft that is not yet what it should be: by place, what is wrong and what to do."""

    def __init__(self, faults: dict[Place, BadPart]) -> None:
        super().__init__("the draft has faults")
        self.faults = faults


def agenda_draft(agenda: Agenda) -> AgendaDraft:
    """The draft that `agenda_of` makes an equal agenda of."""
    notes = agenda.exclude_notes
    return AgendaDraft(
        title=agenda.title,
        note=agenda.note,
        points=str(agenda.points),
        issues=[
            NamedIssue(i.id, i.name, i.note, i.source, [_option_draft(o) for o in i.options])
            for i in agenda.issues
        ],
        exclude=[
            Together(_written(agenda, of), note)
            for of, note in zip(agenda.exclude, notes, strict=True)
        ],
        linked=None if agenda.linked is None else [list(group) for group in agenda.linked],
    )


def position_draft(position: Position, agenda: Agenda) -> PositionDraft:
    """The draft that `position_of` makes an equal position of, but for fractions, which it rounds.

    Raises BadInput if `position` is for another agenda.
    """
    require_covers(position, agenda)
    plain = rounded(position)
    return PositionDraft(
        accept_from=write_figure(plain.accept_from),
        weights={i.id: write_figure(plain.weights[i.id]) for i in agenda.issues},
        scores={
            i.id: {o.id: write_figure(plain.scores[i.id][o.id]) for o in i.options}
            for i in agenda.issues
        },
        red_lines=[
            RedLineDraft(_written(agenda, of.never), _written(agenda, of.unless), of.note)
            for of in plain.red_lines
        ],
        notes=plain.notes,
    )


def agenda_of(draft: AgendaDraft) -> Agenda:
    """The agenda of a draft. Raises Faulty."""
    faults = _Faults()
    issue_ids = _ids([issue.id for issue in draft.issues], [i.name for i in draft.issues])
    issues = [
        _issue(issue, id_, faults, ("issue", number))
        for number, (issue, id_) in enumerate(zip(draft.issues, issue_ids, strict=True))
    ]
    faults.check(lambda: require_line(draft.title, ("title",)), "title")
    faults.check(lambda: require_note(_lines(draft.note), ("note",)), "note")
    points = faults.made(lambda: _whole(draft.points), "points") or POINTS
    exclude = [
        _combination(of.options, faults, ("exclude", number, "together"))
        for number, of in enumerate(draft.exclude)
    ]
    faults.stop()
    linked = draft.linked
    agenda = faults.made(
        lambda: Agenda(
            title=draft.title,
            issues=tuple(issue for issue in issues if issue is not None),
            exclude=tuple(exclude),
            points=points,
            note=_lines(draft.note),
            exclude_notes=tuple(_lines(of.note) for of in draft.exclude),
            linked=None if linked is None else tuple(tuple(map(as_id, g)) for g in linked),
        ),
        inside=True,
    )
    if agenda is None:
        raise faults.raised()
    return agenda


def without_gone(draft: AgendaDraft) -> None:
    """Take out what names issues or options that the draft has no more."""
    issues = {issue.id for issue in draft.issues}
    known = {f"{issue.id}={option.id}" for issue in draft.issues for option in issue.options}
    draft.exclude = [of for of in draft.exclude if known.issuperset(of.options)]
    if draft.linked is not None:
        groups = [[id_ for id_ in group if id_ in issues] for group in draft.linked]
        draft.linked = [group for group in groups if len(group) > 1]


def position_of(draft: PositionDraft, agenda: Agenda) -> Position:
    """The position of a draft on `agenda`. Raises Faulty."""
    faults = _Faults()

    def figure(text: str, top: int, *place: str | int) -> Decimal:
        return faults.made(lambda: read_figure(text, top), *place) or Decimal(0)

    accept_from = figure(draft.accept_from, TOP_SCORE, "accept_from")
    weights = {
        i.id: figure(draft.weights.get(i.id, ""), TOP_WEIGHT, "weights", i.id)
        for i in agenda.issues
    }
    scores = {
        i.id: {
            o.id: figure(draft.scores.get(i.id, {}).get(o.id, ""), TOP_SCORE, "scores", i.id, o.id)
            for o in i.options
        }
        for i in agenda.issues
    }
    red_lines = [_red_line(of, faults, number) for number, of in enumerate(draft.red_lines)]
    faults.stop()
    lines = tuple(line for line in red_lines if line is not None)

    def made() -> Position:
        position = Position(accept_from, weights, scores, lines, _lines(draft.notes))
        require_covers(position, agenda)
        return position

    position = faults.made(made, inside=True)
    if position is None:
        raise faults.raised()
    return position


def require_drawable(draft: RedLineDraft, agenda: Agenda) -> None:
    """Raise BadPart, at "unless", for a new red line whose `unless` can never be in a package.

    So that it is a `never` without `unless`, which its author may not see.
    """
    never, unless = ({read_choice(text) for text in of} for of in (draft.never, draft.unless))
    agenda.require_known(unless, ("unless",))
    for issue in agenda.issues:
        if {issue.id} <= {of for of, _ in never} & {of for of, _ in unless}:
            what = said('"{issue}" stands in both never and unless.', issue=issue.name)
            advice = said(
                "A package has one option of an issue, so unless must speak of another issue."
            )
            raise BadPart(what, ("unless",), advice)
    for exclusion in agenda.exclude:
        if exclusion <= never | unless and not exclusion <= never:
            what = said(
                "This can never be in such a package: the agenda says {sentence}",
                sentence=red_line_sentence(agenda, RedLine(exclusion)),
            )
            raise BadPart(what, ("unless",), said("Choose what can be, or nothing."))


class _Faults:
    """What is wrong with a draft, by place; the first fault of a place stays."""

    def __init__(self) -> None:
        self._found: dict[Place, BadPart] = {}

    def check(self, check: Callable[[], object], *place: str | int) -> None:
        """What goes wrong in `check` is wrong at this place."""
        self.made(check, *place)

    def made(self, make: Callable[[], _T], *place: str | int, inside: bool = False) -> _T | None:
        """What `make` makes; None where it cannot, which is wrong at this place.

        With `inside`, at the part of it that the error names.
        """
        try:
            return make()
        except BadPart as error:
            self._found.setdefault((*place, *error.part) if inside else place, error)
            return None

    def raised(self) -> Faulty:
        """All of it, to be raised."""
        return Faulty(self._found)

    def stop(self) -> None:
        """Raise Faulty if anything is wrong."""
        if self._found:
            raise self.raised()

    @property
    def count(self) -> int:
        """How many places have a fault."""
        return len(self._found)


def _issue(draft: NamedIssue, id_: str, faults: _Faults, place: Place) -> Issue | None:
    before = faults.count
    _check_named(draft, id_, faults, place)
    ids = _ids([o.id for o in draft.options], [o.name for o in draft.options])
    options = list(zip(draft.options, ids, strict=True))
    for number, (option, option_id) in enumerate(options):
        _check_named(option, option_id, faults, (*place, "option", number))
    if faults.count > before:
        return None
    return faults.made(
        lambda: Issue(
            id_,
            draft.name,
            tuple(Option(i, o.name, _lines(o.note), _lines(o.source)) for o, i in options),
            _lines(draft.note),
            _lines(draft.source),
        ),
        *place,
        inside=True,
    )


def _check_named(draft: Named, id_: str, faults: _Faults, place: Place) -> None:
    faults.check(lambda: require_id(id_), *place, "id")
    faults.check(lambda: require_line(draft.name, ("name",)), *place, "name")
    faults.check(lambda: require_note(_lines(draft.note), ("note",)), *place, "note")
    faults.check(lambda: require_note(_lines(draft.source), ("source",)), *place, "source")


def _ids(given: Sequence[str], names: Sequence[str]) -> list[str]:
    """The ids, with one made from its name where there is none."""
    ids = [as_id(id_.strip()) for id_ in given]
    for place, id_ in enumerate(ids):
        if not id_:
            ids[place] = named_id(names[place], [i for i in ids if i])
    return ids


def _combination(texts: Sequence[str], faults: _Faults, place: Place) -> Combination:
    def made() -> Combination:
        return frozenset(read_choice(text) for text in texts if text.strip())

    return faults.made(made, *place) or frozenset()


def _red_line(draft: RedLineDraft, faults: _Faults, number: int) -> RedLine | None:
    place = ("red_line", number)
    before = faults.count
    never = _combination(draft.never, faults, (*place, "never"))
    unless = _combination(draft.unless, faults, (*place, "unless"))
    if faults.count > before:
        return None
    return faults.made(lambda: RedLine(never, unless, _lines(draft.note)), *place, inside=True)


def _whole(text: str) -> int:
    figure = read_figure(text, POINTS_LIMIT)
    if figure != int(figure) or not figure:
        advice = said("Write a whole number from 1 to {top}.", top=POINTS_LIMIT)
        raise BadPart(said("This is not a whole number that can be used."), advice=advice)
    return int(figure)


def _lines(text: str) -> str:
    """A text of several lines as it is kept: browsers end lines in two signs."""
    return text.replace("\r\n", "\n")


def _written(agenda: Agenda, combination: Combination) -> list[str]:
    return [write_choice(choice) for choice in agenda.in_order(combination)]


def _option_draft(option: Option) -> Named:
    return Named(option.id, option.name, option.note, option.source)
