"""Reading an agent's body: small, flat JSON of characters that can be stored, or a refusal before any work is done."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.parsers import JSONParser

from tenants.acts import Refusal

MOST_BYTES = 1_000_000
"""A report of a thousand pools with ten thousand cards out of order has a quarter of this."""
MOST_DEPTH = 12
"""Lists and objects inside each other; the protocol needs seven."""


class AgentJSONParser(JSONParser):
    """JSON as the protocol has it. Raises `Refusal` for what is too deep or cannot be stored."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            body = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise too_deep() from None
        check(body)
        return body


def check(body: Any) -> None:
    """Level by level, so that a deep body costs no stack. Raises `Refusal`."""
    level = [body]
    for _depth in range(MOST_DEPTH):
        if not all(storable(one) for one in level if isinstance(one, str)):
            raise Refusal(
                _("The body holds a character that cannot be stored (NUL or half a pair). Nothing was taken."),
                "unstorable",
                status=422,
            )
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return
    raise too_deep()


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def storable(text: str) -> bool:
    """PostgreSQL takes neither NUL nor a lone surrogate."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def too_deep() -> Refusal:
    sentence = _("The body's lists and objects lie more than %(depth)s deep in each other. Nothing was taken.")
    return Refusal(sentence % {"depth": MOST_DEPTH}, "too_deep", status=400)


def too_large() -> Refusal:
    sentence = _("The body is larger than %(most)s kB. Nothing was taken.") % {"most": MOST_BYTES // 1000}
    return Refusal(sentence, "too_large", status=413)
