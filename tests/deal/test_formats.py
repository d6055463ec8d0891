"""Every format, by its ending or its look; and what files that hold 6 places make of fractions."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from strategies import agendas, positions
from tracktwo.deal.agenda import Agenda, Issue, Option
from tracktwo.deal.formats import (
    Format,
    dump_agenda,
    dump_position,
    format_of,
    in_places,
    load_agenda,
    load_position,
)
from tracktwo.deal.points import point_table
from tracktwo.deal.position import Position, rounded, write_position
from tracktwo.errors import BadInput

OURS: tuple[Format, ...] = ("toml", "xlsx", "csv")
EVERY: tuple[Format, ...] = (*OURS, "xml")

AGENDA = Agenda(
    "Thirds",
    (
        Issue("p", "P", (Option("a", "A"), Option("b", "B"), Option("c", "C"))),
        Issue("q", "Q", (Option("a", "A"), Option("b", "B"))),
    ),
    points=1000,
)
PLAIN = Position(
    Decimal(50),
    {"p": Decimal(60), "q": Decimal(40)},
    {
        "p": {"a": Decimal(100), "b": Decimal("33.333333"), "c": Decimal(0)},
        "q": {"a": Decimal(0), "b": Decimal(100)},
    },
    notes="as agreed",
)
THIRDS = replace(PLAIN, scores={**PLAIN.scores, "p": {**PLAIN.scores["p"], "b": Fraction(100, 3)}})


@settings(max_examples=examples(40))
@given(st.data(), st.sampled_from(OURS))
def test_what_is_dumped_loads_equal_by_its_ending_and_by_its_look(
    data: st.DataObject, kind: Format
) -> None:
    agenda = data.draw(agendas())
    position = data.draw(positions(agenda))
    written = dump_agenda(agenda, kind), dump_position(position, agenda, kind)
    for where in (f"folder/Name.{kind.upper()}", "stdin"):
        assert load_agenda(written[0], where) == agenda
        assert load_position(written[1], where, agenda) == position


def test_genius_files_are_dumped_and_loaded_too() -> None:
    assert load_agenda(dump_agenda(AGENDA, "xml"), "domain.xml") == AGENDA
    written = dump_position(PLAIN, AGENDA, "xml")
    assert load_position(written, "profile.xml", AGENDA) == PLAIN
    assert load_position(b"\xef\xbb\xbf\n" + written, "?", AGENDA) == PLAIN


def test_the_ending_of_a_name_is_its_format() -> None:
    assert [format_of(f"a/b.c.{kind.upper()}") for kind in EVERY] == list(EVERY)
    for name in ("agenda", "agenda.ods", ".toml", "toml"):
        with pytest.raises(BadInput, match=r"\.toml, \.xml, \.xlsx, \.csv"):
            format_of(name)


def test_a_file_of_another_format_than_its_ending_is_refused_with_its_name() -> None:
    for kind in OURS:
        with pytest.raises(BadInput, match=r"a\.xml"):
            load_agenda(dump_agenda(AGENDA, kind), "a.xml")
        with pytest.raises(BadInput, match=r"p\.xml"):
            load_position(dump_position(PLAIN, AGENDA, kind), "p.xml", AGENDA)


@pytest.mark.parametrize("kind", EVERY)
def test_fractions_are_rounded_on_the_way_into_a_file_which_says_so(kind: Format) -> None:
    found = load_position(dump_position(THIRDS, AGENDA, kind), f"p.{kind}", AGENDA)
    assert found.scores == PLAIN.scores
    assert found.notes == (
        "as agreed\nRounding figures that have no end to 6 decimals changed nothing in points."
    )


def test_a_change_in_points_through_rounding_is_counted() -> None:
    # 6 points a score: a twelfth is just half a point, which counts; 0.083333 is just less
    p = {**PLAIN.scores["p"], "c": Fraction(1, 12)}
    changed = replace(PLAIN, scores={**PLAIN.scores, "p": p})
    before = point_table(AGENDA, changed).points[0].tolist()
    plain = in_places(changed, AGENDA)
    assert before != point_table(AGENDA, plain).points[0].tolist()
    assert plain.notes.endswith("changed 1 of the points.")


def test_a_position_of_decimals_alone_is_left_as_it_is() -> None:
    assert in_places(PLAIN, AGENDA) is PLAIN
    assert rounded(PLAIN) == PLAIN


def test_weights_without_end_become_shares_of_a_hundred() -> None:
    thirds = replace(PLAIN, weights={"p": Fraction(1, 3), "q": Fraction(1, 3)})
    assert rounded(thirds).weights == {"p": Decimal(50), "q": Decimal(50)}
    tiny = replace(PLAIN, weights={"p": Fraction(1, 3 * 10**9), "q": Decimal(0)})
    assert rounded(tiny).weights == {"p": Decimal(100), "q": Decimal(0)}


def test_the_toml_writer_refuses_fractions_rather_than_round_them_unsaid() -> None:
    with pytest.raises(BadInput, match="decimals"):
        write_position(THIRDS, AGENDA)


@settings(max_examples=examples(100))
@given(st.data())
def test_points_of_fractions_are_those_of_the_formula(data: st.DataObject) -> None:
    agenda = data.draw(agendas())
    drawn = data.draw(positions(agenda))
    by = data.draw(st.sampled_from([3, 7, 10**19 + 51]))
    weights = {i: Fraction(weight) / by for i, weight in drawn.weights.items()}
    table, same = point_table(agenda, drawn), point_table(agenda, replace(drawn, weights=weights))
    assert all(np.array_equal(*pair) for pair in zip(table.points, same.points, strict=True))
    assert table.line == same.line


@settings(max_examples=examples(200))
@given(st.binary(max_size=40), st.sampled_from([*EVERY, "?"]))
def test_any_bytes_raise_bad_input_and_nothing_else(data: bytes, ending: str) -> None:
    for start in (b"", b"PK\x03\x04", b"<?xml version='1.0'?>", b"kind,issue\n"):
        with pytest.raises(BadInput):
            load_agenda(start + data, f"a.{ending}")
        with pytest.raises(BadInput):
            load_position(start + data, f"p.{ending}", AGENDA)
