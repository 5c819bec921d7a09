"""Where a figure comes from: text, or the address of a page."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from portal.web.texts import normal

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?=\S)")


def check_source(source: str) -> None:
    """Text, or an address that a browser opens as a page: `javascript:…` and the like are refused."""
    seen = "".join(char for char in normal.text(source) if char.isprintable())
    scheme = _SCHEME.match(seen)
    if scheme and scheme[1].lower() not in ("http", "https"):
        raise ValidationError(_("As a source stands text, or an address that begins with http:// or https://."))
