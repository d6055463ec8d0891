"""A position carried over to a changed agenda: what still has a place stays, the rest is blank.

Ids are hidden, and a person scores words: a score stays with its id, so that where the words are
others now it may say the opposite of what was meant. What is so, `reworded` says; what a change
would take away, `lost` says before it is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from tracktwo.deal.agenda import Agenda, Choice, Combination
from tracktwo.deal.linked import joins
from tracktwo.deal.position import Position, RedLine
from tracktwo.deal.sentences import red_line_sentence
from tracktwo.said import rounded, said

Reworded = Mapping[Choice, str]
"""By issue id and option id ("" for the issue itself): its words before, "" if it is new."""

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


def reworded(before: Agenda, after: Agenda, already: Reworded | None = None) -> dict[Choice, str]:
    """What has other words in `after`, or is new, and has not been looked at since.

    `already`: what had in `before`, and was not looked at. A new issue stands for its options.
    """
    old, new = _words(before), _words(after)
    known = {
        place: (already or {}).get(place, old.get(place, ""))
        for place, name in new.items()
        if old.get(place) != name or place in (already or {})
    }
    return {
        (issue, option): name
        for (issue, option), name in known.items()
        if name != new[issue, option] and not (option and known.get((issue, "")) == "")
    }


def reworded_sentences(agenda: Agenda, position: Position, words: Reworded) -> Iterator[str]:
    """What is to be looked at again: each with what the position says of it now."""
    for issue in agenda.issues:
        if (before := words.get((issue.id, ""))) is not None:
            if not before:
                yield said(
                    '"{issue}" is new: its options have score 0 until you score them.',
                    issue=issue.name,
                )
            else:
                yield said(
                    '"{issue}" was "{before}" when you scored it.', issue=issue.name, before=before
                )
        for option in issue.options:
            if (before := words.get((issue.id, option.id))) is None:
                continue
            score = rounded(position.scores[issue.id][option.id], 2)
            if not before:
                yield said(
                    '"{issue}: {option}" is new: its score is {score} until you score it.',
                    issue=issue.name,
                    option=option.name,
                    score=score,
                )
            else:
                yield said(
                    '"{issue}: {option}" was "{before}" when you scored it. Its score is {score}.',
                    issue=issue.name,
                    option=option.name,
                    before=before,
                    score=score,
                )
    for number, line in enumerate(position.red_lines, start=1):
        if any(place in words or (place[0], "") in words for place in line.never | line.unless):
            sentence = red_line_sentence(agenda, line)
            yield said("Red line {number} names it: {sentence}", number=number, sentence=sentence)


def lost_exclusions(before: Agenda, after: Agenda) -> Iterator[str]:
    """What never goes together in `before`, and names what `after` has no more."""
    known = _words(after).keys()
    for of in before.exclude:
        if not of <= known:
            yield red_line_sentence(before, RedLine(of))


def lost(position: Position, before: Agenda, after: Agenda) -> Iterator[str]:
    """What of a position on `before` would have no place on `after`: its red lines, its scores."""
    for line in position.red_lines:
        if not _stands(line, after):
            sentence = red_line_sentence(before, line)
            yield said("The red line: {sentence}", sentence=sentence)
    known = _words(after)
    for issue in before.issues:
        scores = position.scores[issue.id]
        if (issue.id, "") not in known:
            if any(scores.values()):
                yield said('The scores of "{issue}", and what it counts for.', issue=issue.name)
            continue
        for option in issue.options:
            if (issue.id, option.id) not in known and scores[option.id]:
                names = {"issue": issue.name, "option": option.name}
                yield said('The score of "{issue}: {option}".', **names)


def judgement_stands(package: Mapping[str, str], agenda: Agenda, words: Reworded) -> bool:
    """Whether a package that was judged is one of `agenda`, in the words it was judged in."""
    places = {*package.items(), *((issue, "") for issue in package)}
    return (
        package.keys() == {issue.id for issue in agenda.issues}
        and places <= _words(agenda).keys()
        and not any(of <= package.items() for of in agenda.exclude)
        and not any(words.get(place) for place in places)
    )


def _words(agenda: Agenda) -> dict[Choice, str]:
    """The name of everything on an agenda, by its place."""
    return {
        (issue.id, option_id): name
        for issue in agenda.issues
        for option_id, name in (("", issue.name), *((o.id, o.name) for o in issue.options))
    }


def _stands(line: RedLine, agenda: Agenda) -> bool:
    named: Combination = line.never | line.unless
    return named <= _words(agenda).keys() and joins(agenda.linked, (issue for issue, _ in named))
