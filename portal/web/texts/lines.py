"""Names and other texts of one line: what may stand in them, and how they are repeated in an e-mail.

A line break makes a paragraph of its own in our e-mail; a bidirectional override or an invisible character makes two
different names look alike. Forms take `LineField`, models `Line`.
"""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

LONGEST_ADDRESS = 254
"""Characters of an e-mail address: mail servers know no longer one (RFC 5321)."""
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode categories: controls, formatting (zero-width, bidirectional), half characters, line and paragraph breaks."""
BLANK = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")
"""Letters and marks that nobody sees."""
LINKED = re.compile(r"://|(?<=[^\W_])[.．](?=[^\W\d_]{2,})")
"""What makes mail programs draw a link: a scheme, and a dot inside a host name."""


def one_line(value: str) -> None:
    """Validator. Raises `ValidationError` naming the first character that is refused."""
    for character in value:
        if unseen(character):
            raise ValidationError(
                _(
                    "This is one line of plain text. It holds a line break or an invisible character (%(code)s): "
                    "take it out and try again."
                ),
                code="not_one_line",
                params={"code": f"U+{ord(character):04X}"},
            )


def unseen(character: str) -> bool:
    return unicodedata.category(character) in UNSEEN or character in BLANK


def plain(text: str) -> str:
    """The same on one line, for texts that came in before they were checked, or from a browser's headers."""
    return " ".join("".join(" " if unseen(one) else one for one in text).split())


def unlinked(text: str) -> str:
    """The same in a form that mail programs draw no link from: `example[.]com`."""
    return LINKED.sub(lambda found: f"[{found[0][0]}]{found[0][1:]}", text)


class LineField(forms.CharField):
    """A text of one line."""

    default_validators = [one_line]


class AddressField(forms.EmailField):
    """An e-mail address of a length that the database holds."""

    default_validators = [*forms.EmailField.default_validators, one_line]

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=LONGEST_ADDRESS, **more)


class Line(models.CharField):  # type: ignore[type-arg]
    """A text of one line that people write; in migrations it is the plain field that it is in the database."""

    default_validators = [*models.CharField.default_validators, one_line]

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs
