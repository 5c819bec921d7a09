"""From rows to the bytes of a file that spreadsheets open: UTF-8 with BOM, formulas neutralised."""

import csv
import io
from collections.abc import Iterable, Sequence

FULL_WIDTH = (
    "\N{FULLWIDTH EQUALS SIGN}",
    "\N{FULLWIDTH PLUS SIGN}",
    "\N{FULLWIDTH HYPHEN-MINUS}",
    "\N{FULLWIDTH COMMERCIAL AT}",
)
MARKED = ("=", "+", "-", "@", *FULL_WIDTH, "\t", "\r", "#", "'")
"""Beginnings that spreadsheets take for a formula (OWASP, CSV injection), that of a remark, and the mark itself."""
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


def write(head: Sequence[str], rows: Iterable[Sequence[str]], *, marked: bool = True) -> bytes:
    """The file with this first row; `reading.read` gives the same cells back. Remarks of ours are not marked."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([neutral(cell) if marked else cell for cell in row] for row in rows)
    return (BOM + text.getvalue()).encode()


def neutral(cell: str) -> str:
    return f"'{cell}" if cell.startswith(MARKED) else cell
