"""Decimal numbers as people and spreadsheets write them: one reading for files, forms and programs.

A comma groups thousands and nothing else. “8,50” is no number: one reader takes it for 8.50, another for 850.
"""

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

NOT_A_NUMBER = _("Write the number as 1234.50 or 1,234.50: a point before the decimals, commas between thousands only.")
NOT_WHOLE = _("Write a whole number as 1234 or 1,234: digits only, commas between thousands only.")
LONGEST = 40
_NUMBER = re.compile(r"([-\N{MINUS SIGN}]?)((?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)?)(?:\.([0-9]+))?")


def read(text: str, units: Iterable[str] = ()) -> Decimal:
    """The number, without zeros at the end of its decimals. Raises `ValueError` for what has two readings or none.

    One of `units` may stand before or after it, as in “¥8.50”, “62.00%” and “8 ms”. Full-width characters count as
    their usual forms.
    """
    plain = _without_unit(unicodedata.normalize("NFKC", text).strip(), units)
    found = _NUMBER.fullmatch(plain) if len(plain) <= LONGEST else None
    if found is None or not (found[2] or found[3]):
        raise ValueError(text[:LONGEST])
    return _decimal(bool(found[1]), found[2].replace(",", ""), found[3] or "")


def read_whole(text: str, units: Iterable[str] = ()) -> int:
    """A whole number; “8.00” is one. Raises `ValueError` for others."""
    number = read(text, units)
    if number != number.to_integral_value():
        raise ValueError(text[:LONGEST])
    return int(number)


def trimmed(number: Decimal) -> Decimal:
    """The same finite number without zeros at the end of its decimals and without an exponent."""
    whole, _point, decimals = f"{abs(number):f}".partition(".")
    return _decimal(number < 0, whole, decimals)


def _decimal(negative: bool, whole: str, decimals: str) -> Decimal:
    decimals = decimals.rstrip("0")
    return Decimal(f"{'-' if negative else ''}{whole or '0'}{'.' if decimals else ''}{decimals}")


def _without_unit(plain: str, units: Iterable[str]) -> str:
    for unit in (unicodedata.normalize("NFKC", one) for one in units):
        for bare in (plain.removeprefix(unit), plain.removesuffix(unit)):
            if bare != plain:
                return bare.strip()
    return plain
