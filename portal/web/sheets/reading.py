"""From the bytes of a file to rows of text: form, encoding, separator, header, blank rows. What they mean is not known.

Row numbers are those of a spreadsheet: the header is row 1, blank rows count, and a cell with line breaks in it is
still one row.
"""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from portal.web.sheets import encodings, workbook
from portal.web.sheets.faults import Fault, Unreadable
from portal.web.sheets.workbook import Records
from portal.web.sheets.writing import MARKED
from portal.web.texts import normal

__all__ = ["Fault", "Unreadable"]

MOST_BYTES = 5 * 1024 * 1024
ACCEPTED = ".csv,.txt,.xlsx,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
"""For the `accept` of an upload."""
XLSX = "XLSX"
SEPARATORS = (",", ";", "\t")
REMARK = "#"
"""Rows that begin so are for people."""
NO_REMARKS = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"})
"""What a formula came to that has no value."""
NEUTRALISED = re.compile(rf"\A'(?=[{re.escape(''.join(MARKED))}])")
"""The mark that `writing.neutral` puts before a cell which a spreadsheet would take for a formula."""
OTHER_FORMS = (b"\xd0\xcf\x11\xe0", b"%PDF")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


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
    """`XLSX`, or that of the text; empty if it is in doubt."""
    readings: dict[str, str] = field(default_factory=dict)
    """Encodings the file can be read in, each with the line that tells them apart."""
    sheet: str = ""
    separator: str = ","
    heads: dict[str, str] = field(default_factory=dict)
    """Field → the head of its column, as the file writes it."""
    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def in_doubt(self) -> bool:
        """Whether a person must say first in which of the readings the file is meant."""
        return bool(self.readings) and not self.encoding


def read(
    data: bytes, names: Mapping[str, Iterable[str]], most: int, *, keys: Iterable[str] = (), encoding: str = ""
) -> Table:
    """At most so many rows of a CSV or XLSX file.

    `names` are, for each field, the heads it may stand under. In columns of `keys` a number that a spreadsheet has
    shortened is a fault. `encoding` is what a person says of a text file; without it, it is recognised.
    """
    table = Table(hashlib.sha256(data).hexdigest())
    fields = {normal.word(name): one for one, known in names.items() for name in known}
    try:
        records = _records_of(table, data, fields, encoding)
        number, first = next(records, (1, []))
        head = _trimmed(first) if number == 1 else []
        table.faults += _head_faults(head, fields)
        if not table.faults:
            table.heads = {fields[normal.word(cell)]: cell.strip() for cell in head if cell.strip()}
            columns = [fields[normal.word(cell)] if cell.strip() else "" for cell in head]
            _fill(table, columns, records, most, frozenset(keys))
    except Unreadable as refused:
        table.rows.clear()
        table.faults = [Fault(refused.row, "", str(refused))]
    return table


def _records_of(table: Table, data: bytes, fields: Mapping[str, str], encoding: str) -> Records:
    if len(data) > MOST_BYTES:
        raise Unreadable(_("The file is larger than 5 MB. Divide it into several files."))
    if data.startswith(workbook.MAGIC):
        table.encoding = XLSX
        table.sheet, records = workbook.records(data)
        return records
    text = _decode(table, data, encoding)
    table.separator = _separator(text, fields)
    return _records(text, table.separator)


# Text ------------------------------------------------------------------------------------------


def _decode(table: Table, data: bytes, encoding: str) -> str:
    if data.startswith(OTHER_FORMS):
        raise Unreadable(
            _("This is neither a CSV nor an XLSX file. In the spreadsheet, choose “Save as” and one of them.")
        )
    if data.startswith(UTF_16) or b"\0" in data:
        raise _no_encoding()
    recognised = encodings.recognise(data)
    table.readings = recognised.readings
    chosen = encoding or recognised.encoding
    text = encodings.decoded(data, chosen) if chosen in encodings.CODECS else None
    if text is None:
        raise _doubt(table.readings) if table.in_doubt and not encoding else _no_encoding()
    if not text.strip():
        raise Unreadable(_("The file is empty."))
    table.encoding = chosen
    return text


