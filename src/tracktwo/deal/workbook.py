"""A workbook of one sheet (.xlsx, ECMA-376), made in memory.

Not by openpyxl, which reads workbooks for us, because it writes every sheet to a temporary file
first: a position would touch the disk in the clear. The same rows give the same bytes.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from xml.sax.saxutils import escape

from openpyxl.utils import get_column_letter

from tracktwo.errors import BadInput
from tracktwo.said import said

Cell = str | Decimal

FORMULA_SIGNS = frozenset("=+-@\t'＝＋－＠")
"""Text that starts with one of these may be taken for a formula, or for text marked as such."""

SHEET_LIMIT = 4_000_000
"""Bytes of a sheet, unpacked: some ten thousand rows."""

_LONGEST = 32_000  # signs; spreadsheets cut off what is over 32,767
# What XML cannot hold, and what spreadsheets take for an escaped sign.
_UNFIT = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|_x[0-9A-Fa-f]{4}_")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_TEXT, _QUOTED, _HEADING = 1, 2, 3  # places in cellXfs below; number format 49 is "text"

_PARTS = {
    "[Content_Types].xml": f"""<Types xmlns="{_PACKAGE}/content-types">\
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Default Extension="xml" ContentType="application/xml"/>\
<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>\
<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/>\
<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/>\
</Types>""",
    "_rels/.rels": f"""<Relationships xmlns="{_PACKAGE}/relationships">\
<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>\
</Relationships>""",
    "xl/_rels/workbook.xml.rels": f"""<Relationships xmlns="{_PACKAGE}/relationships">\
<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>\
<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/>\
</Relationships>""",
    "xl/styles.xml": f"""<styleSheet xmlns="{_MAIN}">\
<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>\
<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>\
<fills count="2"><fill><patternFill patternType="none"/></fill>\
<fill><patternFill patternType="gray125"/></fill></fills>\
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>\
<cellXfs count="4"><xf xfId="0"/>\
<xf xfId="0" numFmtId="49" applyNumberFormat="1"/>\
<xf xfId="0" numFmtId="49" applyNumberFormat="1" quotePrefix="1"/>\
<xf xfId="0" numFmtId="49" applyNumberFormat="1" fontId="1" applyFont="1"/></cellXfs>\
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>\
</styleSheet>""",
}


def write_workbook(rows: Sequence[Sequence[Cell]], sheet: str) -> bytes:
    """A workbook whose one sheet has these rows, the first being the headings.

    Text stays text, whatever it looks like; a Decimal is a number where a float holds it exactly.
    Raises BadInput for a text that no cell holds, and for a sheet over SHEET_LIMIT.
    """
    book = f"""<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>\
<sheet name="{sheet}" sheetId="1" r:id="rId1"/></sheets></workbook>"""
    data = "".join(_row(cells, number) for number, cells in enumerate(rows, start=1))
    page = f"""<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">\
<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>\
<cols><col min="1" max="{len(rows[0])}" width="24" customWidth="1"/></cols>\
<sheetData>{data}</sheetData></worksheet>"""
    if len(page.encode()) > SHEET_LIMIT:
        raise BadInput(
            said("The sheet is too large to be read back."), advice=said("Write another format.")
        )
    return _zipped({**_PARTS, "xl/workbook.xml": book, "xl/worksheets/sheet1.xml": page})


def _row(cells: Sequence[Cell], number: int) -> str:
    style = _HEADING if number == 1 else _TEXT
    places = (f"{get_column_letter(column)}{number}" for column in range(1, len(cells) + 1))
    written = (_cell(content, at, style) for content, at in zip(cells, places, strict=True))
    return f'<row r="{number}">{"".join(written)}</row>'


def _cell(content: Cell, place: str, style: int) -> str:
    if content == "":
        return ""
    if isinstance(content, Decimal):
        if Decimal(repr(float(content))) == content:
            return f'<c r="{place}"><v>{content:f}</v></c>'
        content = f"{content:f}"
    if len(content) > _LONGEST or _UNFIT.search(content):
        what = said(
            "A text is longer than {most} characters or has a sign no workbook can hold.",
            most=_LONGEST,
        )
        raise BadInput(what, advice=said("Change it, or write another format."))
    style = _QUOTED if content[0] in FORMULA_SIGNS else style
    text = f'<is><t xml:space="preserve">{escape(content)}</t></is>'
    return f'<c r="{place}" t="inlineStr" s="{style}">{text}</c>'


def _zipped(parts: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in parts.items():
            part = zipfile.ZipInfo(name)  # of 1980, so that no clock is in the bytes
            part.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(part, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}')
    return out.getvalue()
