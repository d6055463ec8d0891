"""Spreadsheets: what is written reads back equal; what a spreadsheet makes of text is refused."""

from __future__ import annotations

import csv
import io
import zipfile
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from strategies import agendas, positions
from tracktwo.deal.agenda import Agenda, Issue, Option
from tracktwo.deal.position import Position, RedLine
from tracktwo.deal.sheet_rows import Kind
from tracktwo.deal.spreadsheet import (
    read_agenda_sheet,
    read_position_sheet,
    write_agenda_sheet,
    write_position_sheet,
)
from tracktwo.errors import BadInput

KINDS: tuple[Kind, ...] = ("csv", "xlsx")

AGENDA = Agenda(
    "Water",
    (
        Issue("share", "Share of the flow", (Option("1-2", "1/2"), Option("200", "=200 m3"))),
        Issue("monitor", "Monitors", (Option("un", "UN"), Option("none", "-"))),
    ),
    (frozenset({("share", "200"), ("monitor", "none")}),),
    note="two\nlines; and, 'marks'",
)
POSITION = Position(
    Decimal("55.5"),
    {"share": Decimal(30), "monitor": Decimal("12.25")},
    {
        "share": {"1-2": Decimal(100), "200": Decimal(0)},
        "monitor": {"un": Decimal("33.333333"), "none": Decimal(1)},
    },
    (RedLine(frozenset({("share", "1-2")}), frozenset({("monitor", "un")}), "by order"),),
    "+ what was said",
)


def table(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def as_csv(rows: list[list[str]], delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode()


def edited(data: bytes, old: str, new: str) -> bytes:
    text = data.decode("utf-8-sig")
    assert old in text
    return text.replace(old, new).encode()


def position_csv() -> bytes:
    return write_position_sheet(POSITION, AGENDA, "csv")


def workbook(cells: list[list[Any]], sheet: str = "agenda") -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in cells:
        book.active.append(row)
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


HEADINGS = ["kind", "issue", "option", "name"]
ROWS: list[list[Any]] = [
    HEADINGS,
    ["agenda", None, None, "Water"],
    ["issue", "share", None, "Share"],
    ["option", "share", "a", "A"],
]


@settings(max_examples=examples(60))
@given(agendas(), st.sampled_from(KINDS))
def test_an_agenda_written_as_a_sheet_reads_back_equal(agenda: Agenda, kind: Kind) -> None:
    assert read_agenda_sheet(write_agenda_sheet(agenda, kind), f"a.{kind}") == agenda


@settings(max_examples=examples(60))
@given(st.data(), st.sampled_from(KINDS))
def test_a_position_written_as_a_sheet_reads_back_equal(data: st.DataObject, kind: Kind) -> None:
    agenda = data.draw(agendas())
    position = data.draw(positions(agenda))
    written = write_position_sheet(position, agenda, kind)
    assert read_position_sheet(written, f"p.{kind}", agenda) == position


@pytest.mark.parametrize("kind", KINDS)
def test_text_that_starts_like_a_formula_is_kept_as_text_and_written_so_it_stays(
    kind: Kind,
) -> None:
    for sign in "=+-@\t'＝":
        for name in (f"{sign}1+1", f"'{sign}1", f"{sign}{sign}", f"''{sign}x"):
            agenda = replace(AGENDA, note=name)
            assert read_agenda_sheet(write_agenda_sheet(agenda, kind), "a").note == name
    for row in table(write_agenda_sheet(AGENDA, "csv")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in row)
    book = openpyxl.load_workbook(io.BytesIO(write_agenda_sheet(AGENDA, "xlsx")))
    (cell,) = [c for row in book["agenda"].iter_rows() for c in row if c.value == "=200 m3"]
    assert (cell.data_type, cell.quotePrefix, cell.number_format) == ("s", True, "@")


def test_scores_are_numbers_in_a_workbook_and_text_there_is_formatted_as_text() -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_position_sheet(POSITION, AGENDA, "xlsx")))
    rows = list(book["position"].iter_rows(min_row=2))
    values = [row[4] for row in rows if row[4].value is not None]
    assert {cell.data_type for cell in values} == {"n"}
    assert [cell.value for cell in values] == [55.5, 30, 12.25, 100, 0, 33.333333, 1]
    texts = [cell for row in rows for cell in row if isinstance(cell.value, str)]
    assert {cell.number_format for cell in texts} == {"@"}


