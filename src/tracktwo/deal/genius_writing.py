"""Writing GENIUS: domains and profiles that its tools read as we mean them, or a refusal.

Ids, notes and sources stand in attributes that GENIUS passes over and `genius` reads back. What
the format cannot say is refused, never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from xml.sax.saxutils import quoteattr

from tracktwo.deal.agenda import POINTS, Agenda, Issue, Option
from tracktwo.deal.position import TOP_SCORE, Position, require_covers, write_figure
from tracktwo.deal.toml_reading import quoted
from tracktwo.errors import BadInput
from tracktwo.said import said

_PLACES = 20
_DISCRETE = {"type": "discrete", "etype": "discrete", "vtype": "discrete"}
_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_domain(agenda: Agenda) -> bytes:
    """A GENIUS domain that `read_domain` turns into an equal agenda.

    But for the title "root", which is what GENIUS calls a domain without one. Raises BadInput for
    what the format cannot say: exclusions, linked issues, and names that stand twice.
    """
    if agenda.exclude:
        what = said("A GENIUS domain cannot say which options exclude each other.")
        raise BadInput(what, advice=said("Write another format, or take out every [[exclude]]."))
    if agenda.linked is not None:
        what = said("A GENIUS domain cannot say which issues red lines may join.")
        raise BadInput(what, advice=said("Write another format, or take out linked."))
    points = str(agenda.points) if agenda.points != POINTS else ""
    space = {"number_of_issues": str(len(agenda.issues)), "points": points, "note": agenda.note}
    lines = ["<negotiation_template>", _tag("utility_space", space), _objective(agenda)]
    for number, issue in enumerate(agenda.issues, start=1):
        lines += _issue_lines(issue, number, {})
    return _encoded([*lines, "</objective>", "</utility_space>", "</negotiation_template>"])


def write_profile(position: Position, agenda: Agenda) -> bytes:
    """A GENIUS preference profile that `read_profile` turns into a position of the same points.

    Raises BadInput for what the format cannot say: red lines, an issue whose best option scores
    neither 100 nor 0, weights that do not divide evenly by their sum, fractions.
    """
    require_covers(position, agenda)
    _require_expressible(position)
    total = sum((Fraction(weight) for weight in position.weights.values()), Fraction(0))
    lines = [_tag("utility_space", {"note": position.notes}), _objective(agenda)]
    for number, issue in enumerate(agenda.issues, start=1):
        scores = position.scores[issue.id]
        lines += _issue_lines(issue, number, {o: write_figure(s) for o, s in scores.items()})
    for number, issue in enumerate(agenda.issues, start=1):
        share = _digits(Fraction(position.weights[issue.id]) / total)
        lines += [_closed("weight", {"index": number, "value": share})]
    reservation = _closed("reservation", {"value": _digits(Fraction(position.accept_from) / 100)})
    return _encoded([*lines, "</objective>", reservation, "</utility_space>"])


def _require_expressible(position: Position) -> None:
    if position.red_lines:
        what = said("A GENIUS profile cannot say red lines.")
        raise BadInput(what, advice=said("Write another format, or take out every [[red_line]]."))
    for issue, of in position.scores.items():
        if max(of.values()) not in (0, TOP_SCORE):
            what = said(
                "GENIUS counts scores from the best option of an issue, and in {issue} no option"
                " scores {top}.",
                issue=quoted(issue),
                top=TOP_SCORE,
            )
            advice = said(
                "Score it {top}, the others in proportion, and weigh the issue less.",
                top=TOP_SCORE,
            )
            raise BadInput(what, advice=advice)


def _objective(agenda: Agenda) -> str:
    if twice := _twice([issue.name for issue in agenda.issues]):
        what = said("Two issues are called {name}; GENIUS tells them apart by name.", name=twice)
        raise BadInput(what, advice=said("Give one of them another name."))
    kind = {"type": "objective", "etype": "objective"}
    return _tag("objective", {"index": 0, "name": agenda.title, **kind})


def _issue_lines(issue: Issue, number: int, evaluations: Mapping[str, str]) -> list[str]:
    """`evaluations`: by option id; left out where there is none."""
    if twice := _twice([option.name for option in issue.options]):
        what = said(
            "Two options of one issue are called {name}; GENIUS tells them apart by name.",
            name=twice,
        )
        raise BadInput(what, advice=said("Give one of them another name."))
    lines = [_tag("issue", {"index": number, "name": issue.name, **_DISCRETE, **_ours(issue)})]
    for item, option in enumerate(issue.options, start=1):
        given = {"index": str(item), "value": option.name, **_ours(option)}
        lines += [_closed("item", {**given, "evaluation": evaluations.get(option.id, "")})]
    return [*lines, "</issue>"]


def _twice(names: list[str]) -> str:
    """The first name that recurs, quoted; "" if none does."""
    return next((quoted(name) for name in names if names.count(name) > 1), "")


def _ours(thing: Issue | Option) -> dict[str, str]:
    return {"id": thing.id, "note": thing.note, "source": thing.source}


def _tag(name: str, attributes: Mapping[str, str | int]) -> str:
    given = {key: str(value) for key, value in attributes.items() if value != ""}
    return f"<{name}{''.join(f' {key}={quoteattr(value)}' for key, value in given.items())}>"


def _closed(name: str, attributes: Mapping[str, str | int]) -> str:
    return f"{_tag(name, attributes)[:-1]}/>"


def _encoded(lines: list[str]) -> bytes:
    text = "".join(f"{line}\n" for line in lines)
    if sign := _NOT_XML.search(text):
        code = f"U+{ord(sign[0]):04X}"
        what = said("A text contains the sign {code}, which XML cannot hold.", code=code)
        raise BadInput(what, advice=said("Delete it, or write another format."))
    return text.encode()


def _digits(value: Fraction) -> str:
    """The digits of a value that has finitely many, and few. Raises BadInput for any other."""
    fine = value * 10**_PLACES
    if fine.denominator != 1:
        what = said(
            "The weights do not divide evenly by their sum, so GENIUS cannot hold them exactly."
        )
        raise BadInput(what, advice=said("Choose weights that sum to 100."))
    return f"{Decimal(fine.numerator).scaleb(-_PLACES).normalize():f}"
