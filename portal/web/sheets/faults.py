"""What is wrong with a file: a row and column that people find again, and a sentence for them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """Row 0 is the file itself; the row with the names of the columns is 1, as in a spreadsheet."""

    row: int
    column: str
    sentence: str
    value: str = ""


class Unreadable(Exception):
    """The file cannot be read from this row on (0: at all); the sentence says why."""

    def __init__(self, sentence: str, row: int = 0) -> None:
        super().__init__(sentence)
        self.row = row