def test_semicolons_tabs_and_decimal_commas_are_read() -> None:
    for delimiter in ";\t":
        rows = table(position_csv())
        for row in rows:
            row[4] = row[4].replace(".", ",")
        found = read_position_sheet(as_csv(rows, delimiter), "p.csv", AGENDA)
        assert found == POSITION


def test_bom_utf_16_and_other_line_ends_are_read() -> None:
    text = write_agenda_sheet(AGENDA, "csv").decode("utf-8-sig")
    for data in (
        text.encode(),
        text.encode("utf-8-sig"),
        text.encode("utf-16"),
        text.replace("\r\n", "\n").encode(),
    ):
        assert read_agenda_sheet(data, "a.csv") == AGENDA


def test_columns_in_another_order_and_blank_rows_and_columns_left_out_are_read() -> None:
    rows = [[str(cell or "") for cell in row] for row in ROWS]
    shuffled = [row[::-1] for row in rows]
    shuffled.insert(2, ["", "", "", " "])
    expected = Agenda("Water", (Issue("share", "Share", (Option("a", "A"),)),))
    assert read_agenda_sheet(as_csv(shuffled), "a.csv") == expected
    assert read_agenda_sheet(saved(workbook(ROWS)), "a.xlsx") == expected


def test_ids_a_person_typed_as_numbers_are_read_as_their_digits() -> None:
    rows = [*ROWS, ["option", "share", 200, 2.5]]
    option = read_agenda_sheet(saved(workbook(rows)), "a.xlsx").issues[0].options[1]
    assert option == Option("200", "2.5")


def test_the_two_sheets_may_share_a_workbook() -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_agenda_sheet(AGENDA, "xlsx")))
    page = book.create_sheet("Position")
    for row in table(position_csv()):
        page.append(row[:3] + [None] + [cell.removeprefix("'") for cell in row[4:]])  # no labels
    page["H10"].data_type = "s"  # "+ what was said"
    data = saved(book)
    assert read_agenda_sheet(data, "both.xlsx") == AGENDA
    assert read_position_sheet(data, "both.xlsx", AGENDA) == POSITION


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("kind,", "Art,", 1, "Heading 1 is not one"),
        ("kind,issue", "kind,kind", 1, "stands twice"),
        ("score,", "scores,", 5, 'Did you mean "score"?'),
        (",12.25", ",", 4, "Write 0 if you mean 0"),
        (",12.25", ",many", 4, "not a number that can be used"),
        (",12.25", ",-12.25", 4, "not a number that can be used"),
        (",12.25", ",1e1", 4, "not a number that can be used"),
        (",12.25", ",٣", 4, "not a number that can be used"),
        (",12.25", ',"12,25"', 4, "another decimal mark"),
        (",12.25", ",12.2500001", 4, "more than 6 decimals"),
        (",55.5", ",155.5", 2, "between 0 and 100"),
        (",33.333333", ",133.333333", 7, "between 0 and 100"),
        ("weight,monitor", "weight,monitors", 4, 'Did you mean "monitor"?'),
        ("weight,monitor,,Monitors", "weight,share,,Share of the flow", 4, "weighed twice"),
        ("score,monitor,un,UN", "score,monitor,uno,UN", 7, "has no option"),
        ("score,monitor,un,UN", "score,monitor,un,UNO", 7, "is not the name"),
        ("score,monitor,un,UN", "score,monitor,none,", 8, "scored twice"),
        ("score,monitor,un,UN", "score,monitor,,UN", 7, "option is blank"),
        ("accept_from,,,,", "accept_from,share,,,", 2, "nothing under issue"),
        ("accept_from,,,,55.5", "notes,,,,", None, "no row of kind accept_from"),
        ("notes,,,,,,", "notes,,,,,,,x\r\nnotes,,,,,,", 11, "two rows of kind notes"),
        ("share=1-2", "share", 9, "does not name an option"),
        ("share=1-2", "share=1-2 share=1-2", 9, "stands twice"),
        ("share=1-2", "share=1-3", 9, "has no option"),
        ("share=1-2", "share=1-2 share=200", 9, "can never be together"),
        ("accept_from,,,,55.5,,,", "accept_from,,,,55.5,,,,x", 2, "without a heading"),
        ("accept_from,,,,55.5,,,", 'accept_from,,,,"55".5,,,', 2, "not CSV"),
    ],
)
def test_a_sheet_that_cannot_be_taken_is_refused_with_its_row(
    old: str, new: str, line: int | None, says: str
) -> None:
    with pytest.raises(BadInput) as caught:
        read_position_sheet(edited(position_csv(), old, new), "p.csv", AGENDA)
    assert says in str(caught.value)
    assert caught.value.line == line


