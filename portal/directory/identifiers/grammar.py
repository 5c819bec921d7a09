"""The grammar of 算力标识, the identifier of one registered resource. It is this portal's own, no national standard.

    CP-14-000128-Z-A910B3-DT1-00042-1

| Part     | Written                     | Means                                                                     |
|----------|-----------------------------|---------------------------------------------------------------------------|
| prefix   | `CP`                        | computing power (算力)                                                    |
| province | two digits                  | GB/T 2260 code of the province whose register holds the resource          |
| provider | six digits                  | the provider in this province, numbered as it registered its first pool   |
| kind     | `T`, `Z` or `C`             | general (通算), intelligent (智算) or super computing (超算)              |
| model    | 2 to 24 letters and digits  | code of the card model in the national taxonomy                           |
| site     | two letters, one character  | the provider's site: initials of the city's syllables, and a number 1 to Z |
| serial   | five digits                 | running number of the provider's resources                                |
| check    | one letter or digit         | finds typing errors                                                       |

One pool has one identifier: a pool is homogeneous cards at one site, which is what is sold, counted and leased as
one; a single card has its maker's serial.

The check character is ISO/IEC 7064 MOD 37-2 over the letters and digits from the province to the serial. 2 is a
primitive root of the prime 37, so every single wrong character and every exchange of two neighbours is found. The
37th character of the standard, `*`, is never written: a serial that would need it is left out.
"""

import re
import unicodedata
from dataclasses import astuple, dataclass
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

PREFIX = "CP"
CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MODULUS = 37
MOST_SERIAL = 99_999
MOST_PROVIDER = 999_999
MODEL_CODE = "[0-9A-Z]{2,24}"
EXAMPLE = "CP-14-000128-Z-A910B3-DT1-00042-1"
HYPHENS = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣－_", "-"))


class Part(NamedTuple):
    name: str
    label: Any
    pattern: str
    rule: Any


PARTS = (
    Part("prefix", gettext_lazy("prefix"), "CP", gettext_lazy("the letters CP")),
    Part("province", gettext_lazy("province code"), "[0-9]{2}", gettext_lazy("two digits")),
    Part("provider", gettext_lazy("provider code"), "[0-9]{6}", gettext_lazy("six digits")),
    Part("kind", gettext_lazy("kind of computing"), "[TZC]", gettext_lazy("one of the letters T, Z and C")),
    Part("model", gettext_lazy("model code"), MODEL_CODE, gettext_lazy("2 to 24 letters and digits")),
    Part("site", gettext_lazy("site code"), "[A-Z]{2}[1-9A-Z]", gettext_lazy("two letters and a letter or digit")),
    Part("serial", gettext_lazy("serial"), "[0-9]{5}", gettext_lazy("five digits")),
    Part("check", gettext_lazy("check character"), "[0-9A-Z]", gettext_lazy("one letter or digit")),
)


class Malformed(ValueError):
    """No identifier; `sentence` says which part is wrong and how it must be written, `part` names it."""

    def __init__(self, part: str, sentence: str) -> None:
        super().__init__(sentence)
        self.part = part
        self.sentence = sentence


@dataclass(frozen=True)
class Parts:
    """What an identifier says, without prefix and check character."""

    province: str
    provider: str
    kind: str
    model: str
    site: str
    serial: str

    def check(self) -> str | None:
        return check_character("".join(astuple(self)))

    def text(self) -> str:
        """The whole identifier. The caller has seen that there is a check character for it."""
        return "-".join((PREFIX, *astuple(self), self.check() or ""))


def check_character(body: str) -> str | None:
    """ISO/IEC 7064 MOD 37-2 of letters and digits; None where the standard would write `*`."""
    remainder = 0
    for character in body:
        remainder = (remainder + CHARACTERS.index(character)) * 2 % MODULUS
    value = (MODULUS + 1 - remainder) % MODULUS
    return CHARACTERS[value] if value < len(CHARACTERS) else None


def tidy(text: str) -> str:
    """As it is stored: capitals, plain hyphens, no blanks; full-width characters are what they stand for."""
    plain = unicodedata.normalize("NFKC", text).translate(HYPHENS)
    return "".join(plain.split()).upper()


def looks_like_one(text: str) -> bool:
    return tidy(text).startswith(f"{PREFIX}-")


def parse(text: str) -> Parts:
    """The parts of an identifier as people write it. Raises `Malformed`."""
    words = tidy(text).split("-")
    if len(words) != len(PARTS):
        raise Malformed(
            "parts",
            _("An identifier has eight parts joined by hyphens, such as %(example)s; this one has %(number)s.")
            % {"example": EXAMPLE, "number": len(words) if any(words) else 0},
        )
    for part, word in zip(PARTS, words, strict=True):
        if not re.fullmatch(part.pattern, word):
            raise Malformed(
                part.name,
                _("The %(part)s must be %(rule)s; “%(word)s” is not.")
                % {"part": part.label, "rule": part.rule, "word": word[:40]},
            )
    parts = Parts(*words[1:-1])
    if parts.check() != words[-1]:
        raise Malformed(
            "check",
            _(
                "The check character “%(word)s” does not fit the rest, so there may be a typing error. "
                "Compare each part."
            )
            % {"word": words[-1]},
        )
    return parts


# Codes of what the parts name ------------------------------------------------------------------


def kind_of(card_class: str) -> str:
    """`C` for cards made for double precision, `Z` for the others; `T` is kept for pools without accelerators."""
    return "C" if card_class.startswith("hpc") else "Z"


def initials(city: str) -> str:
    """Two letters of a city's Latin name, the initials of its first syllables: Datong → DT, Suzhou → SZ, Xi'an → XA.

    `XX` where there is no Latin name.
    """
    plain = unicodedata.normalize("NFKD", city).encode("ascii", "ignore").decode().upper()
    first, _dot, second = re.sub("[^A-Z']", "", re.sub("([ZCS])H", r"\1", plain)).partition("'")
    if not first:
        return "XX"
    later = re.search(r"[AEIOU][A-Z]*?([BCDFGHJKLMNPQRSTVWXYZ])[AEIOU]", first)
    return first[0] + (later[1] if later else second[:1] or first[1:2] or "X")


def numbered(letters: str, taken: set[str]) -> str | None:
    """The site code of these letters with the first number that is not taken: DT1, DT2, … DTZ; None after that."""
    return next((code for number in CHARACTERS[1:] if (code := letters + number) not in taken), None)
