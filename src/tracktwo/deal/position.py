"""The position: one side's private view of an agenda (DESIGN 4.0).

SECRET. Nothing of it is in a repr, an exception or a truth value; what is printed is printed on
purpose. Messages name issues, options and lines of the file, never a figure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import NoReturn, SupportsIndex

from tracktwo.deal.agenda import (
    COMBINATION_LIMIT,
    FILE_LIMIT,
    Agenda,
    Combination,
    read_combination,
    require_combination,
    write_combination,
    write_text,
)
from tracktwo.deal.linked import joins
from tracktwo.deal.texts import as_id, require_note
from tracktwo.deal.toml_reading import BadPart, Place, Table, nearest, quoted, read_toml
from tracktwo.errors import BadInput
from tracktwo.said import said

Figure = Decimal | Fraction
"""A decimal of at most 6 places, as files hold; or any fraction, from formats that imply thirds."""

DECIMALS = 6
TOP_SCORE = 100
TOP_WEIGHT = 1_000_000
NOTES_LENGTH = 100_000


_RANGES: dict[str | int, str] = {
    "accept_from": said("It says what a package must reach, of 100."),
    "weights": said("Weights count in proportion to each other only."),
    "scores": "0 is the worst an option can be, 100 the best.",
    "default_score": "0 is the worst an option can be, 100 the best.",
}


class Secret:
    """Refuses to be printed, pickled, copied through pickling, or used as a condition."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: not shown>"

    def __bool__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} has no truth value")

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} is not pickled")


@dataclass(frozen=True, slots=True, repr=False)
class RedLine(Secret):
    """A combination a side never accepts, unless another is given.

    It crosses when all of `never` are in a package and not all of `unless` are; with no `unless`,
    always. Each issue may stand in it once. Raises BadPart (a BadInput) where that fails.
    """

    never: Combination
    unless: Combination = frozenset()
    note: str = ""

    def __post_init__(self) -> None:
        require_note(self.note, ("note",))
        if not self.never:
            raise BadPart(
                said("A red line says never to nothing."), ("never",), said("Name an option.")
            )
        require_combination(self.never, ("never",))
        require_combination(self.unless, ("unless",))
        shared = {issue for issue, _ in self.never} & {issue for issue, _ in self.unless}
        if shared:
            what = said(
                "The issue {issue} stands in both never and unless.", issue=quoted(min(shared))
            )
            advice = said(
                "A package has one option of an issue, so unless must speak of another issue."
            )
            raise BadPart(what, ("unless",), advice)

    def crossed_by(self, package: Mapping[str, str]) -> bool:
        """Whether a package, issue id to option id, crosses it."""
        held = package.items()
        return self.never <= held and not (self.unless and self.unless <= held)


@dataclass(frozen=True, slots=True, repr=False)
class Position(Secret):
    """What one side wants, exactly as written: decimals of at most 6 places, or fractions.

    `accept_from`: the least it would take, of 100. `weights`: by issue id, 0 to 1,000,000, not all
    0. `scores`: by issue id and option id, 0 to 100. Raises BadPart (a BadInput) where that fails;
    whether it covers an agenda, `require_covers` says.
    """

    accept_from: Figure
    weights: Mapping[str, Figure]
    scores: Mapping[str, Mapping[str, Figure]]
    red_lines: tuple[RedLine, ...] = ()
    notes: str = ""

    def __post_init__(self) -> None:
        scores = {issue: MappingProxyType(dict(of)) for issue, of in self.scores.items()}
        object.__setattr__(self, "weights", MappingProxyType(dict(self.weights)))
        object.__setattr__(self, "scores", MappingProxyType(scores))
        require_note(self.notes, ("notes",), NOTES_LENGTH)
        _require_number(self.accept_from, TOP_SCORE, ("accept_from",))
        for issue, weight in self.weights.items():
            _require_number(weight, TOP_WEIGHT, ("weights", issue))
        if not any(self.weights.values()):
            raise BadPart(
                said("No weight is above 0."), ("weights",), said("Weigh at least one issue.")
            )
        for issue, of in scores.items():
            for option, score in of.items():
                _require_number(score, TOP_SCORE, ("scores", issue, option))
        if len(self.red_lines) > COMBINATION_LIMIT:
            what = said("There are more than {most} red lines.", most=COMBINATION_LIMIT)
            raise BadPart(what, ("red_line", COMBINATION_LIMIT), said("Leave some out."))


