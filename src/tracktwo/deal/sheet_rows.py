"""Rows of a spreadsheet, as bytes and back: .xlsx workbooks and .csv files.

Every cell is text here, as a person sees it. What a spreadsheet makes of text on its own account
is refused on reading and prevented on writing: formulas, dates, percentages, text that starts like
a formula. Assumes nothing about the bytes: they may be hostile. Only BadInput comes out, and its
messages name cells, never what is in them, because the sheet may be a position.
"""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from decimal import Decimal
from typing import Any, Literal

import openpyxl
from openpyxl.utils import get_column_letter

from tracktwo.deal.workbook import FORMULA_SIGNS, SHEET_LIMIT, Cell, write_workbook
from tracktwo.errors import BadInput
from tracktwo.said import said

Kind = Literal["xlsx", "csv"]
SheetName = Literal["agenda", "position"]
NumberedRow = tuple[int, tuple[str, ...]]
"""The number of a row in its file, from 1, and the text of its cells."""

_ROWS = 20_000  # more than an agenda of 64 issues of 255 options needs
_COLUMNS = 256
_SHEETS = ("xl/worksheets/", "xl/sharedStrings")
_PARTS = 200  # files inside a workbook
_PART = 1_000_000  # bytes of those that are neither sheets nor their texts


def read_rows(data: bytes, where: str, sheet: SheetName) -> list[NumberedRow]:
    """The rows that are not blank: of a workbook, those of the sheet of that name.

    A workbook may have an `agenda` and a `position`, and nothing else. Raises BadInput, with the
    number of the row where there is one.
    """
    rows = _workbook_rows if data[:2] == b"PK" else _csv_rows
    found: list[NumberedRow] = []
    for number, cells in rows(data, where, sheet):
        if any(cell.strip() for cell in cells):
            found.append((number, cells))
    if not found:
        raise BadInput(said("There is nothing in the sheet {sheet}.", sheet=sheet), where=where)
    return found


def write_rows(rows: Sequence[Sequence[Cell]], kind: Kind, sheet: SheetName) -> bytes:
    """A file of these rows, the first being the headings, that `read_rows` reads back equal.

    Numbers come back as their digits. Raises BadInput for a text that a workbook cannot hold.
    """
    return _csv_bytes(rows) if kind == "csv" else write_workbook(rows, sheet)


def _csv_rows(data: bytes, where: str, sheet: SheetName) -> Iterator[NumberedRow]:
    text = _decoded(data, where)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    number = 1
    try:
        for count, cells in enumerate(lines, start=1):
            _require_few(count, where)
            _require_narrow(len(cells), number, where)
            yield number, tuple(map(_unprotected, cells))
            number = lines.line_num + 1
    except csv.Error:
        advice = said('A cell with quotation marks in it is written "like ""this"" one".')
        raise BadInput(said("This is not CSV."), where=where, line=number, advice=advice) from None


def _decoded(data: bytes, where: str) -> str:
    if len(data) > SHEET_LIMIT:
        raise _too_large(where)
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        return data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = None if wide else data.count(b"\n", 0, error.start) + 1
        advice = said('Save it as "CSV UTF-8" and try again.')
        raise BadInput(
            said("This is not UTF-8 text."), where=where, line=line, advice=advice
        ) from None


def _delimiter(text: str) -> str:
    """What parts the headings: a comma; a semicolon where decimals have a comma; or a tab."""
    headings = text.split("\n", 1)[0]
    return max(",;\t", key=headings.count)


def _csv_bytes(rows: Iterable[Sequence[Cell]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_protected(cell) for cell in cells] for cells in rows)
    return text.getvalue().encode("utf-8-sig")  # without the mark Excel takes it for Latin text


def _protected(cell: Cell) -> str:
    """The cell with an apostrophe before it if a spreadsheet might compute it otherwise."""
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    # An apostrophe that would be taken for ours gets one, too, so that it comes back.
    return f"'{cell}" if cell.removeprefix("'")[:1] in FORMULA_SIGNS else cell


