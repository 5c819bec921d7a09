"""The first sheet of an XLSX file (ECMA-376) as rows of text, as its reader sees them in the spreadsheet.

Not by openpyxl, which unpacks whole parts and builds whole rows before it can be stopped, and pads them to any width
that a cell names. Here a stranger's file is measured before it is unpacked, and read element by element.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from math import isfinite
from posixpath import dirname, join, normpath

from django.utils.translation import gettext as _

from portal.web.sheets import elements
from portal.web.sheets.elements import Element
from portal.web.sheets.faults import Unreadable
from portal.web.texts import decimals

MAGIC = b"PK\x03\x04"
MOST_CELLS = 500_000
MOST_ROWS = 200_000
MOST_COLUMNS = 200
EXACT_BELOW = 10**15
"""Spreadsheets keep fifteen digits of a number."""
PERCENT = frozenset({9, 10})
DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
"""Built-in number formats of cells."""
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_NO_PART_OF_FORMAT = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')

Records = Iterator[tuple[int, list[str]]]
"""Row number as in the spreadsheet, and its cells."""


@dataclass
class _Book:
    archive: elements.Archive
    sheet: str = ""
    part: str = ""
    day_zero: datetime = datetime(1899, 12, 30)
    texts: list[str] = field(default_factory=list)
    percent: set[int] = field(default_factory=set)
    """Styles whose number is shown in per cent."""
    dates: set[int] = field(default_factory=set)


def records(data: bytes) -> tuple[str, Records]:
    """Name of the first sheet, and its rows. Raises `Unreadable`, also while the rows are read."""
    try:
        book = _Book(elements.Archive(zipfile.ZipFile(io.BytesIO(data))))
        parts = _find_sheet(book)
        book.texts = list(_shared_texts(book, parts.get("sharedStrings")))
        _read_styles(book, parts.get("styles"))
    except elements.DAMAGES:
        raise damaged() from None
    return book.sheet, _sound(_rows(book))


def damaged() -> Unreadable:
    return Unreadable(_("This is neither a CSV nor an XLSX file, or it is damaged. Save it anew in the spreadsheet."))


def _sound(rows: Records) -> Records:
    try:
        yield from rows
    except elements.DAMAGES:
        raise damaged() from None


# Parts of the file -----------------------------------------------------------------------------


def _find_sheet(book: _Book) -> dict[str, str]:
    """Note the first sheet that is not hidden; returns the parts beside it, by their kind."""
    main = next(part for kind, part in _relations(book, "").values() if kind == "officeDocument")
    related = _relations(book, main)
    sheets = []
    for one in book.archive.elements(main):
        if one.name == "workbookPr" and one.attributes.get("date1904") in ("1", "true"):
            book.day_zero = datetime(1904, 1, 1)
        if one.name == "sheet" and related[one.attributes["id"]][0] == "worksheet":
            sheets.append(one.attributes)
    first = next((one for one in sheets if one.get("state", "visible") == "visible"), sheets[0])
    book.sheet, book.part = first["name"], related[first["id"]][1]
    return dict(related.values())


def _relations(book: _Book, part: str) -> dict[str, tuple[str, str]]:
    """Kind and name of the parts that this part names, by their id."""
    folder, _slash, file = part.rpartition("/")
    found = {}
    for one in book.archive.elements(join(folder, "_rels", f"{file}.rels")):
        if one.name == "Relationship":
            kind = one.attributes["Type"].rpartition("/")[2]
            target = normpath(join("/", dirname(part), one.attributes["Target"])).lstrip("/")
            found[one.attributes["Id"]] = (kind, target)
    return found


def _shared_texts(book: _Book, part: str | None) -> Iterator[str]:
    text = ""
    for one in book.archive.elements(part) if part else ():
        if one.name == "t" and one.parent != "rPh":  # which says how the text is pronounced
            text += one.text
        if one.name == "si":
            yield text
            text = ""


def _read_styles(book: _Book, part: str | None) -> None:
    formats: dict[int, str] = {}
    number = 0
    for one in book.archive.elements(part) if part else ():
        if one.name == "numFmt":
            formats[int(one.attributes["numFmtId"])] = _NO_PART_OF_FORMAT.sub("", one.attributes["formatCode"]).lower()
        if one.name == "xf" and one.parent == "cellXfs":
            form = int(one.attributes.get("numFmtId", 0))
            if form in PERCENT or "%" in formats.get(form, ""):
                book.percent.add(number)
            elif form in DATES or set("ymdhs") & set(formats.get(form, "")):
                book.dates.add(number)
            number += 1


# Rows ------------------------------------------------------------------------------------------


def _rows(book: _Book) -> Records:
    number, cells, read, count = 0, _Cells(book), 0, 0
    for one in book.archive.elements(book.part):
        if one.name == "row":
            count += 1
            number = int(one.attributes.get("r", number + 1))
            yield number, cells.taken()
        elif one.name == "c":
            read += 1
            cells.add(one)
        else:
            cells.note(one)
        if read > MOST_CELLS or count > MOST_ROWS:
            raise Unreadable(
                _("The first sheet has more than %(cells)s cells or %(rows)s rows. Divide it into several files.")
                % {"cells": f"{MOST_CELLS:,}", "rows": f"{MOST_ROWS:,}"}
            )


class _Cells:
    """The cells of one row while its elements come in."""

    def __init__(self, book: _Book) -> None:
        self.book = book
        self.taken()

    def taken(self) -> list[str]:
        """The row, and room for the next."""
        done = getattr(self, "row", [])
        self.row: list[str] = []
        self._forget()
        return done

    def _forget(self) -> None:
        self.value: str | None = None
        self.inline, self.formula = "", False

    def note(self, part: Element) -> None:
        """A part of the cell that is being read."""
        if part.name == "v":
            self.value = part.text
        elif part.name == "t" and part.parent != "rPh":
            self.inline += part.text
        elif part.name == "f":
            self.formula = True

    def add(self, cell: Element) -> None:
        place = _PLACE.fullmatch(cell.attributes.get("r", ""))
        column = _column(place[1]) if place else len(self.row) + 1
        text = self._text(cell)
        self._forget()
        if column > MOST_COLUMNS and text:
            raise Unreadable(
                _("The first sheet has more than %(most)s columns. Remove those that do not belong to the table.")
                % {"most": MOST_COLUMNS}
            )
        if column <= MOST_COLUMNS:
            self.row += [""] * (column - len(self.row))
            self.row[column - 1] = text

    def _text(self, cell: Element) -> str:
        kind = cell.attributes.get("t", "n")
        if kind == "inlineStr":
            return self.inline
        if self.value is None or (kind == "n" and not self.value):
            if self.formula:
                sentence = _(
                    "The file does not hold the result of a formula (cell %(cell)s). Put the value in its place."
                )
                raise Unreadable(sentence % {"cell": cell.attributes.get("r", "?")})
            return ""
        if kind == "s":
            return self.book.texts[int(self.value)]
        if kind == "b":
            return "TRUE" if self.value == "1" else "FALSE"
        return _number(self.book, int(cell.attributes.get("s", 0)), self.value) if kind == "n" else self.value


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _number(book: _Book, style: int, value: str) -> str:
    number = float(value)
    if not isfinite(number):
        raise ValueError(value)
    if style in book.dates:
        moment = book.day_zero + timedelta(seconds=round(number * 86400))
        return moment.date().isoformat() if number.is_integer() else moment.isoformat(" ", "seconds")
    if abs(number) >= EXACT_BELOW:
        return f"{number:.5E}"
    shown, unit = Decimal(f"{number:.15g}"), ""
    if style in book.percent:
        shown, unit = shown * 100, "%"
    return f"{decimals.trimmed(shown):f}{unit}"
