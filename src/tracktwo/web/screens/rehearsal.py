"""Rehearsal: one's own position against a supposed one of the other side, on this machine alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from starlette.responses import Response

from tracktwo.deal.agenda import Agenda
from tracktwo.deal.analysis import Rule
from tracktwo.deal.best import RULES
from tracktwo.deal.rehearsal import DOUBT, Concession, Raise, Rehearsal, Stretch, rehearse
from tracktwo.deal.room import Point
from tracktwo.deal.typed import read_figure
from tracktwo.errors import BadInput
from tracktwo.said import Value, counted, rounded, said
from tracktwo.show.plots import Axis, Bar, Mark, Plot, bars, pareto
from tracktwo.web import matters
from tracktwo.web.page import Page, screen
from tracktwo.web.screens.agenda import here
from tracktwo.web.screens.position import words

MOST_DOUBT = 50
MOST_ROWS = 200
"""Rows of a table, and issues of a plot."""


def _show(page: Page) -> Response:
    ident, agenda = here(page)
    with page.node() as node:
        mine, theirs = (matters.position_in(node, ident, whose, agenda) for whose in matters.WHOSE)
        terms = {"rule": RULES[0], "doubt": str(DOUBT), **matters.terms(node, ident)}
    found = None
    if mine is not None and theirs is not None:
        try:
            found = rehearse(agenda, mine, theirs, terms["rule"], read_figure(terms["doubt"], 100))
        except BadInput as error:
            page.form.blame("", error)
    values = {} if found is None else _values(page, agenda, found)
    rules = {"nash": page.gettext("Nash"), "egalitarian": page.gettext("Leximin")}
    missing = [
        whose for whose, has in zip(matters.WHOSE, (mine, theirs), strict=True) if has is None
    ]
    return page.show(
        "rehearsal.html",
        agenda=agenda,
        terms=terms,
        most_doubt=MOST_DOUBT,
        rules=rules,
        missing=missing,
        found=found,
        **values,  # type: ignore[arg-type]
    )


def _settle(page: Page) -> Response | None:
    ident, _ = here(page)
    doubt, rule = page.form.line("doubt"), page.form.text("rule")
    with page.form.about("doubt"):
        read_figure(doubt, MOST_DOUBT)
    if rule not in RULES:
        page.form.blame("rule", page.gettext("Choose one of these."))
    if page.form.faults:
        return None
    with page.node() as node:
        matters.keep_terms(node, ident, {"rule": rule, "doubt": doubt})
    return page.go(f"/a/{ident}/rehearsal")


def _values(page: Page, agenda: Agenda, found: Rehearsal) -> dict[str, object]:
    """What the screen shows of a rehearsal."""
    best = {rule: found.study.best[rule] for rule in (Rule.NASH, Rule.EGALITARIAN)}
    chosen = best[Rule.NASH if found.rule == "nash" else Rule.EGALITARIAN]
    cheapest = list(_cheapest(found.concessions))[:MOST_ROWS]
    names = {i.id: (i.name, {o.id: o.name for o in i.options}) for i in agenda.issues}
    return {
        "frontier": _frontier(page, agenda, found, best),
        "outcomes": [point.first(1)[0] for point in chosen[:2]],
        "outcome": [_outcome(found, point) for point in chosen[:2]],
        "concessions": [
            (names[one.issue], one, names[one.issue][1][one.option]) for one in cheapest
        ],
        "concessions_plot": _concessions(page, agenda, cheapest),
        "raises": [_raise(found.raises[0], one) for one in found.raises[1:]],
        "raises_plot": _raises(page, found.raises),
        "stretches": [_stretch(names[one.issue][0], one) for one in _changing(found.stretches)],
    }


def _frontier(
    page: Page, agenda: Agenda, found: Rehearsal, best: dict[Rule, tuple[Point, ...]]
) -> Plot:
    marks = [
        Mark(of[0].a, of[0].b, label, shape)
        for of, label, shape in (
            (best[Rule.NASH], page.gettext("Best by the Nash rule"), "square"),
            (best[Rule.EGALITARIAN], page.gettext("Best by the leximin rule"), "triangle"),
        )
        if of
    ]
    a, b = found.study.a, found.study.b
    description = page.gettext(
        "Each dot is a pair of points that no package both accept improves on. To the right is"
        " better for you, up is better for them."
    )
    return pareto(
        words(page, "frontier", page.gettext("What both could accept"), description),
        Axis(page.gettext("Points for you"), agenda.points, a.line, page.gettext("Your line")),
        Axis(page.gettext("Points for them"), agenda.points, b.line, page.gettext("Their line")),
        [(point.a, point.b) for point in found.study.frontier],
        marks,
    )


def _outcome(found: Rehearsal, point: Point) -> str:
    return said(
        "It lies {mine} points above your line and {theirs} above theirs.",
        mine=point.a - found.study.a.line,
        theirs=point.b - found.study.b.line,
    )


def _cheapest(concessions: Sequence[Concession]) -> Iterator[Concession]:
    """Of each issue the concession that gives most beyond what it costs, if one gives anything."""
    found: dict[str, Concession] = {}
    for one in concessions:
        before = found.get(one.issue)
        if one.gives > 0 and (
            before is None or one.gives - one.costs > before.gives - before.costs
        ):
            found[one.issue] = one
    yield from sorted(found.values(), key=lambda one: one.costs - one.gives)


def _concessions(page: Page, agenda: Agenda, concessions: Sequence[Concession]) -> Plot:
    return bars(
        words(
            page,
            "concessions",
            page.gettext("What a concession costs you and gives them"),
            page.gettext(
                "Two bars for each issue: full, what it costs you; hatched, what it gives."
            ),
        ),
        (page.gettext("Issue"), page.gettext("Costs you"), page.gettext("Gives them")),
        [Bar(agenda.issue(one.issue).name, (one.costs, one.gives)) for one in concessions],
    )


def _raise(honest: Raise, one: Raise) -> str:
    if not one.deals:
        return said("With a line of {line} points there would be no deal either.", line=one.line)
    return counted(
        "A line raised by {percent} % of what is above it, to {line} points: of {count} line they"
        " may have, {lost} would leave no deal any more. You would have {mine} points above your"
        " true line on average, instead of {honest}; they would have {theirs} instead of"
        " {honest_theirs}.",
        "A line raised by {percent} % of what is above it, to {line} points: of {count} lines they"
        " may have, {lost} would leave no deal any more. You would have {mine} points above your"
        " true line on average, instead of {honest}; they would have {theirs} instead of"
        " {honest_theirs}.",
        one.deals,
        percent=one.percent,
        line=one.line,
        lost=one.lost,
        mine=rounded(one.mine, 1),
        honest=rounded(honest.mine, 1),
        theirs=rounded(one.theirs, 1),
        honest_theirs=rounded(honest.theirs, 1),
    )


def _raises(page: Page, raises: Sequence[Raise]) -> Plot:
    return bars(
        words(
            page,
            "raises",
            page.gettext("What exaggerating your line brings and loses"),
            page.gettext("Two bars for each raise: full, your points; hatched, deals lost of 100."),
        ),
        (
            page.gettext("Raised by"),
            page.gettext("Your points"),
            page.gettext("Deals lost, of 100"),
        ),
        [
            Bar(
                page.language.said(said("{share} %", share=one.percent)),
                (one.mine, Fraction(100 * one.lost, max(1, one.deals))),
            )
            for one in raises
        ],
    )


def _changing(stretches: Sequence[Stretch] | None) -> list[Stretch]:
    """Those that change anything for oneself, the worst first."""
    changing = [one for one in stretches or () if one.mine or one.below]
    return sorted(changing, key=lambda one: one.mine)[:MOST_ROWS]


def _stretch(issue: str, one: Stretch) -> str:
    figures: dict[str, Value] = {
        "issue": issue,
        "percent": one.percent,
        "points": rounded(abs(one.mine), 1),
    }
    if one.package is None:
        return said(
            '"{issue}" weighted {percent} % more: no deal would come out any more.', **figures
        )
    if one.below:
        return said(
            '"{issue}" weighted {percent} % more: what came out would truly miss your line.',
            **figures,
        )
    if one.mine < 0:
        return said(
            '"{issue}" weighted {percent} % more: you would truly have {points} points less.',
            **figures,
        )
    return said(
        '"{issue}" weighted {percent} % more: you would have {points} points more.', **figures
    )


SCREENS = [screen("/a/{agenda}/rehearsal", _show, _settle)]
