"""One form of what is compared: full width as half width, without the characters that nobody sees."""

import re
import unicodedata

from django.utils.translation import gettext_lazy as _

SHORTENED = _("The spreadsheet has shortened this number. Format the column as text and enter it again.")
_SHORTENED = re.compile(r"-?[0-9](?:[.,][0-9]+)?E\+[0-9]+", re.IGNORECASE)
_BLANKS = re.compile(r"\s+")
_BETWEEN_WORDS = re.compile(r"[\s_-]+")


def text(written: str) -> str:
    """The usual width (NFKC), without format characters such as a byte order mark, and without outer blanks."""
    if written.isascii():
        return written.strip()
    usual = unicodedata.normalize("NFKC", written)
    return "".join(char for char in usual if unicodedata.category(char) != "Cf").strip()


def code(written: str) -> str:
    """The same for a code, a serial or a number that names something: without any blanks."""
    return _BLANKS.sub("", text(written))


def word(written: str) -> str:
    """The same for the head of a column or a word of a list: in small letters, without blanks, “_” and “-”."""
    return _BETWEEN_WORDS.sub("", text(written).casefold())


def key(written: str) -> str:
    """What two ways of writing one code have in common, also in capital and small letters: for what exists once."""
    return code(written).casefold()


def is_shortened(written: str) -> bool:
    """Whether a spreadsheet has written a long number as “2.02611E+16”: its last digits are lost, so it is no key."""
    return _SHORTENED.fullmatch(code(written)) is not None