def _unprotected(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA_SIGNS else cell


def _workbook_rows(data: bytes, where: str, sheet: SheetName) -> Iterator[NumberedRow]:
    try:
        _require_small(data, where)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions it does not keep
            return iter(list(_cells(data, where, sheet)))
    except BadInput:
        raise
    except Exception:  # whatever the library meets in bytes that only look like a workbook
        advice = said("Open and save it once in a spreadsheet program, or save it as CSV UTF-8.")
        raise BadInput(said("This workbook cannot be read."), where=where, advice=advice) from None


def _cells(data: bytes, where: str, sheet: SheetName) -> Iterator[NumberedRow]:
    with closing(openpyxl.load_workbook(io.BytesIO(data), read_only=True)) as book:
        page = _sheet(book, where, sheet)
        page.reset_dimensions()  # what the file says of its size is not relied on
        for number, row in enumerate(page.iter_rows(max_row=_ROWS + 1), start=1):
            _require_few(number, where)
            _require_narrow(len(row), number, where)
            yield number, tuple(_cell_text(cell, number, where) for cell in row)


def _require_small(data: bytes, where: str) -> None:
    """Refuse what would unpack to very much, before it does."""
    if len(data) > SHEET_LIMIT:
        raise _too_large(where)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
    large = any(part.file_size > _limit(part.filename) for part in parts)
    if large or len(parts) > _PARTS or sum(part.file_size for part in parts) > 2 * SHEET_LIMIT:
        what = said("The workbook unpacks to more than is read.")
        raise BadInput(
            what, where=where, advice=said("Leave only the agenda and the position in it.")
        )


def _limit(part: str) -> int:
    return SHEET_LIMIT if part.startswith(_SHEETS) else _PART


def _sheet(book: Any, where: str, sheet: SheetName) -> Any:  # noqa: ANN401 - openpyxl has no types
    names = {name.strip().casefold(): name for name in book.sheetnames}
    for name in names:
        if name not in ("agenda", "position"):
            what = said("The workbook has a sheet that is neither agenda nor position.")
            raise BadInput(what, where=where, advice=said("Move it to another workbook."))
    if sheet not in names:
        raise BadInput(said("The workbook has no sheet {sheet}.", sheet=sheet), where=where)
    return book[names[sheet]]


def _cell_text(cell: Any, number: int, where: str) -> str:  # noqa: ANN401 - as above
    value = cell.value
    if value is None:
        return ""
    if cell.data_type in ("s", "inlineStr", "str") and isinstance(value, str):
        return value
    place = f"{get_column_letter(cell.column)}{number}"
    if what := _unfit(cell, place):
        advice = said("Format the cell as text and type its content again.")
        raise BadInput(what, where=where, line=number, advice=advice)
    plain = Decimal(repr(value))
    return f"{plain:f}".removesuffix(".0")


def _unfit(cell: Any, place: str) -> str:  # noqa: ANN401 - as above
    """What a cell holds that is neither text nor a number; "" if it does not."""
    match cell.data_type:
        case "f":
            return said("The cell {cell} holds a formula and not text or a number.", cell=place)
        case "d":
            return said("The cell {cell} holds a date and not text or a number.", cell=place)
        case "b":
            return said("The cell {cell} holds true or false and not text or a number.", cell=place)
        case "e":
            return said("The cell {cell} holds an error and not text or a number.", cell=place)
    if "%" in str(cell.number_format):  # 80 % is stored as 0.8
        return said(
            "The cell {cell} holds a percentage, which the file holds as a hundredth, and not text"
            " or a number.",
            cell=place,
        )
    if isinstance(cell.value, bool) or not isinstance(cell.value, int | float):
        return said("The cell {cell} holds something and not text or a number.", cell=place)
    return ""


def _require_few(count: int, where: str) -> None:
    if count > _ROWS:
        what = said("The sheet has more than {most} rows.", most=_ROWS)
        raise BadInput(what, where=where, advice=said("Delete the rows below the last one in use."))


def _require_narrow(width: int, number: int, where: str) -> None:
    if width > _COLUMNS:
        what = said("The row has more than {most} columns.", most=_COLUMNS)
        advice = said("Delete the columns to the right of the last one in use.")
        raise BadInput(what, where=where, line=number, advice=advice)


def _too_large(where: str) -> BadInput:
    what = said("The file has more than {most} bytes.", most=SHEET_LIMIT)
    return BadInput(what, where=where, advice=said("Is it the right file?"))
