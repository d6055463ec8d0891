"""Swing weights: how much it counts to move one issue from its worst option to its best.

People judge badly how important an issue is as such, and well how much one step would be worth to
them beside another. So one asks: all issues stand at your worst option, and you may move one to its
best; which? Its swing is 100, and each other swing is a share of it (Keeney, Raiffa 1976,
"Decisions with Multiple Objectives"; von Winterfeldt, Edwards 1986, "Decision Analysis and
Behavioral Research"; Edwards, Barron 1994, "SMARTS and SMARTER").

An issue's swing is its weight times the span of its scores. Where scores span all of 0 to 100 the
weights are the swings; where they span less, the weight is larger. All of it is SECRET.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from tracktwo.deal.agenda import Agenda
from tracktwo.deal.points import point_table
from tracktwo.deal.position import TOP_SCORE, Figure, Position, Secret
from tracktwo.deal.sentences import either, share_of, shares_of
from tracktwo.deal.toml_reading import BadPart, quoted
from tracktwo.said import rounded, said

TOP_SWING = 100

Scores = Mapping[str, Mapping[str, Figure]]
"""By issue id, by option id."""


@dataclass(frozen=True, slots=True, repr=False)
class SwingView(Secret):
    """One issue's swing: of 100, what it is worth in points, and the sentences that explain it.

    `exact`: before rounding. `points`: as the probe counts it, the best option's less the worst's.
    """

    issue: str
    name: str
    swing: Fraction
    exact: Fraction
    points: int
    sentence: str
    rounding: str


def weights_of(
    swings: Mapping[str, Figure], scores: Scores, names: Mapping[str, str] | None = None
) -> dict[str, Figure]:
    """The weights that give each issue its swing on these scores; only their proportions count.

    An issue whose options all have one score has no swing, and gets no weight. Raises BadPart for a
    swing outside 0 to 100, for one of such an issue, and where none is above 0. `names`: what
    issues are called there, by their ids.
    """
    weights: dict[str, Figure] = {}
    for issue, swing in swings.items():
        span = _span(scores[issue])
        if not 0 <= swing <= TOP_SWING:
            what = said("The swing is not between 0 and {top}.", top=TOP_SWING)
            raise BadPart(what, ("swings", issue), said("The one that matters most is 100."))
        if swing and not span:
            what = said(
                "All options of {issue} have one score: no swing.",
                issue=quoted((names or {}).get(issue, issue)),
            )
            raise BadPart(what, ("swings", issue), said("Score its options, or take 0."))
        weights[issue] = _unless_whole(swing, span)
    if not any(weights.values()):
        advice = said("Give 100 to the one you would move first.")
        raise BadPart(said("No swing is above 0."), ("swings",), advice)
    return weights


def swings_of(position: Position) -> dict[str, Fraction]:
    """The swing of each issue: the largest is 100, unless all are 0."""
    products = {
        issue: Fraction(weight) * _span(position.scores[issue])
        for issue, weight in position.weights.items()
    }
    top = max(products.values())
    return {issue: TOP_SWING * of / top if top else of for issue, of in products.items()}


def swing_views(agenda: Agenda, position: Position) -> tuple[SwingView, ...]:
    """Each issue's swing in points, in the order of the agenda, and how it was rounded.

    Raises BadInput if `position` is for another agenda.
    """
    table = point_table(agenda, position)
    swings = swings_of(position)
    shares = shares_of(position)
    total = sum((Fraction(weight) for weight in position.weights.values()), Fraction(0))
    views = []
    for issue, worths in zip(agenda.issues, table.points, strict=True):
        scores = position.scores[issue.id]
        unit = agenda.points * Fraction(position.weights[issue.id]) / total / TOP_SCORE
        high, low = max(scores.values()), min(scores.values())
        best = [option.name for option in issue.options if scores[option.id] == high]
        worst = [option.name for option in issue.options if scores[option.id] == low]
        points = int(worths.max()) - int(worths.min())
        if high == low:
            sentence = said('"{issue}": one option is as good as another to you.', issue=issue.name)
        else:
            sentence = said(
                '"{issue}": going from {worst} to {best} is worth {points} of your {budget} points,'
                " {share} of all you can gain.",
                issue=issue.name,
                worst=either(worst),
                best=either(best),
                points=points,
                budget=agenda.points,
                share=share_of(shares[issue.id]),
            )
        exact = unit * (Fraction(high) - Fraction(low))
        rounding = _rounding(unit * Fraction(high), unit * Fraction(low))
        views.append(
            SwingView(issue.id, issue.name, swings[issue.id], exact, points, sentence, rounding)
        )
    return tuple(views)


def total_sentence(agenda: Agenda, position: Position) -> str:
    """What the best options come to together, and why that may not be the whole budget."""
    total = sum(int(worths.max()) for worths in point_table(agenda, position).points)
    best = [max(of.values()) == TOP_SCORE for of in position.scores.values()]
    if total == agenda.points:
        return said("Your best options come to all {budget} points.", budget=agenda.points)
    if all(best):
        return said(
            "Your best options come to {total} points instead of {budget}, because each is rounded"
            " by itself.",
            total=total,
            budget=agenda.points,
        )
    return said(
        "Your best options come to {total} of {budget} points, because not every issue has an"
        " option with score {top}.",
        total=total,
        budget=agenda.points,
        top=TOP_SCORE,
    )


def _rounding(high: Fraction, low: Fraction) -> str:
    """How the points of the best and the worst option came about: each by itself."""
    best, worst = rounded(high, 0), rounded(low, 0)
    if high == Fraction(best) and low == Fraction(worst):
        return said("These are whole points without rounding.")
    return said(
        "Points are whole and halves go up: {high} for the best becomes {best}, {low} for the worst"
        " becomes {worst}.",
        high=rounded(high, 3),
        best=best,
        low=rounded(low, 3),
        worst=worst,
    )


def _span(scores: Mapping[str, Figure]) -> Fraction:
    return Fraction(max(scores.values())) - Fraction(min(scores.values()))


def _unless_whole(swing: Figure, span: Fraction) -> Figure:
    """The weight of a swing: the swing as it stands where scores span everything."""
    if not span or span == TOP_SCORE:
        return swing
    return Fraction(swing) * TOP_SCORE / span
