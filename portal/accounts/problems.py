"""Problem details (RFC 9457) for everything that goes wrong at the API: a code and a sentence, never a traceback."""

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from tenants.acts import Refusal

MEDIA_TYPE = "application/problem+json"
log = structlog.get_logger(__name__)


def problem(status: int, code: str, detail: str, **more: Any) -> Response:
    return Response(
        {"type": "about:blank", "title": code.replace("_", " "), "status": status, "code": code, "detail": detail, **more},
        status=status,
        content_type=MEDIA_TYPE,
    )


def handle(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler."""
    set_rollback()
    if isinstance(error, Refusal):
        return problem(error.status, error.code, str(error), alternatives=error.alternatives)
    if isinstance(error, Http404):
        return problem(404, "not_found", _("This does not exist, or you may not see it."))
    if isinstance(error, PermissionDenied):
        return problem(403, "forbidden", str(error) or _("You may not do this. Nothing was changed."))
    if isinstance(error, exceptions.ValidationError):
        return problem(400, "invalid", _("Some fields are not right. Nothing was changed."), errors=error.detail)
    if isinstance(error, exceptions.APIException):
        return _api_problem(error)
    log.exception("api_error")
    return problem(500, "error", _("A fault of ours. It has been recorded; please try again later."))


def _api_problem(error: exceptions.APIException) -> Response:
    codes = error.get_codes()
    answer = problem(error.status_code, codes if isinstance(codes, str) else "error", str(error.detail))
    if header := getattr(error, "auth_header", None):
        answer["WWW-Authenticate"] = header
    if (wait := getattr(error, "wait", None)) is not None:
        answer["Retry-After"] = str(int(wait) + 1)
    return answer