def test_a_missing_row_is_an_error_that_names_what_is_missing() -> None:
    rows = table(position_csv())
    for missing, says in ((7, '"none" of the issue "monitor"'), (2, 'weight row of the issue "sh')):
        left = [row for number, row in enumerate(rows) if number != missing]
        with pytest.raises(BadInput, match=says):
            read_position_sheet(as_csv(left), "p.csv", AGENDA)


def test_a_comma_that_could_part_thousands_is_refused_and_one_that_cannot_is_read() -> None:
    rows = table(position_csv())
    for row in rows:
        row[4] = row[4].replace(".", ",")
    rows[3][4] = "1,225"
    with pytest.raises(BadInput, match="could part thousands"):
        read_position_sheet(as_csv(rows), "p.csv", AGENDA)
    rows[3][4] = "0,225"
    found = read_position_sheet(as_csv(rows), "p.csv", AGENDA)
    assert found.weights["monitor"] == Decimal("0.225")


def test_no_message_quotes_a_figure() -> None:
    for wrong in ("77.7777777", "177", "-77", "7,777", "7x7"):
        data = edited(position_csv(), ",33.333333", f',"{wrong}"')
        with pytest.raises(BadInput) as caught:
            read_position_sheet(data, "p.csv", AGENDA)
        assert wrong.strip("-") not in str(caught.value)


def test_an_option_of_no_issue_is_refused() -> None:
    data = edited(write_agenda_sheet(AGENDA, "csv"), "option,monitor,un", "option,monitors,un")
    with pytest.raises(BadInput, match='Did you mean "monitor"'):
        read_agenda_sheet(data, "a.csv")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("=1+1", "a formula"),
        (datetime(2022, 2, 1), "a date"),
        (True, "true or false"),
        ("#REF!", "an error"),
    ],
)
def test_what_a_workbook_made_of_text_is_refused_naming_the_cell(value: object, says: str) -> None:
    rows = [*ROWS, ["option", "share", "b", value]]
    with pytest.raises(BadInput) as caught:
        read_agenda_sheet(saved(workbook(rows)), "a.xlsx")
    assert f"The cell D5 holds {says}" in str(caught.value)
    assert caught.value.line == 5


def test_a_percentage_is_refused_because_it_is_stored_as_a_hundredth() -> None:
    book = workbook([*ROWS, ["option", "share", "b", 0.8]])
    book.active["D5"].number_format = "0%"
    with pytest.raises(BadInput, match="percentage"):
        read_agenda_sheet(saved(book), "a.xlsx")


def test_sheets_of_other_names_are_refused_not_passed_over() -> None:
    with pytest.raises(BadInput, match="neither agenda nor position"):
        read_agenda_sheet(saved(workbook(ROWS, "Sheet1")), "a.xlsx")
    with pytest.raises(BadInput, match="no sheet position"):
        read_position_sheet(saved(workbook(ROWS)), "a.xlsx", AGENDA)


def test_a_sheet_too_large_to_be_read_back_is_not_written() -> None:
    options = tuple(Option(f"o{n}", "x" * 200) for n in range(255))
    agenda = Agenda("Large", tuple(Issue(f"i{n}", f"{n}", options) for n in range(60)))
    with pytest.raises(BadInput, match="too large"):
        write_agenda_sheet(agenda, "xlsx")
    assert read_agenda_sheet(write_agenda_sheet(agenda, "csv"), "a.csv") == agenda


def test_what_a_cell_cannot_hold_is_refused_not_cut_off() -> None:
    long = replace(POSITION, notes="n" * 40_000)
    with pytest.raises(BadInput, match="longer than"):
        write_position_sheet(long, AGENDA, "xlsx")
    written = write_position_sheet(long, AGENDA, "csv")
    assert read_position_sheet(written, "p.csv", AGENDA) == long


