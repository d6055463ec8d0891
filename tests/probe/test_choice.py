"""Which circuit is taken: from public facts, the cheaper that takes all the agenda permits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from matters import plain
from tracktwo.deal.agenda import read_agenda, write_agenda
from tracktwo.deal.formats import dump_agenda
from tracktwo.deal.spreadsheet import read_agenda_sheet, write_agenda_sheet
from tracktwo.errors import BadInput
from tracktwo.probe.choice import Circuits, Offer
from tracktwo.probe.question import Question, parse_breadth

BEST = Question(("best",))


def test_a_small_agenda_is_listed_and_a_large_one_that_links_is_not() -> None:
    assert Circuits(plain(3, 3, linked=())).choose(BEST).cost.circuit == "enumeration"
    assert Circuits(plain(*[10] * 5, linked=())).choose(BEST).cost.circuit == "frontier"


def test_an_agenda_that_leaves_open_what_is_linked_is_listed_where_it_can_be() -> None:
    circuits = Circuits(plain(*[10] * 5))
    assert circuits.choose(BEST).cost.circuit == "enumeration"
    assert circuits.choose(BEST, "frontier").cost.circuit == "frontier"
    assert Circuits(plain(*[10] * 9)).choose(BEST).cost.circuit == "frontier"


def test_the_cheaper_of_the_two_is_taken() -> None:
    circuits = Circuits(plain(*[10] * 5, linked=()))
    for question in (BEST, Question(("exists",)), Question(("exists", "where", "best"))):
        costs = [o.cost for o in circuits.offers(question).values() if isinstance(o, Offer)]
        assert len(costs) == 2
        taken = circuits.choose(question).cost
        assert taken.bytes_sent == min(cost.bytes_sent for cost in costs)


def test_what_needs_a_list_takes_one_or_says_why_it_cannot() -> None:
    counting = Question(("exists", "how-much"))
    assert Circuits(plain(*[10] * 5, linked=())).choose(counting).cost.circuit == "enumeration"
    with pytest.raises(BadInput, match="No circuit can answer this"):
        Circuits(plain(*[10] * 9)).choose(counting)
    with pytest.raises(BadInput, match="only be asked where they are listed"):
        Circuits(plain(3)).choose(counting, "frontier")


def test_the_unit_of_breadth_decides_which_circuit_there_is() -> None:
    circuits = Circuits(plain(3, 3, linked=()))
    in_points = Question(("best",), "nash", 5, "points")
    assert circuits.choose(in_points).cost.circuit == "frontier"
    assert circuits.choose(replace(in_points, unit="packages")).cost.circuit == "enumeration"
    with pytest.raises(BadInput, match="counts packages, not points"):
        circuits.choose(in_points, "enumeration")


@pytest.mark.parametrize(
    ("text", "breadth"),
    [
        ("0", (0, "packages")),
        ("20", (20, "packages")),
        ("20packages", (20, "packages")),
        ("20 points", (20, "points")),
        ("0points", (0, "packages")),
    ],
)
def test_breadth_is_read_with_its_unit(text: str, breadth: tuple[int, str]) -> None:
    assert parse_breadth(text) == breadth


@pytest.mark.parametrize("text", ["", "points", "-1", "2.5", "20 pounds", "9999999999", "²"])
def test_what_is_no_breadth_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is no breadth"):
        parse_breadth(text)


@pytest.mark.parametrize("linked", [None, (), (("i0", "i1"),), (("i0", "i1"), ("i2", "i0"))])
def test_what_is_linked_survives_every_format_that_can_say_it(
    linked: tuple[tuple[str, ...], ...] | None,
) -> None:
    agenda = plain(2, 2, 2, linked=linked)
    assert read_agenda(write_agenda(agenda).encode(), "a.toml") == agenda
    assert read_agenda_sheet(write_agenda_sheet(agenda, "csv"), "a.csv") == agenda
    assert read_agenda_sheet(write_agenda_sheet(agenda, "xlsx"), "a.xlsx") == agenda
    if linked is not None:
        with pytest.raises(BadInput, match="which issues red lines may join"):
            dump_agenda(agenda, "xml")


def test_agendas_differ_by_what_they_link() -> None:
    digests = {plain(2, 2, linked=of).digest() for of in (None, (), (("i0", "i1"),))}
    assert len(digests) == 3
