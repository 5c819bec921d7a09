"""An XLSX file is read as its reader sees it, and measured before it is unpacked."""

import io
import time
import zipfile
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import Workbook

from portal.web.sheets import elements, workbook
from portal.web.sheets.reading import XLSX, read

NAMES = {"serial": ["serial", "序列号"], "node": ["node", "节点"], "share": ["share"]}
DAMAGED = "This is neither a CSV nor an XLSX file, or it is damaged. Save it anew in the spreadsheet."
RELATIONS = "xl/_rels/workbook.xml.rels"
SHEET = "xl/worksheets/sheet1.xml"

pytestmark = pytest.mark.usefixtures("english")


def book(*rows: Any, **formats: str) -> bytes:
    """A file with these rows; `formats` are number formats by cell."""
    made = Workbook()
    sheet = made.active
    sheet.title = "机房"
    for row in rows:
        sheet.append(row)
    for cell, form in formats.items():
        sheet[cell].number_format = form
    return saved(made)


def saved(made: Workbook) -> bytes:
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def repacked(data: bytes, part: str, content: bytes | None) -> bytes:
    """The file with one part replaced, or left out."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != part:
                new.writestr(name, old.read(name))
        if content is not None:
            new.writestr(part, content)
    return file.getvalue()


def with_shared_texts() -> bytes:
    """As spreadsheets save it: openpyxl writes every text into its cell."""
    sheet = sheet_of('<row><c t="s"><v>0</v></c></row><row><c t="s"><v>1</v></c></row>')
    texts = b"<sst><si><t>serial</t></si><si><r><t>SN</t></r><r><t>-1</t></r><rPh><t>es</t></rPh></si></sst>"
    data = repacked(repacked(book(["serial"]), SHEET, sheet), "xl/sharedStrings.xml", texts)
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        named = packed.read(RELATIONS)
    relation = b'<Relationship Id="rIdS" Type="x/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    return repacked(data, RELATIONS, named.replace(b"</Relationships>", relation))


def sheet_of(inner: str) -> bytes:
    return f'<worksheet xmlns="x"><sheetData>{inner}</sheetData></worksheet>'.encode()


def rows_of(data: bytes) -> list[tuple[int, dict[str, str]]]:
    table = read(data, NAMES, 20_000)
    assert table.faults == []
    return [(row.number, row.cells) for row in table.rows]


def fault_of(data: bytes, most: int = 20_000) -> str:
    (fault,) = read(data, NAMES, most).faults
    return fault.sentence


def test_the_first_sheet_is_a_table_like_any_other():
    data = book(
        ["序列号", "node", "share"], ["SN-1", "甲机", 8.5], ["SN-2", None, None], [], ["# remark"], ["SN-3", "n", ""]
    )
    table = read(data, NAMES, 20_000)
    assert (table.encoding, table.sheet, table.faults) == (XLSX, "机房", [])
    assert [(row.number, row.cells) for row in table.rows] == [
        (2, {"serial": "SN-1", "node": "甲机", "share": "8.5"}),
        (3, {"serial": "SN-2", "node": "", "share": ""}),
        (6, {"serial": "SN-3", "node": "n", "share": ""}),
    ]


def test_a_hidden_sheet_and_a_second_one_are_passed_over():
    made = Workbook()
    made.active.sheet_state = "hidden"
    shown = made.create_sheet("zwei")
    shown.append(["serial"])
    shown.append(["SN-1"])
    made.create_sheet("drei").append(["nothing"])
    assert rows_of(saved(made)) == [(2, {"serial": "SN-1"})]


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        (62, "General", "62"),
        (62.0, "0.00", "62"),
        (0.62, "0%", "62%"),
        (0.625, "0.00%", "62.5%"),
        (0.1 + 0.2, "General", "0.3"),
        (8.1, "General", "8.1"),
        (1e-7, "General", "0.0000001"),
        (Decimal("1234.50"), "#,##0.00", "1234.5"),
        (123456789012345, "0", "123456789012345"),
        (20261100000012345, "0", "2.02611E+16"),
        (-3, "General", "-3"),
        (True, "General", "TRUE"),
        (date(2026, 12, 1), "yyyy-mm-dd", "2026-12-01"),
        (datetime(2026, 12, 1, 8, 30), "yyyy-mm-dd hh:mm", "2026-12-01 08:30:00"),
        ("0012", "@", "0012"),
        ("#N/A", "General", "#N/A"),
    ],
)
def test_a_cell_says_what_its_reader_sees(value, form, shown):
    assert rows_of(book(["serial"], [value], A2=form)) == [(2, {"serial": shown})]


def test_texts_that_cells_share():
    assert rows_of(with_shared_texts()) == [(2, {"serial": "SN-1"})]


def test_a_number_too_long_for_a_spreadsheet_is_no_key():
    data = book(["serial", "node"], [20261100000012345, "n"])
    (fault,) = read(data, NAMES, 10, keys=["serial"]).faults
    assert (fault.row, fault.column, fault.value) == (2, "serial", "2.02611E+16")
    assert fault.sentence.startswith("The spreadsheet has shortened this number.")


def test_a_formula_without_its_result_is_not_an_empty_cell():
    sentence = "The file does not hold the result of a formula (cell A2). Put the value in its place."
    assert fault_of(book(["serial"], ["=1+1"])) == sentence


def test_texts_in_the_cell_and_texts_with_their_pronunciation():
    inner = (
        '<row><c t="inlineStr"><is><t>serial</t></is></c></row><row><c t="inlineStr"><is><r><t>SN</t></r>'
        '<r><t>-1</t></r><rPh sb="0" eb="1"><t>es</t></rPh></is></c></row>'
    )
    assert rows_of(repacked(book(["serial"]), SHEET, sheet_of(inner))) == [(2, {"serial": "SN-1"})]


@pytest.mark.parametrize("part", ["_rels/.rels", "xl/workbook.xml", RELATIONS, SHEET, "xl/sharedStrings.xml"])
@pytest.mark.parametrize("content", [None, b"", b"<a", b"<a/>", b"\0", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_a_damaged_part_is_a_sentence(part, content):
    assert fault_of(repacked(with_shared_texts(), part, content)) in (
        DAMAGED,
        "The first row names no column of this table. Take the template as the first row.",
    )


@pytest.mark.parametrize(
    "inner",
    [
        '<row><c t="s"><v>999</v></c></row>',
        '<row><c t="s"><v>x</v></c></row>',
        "<row><c><v>nan</v></c></row>",
        "<row><c><v>1e999</v></c></row>",
        '<row r="x"><c><v>1</v></c></row>',
        "<row>" + "<c>" * 50 + "</c>" * 50 + "</row>",
    ],
)
def test_a_cell_that_makes_no_sense_is_a_sentence(inner):
    assert fault_of(repacked(book(["serial"]), SHEET, sheet_of(inner))) == DAMAGED


def test_a_file_that_breaks_off_is_a_sentence():
    whole = book(["serial"], ["SN-1"])
    for size in (10, 100, len(whole) // 2, len(whole) - 10):
        assert fault_of(whole[:size]) == DAMAGED


def test_what_grows_when_it_is_unpacked_is_not_unpacked():
    bomb = repacked(book(["serial"]), SHEET, sheet_of("<row>" + " " * elements.MOST_UNPACKED + "</row>"))
    assert len(bomb) < 100_000
    begun = time.perf_counter()
    assert fault_of(bomb) == "The file is larger than 40 MB when it is unpacked. Divide it into several files."
    assert time.perf_counter() - begun < 1


def test_a_row_far_down_and_a_cell_far_out_cost_nothing():
    far = '<row r="1"><c r="A1" t="inlineStr"><is><t>serial</t></is></c></row>'
    far += '<row r="999999999"><c r="A999999999" t="str"><v>SN-1</v></c><c r="XFD9"/></row>'
    assert rows_of(repacked(book(["serial"]), SHEET, sheet_of(far))) == [(999999999, {"serial": "SN-1"})]
    wide = '<row r="1"><c r="XFD1" t="str"><v>serial</v></c></row>'
    assert fault_of(repacked(book(["serial"]), SHEET, sheet_of(wide))).startswith("The first sheet has more than 200")


@pytest.mark.parametrize(
    "inner", ["<row/>" * (workbook.MOST_ROWS + 1), "<row>" + "<c/>" * (workbook.MOST_CELLS + 1) + "</row>"]
)
def test_more_cells_than_a_table_has_are_not_read(inner):
    head = '<row><c t="str"><v>serial</v></c></row>'
    told = fault_of(repacked(book(["serial"]), SHEET, sheet_of(head + inner)))
    assert told == "The first sheet has more than 500,000 cells or 200,000 rows. Divide it into several files."


def test_rows_are_counted_as_in_a_text():
    assert fault_of(book(["serial"], *[["a"]] * 4), 3) == "The file has more than 3 rows. Divide it into several files."
