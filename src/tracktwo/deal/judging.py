"""A person's yes and no to packages: what they contradict, and what position would fit them.

A contradiction is of one of two sorts. Among the judgements: a yes to one package and a no to
another that is worse on no issue, by the person's own scores; no weights and no line can mend that.
With the position: a yes to what it refuses, or a no to what it accepts. A position that fits is
then offered, never taken by itself: with another line; with other weights, changed the least
(least_change.py); or with both. That is how UTA fits weights to judgements (Jacquet-Lagreze, Siskos
1982), but from where the person stands. Scores and red lines are left to the person. SECRET.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from tracktwo.deal.agenda import Agenda
from tracktwo.deal.least_change import Condition, least_change
from tracktwo.deal.package import Package
from tracktwo.deal.points import PointTable, point_table
from tracktwo.deal.position import DECIMALS, TOP_SCORE, Figure, Position, Secret, require_covers
from tracktwo.deal.sentences import share_of, shares_of
from tracktwo.said import Value, counted, joined, rounded, said


@dataclass(frozen=True, slots=True, repr=False)
class Judgement(Secret):
    """Whether a person would take a package, which they know by a name such as "C"."""

    name: str
    package: Package
    accepts: bool


@dataclass(frozen=True, slots=True, repr=False)
class Contradiction(Secret):
    """Judgements, by name, that do not go together, or not with the position.

    `kind` is a fixed word for programs: "order" and "no-weights" are among the judgements,
    "refuses", "red-line" and "accepts" are with the position.
    """

    kind: str
    names: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True, repr=False)
class Correction(Secret):
    """A position that fits the judgements, and what it changes: "line", "weights" or "both"."""

    kind: str
    position: Position
    sentences: tuple[str, ...]


def contradictions(
    agenda: Agenda, position: Position, judgements: Sequence[Judgement]
) -> tuple[Contradiction, ...]:
    """All contradictions: those among the judgements first.

    Raises BadInput if `position` is for another agenda.
    """
    require_covers(position, agenda)
    among = list(_among(agenda, position, judgements))
    stuck = None if among else _stuck(agenda, position, judgements)
    table = point_table(agenda, position)
    alone = [_with_position(agenda, position, table, judgement) for judgement in judgements]
    return (*among, *(one for one in (stuck, *alone) if one is not None))


def corrections(
    agenda: Agenda, position: Position, judgements: Sequence[Judgement]
) -> tuple[Correction, ...]:
    """Positions that fit all the judgements that red lines leave open; none if it fits already.

    Another line alone, and other weights with the same line; if neither can be, both together.
    Raises BadInput if `position` is for another agenda.
    """
    table = point_table(agenda, position)
    judged = _open(position, judgements)
    if _fits(agenda, position, judged):
        return ()
    found = []
    if (line := _line_between(agenda, position, judged)) is not None:
        changed = replace(position, accept_from=_accept_from(agenda, line))
        found.append(Correction("line", changed, (_line_sentence(agenda, position, changed),)))
    for kind in ("weights", "both"):
        if kind == "both" and found:
            break
        other = _reweighed(agenda, position, judged, table.line if kind == "weights" else None)
        if other is not None:
            sentences = [*_weight_sentences(agenda, position, other)]
            if other.accept_from != position.accept_from:
                sentences.append(_line_sentence(agenda, position, other))
            found.append(Correction(kind, other, tuple(sentences)))
    return tuple(found)


# Contradictions


def _among(
    agenda: Agenda, position: Position, judgements: Sequence[Judgement]
) -> Iterator[Contradiction]:
    """A yes beside a no to something worse on no issue that crosses no red line."""
    for no in _open(position, judgements):
        for yes in judgements:
            if no.accepts or not yes.accepts:
                continue
            gaps = [
                Fraction(position.scores[issue.id][no.package[issue.id]])
                - Fraction(position.scores[issue.id][yes.package[issue.id]])
                for issue in agenda.issues
            ]
            if min(gaps) < 0:
                continue
            better = [i.name for i, gap in zip(agenda.issues, gaps, strict=True) if gap]
            yield Contradiction("order", (yes.name, no.name), _order_sentence(yes, no, better))


def _order_sentence(yes: Judgement, no: Judgement, better: Sequence[str]) -> str:
    if not better:
        return said(
            "You take {yes} and refuse {no}, but by your scores they are equally good on every"
            " issue.",
            yes=yes.name,
            no=no.name,
        )
    return said(
        "You take {yes} and refuse {no}, but by your scores {no} is better on {issues} and worse on"
        " nothing.",
        yes=yes.name,
        no=no.name,
        issues=joined([said('"{name}"', name=name) for name in better], "{first} and {rest}"),
    )


def _with_position(
    agenda: Agenda, position: Position, table: PointTable, judgement: Judgement
) -> Contradiction | None:
    crossed = [
        n for n, line in enumerate(position.red_lines, 1) if line.crossed_by(judgement.package)
    ]
    above = _points(agenda, table, judgement.package) - table.line
    names = (judgement.name,)
    if judgement.accepts and crossed:
        crossing = said(
            "You take {name}, but it crosses your red line {number}.",
            name=judgement.name,
            number=crossed[0],
        )
        return Contradiction("red-line", names, crossing)
    if judgement.accepts and above < 0:
        missing = counted(
            "You take {name}, but it misses your line by {count} point.",
            "You take {name}, but it misses your line by {count} points.",
            -above,
            name=judgement.name,
        )
        return Contradiction("refuses", names, missing)
    if not judgement.accepts and not crossed and above >= 0:
        return Contradiction("accepts", names, _accepts_sentence(judgement.name, above))
    return None


def _accepts_sentence(name: str, above: int) -> str:
    if not above:
        return said("You refuse {name}, but it just reaches your line.", name=name)
    return counted(
        "You refuse {name}, but it lies {count} point above your line.",
        "You refuse {name}, but it lies {count} points above your line.",
        above,
        name=name,
    )


def _stuck(
    agenda: Agenda, position: Position, judgements: Sequence[Judgement]
) -> Contradiction | None:
    """Judgements that no weights fit on these scores, whatever the line: as few as there are."""
    judged = _open(position, judgements)

    def fit(some: Sequence[Judgement]) -> bool:
        return _weights(agenda, position, some, None, Fraction(0)) is not None

    if _line_between(agenda, position, judged) is not None or fit(judged):
        return None
    for one in list(judged):
        fewer = [other for other in judged if other is not one]
        if not fit(fewer):
            judged = fewer
    names = tuple(judgement.name for judgement in judged)
    sentence = said(
        "On your scores no weights and no line fit your judgements of {names} together. Judge them"
        " again, or look at the scores.",
        names=joined(names, "{first} and {rest}"),
    )
    return Contradiction("no-weights", names, sentence)


# Corrections


def _open(position: Position, judgements: Sequence[Judgement]) -> list[Judgement]:
    """The judgements of packages that cross no red line."""
    lines = position.red_lines
    return [j for j in judgements if not any(line.crossed_by(j.package) for line in lines)]


def _fits(agenda: Agenda, position: Position, judged: Sequence[Judgement]) -> bool:
    table = point_table(agenda, position)
    return all((_points(agenda, table, j.package) >= table.line) == j.accepts for j in judged)


def _points(agenda: Agenda, table: PointTable, package: Mapping[str, str]) -> int:
    pairs = zip(agenda.issues, table.points, strict=True)
    return sum(int(of[issue.index(package[issue.id])]) for issue, of in pairs)


def _line_between(agenda: Agenda, position: Position, judged: Sequence[Judgement]) -> int | None:
    """The line nearest to the present one, in points, that parts every yes from every no."""
    table = point_table(agenda, position)
    worths = [(_points(agenda, table, j.package), j.accepts) for j in judged]
    least = max((worth + 1 for worth, accepts in worths if not accepts), default=0)
    most = min(agenda.points, *(worth for worth, accepts in worths if accepts), agenda.points)
    if least > most:
        return None
    return max(least, min(table.line, most))


def _accept_from(agenda: Agenda, line: int) -> Decimal:
    """The roundest figure of 100 that makes this line: it is `line` once multiplied and raised."""
    whole, least = (
        Fraction(TOP_SCORE * line, agenda.points),
        Fraction(TOP_SCORE * (line - 1), agenda.points),
    )
    for places in range(DECIMALS):
        figure = Fraction(int(whole * 10**places), 10**places)
        if figure > least:
            return rounded(figure, places)
    return rounded(Fraction(int(whole * 10**DECIMALS), 10**DECIMALS), DECIMALS)


def _reweighed(
    agenda: Agenda, position: Position, judged: Sequence[Judgement], line: int | None
) -> Position | None:
    """A position of other weights that fits, changed the least and then rounded to few places.

    With this line, in points; with None, with the line that is nearest.
    """
    for halves in range(len(agenda.issues) + 2):
        # Points are rounded option by option, so that a package may come out half a point an issue
        # beside its exact worth: then the conditions are drawn tighter.
        weights = _weights(agenda, position, judged, line, Fraction(halves, 2))
        if weights is None:
            return None
        for places in range(DECIMALS + 1):
            other = replace(position, weights=_plain(position.weights, weights, places))
            between = line if line is not None else _line_between(agenda, other, judged)
            if between is None:
                continue
            if line is None:
                other = replace(other, accept_from=_accept_from(agenda, between))
            if _fits(agenda, other, judged):
                return other
    return None


def _weights(
    agenda: Agenda,
    position: Position,
    judged: Sequence[Judgement],
    line: int | None,
    margin: Fraction,
) -> dict[str, Fraction] | None:
    """The weights changed least that put every yes and no on its side of the line, by a margin.

    Before rounding, a package has as many points as its weighted scores times `point`.
    """
    start = [Fraction(position.weights[issue.id]) for issue in agenda.issues]
    point = TOP_SCORE * sum(start, Fraction(0)) / agenda.points
    conditions = []
    for judgement in judged:
        sign = 1 if judgement.accepts else -1
        scores = [Fraction(position.scores[i.id][judgement.package[i.id]]) for i in agenda.issues]
        above = margin if judgement.accepts else margin + 1
        fixed = Fraction(0 if line is None else line)
        conditions.append(
            Condition(
                tuple(sign * score for score in scores),
                Fraction(sign if line is None else 0),
                point * (sign * fixed + above),
            )
        )
    found = least_change(start, conditions)
    return None if found is None else {i.id: w for i, w in zip(agenda.issues, found, strict=True)}


def _plain(
    before: Mapping[str, Figure], after: Mapping[str, Fraction], places: int
) -> dict[str, Figure]:
    """Weights with those that changed rounded to so many places."""
    return {
        issue: old if old == after[issue] else rounded(after[issue], places)
        for issue, old in before.items()
    }


def _line_sentence(agenda: Agenda, before: Position, after: Position) -> str:
    old, new = point_table(agenda, before).line, point_table(agenda, after).line
    accept_from = rounded(after.accept_from, DECIMALS)
    figures: dict[str, Value] = {"old": old, "new": new, "accept_from": accept_from}
    if new > old:
        return said("Raise your line from {old} to {new} points ({accept_from} of 100).", **figures)
    return said("Lower your line from {old} to {new} points ({accept_from} of 100).", **figures)


def _weight_sentences(agenda: Agenda, before: Position, after: Position) -> Iterator[str]:
    old, new = shares_of(before), shares_of(after)
    for issue in agenda.issues:
        if before.weights[issue.id] != after.weights[issue.id]:
            yield said(
                'Let "{issue}" count for {new} instead of {old}.',
                issue=issue.name,
                new=share_of(new[issue.id]),
                old=share_of(old[issue.id]),
            )
