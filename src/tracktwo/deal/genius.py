"""Reading GENIUS: the XML in which the research field keeps domains and preference profiles.

By the rule of GENIUS itself (docs/decisions/0004-genius-scores.md): the utility of a package
is the sum over its issues of weight * evaluation / largest evaluation of the issue, which may need
fractions and gets them; a reservation r accepts from 100 r. What GENIUS does not use to compute a
utility is passed over: agents, costs, similarity functions, weights of objectives. What it does
use and we cannot take is refused with its line; a discount for time alone, which changes nothing
at the start of a negotiation, is left out and stated in the notes of the position.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from tracktwo.deal.agenda import (
    FILE_LIMIT,
    ISSUE_LIMIT,
    OPTION_LIMIT,
    POINTS,
    Agenda,
    Issue,
    Option,
)
from tracktwo.deal.located import located
from tracktwo.deal.position import DECIMALS, Figure, Position, require_covers
from tracktwo.deal.toml_reading import Place, nearest, quoted
from tracktwo.deal.xml_tree import Element, read_xml
from tracktwo.errors import BadInput
from tracktwo.said import said

_INSIDE = {
    "negotiation_template": {"agent", "utility_space"},
    "utility_space": {"objective", "reservation", "discount_factor"},
    "objective": {"objective", "issue", "weight", "reservation", "discount_factor"},
    "issue": {"item", "similarity_function"},
}
_NUMBER = re.compile(r"(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,2})?")
_NEGLIGIBLE = Fraction(1, 10**5)  # GENIUS takes a largest evaluation below this for none at all
_NOISE = Fraction(1, 10**9)  # weights that miss 1 by less were meant to sum to 1
_ID_ROOM = 56  # signs of a name kept in an id, so that a number can follow


def read_domain(data: bytes, where: str) -> Agenda:
    """The agenda in the bytes of a GENIUS domain called `where`.

    Issues and options get ids made from their names, unless `genius_writing` left theirs in
    the file. Raises BadInput, with the line: also for issues that are not lists of options.
    """
    top = read_xml(data, where, limit=FILE_LIMIT)
    _require_tag(top, "negotiation_template", where)
    found = _Found(top, where)
    with located(where, {(): top.line}):
        return Agenda(
            title=_title(found.of("objective")),
            issues=tuple(_read_issues(found)),
            points=_read_points(found),
            note=_note(found.of("utility_space")),
        )


def read_profile(data: bytes, where: str, agenda: Agenda) -> Position:
    """The position on `agenda` in the bytes of a GENIUS preference profile called `where`.

    Issues and options are matched by name. Figures that no decimal of 6 places holds are
    fractions. Raises BadInput, with the line: also for what is not additive or is missing.
    """
    top = read_xml(data, where, limit=FILE_LIMIT)
    _require_tag(top, "utility_space", where)
    _require_additive(top, where)
    found = _Found(top, where)
    matched = _match(found, agenda)
    notes = [note for note in [_note([top])] if note]
    notes += _discount_notes(found)
    weights = _read_weights(found, matched)
    total = sum(weights.values(), Fraction(0))
    scores: dict[str, dict[str, Figure]] = {}
    for issue in agenda.issues:
        scores[issue.id] = _read_scores(found, matched[issue.id], issue, notes)
    lines: dict[Place, int] = {("accept_from",): _reservation_line(found), (): top.line}
    lines |= {("scores", issue): element.line for issue, element in matched.items()}
    with located(where, lines):
        position = Position(
            accept_from=_figure(100 * _read_reservation(found) / _whole(total, notes)),
            weights={issue: _figure(100 * weight) for issue, weight in weights.items()},
            scores=scores,
            notes="\n".join(notes),
        )
        require_covers(position, agenda)
    return position


class _Found:
    """The elements of a file, each checked to belong where it stands."""

    __slots__ = ("_elements", "where")

    def __init__(self, top: Element, where: str) -> None:
        self.where = where
        self._elements = list(self._walk(top))

    def of(self, tag: str) -> list[Element]:
        """Those of a tag, in the order of the file."""
        return [element for element in self._elements if element.tag == tag]

    def bad(self, what: str, element: Element, advice: str = "") -> BadInput:
        """The error for an element, to be raised by the caller."""
        return BadInput(what, where=self.where, line=element.line, advice=advice)

    def text(self, element: Element, key: str) -> str:
        """An attribute that must be there."""
        if key not in element.attributes:
            what = said("This {element} has no {key}.", element=element.tag, key=quoted(key))
            raise self.bad(what, element)
        return element.attributes[key]

    def number(self, element: Element, key: str) -> Fraction:
        """An attribute that must be a number, exactly as written."""
        text = self.text(element, key).strip()
        if not _NUMBER.fullmatch(text):
            what = said(
                "{key} of this {element} is not a number that can be used.",
                key=quoted(key),
                element=element.tag,
            )
            raise self.bad(what, element, said("Write a plain number, 0 or above."))
        return Fraction(text)

    def _walk(self, element: Element) -> Iterator[Element]:
        yield element
        allowed = _INSIDE.get(element.tag)
        for child in element.children if allowed else ():
            if allowed and child.tag not in allowed:
                what = said(
                    "{inner} inside {outer} cannot be taken over.",
                    inner=quoted(child.tag),
                    outer=quoted(element.tag),
                )
                advice = said(
                    "Only issues of listed options, with weights and a reservation, are read."
                )
                raise self.bad(what, child, advice)
            yield from self._walk(child)


def _require_tag(top: Element, tag: str, where: str) -> None:
    if top.tag == tag:
        return
    found = quoted(top.tag)
    what = said("This is not a GENIUS profile; it begins with {found}.", found=found)
    advice = said("A profile begins with <{tag}>.", tag=tag)
    if tag == "negotiation_template":
        what = said("This is not a GENIUS domain; it begins with {found}.", found=found)
        advice = said("A domain begins with <{tag}>.", tag=tag)
    raise BadInput(what, where=where, line=top.line, advice=advice)


def _require_additive(top: Element, where: str) -> None:
    kind = top.attributes.get("type", "linear")
    if kind not in ("linear", "additive"):
        what = said(
            "This profile is {kind}: its utilities are not sums over the issues.", kind=quoted(kind)
        )
        advice = said("Only additive ones are read.")
        raise BadInput(what, where=where, line=top.line, advice=advice)


def _read_issues(found: _Found) -> Iterator[Issue]:
    taken: set[str] = set()
    elements = found.of("issue")
    _require_few(found, elements, ISSUE_LIMIT)
    for number, element in enumerate(elements, start=1):
        _require_discrete(found, element)
        options = tuple(_read_options(found, element))
        name = found.text(element, "name")
        issue_id = element.attributes.get("id") or _id_from(name, f"issue-{number}", taken)
        taken.add(issue_id)
        with located(found.where, {(): element.line}):
            yield Issue(issue_id, name, options, _note([element]), _source(element))


def _read_options(found: _Found, issue: Element) -> Iterator[Option]:
    taken: set[str] = set()
    names: set[str] = set()
    elements = issue.inside("item")
    _require_few(found, elements, OPTION_LIMIT)
    for number, element in enumerate(elements, start=1):
        name = found.text(element, "value")
        if name in names:
            what = said("{option} is an option of this issue twice.", option=quoted(name))
            raise found.bad(what, element, said("Delete one of the two."))
        names.add(name)
        option_id = element.attributes.get("id") or _id_from(name, f"option-{number}", taken)
        taken.add(option_id)
        with located(found.where, {(): element.line}):
            yield Option(option_id, name, _note([element]), _source(element))


def _require_few(found: _Found, elements: Sequence[Element], limit: int) -> None:
    # Before any is looked at: finding ids for names that recur takes time by their square.
    if len(elements) > limit:
        what = said(
            "There are more than {most} elements {tag} in one place.",
            most=limit,
            tag=quoted(elements[0].tag),
        )
        raise found.bad(what, elements[limit])


def _require_discrete(found: _Found, issue: Element) -> None:
    for key in ("type", "etype", "vtype"):
        kind = issue.attributes.get(key, "discrete")
        if kind != "discrete":
            name = quoted(issue.attributes.get("name", ""))
            what = said("The issue {issue} is {kind}.", issue=name, kind=quoted(kind))
            advice = said('Only "discrete" ones, whose options are listed, can be read.')
            raise found.bad(what, issue, advice)


def _id_from(name: str, otherwise: str, taken: set[str]) -> str:
    """An id not `taken` that reads like `name`, or `otherwise` where nothing of it can stay."""
    text = re.sub(r"^[-\u2212](?=\d)", "minus-", name.strip())
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text[:500]).casefold())
    kept = "".join(sign if _fits_id(sign) else "-" for sign in folded)
    kept = re.sub(r"(?<!\d)\.|\.(?!\d)", "-", kept)
    stem = re.sub(r"-+", "-", kept).lstrip("-.")[:_ID_ROOM].rstrip("-.")
    if not stem or unicodedata.category(stem[0])[0] == "M":
        stem = otherwise
    number = 1
    while (candidate := stem if number == 1 else f"{stem}-{number}") in taken:
        number += 1
    return candidate


def _fits_id(sign: str) -> bool:
    category = unicodedata.category(sign)
    return sign == "." or category[0] in "LM" or category == "Nd"


def _title(objectives: Iterable[Element]) -> str:
    names = (objective.attributes.get("name", "") for objective in objectives)
    return next((name for name in names if name.strip() and name != "root"), "Negotiation")


def _note(elements: Iterable[Element]) -> str:
    return next((element.attributes.get("note", "") for element in elements), "")


def _source(element: Element) -> str:
    return element.attributes.get("source", "")


def _read_points(found: _Found) -> int:
    for space in found.of("utility_space"):
        if "points" in space.attributes:
            return int(found.number(space, "points"))
    return POINTS


def _match(found: _Found, agenda: Agenda) -> dict[str, Element]:
    """The element of each issue of the agenda: of its name, and where names recur, in order."""
    matched: dict[str, Element] = {}
    for element in found.of("issue"):
        _require_discrete(found, element)
        name = found.text(element, "name")
        named = [issue.id for issue in agenda.issues if issue.name == name]
        issue_id = next((issue for issue in named if issue not in matched), None)
        if issue_id is None:
            what = said(
                "{name} is not an issue of the agenda, or stands there twice.", name=quoted(name)
            )
            raise found.bad(what, element, nearest(name, [issue.name for issue in agenda.issues]))
        matched[issue_id] = element
    for issue in agenda.issues:
        if issue.id not in matched:
            what = said(
                "The profile says nothing about the issue {issue}.", issue=quoted(issue.name)
            )
            raise found.bad(what, found.of("utility_space")[0])
    return matched


def _read_weights(found: _Found, matched: Mapping[str, Element]) -> dict[str, Fraction]:
    weights: dict[str, Fraction] = {}
    for element in found.of("weight"):
        index = found.text(element, "index")
        if index in weights:
            what = said("There are two weights of index {index}.", index=quoted(index))
            raise found.bad(what, element)
        weights[index] = found.number(element, "value")
    by_issue = {}
    for issue_id, element in matched.items():
        index = found.text(element, "index")
        if index not in weights:
            what = said("The issue of index {index} has no weight.", index=quoted(index))
            raise found.bad(what, element)
        by_issue[issue_id] = weights[index]
    return by_issue


def _read_scores(
    found: _Found, element: Element, issue: Issue, notes: list[str]
) -> dict[str, Figure]:
    """Of 100, by option id. Appends to `notes` what had to be settled."""
    ids = {option.name: option.id for option in issue.options}
    if len(ids) < len(issue.options):
        what = said("{issue} has two options of one name.", issue=quoted(issue.name))
        raise found.bad(what, element)
    evaluations: dict[str, Fraction] = {}
    for item in element.inside("item"):
        name = found.text(item, "value")
        if name not in ids:
            what = said(
                "{option} is not an option of the issue {issue}.",
                option=quoted(name),
                issue=quoted(issue.name),
            )
            raise found.bad(what, item, nearest(name, ids))
        if ids[name] in evaluations:
            notes.append(
                f"The GENIUS profile lists {quoted(name)} of {quoted(issue.name)} twice; the later "
                f"evaluation, in line {item.line}, holds, as in GENIUS."
            )
        evaluations[ids[name]] = found.number(item, "evaluation")
    largest = max(evaluations.values(), default=Fraction(0))
    if largest < _NEGLIGIBLE:
        return dict.fromkeys(evaluations, Decimal(0))
    return {option: _figure(100 * value / largest) for option, value in evaluations.items()}


def _discount_notes(found: _Found) -> Iterator[str]:
    for element in found.of("discount_factor"):
        if 0 < found.number(element, "value") < 1:
            yield (
                "The GENIUS profile discounts utilities as time goes by; that is left out, and "
                "packages count as if agreed at once."
            )


def _read_reservation(found: _Found) -> Fraction:
    reservations = found.of("reservation")
    if len(reservations) > 1:
        raise found.bad(said("There are two reservations."), reservations[1], said("Delete one."))
    return found.number(reservations[0], "value") if reservations else Fraction(0)


def _reservation_line(found: _Found) -> int:
    return next((element.line for element in found.of("reservation")), 1)


def _whole(total: Fraction, notes: list[str]) -> Fraction:
    """The utility of everything, which reservations are given of: 1, or what weights sum to."""
    if abs(total - 1) < _NOISE or total == 0:
        return Fraction(1)
    notes.append(
        "The weights of the GENIUS profile do not sum to 1; they are taken as shares of their sum, "
        "and the reservation too, so that the same packages stay acceptable."
    )
    return total


def _figure(value: Fraction) -> Figure:
    """A decimal if 6 places hold the value, else the fraction."""
    fine = value * 10**DECIMALS
    if fine.denominator != 1:
        return value
    plain = Decimal(fine.numerator).scaleb(-DECIMALS)
    return Decimal(value.numerator) if value.denominator == 1 else plain.normalize()
