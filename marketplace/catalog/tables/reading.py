"""From the bytes of a file to rows of text: encoding, separator, header, blank rows. Knows nothing of what they mean.

Row numbers are those of a spreadsheet: the header is row 1, blank rows count, and a cell with line breaks in it is
still one row.
"""

import codecs
import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from marketplace.catalog.tables.writing import MARKED

MOST_BYTES = 5 * 1024 * 1024
SEPARATORS = (",", ";", "\t")
REMARK = "#"
"""Rows that begin so are for people."""
NEUTRALISED = re.compile(rf"\A'(?=[{re.escape(''.join(MARKED))}])")
"""The mark that `writing.neutral` puts before a cell which a spreadsheet would take for a formula."""
BINARY = {b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF"}
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Fault:
    """Something wrong with the file: where (row 0 is the file itself), and a sentence for people."""

    row: int
    column: str
    sentence: str
    value: str = ""


@dataclass(frozen=True)
class Row:
    number: int
    cells: dict[str, str]
    """By field; a field without a column in the file is not there."""


@dataclass
class Table:
    """What a file holds. Where it could not be read to its end there are no rows, and one fault."""

    sha256: str
    encoding: str = ""
    separator: str = ","
    heads: dict[str, str] = field(default_factory=dict)
    """Field → the head of its column, as the file writes it."""
    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


class Unreadable(Exception):
    """The file cannot be read from this row on (0: at all); the sentence says why."""

    def __init__(self, sentence: str, row: int = 0) -> None:
        super().__init__(sentence)
        self.row = row


def read(data: bytes, names: Mapping[str, Iterable[str]], most: int) -> Table:
    """At most so many rows of a CSV file. `names` are, for each field, the heads it may stand under in any case."""
    table = Table(hashlib.sha256(data).hexdigest())
    fields = {_plain(name): one for one, known in names.items() for name in known}
    try:
        text, table.encoding = decode(data)
        table.separator = _separator(text, fields)
        records = _records(text, table.separator)
        head = _trimmed(next(records))
        table.faults += _head_faults(head, fields)
        if not table.faults:
            table.heads = {fields[_plain(cell)]: cell.strip() for cell in head if cell.strip()}
            _fill(table, [fields[_plain(cell)] if cell.strip() else "" for cell in head], records, most)
    except Unreadable as refused:
        table.rows.clear()
        table.faults = [Fault(refused.row, "", str(refused))]
    return table


def decode(data: bytes) -> tuple[str, str]:
    """The text and the name of its encoding: UTF-8 with or without BOM, else GB18030, as Chinese Excel saves."""
    if len(data) > MOST_BYTES:
        raise Unreadable(_("The file is larger than 5 MB. Divide it into several files."))
    if not data.removeprefix(codecs.BOM_UTF8).strip():
        raise Unreadable(_("The file is empty."))
    if data[:4] in BINARY:
        raise Unreadable(_("This is not a CSV file. In the spreadsheet, choose “Save as” and “CSV UTF-8”."))
    if data.startswith(UTF_16) or b"\0" in data:
        raise Unreadable(_("The file is not saved as UTF-8 or GB18030. Choose “Save as” and “CSV UTF-8”."))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding), "UTF-8" if encoding == "utf-8-sig" else "GB18030"
        except UnicodeDecodeError:
            continue
    raise Unreadable(_("The file is not saved as UTF-8 or GB18030. Choose “Save as” and “CSV UTF-8”."))


def _separator(text: str, fields: Mapping[str, str]) -> str:
    """The one that makes most known columns of the first row."""
    first = text.split("\n", 1)[0].rstrip("\r")
    known = {mark: sum(_plain(cell.strip('"')) in fields for cell in first.split(mark)) for mark in SEPARATORS}
    return max(SEPARATORS, key=lambda mark: known[mark])


def _records(text: str, separator: str) -> Iterator[list[str]]:
    records = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    try:
        for record in records:
            number += 1
            yield record
    except csv.Error:
        sentence = _("The quotation marks of this row do not match. Nothing from here on can be read.")
        raise Unreadable(sentence, number + 1) from None


def _head_faults(head: list[str], fields: Mapping[str, str]) -> Iterator[Fault]:
    written = [cell.strip() for cell in head if cell.strip()]
    if not any(_plain(cell) in fields for cell in written):
        yield Fault(1, "", _("The first row names no column of this table. Take the template as the first row."))
        return
    for cell in written:
        if _plain(cell) not in fields:
            yield Fault(1, cell, _("There is no such column. Remove it, or write it as the template does."), cell)
    counted = Counter(fields[_plain(cell)] for cell in written if _plain(cell) in fields)
    for cell in dict.fromkeys(cell for cell in written if counted[fields.get(_plain(cell), "")] > 1):
        yield Fault(1, cell, _("This column stands there twice."), cell)


def _fill(table: Table, columns: list[str], records: Iterator[list[str]], most: int) -> None:
    for number, record in enumerate(records, 2):
        cells = [NEUTRALISED.sub("", cell.strip()) if cell else "" for cell in record]
        if not any(cells) or record[0].startswith(REMARK):
            continue
        if len(table.rows) == most:
            sentence = _("The file has more than %(most)s rows. Divide it into several files.")
            raise Unreadable(sentence % {"most": f"{most:,}"})
        if fault := _misfit(number, cells, columns):
            table.faults.append(fault)
            continue
        table.rows.append(Row(number, {name: cell for name, cell in zip(columns, cells, strict=False) if name}))
    if not table.rows and not table.faults:
        raise Unreadable(_("The file has a first row with the names of columns, and nothing below it."))


def _misfit(number: int, cells: list[str], columns: list[str]) -> Fault | None:
    """A row with another number of cells than the head: nobody knows which cell is meant by which."""
    stray = any(cell for cell, name in zip(cells, columns, strict=False) if not name) or any(cells[len(columns) :])
    if len(cells) >= len(columns) and not stray:
        return None
    return Fault(
        number,
        "",
        _("This row has %(cells)s cells and the first row has %(columns)s. Is a separator missing or too many?")
        % {"cells": len(cells), "columns": len(columns)},
        ", ".join(cells)[:100],
    )


def _trimmed(head: list[str]) -> list[str]:
    """Without the empty cells that spreadsheets leave at the end."""
    while head and not head[-1].strip():
        head = head[:-1]
    return head


def _plain(head: str) -> str:
    return re.sub(r"[\s_\-]+", " ", head.strip().lower())
