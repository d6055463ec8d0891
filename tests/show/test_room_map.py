"""The map of the room: all words that tell options apart, and a line that crosses no other box."""

from __future__ import annotations

from itertools import product
from xml.etree.ElementTree import Element, fromstring

import pytest

from tracktwo.deal.agenda import Agenda, Issue, Option
from tracktwo.probe.question import Answer
from tracktwo.show.room_map import Signs, drawing

LONG = (
    "May not write or be a source; the studio says beforehand what it uses, and in the credits too"
)


def agenda(*counts: int, name: str = "Option") -> Agenda:
    return Agenda(
        "Map",
        tuple(
            Issue(
                f"i{n}", f"Issue {n}", tuple(Option(f"o{k}", f"{name} {k}") for k in range(count))
            )
            for n, count in enumerate(counts)
        ),
    )


def drawn(of: Agenda, best: tuple[int, ...], most: int = 3, *, rtl: bool = False) -> Element:
    where = {i.id: dict.fromkeys((o.id for o in i.options), True) for i in of.issues}
    package = {i.id: i.options[k].id for i, k in zip(of.issues, best, strict=True)}
    answer = Answer(refused=False, exists=True, where=where, best=package)
    return fromstring(  # noqa: S314 - the same
        drawing(of, answer, Signs("Map", most=most, width=360, right_to_left=rtl))
    )


def numbers(element: Element, *names: str) -> tuple[float, ...]:
    return tuple(float(element.attrib[name]) for name in names)


@pytest.mark.parametrize("rtl", [False, True])
@pytest.mark.parametrize("best", list(product(range(4), range(2), range(7))))
def test_the_line_crosses_no_box(best: tuple[int, ...], rtl: bool) -> None:
    picture = drawn(agenda(4, 2, 7), best, rtl=rtl)
    boxes = {numbers(box, "x", "y", "width", "height") for box in picture.iter("rect")}
    for line in picture.iter("line"):
        (x1, y1, x2, y2) = numbers(line, "x1", "y1", "x2", "y2")
        for x, y, width, height in boxes:
            for part in range(1, 100):
                is_across = x < x1 + (x2 - x1) * part / 100 < x + width
                assert not (is_across and y < y1 + (y2 - y1) * part / 100 < y + height)


def test_options_of_one_row_each_are_all_joined() -> None:
    assert len(list(drawn(agenda(3, 2, 3), (0, 1, 2)).iter("line"))) == 2


def test_words_that_differ_only_at_their_end_are_drawn_to_the_end() -> None:
    texts = [text.text for text in drawn(agenda(3, name=LONG), (0,)).iter("text")]
    shown = " ".join(filter(None, texts))
    assert "..." not in shown
    assert [f"too {k}" in shown for k in range(3)] == [True] * 3


def test_no_box_overlaps_another_however_long_its_words() -> None:
    picture = drawn(agenda(4, 5, name=LONG), (0, 0))
    boxes = sorted({numbers(box, "y", "x", "height", "width") for box in picture.iter("rect")})
    for one, other in product(boxes, boxes):
        if one < other and one[1] == other[1]:
            assert one[0] + one[2] <= other[0]
