"""Plots are well-formed, without styles or colours, escape every text, and have a table behind."""

from __future__ import annotations

import re
from fractions import Fraction
from xml.etree import ElementTree

from tracktwo.show.plots import Axis, Bar, Mark, Plot, Words, bars, pareto

WORDS = Words("one", "A <title>", "What & why", lambda n: f"{float(n):g} pts")
X, Y = Axis("You", 250, 125, "Your line"), Axis("They <b>", 250, 100, "Their line")
POINTS = [(220, 125), (200, 180), (140, 230)]
NASH, LEAST = Mark(200, 180, "Nash", "square"), Mark(200, 180, "Least & most", "triangle")


def both() -> list[Plot]:
    return [
        pareto(WORDS, X, Y, POINTS, [NASH, LEAST]),
        bars(
            WORDS, ("Issue", "You", "They"), [Bar("A & b", (12, Fraction(5, 2))), Bar("C", (0, 25))]
        ),
    ]


def parsed(plot: Plot) -> ElementTree.Element:
    return ElementTree.fromstring(plot.svg)  # noqa: S314 - our own


def numbers(element: ElementTree.Element, *names: str) -> list[float]:
    return [float(element.attrib[name]) for name in names]


def test_a_plot_is_named_for_who_cannot_see_it() -> None:
    for plot in both():
        root = parsed(plot)
        assert root.attrib["role"] == "img"
        ids = root.attrib["aria-labelledby"].split()
        assert [e.attrib["id"] for e in root if e.tag in ("title", "desc")] == ids
        assert [e.text for e in root if e.tag in ("title", "desc")] == ["A <title>", "What & why"]


def test_the_strictest_policy_lets_it_pass_and_any_theme_can_colour_it() -> None:
    for plot in both():
        assert not re.search(r"style|<script|href|#[0-9a-f]{3,6}\b|rgb|onload", plot.svg)
        for element in parsed(plot).iter():
            assert element.attrib.get("stroke", "currentColor") == "currentColor"
            assert re.fullmatch("none|currentColor|url.*", element.attrib.get("fill", "none"))


def test_the_table_behind_has_every_figure() -> None:
    plane, rows = both()
    assert plane.header == ("You", "They <b>", "")
    assert plane.rows == (
        ("220 pts", "125 pts", ""),
        ("200 pts", "180 pts", "Nash, Least & most"),
        ("140 pts", "230 pts", ""),
    )
    assert rows.rows == (("A & b", "12 pts", "2.5 pts"), ("C", "0 pts", "25 pts"))


def test_points_lie_where_their_figures_say() -> None:
    root = parsed(both()[0])
    (frontier,) = [e for e in root.iter() if e.attrib.get("class") == "frontier"]
    places = [
        tuple(map(float, place.split(",")))
        for place in re.findall(r"M([-\d.]+,[-\d.]+)h0", frontier.attrib["d"])
    ]
    (x0, y0), (x1, y1), (x2, y2) = places
    assert (x0 - x1) / (x1 - x2) == (220 - 200) / (200 - 140)
    assert (y0 - y1) / (y1 - y2) == (180 - 125) / (230 - 180)
    assert x0 > x1
    assert y0 > y1  # more is higher, and higher is a smaller number


def test_bars_are_as_long_as_their_figures_and_series_differ_in_filling() -> None:
    root = parsed(both()[1])
    rects = [e for e in root.iter() if e.tag == "rect"][2:]  # behind the legend
    lengths = [numbers(e, "width")[0] for e in rects]
    assert [round(length / lengths[0], 2) for length in lengths] == [1, round(2.5 / 12, 2), 0, 2.08]
    assert [("fill" in e.attrib) for e in rects] == [False, True, False, True]


def test_where_people_read_from_the_right_bars_begin_there() -> None:
    words = Words("two", "T", "D", right_to_left=True)
    root = parsed(bars(words, ("a", "b"), [Bar("x", (5,)), Bar("y", (10,))]))
    assert root.attrib["direction"] == "rtl"
    rects = [numbers(e, "x", "width") for e in root.iter() if e.tag == "rect"]
    assert len({x + width for x, width in rects}) == 1


def test_plots_of_nothing_are_drawn_too() -> None:
    assert parsed(pareto(WORDS, X, Y, [], [])).tag == "svg"
    assert bars(WORDS, ("a", "b"), []).rows == ()


def test_the_frontier_of_the_finest_points_stays_small() -> None:
    fine = [(n, 1000 - n) for n in range(1001)]
    assert len(pareto(WORDS, Axis("a", 1000, 0, ""), Axis("b", 1000, 0, ""), fine, []).svg) < 30_000
