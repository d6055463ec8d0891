"""A position carried over to a changed agenda: what still has a place stays, the rest is blank."""

from __future__ import annotations

from decimal import Decimal

from tracktwo.deal.agenda import Agenda, Combination
from tracktwo.deal.linked import joins
from tracktwo.deal.position import Position, RedLine

NEW_WEIGHT, NEW_SCORE, NEW_LINE = Decimal(100), Decimal(0), Decimal(50)


def blank(agenda: Agenda) -> Position:
    """A position that says nothing yet: equal weights, every score 0, the line in the middle."""
    return Position(
        NEW_LINE,
        {issue.id: NEW_WEIGHT for issue in agenda.issues},
        {issue.id: {option.id: NEW_SCORE for option in issue.options} for issue in agenda.issues},
    )


def fitted(position: Position, agenda: Agenda) -> Position:
    """The position on `agenda`: by ids, what is new as in `blank`.

    A red line goes that names what is gone, or joins what may not be joined any more. The same
    position comes back equal where it fits already.
    """
    new = blank(agenda)
    weights = {i: position.weights.get(i, weight) for i, weight in new.weights.items()}
    return Position(
        position.accept_from,
        weights if any(weights.values()) else new.weights,
        {
            i: {o: position.scores.get(i, {}).get(o, s) for o, s in of.items()}
            for i, of in new.scores.items()
        },
        tuple(line for line in position.red_lines if _stands(line, agenda)),
        position.notes,
    )


def _stands(line: RedLine, agenda: Agenda) -> bool:
    named: Combination = line.never | line.unless
    known = {(issue.id, option.id) for issue in agenda.issues for option in issue.options}
    return named <= known and joins(agenda.linked, (issue for issue, _ in named))