def test_a_position_is_written_without_touching_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a file was opened")

    for opening in ("builtins.open", "io.open", "os.open"):
        monkeypatch.setattr(opening, forbidden)
    for kind in KINDS:
        written = write_position_sheet(POSITION, AGENDA, kind)
        assert read_position_sheet(written, "p", AGENDA) == POSITION


def test_the_same_position_gives_the_same_bytes() -> None:
    for kind in KINDS:
        first, second = (write_position_sheet(POSITION, AGENDA, kind) for _ in range(2))
        assert first == second


def test_fractions_are_refused_not_rounded_silently() -> None:
    with pytest.raises(BadInput, match="decimals"):
        write_position_sheet(replace(POSITION, accept_from=Fraction(1, 3)), AGENDA, "csv")


def test_text_that_is_not_utf_8_is_refused_with_its_line() -> None:
    data = "kind,name\nagenda,Wässer\n".encode("cp1252")
    with pytest.raises(BadInput, match="CSV UTF-8") as caught:
        read_agenda_sheet(data, "a.csv")
    assert caught.value.line == 2


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_workbook_that_unpacks_to_very_much_is_refused_before_it_does() -> None:
    parts = parts_of(write_agenda_sheet(AGENDA, "xlsx"))
    bomb = zipped({**parts, "xl/media/a.bin": bytes(50_000_000)})
    assert len(bomb) < 100_000
    with pytest.raises(BadInput, match="unpacks"):
        read_agenda_sheet(bomb, "a.xlsx")
    many = zipped({**parts, **{f"xl/media/{n}": b"" for n in range(300)}})
    with pytest.raises(BadInput, match="unpacks"):
        read_agenda_sheet(many, "a.xlsx")


def test_a_workbook_with_entities_or_endless_rows_or_columns_is_refused() -> None:
    parts = parts_of(saved(workbook(ROWS)))
    sheet = parts["xl/worksheets/sheet1.xml"]
    entity = b'<!DOCTYPE a [<!ENTITY b "c">]>' + sheet
    far_row = sheet.replace(
        b"</sheetData>", b'<row r="1048576"><c r="A1048576"/></row></sheetData>'
    )
    far = b"".join(
        b'<row r="%d"><c r="XFD%d" t="inlineStr"><is><t>x</t></is></c></row>' % (n, n)
        for n in range(5, 2000)
    )
    far_column = sheet.replace(b"</sheetData>", far + b"</sheetData>")
    for changed, says in ((entity, "cannot be read"), (far_row, "rows"), (far_column, "columns")):
        data = zipped({**parts, "xl/worksheets/sheet1.xml": changed})
        with pytest.raises(BadInput, match=says):
            read_agenda_sheet(data, "a.xlsx")


def mutated(data: st.DataObject, original: bytes) -> bytes:
    for _ in range(data.draw(st.integers(1, 4))):
        at, end = sorted(data.draw(st.tuples(*[st.integers(0, len(original))] * 2)))
        some = st.one_of(
            st.binary(max_size=6),
            st.sampled_from([b'"', b",", b"\r\n", b"score", b"=", b"<c/>", b"9999999", b"&#0;"]),
        )
        keep_from = data.draw(st.sampled_from([at, end]))
        original = original[:at] + data.draw(some) + original[keep_from:]
    return original


@settings(max_examples=examples(200))
@given(st.data())
def test_hostile_bytes_raise_bad_input_and_nothing_else(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    written = data.draw(
        st.sampled_from(
            [write_agenda_sheet(AGENDA, kind), write_position_sheet(POSITION, AGENDA, kind)]
        )
    )
    if kind == "xlsx" and data.draw(st.booleans()):
        parts = parts_of(written)
        name = data.draw(st.sampled_from(sorted(parts)))
        hostile = zipped({**parts, name: mutated(data, parts[name])})
    else:
        hostile = mutated(data, written)
    with suppress(BadInput):
        read_agenda_sheet(hostile, f"a.{kind}")
    with suppress(BadInput):
        read_position_sheet(hostile, f"p.{kind}", AGENDA)