def in_units(figures: Sequence[Figure]) -> tuple[list[int], int]:
    """The figures in units of which all of them are whole, and how many units make one."""
    ratios = [figure.as_integer_ratio() for figure in figures]
    one = math.lcm(*(below for _, below in ratios))
    return [above * (one // below) for above, below in ratios], one


def rounded(position: Position) -> Position:
    """The position with every fraction rounded to the 6 places that files hold, halves to even.

    Weights, which matter only as shares of their sum, become shares of 100 first if one of them is
    a fraction. A position of decimals alone comes back equal.
    """
    weights = position.weights
    if any(isinstance(weight, Fraction) for weight in weights.values()):
        total = sum(Fraction(weight) for weight in weights.values())
        weights = {issue: 100 * Fraction(weight) / total for issue, weight in weights.items()}
    return replace(
        position,
        accept_from=_rounded(position.accept_from),
        weights={issue: _rounded(weight) for issue, weight in weights.items()},
        scores={
            issue: {option: _rounded(score) for option, score in of.items()}
            for issue, of in position.scores.items()
        },
    )


def _rounded(value: Figure) -> Decimal:
    if isinstance(value, Decimal):
        return value
    return Decimal(round(value * 10**DECIMALS)).scaleb(-DECIMALS)


def require_covers(position: Position, agenda: Agenda) -> None:
    """Raise BadPart unless `position` speaks of all of `agenda` and of nothing else."""
    for place, given in (("weights", position.weights), ("scores", position.scores)):
        _require_same(given, [issue.id for issue in agenda.issues], "issue", (place,))
    for issue in agenda.issues:
        options = [option.id for option in issue.options]
        _require_same(position.scores[issue.id], options, "option", ("scores", issue.id))
    for number, line in enumerate(position.red_lines):
        agenda.require_known(line.never, ("red_line", number, "never"))
        agenda.require_known(line.unless, ("red_line", number, "unless"))
        if not joins(agenda.linked, (issue for issue, _ in line.never | line.unless)):
            raise BadPart(
                said("This red line joins issues that the agenda does not declare linked."),
                ("red_line", number, "never"),
                said("Agree with the other side on an agenda that links them, or take it out."),
            )


def read_position(data: bytes, where: str, agenda: Agenda) -> Position:
    """The position on `agenda` in the bytes of a TOML file called `where`.

    Raises BadInput, with the line, also for a position written for another agenda.
    """
    top = read_toml(data, where, limit=FILE_LIMIT)
    if "issue" in top:
        raise top.bad(
            said("This is an agenda, not a position."), advice=said("Give the position here.")
        )
    top.allow("accept_from", "default_score", "notes", "weights", "scores", "red_line")
    weights, scores = top.table("weights"), top.table("scores")
    _require_this_agenda(weights, scores, agenda)
    with top.located():
        position = Position(
            accept_from=top.decimal("accept_from"),
            weights=_read_numbers(weights),
            scores=_read_scores(top, agenda),
            red_lines=tuple(_read_red_line(table) for table in top.tables("red_line")),
            notes=top.text("notes", ""),
        )
        require_covers(position, agenda)
    return position


def write_position(position: Position, agenda: Agenda) -> str:
    """TOML text that `read_position` turns into an equal position.

    Raises BadInput for a position with fractions in it: see `rounded`.
    """
    lines = [f"accept_from = {write_figure(position.accept_from)}"]
    lines += [f"notes = {write_text(position.notes)}"] if position.notes else []
    lines += ["", "[weights]"]
    lines += [f"{write_text(i.id)} = {write_figure(position.weights[i.id])}" for i in agenda.issues]
    for issue in agenda.issues:
        lines += ["", f"[scores.{write_text(issue.id)}]"]
        scores = position.scores[issue.id]
        lines += [f"{write_text(o.id)} = {write_figure(scores[o.id])}" for o in issue.options]
    for line in position.red_lines:
        lines += ["", "[[red_line]]", f"never = {write_combination(agenda.in_order(line.never))}"]
        if line.unless:
            lines += [f"unless = {write_combination(agenda.in_order(line.unless))}"]
        lines += [f"note = {write_text(line.note)}"] if line.note else []
    return "\n".join(lines) + "\n"


def write_figure(value: Figure) -> str:
    """A decimal in plain digits. Raises BadInput for a fraction, which has no such digits."""
    if isinstance(value, Fraction):
        what = said("A figure of this position has more than {places} decimals.", places=DECIMALS)
        raise BadInput(what, advice=said("Round the position first."))
    return f"{value:f}"


def _require_number(value: Figure, top: int, part: Place) -> None:
    name = quoted(str(part[-1]))
    if isinstance(value, Decimal):
        # The exponent first: arithmetic on a decimal such as 1e999999999 would not end.
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int) or exponent > DECIMALS:
            raise BadPart(said("{name} is not a number that can be used.", name=name), part)
        if exponent < -DECIMALS:
            raise BadPart(
                said("{name} has more than {places} decimals.", name=name, places=DECIMALS),
                part,
                said("Round it."),
            )
    if not 0 <= value <= top:
        raise BadPart(
            said("{name} is not between 0 and {top}.", name=name, top=top),
            part,
            _RANGES.get(part[0], ""),
        )


def _require_same(given: Mapping[str, object], known: list[str], kind: str, part: Place) -> None:
    for name in given:
        if name not in known:
            what = said("{name} is not an issue of the agenda.", name=quoted(name))
            if kind == "option":
                what = said("{name} is not an option of the agenda.", name=quoted(name))
            raise BadPart(what, (*part, name), nearest(name, known))
    missing = [quoted(name) for name in known if name not in given]
    if missing:
        table = ".".join(map(str, part))
        shown = ", ".join(missing[:5])
        if len(missing) > 5:
            shown = said("{names} and others", names=shown)
        advice = said("Add a line to [{table}] for each.", table=table)
        if part[0] == "scores":
            advice = said(
                "Add a line to [{table}] for each. Or state one score for all not named, such as"
                " default_score = 0, at the top.",
                table=table,
            )
        raise BadPart(
            said("Nothing is said in [{table}] about {names}.", table=table, names=shown),
            part,
            advice,
        )


def _require_this_agenda(weights: Table, scores: Table, agenda: Agenda) -> None:
    named = {as_id(key) for key in (*weights, *scores)}
    if named and named.isdisjoint(issue.id for issue in agenda.issues):
        what = said(
            "This position is for another agenda: none of its issues is on {title}.",
            title=quoted(agenda.title),
        )
        first = next(iter(weights), None)
        table = scores if first is None else weights
        raise table.bad(what, next(iter(table)), advice=said("Give the agenda it was written for."))


def _read_numbers(table: Table) -> dict[str, Decimal]:
    numbers: dict[str, Decimal] = {}
    for key in table:
        name = as_id(key)
        if name in numbers:
            what = said("{text} stands there twice.", text=quoted(key))
            raise table.bad(what, key, advice=said("Delete one."))
        numbers[name] = table.decimal(key)
    return numbers


def _read_scores(top: Table, agenda: Agenda) -> dict[str, dict[str, Decimal]]:
    scores: dict[str, dict[str, Decimal]] = {}
    if "default_score" in top:
        default = top.decimal("default_score")
        _require_number(default, TOP_SCORE, ("default_score",))
        scores = {i.id: {option.id: default for option in i.options} for i in agenda.issues}
    table = top.table("scores")
    for key in table:
        given = _read_numbers(table.table(key))
        scores[as_id(key)] = {**scores.get(as_id(key), {}), **given}
    return scores


def _read_red_line(table: Table) -> RedLine:
    table.allow("never", "unless", "note")
    never = read_combination(table, "never")
    unless = read_combination(table, "unless", ())
    with table.located():
        return RedLine(never, unless, table.text("note", ""))