def _no_encoding() -> Unreadable:
    return Unreadable(_("The file is not saved as UTF-8 or GB18030. Choose “Save as” and “CSV UTF-8”."))


def _doubt(readings: Mapping[str, str]) -> Unreadable:
    shown = "; ".join(f"{name}: “{line}”" for name, line in readings.items())
    return Unreadable(
        _(
            "It is not certain how the file was saved. Say which of these is right, or save it as “CSV UTF-8”: "
            "%(readings)s."
        )
        % {"readings": shown}
    )


def _separator(text: str, fields: Mapping[str, str]) -> str:
    """The one that makes most known columns of the first row."""
    first = text.split("\n", 1)[0].rstrip("\r")
    known = {mark: sum(normal.word(cell.strip('"')) in fields for cell in first.split(mark)) for mark in SEPARATORS}
    return max(SEPARATORS, key=lambda mark: known[mark])


def _records(text: str, separator: str) -> Records:
    records = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    try:
        for record in records:
            number += 1
            yield number, record
    except csv.Error:
        sentence = _("The quotation marks of this row do not match. Nothing from here on can be read.")
        raise Unreadable(sentence, number + 1) from None


# Rows ------------------------------------------------------------------------------------------


def _head_faults(head: list[str], fields: Mapping[str, str]) -> Iterator[Fault]:
    written = [cell.strip() for cell in head if cell.strip()]
    if not any(normal.word(cell) in fields for cell in written):
        yield Fault(1, "", _("The first row names no column of this table. Take the template as the first row."))
        return
    for cell in written:
        if normal.word(cell) not in fields:
            yield Fault(1, cell, _("There is no such column. Remove it, or write it as the template does."), cell)
    counted = Counter(fields[normal.word(cell)] for cell in written if normal.word(cell) in fields)
    for cell in dict.fromkeys(cell for cell in written if counted[fields.get(normal.word(cell), "")] > 1):
        yield Fault(1, cell, _("This column stands there twice."), cell)


def _fill(table: Table, columns: list[str], records: Records, most: int, keys: frozenset[str]) -> None:
    for number, record in records:
        cells = [NEUTRALISED.sub("", cell.strip()) if cell else "" for cell in record]
        if not any(cells) or (cells[0].startswith(REMARK) and cells[0] not in NO_REMARKS):
            continue
        if len(table.rows) == most:
            sentence = _("The file has more than %(most)s rows. Divide it into several files.")
            raise Unreadable(sentence % {"most": f"{most:,}"})
        if table.encoding == XLSX:  # which leaves empty cells at the end away
            cells += [""] * (len(columns) - len(cells))
        row = Row(number, {name: cell for name, cell in zip(columns, cells, strict=False) if name})
        if faults := [*_misfit(number, cells, columns), *_shortened(table, row, keys)]:
            table.faults += faults
            continue
        table.rows.append(row)
    if not table.rows and not table.faults:
        raise Unreadable(_("The file has a first row with the names of columns, and nothing below it."))


def _misfit(number: int, cells: list[str], columns: list[str]) -> Iterator[Fault]:
    """A row with another number of cells than the head: nobody knows which cell is meant by which."""
    stray = any(cell for cell, name in zip(cells, columns, strict=False) if not name) or any(cells[len(columns) :])
    if len(cells) < len(columns) or stray:
        sentence = _(
            "This row has %(cells)s cells and the first row has %(columns)s. Is a separator missing or too many?"
        )
        told = sentence % {"cells": len(cells), "columns": len(columns)}
        yield Fault(number, "", told, ", ".join(cells)[:100])


def _shortened(table: Table, row: Row, keys: frozenset[str]) -> Iterator[Fault]:
    for name in sorted(keys & row.cells.keys()):
        if normal.is_shortened(row.cells[name]):
            yield Fault(row.number, table.heads[name], str(normal.SHORTENED), row.cells[name])


def _trimmed(head: list[str]) -> list[str]:
    """Without the empty cells that spreadsheets leave at the end."""
    while head and not head[-1].strip():
        head = head[:-1]
    return head
