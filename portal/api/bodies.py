"""The one reader of JSON bodies, for the API and for agents: how large, how deep, and what no text may hold.

A body is an object, at most 2.5 MB long and nested twenty deep. Each name stands in it once: of two, programs that read
it before us may have believed the other.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import parsers
from rest_framework.exceptions import APIException, ErrorDetail, ParseError, ValidationError

MOST_BYTES: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
DEEPEST = 20
MOST_PLACES = 20
"""Places of a text that cannot be stored which are named."""
_NO_TEXT = re.compile(r"[\0\ud800-\udfff]")
"""What PostgreSQL and UTF-8 cannot hold: NUL, and half a pair of surrogates."""
_MAY_HOLD_NO_TEXT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


class TooLarge(APIException):
    status_code = 413
    default_detail = gettext_lazy("The body is larger than 2.5 MB. Nothing was done.")
    default_code = "too_large"


class TooDeep(ParseError):
    default_detail = gettext_lazy("The body is nested more than 20 deep. Nothing was done.")
    default_code = "too_deep"


class JSONParser(parsers.JSONParser):
    """Of every address that takes JSON. Raises `ParseError`, `TooLarge`, or `ValidationError` that names the place."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        return read(bytes_of(stream, MOST_BYTES))


def bytes_of(stream: Any, most: int) -> bytes:
    """All of a body. Raises `TooLarge` before more than so many bytes are read."""
    parts, size = [], 0
    try:
        while part := stream.read(most + 1 - size):
            parts.append(part)
            size += len(part)
            if size > most:
                raise TooLarge
    except RequestDataTooBig:
        raise TooLarge from None
    return b"".join(parts)


def whole(request: HttpRequest) -> bytes:
    """The body for whoever needs it before it is parsed, as a signature does; it can be parsed afterwards."""
    try:
        return request.body
    except RequestDataTooBig:
        raise TooLarge from None


def read(data: bytes) -> dict[str, Any]:
    """The object that the body is."""
    try:
        text = data.decode("utf-8-sig")
        found = json.loads(text, parse_constant=_refuse, object_pairs_hook=_each_once)
    except RecursionError:
        raise TooDeep from None
    except ValueError:
        raise ParseError from None
    if not isinstance(found, dict):
        raise ValidationError(_("The body must be a JSON object, names and values in braces. Nothing was done."))
    _check_depth(found)
    if _MAY_HOLD_NO_TEXT.search(text):
        _check_texts(found)
    return found


def unstorable() -> ErrorDetail:
    return ErrorDetail(_("This text holds a character that cannot be stored (NUL)."), "unstorable")


def shown(name: str) -> str:
    """The name without such characters."""
    return _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", name)


def _refuse(word: str) -> None:
    """NaN and Infinity are no JSON."""
    raise ValueError(word)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(name for name, _value in pairs).most_common(1)[0][0]
        raise ValidationError({shown(twice): [ErrorDetail(_("This field stands there twice."), "twice")]})
    return found


def _check_depth(found: dict[str, Any]) -> None:
    level: list[Any] = [found]
    for _depth in range(DEEPEST):
        level = [inner for one in level for inner in _inside(one) if isinstance(inner, dict | list)]
    if level:
        raise TooDeep


def _inside(one: Any) -> Any:
    return one.values() if isinstance(one, dict) else one


def _check_texts(found: dict[str, Any]) -> None:
    """Raises `ValidationError` by JSON pointer for texts and names that cannot be stored."""
    faults: dict[str, Any] = {}
    for number, path in enumerate(_bad_places(found)):
        if number == MOST_PLACES:
            break
        place = faults
        for step in path[:-1]:
            place = place.setdefault(step, {})
        place[path[-1]] = [unstorable()]
    if faults:
        raise ValidationError(faults)


def _bad_places(found: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """The path to each, leaves only: a name that cannot be stored is one, whatever stands under it."""
    waiting: list[tuple[tuple[str, ...], Any]] = [((), found)]
    while waiting:
        path, one = waiting.pop()
        pairs = one.items() if isinstance(one, dict) else enumerate(one)
        for name, value in pairs:
            here = (*path, shown(str(name)))
            if _NO_TEXT.search(str(name)) or (isinstance(value, str) and _NO_TEXT.search(value)):
                yield here
            elif isinstance(value, dict | list):
                waiting.append((here, value))
