"""A CSV file as spreadsheets in China and elsewhere save it: read, or refused with a sentence that says where."""

import pytest

from portal.web.sheets.reading import Fault, read
from portal.web.sheets.writing import write

NAMES = {"serial": ["serial", "序列号"], "node": ["node", "节点"], "pool": ["pool", "card pool", "资源池"]}
CHINESE = "序列号,节点,资源池\nSN-1,甲机,大同-1\n"

pytestmark = pytest.mark.usefixtures("english")
FULL = "\N{FULLWIDTH EQUALS SIGN}1+1"
"""Excel in East Asian languages calculates it too."""


def rows_of(data: bytes) -> list[tuple[int, dict[str, str]]]:
    table = read(data, NAMES, 20_000)
    assert table.faults == []
    return [(row.number, row.cells) for row in table.rows]


def faults_of(text: str | bytes) -> list[tuple[int, str, str]]:
    table = read(text if isinstance(text, bytes) else text.encode(), NAMES, 20_000)
    return [(fault.row, fault.column, fault.sentence) for fault in table.faults]


@pytest.mark.parametrize(("encoding", "said"), [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("gb18030", "GB18030")])
def test_chinese_is_read_as_spreadsheets_save_it(encoding, said):
    data = CHINESE.encode(encoding)
    assert rows_of(data) == [(2, {"serial": "SN-1", "node": "甲机", "pool": "大同-1"})]
    assert read(data, NAMES, 20_000).encoding == said


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("line", ["\n", "\r\n"])
def test_any_of_the_three_separators_will_do(separator, line):
    text = line.join(separator.join(cells) for cells in [("Serial", "NODE", "Card_pool"), ("a", "", "c")])
    assert rows_of(text.encode()) == [(2, {"serial": "a", "node": "", "pool": "c"})]


def test_the_separator_is_no_part_of_a_quoted_cell():
    assert rows_of(b'serial,node\n"a,b","c ""d"""\n') == [(2, {"serial": "a,b", "node": 'c "d"'})]


def test_rows_are_numbered_as_in_the_spreadsheet():
    text = 'serial,node\na,"one\ncell"\n\n,\nb,n\n'
    assert rows_of(text.encode()) == [(2, {"serial": "a", "node": "one\ncell"}), (5, {"serial": "b", "node": "n"})]


def test_columns_left_out_are_not_there_and_empty_cells_are_empty():
    assert rows_of(b"serial,node,,\na,,,\n") == [(2, {"serial": "a", "node": ""})]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty."),
        (b" \r\n ", "The file is empty."),
        (b"\xef\xbb\xbf", "The file is empty."),
        (b"serial,node\n", "The file has a first row with the names of columns, and nothing below it."),
        (
            b"PK\x03\x04abc",
            "This is neither a CSV nor an XLSX file, or it is damaged. Save it anew in the spreadsheet.",
        ),
        (
            b"\xd0\xcf\x11\xe0abc",
            "This is neither a CSV nor an XLSX file. In the spreadsheet, choose “Save as” and one of them.",
        ),
        (
            "serial\na".encode("utf-16"),
            "The file is not saved as UTF-8 or GB18030. Choose “Save as” and “CSV UTF-8”.",
        ),
        (b"serial\n\xff\xff\n", "The file is not saved as UTF-8 or GB18030. Choose “Save as” and “CSV UTF-8”."),
        (b"serial\n" + b"a" * 5 * 1024 * 1024, "The file is larger than 5 MB. Divide it into several files."),
        (b"serial\n" + b"a\n" * 20_001, "The file has more than 20,000 rows. Divide it into several files."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(data, sentence):
    table = read(data, NAMES, 20_000)
    assert [(fault.row, fault.sentence) for fault in table.faults] == [(0, sentence)]
    assert table.rows == []


def test_twenty_thousand_rows_are_read():
    assert len(rows_of(b"serial\n" + b"a\n" * 20_000)) == 20_000


def test_columns_nobody_knows_and_columns_that_stand_twice_are_named():
    assert faults_of("serial,colour,节点,node\na,b,c,d\n") == [
        (1, "colour", "There is no such column. Remove it, or write it as the template does."),
        (1, "节点", "This column stands there twice."),
        (1, "node", "This column stands there twice."),
    ]


def test_a_file_without_names_of_columns_is_told_what_is_missing():
    sentence = "The first row names no column of this table. Take the template as the first row."
    assert faults_of("SN-1,n1\nSN-2,n2\n") == [(1, "", sentence)]


def test_rows_with_too_few_or_too_many_cells_are_named_and_the_others_read():
    table = read(b"serial,node\na\nb,n,x\nc,n,,\n", NAMES, 20_000)
    told = "Is a separator missing or too many?"
    assert table.faults == [
        Fault(2, "", f"This row has 1 cells and the first row has 2. {told}", "a"),
        Fault(3, "", f"This row has 3 cells and the first row has 2. {told}", "b, n, x"),
    ]
    assert [row.cells for row in table.rows] == [{"serial": "c", "node": "n"}]


def test_open_quotation_marks_are_found_where_they_begin():
    text = 'serial,node\na,n\n"b,n\nc,n\n'
    sentence = "The quotation marks of this row do not match. Nothing from here on can be read."
    assert faults_of(text) == [(3, "", sentence)]
    assert read(text.encode(), NAMES, 20_000).rows == []


def test_what_is_written_begins_with_a_mark_and_is_read_back_as_it_was():
    cells = [
        "大同",
        "=1+1",
        "+8",
        "-x",
        "@y",
        "'=z",
        "'plain",
        'a"b',
        "a,b",
        "one\ntwo",
        "a=b",
        "a'=b",
        "it''s",
        "rock'-n'-roll",
        FULL,
    ]
    data = write(["serial", "node"], [[cell, "n"] for cell in cells])
    assert data.startswith(b"\xef\xbb\xbf")
    assert [row["serial"] for _number, row in rows_of(data)] == cells


@pytest.mark.parametrize("cell", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", FULL])
def test_no_cell_is_a_formula_in_the_file(cell):
    assert write(["serial"], [[cell]]).decode("utf-8-sig").splitlines()[1] == f"'{cell}"
