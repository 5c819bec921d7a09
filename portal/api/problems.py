"""Every answer of the API that is not a success: RFC 9457 problem details with a code and a sentence for people."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from math import ceil
from typing import Any

import structlog
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
)
from django.core.signals import got_request_exception
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback
from structlog.contextvars import get_contextvars

from portal.api.bodies import TooLarge
from portal.web.unavailable import RETRY_AFTER_SECONDS, is_unavailable, tally
from tenants.acts import Refusal

CONTENT_TYPE = "application/problem+json"
log = structlog.get_logger(__name__)

SENTENCES = {
    exceptions.NotAuthenticated: gettext_lazy(
        "Sign in, or send a key of your organisation: “Authorization: Bearer sp_…”. Nothing was done."
    ),
    exceptions.ParseError: gettext_lazy("The body is not valid JSON. Nothing was done."),
    exceptions.MethodNotAllowed: gettext_lazy("This address does not take such requests. Nothing was done."),
    exceptions.NotAcceptable: gettext_lazy("The API answers in JSON only. Nothing was done."),
    exceptions.UnsupportedMediaType: gettext_lazy("The API takes JSON only (application/json). Nothing was done."),
}
UNREADABLE = (SuspiciousOperation, BadRequest, MultiPartParserError, UnreadablePostError)
MOST_ERRORS = 100
"""Of a body; all are counted."""
LONGEST = 500
"""Characters of a pointer or a sentence: both may repeat what was sent."""
NOT_FOUND = gettext_lazy("This does not exist, or you may not see it.")


def problem(code: int, sentence: str, word: str, **more: Any) -> Response:
    """`code` is the HTTP status, `word` our own name for what is wrong; further members stand beside them."""
    body = {"type": "about:blank", "title": HTTPStatus(code).phrase, "status": code, "code": word, "detail": sentence}
    if request_id := get_contextvars().get("request_id"):
        body["request_id"] = str(request_id)
    return Response({**body, **more}, status=code, content_type=CONTENT_TYPE)


def handle(error: Exception, context: Mapping[str, Any]) -> Response:
    """DRF asks here what an exception becomes; nothing leaves the API as a page or with a traceback."""
    set_rollback()
    if isinstance(error, Refusal):
        return _refusal(error)
    if isinstance(error, Http404):
        return problem(404, str(NOT_FOUND), "not_found")
    if isinstance(error, PermissionDenied):
        return problem(403, str(error) or _("You may not do this. Nothing was done."), "forbidden")
    if isinstance(error, exceptions.ValidationError):
        return _invalid(error)
    if isinstance(error, exceptions.APIException):
        return _known(error)
    if isinstance(error, DataError):
        return _unstorable(error)
    if isinstance(error, UNREADABLE):
        return unreadable(error)
    return _fault(error, context)


def unreadable(error: Exception) -> Response:
    """What goes wrong while a request is read is the caller's: 413 for its size, 400 for all else."""
    log.info("api_request_unreadable", error=str(error))
    if isinstance(error, RequestDataTooBig):
        return problem(413, str(TooLarge.default_detail), TooLarge.default_code)
    if isinstance(error, TooManyFieldsSent):
        return problem(400, _("The request has more than 1,000 parameters. Nothing was done."), "too_many_parameters")
    return problem(400, _("The request could not be read to its end. Nothing was done."), "unreadable")


def _refusal(refusal: Refusal) -> Response:
    answer = problem(refusal.status, str(refusal), refusal.code, alternatives=refusal.alternatives)
    if refusal.status == status.HTTP_503_SERVICE_UNAVAILABLE:
        answer["Retry-After"] = "1"
    return answer


def _invalid(error: exceptions.ValidationError) -> Response:
    """422 with a sentence for each field, which its JSON pointer names; an empty pointer means the whole body."""
    found = list(_each("", error.get_full_details()))
    first = found[0]["detail"] if len(found) == 1 and not found[0]["pointer"] else None
    many = ngettext(
        "%(count)s field was not understood. Nothing was done.",
        "%(count)s fields were not understood. Nothing was done.",
        len(found),
    ) % {"count": len(found)}
    return problem(422, first or many, "invalid", errors=found[:MOST_ERRORS])


def _each(pointer: str, details: Any) -> Iterator[dict[str, str]]:
    if isinstance(details, Mapping) and set(details) == {"message", "code"} and isinstance(details["message"], str):
        yield {"pointer": pointer[:LONGEST], "code": str(details["code"]), "detail": str(details["message"])[:LONGEST]}
    elif isinstance(details, Mapping):
        for name, inner in details.items():
            whole = name == "non_field_errors"
            yield from _each(pointer if whole else f"{pointer}/{_escaped(str(name))}", inner)
    else:
        for place, inner in enumerate(details):
            nested = isinstance(inner, Mapping) and set(inner) != {"message", "code"}
            yield from _each(f"{pointer}/{place}" if nested else pointer, inner)


def _unstorable(error: DataError) -> Response:
    """PostgreSQL takes no NUL character and no number beyond its column; only what was sent can hold one."""
    log.warning("api_value_refused", error=str(error))
    sentence = _("A value holds a character or a number that cannot be stored. Nothing was done.")
    return problem(422, sentence, "invalid")


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _known(error: exceptions.APIException) -> Response:
    if isinstance(error, exceptions.Throttled):
        return _throttled(error)
    sentence = str(SENTENCES.get(type(error), error.detail))
    codes = error.get_codes()
    answer = problem(error.status_code, sentence, codes if isinstance(codes, str) else error.default_code)
    if header := getattr(error, "auth_header", None):
        answer["WWW-Authenticate"] = header
    return answer


def _throttled(error: exceptions.Throttled) -> Response:
    seconds = max(1, ceil(getattr(error, "wait", None) or 1))
    sentence = ngettext(
        "Too many requests in a short time; nothing was done. Try again in %(seconds)s second.",
        "Too many requests in a short time; nothing was done. Try again in %(seconds)s seconds.",
        seconds,
    ) % {"seconds": seconds}
    answer = problem(429, sentence, "throttled")
    answer["Retry-After"] = str(seconds)
    return answer


def _fault(error: Exception, context: Mapping[str, Any]) -> Response:
    """Not foreseen: recorded with its traceback here, told to the caller without it."""
    if is_unavailable(error):
        tally.note(error)
        return _unavailable()
    request = getattr(context.get("request"), "_request", None)
    log.error("api_fault", exc_info=error)
    got_request_exception.send(sender=handle, request=request)
    if isinstance(error, OperationalError | InterfaceError):
        return _unavailable()
    return problem(
        500,
        _("A fault on our side, which has been recorded. Ask what became of the request before repeating it."),
        "fault",
    )


def _unavailable() -> Response:
    sentence = _("The portal cannot answer just now. Repeating a purchase under the same key cannot order twice.")
    answer = problem(503, sentence, "unavailable")
    answer["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer
