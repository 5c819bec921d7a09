"""Reading the tables of the sample world. An empty cell means unknown, never zero."""

import csv
import uuid
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
FOLDER = Path(__file__).parent / "data"
NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "urn:suanli-portal:sample-world")
Row = dict[str, str]


@cache
def rows(table: str) -> tuple[Row, ...]:
    with (FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def sample_id(kind: str, slug: str) -> uuid.UUID:
    """The same id at every load, on every machine."""
    return uuid.uuid5(NAMES, f"{kind}/{slug}")


def maybe(cell: str, convert: Callable[[str], T]) -> T | None:
    return convert(cell) if cell else None


def number(cell: str) -> Decimal | None:
    return maybe(cell, Decimal)


def micro_yuan(cell: str) -> int | None:
    """¥ of the table in integer micro-yuan, exactly."""
    return maybe(cell, lambda text: int(Decimal(text) * 1_000_000))


def yes_or_no(cell: str) -> bool | None:
    return maybe(cell, lambda text: text == "yes")
