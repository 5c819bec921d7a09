"""What browsers may keep of an answer, the sentence of an act that was refused, and the log of requests."""

import logging
from collections.abc import Callable
from functools import cache
from http import HTTPStatus

import structlog
from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django_structlog.middlewares import RequestMiddleware

from portal.web.errors import render_error, render_fragment, render_unavailable
from portal.web.unavailable import is_unavailable

REFUSED = "portal.refused"
"""In the environment of a request that was refused before it reached Django: the status of the answer."""


class PolicyMiddleware(CSPMiddleware):
    """django-csp builds the policy for each answer anew. Ours is one, unless a view marked its answer."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if any(name.startswith("_csp") for name in vars(response)) or hasattr(request, "_csp_nonce"):
            return super().process_response(request, response)
        if HEADER not in response:
            response[HEADER] = _policy()
        return response


@cache
def _policy() -> str:
    return build_policy()


class RefusedMiddleware:
    """Draws the answer to a request that was refused before it reached Django (portal.runtime.web.serving)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        status = request.META.get(REFUSED)
        return render_error(request, status) if status else self.get_response(request)


class PrivacyMiddleware:
    """Answers are private by default: no browser keeps them, so nobody finds them by Back after the sign-out.

    Views marked as public may be kept by visitors' browsers and are asked for again before they are shown. With a
    session even these carry a person's name, so they are private too. A view's own `Cache-Control` stands.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        public = getattr(request, "is_public", False) and settings.SESSION_COOKIE_NAME not in request.COOKIES
        response.headers.setdefault("Cache-Control", "private, no-cache" if public else "private, no-store")
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., object], args: object, kwargs: object) -> None:
        request.is_public = getattr(view, "is_public", False)  # type: ignore[attr-defined]


log = structlog.get_logger(__name__)


class RefusalMiddleware:
    """A refusal that leaves a view becomes its error page, or for htmx a notice at the top of the page.

    This app is a leaf and imports no other: a refusal is any exception that carries a `sentence` for people and
    an HTTP `status` (tenants.acts.Refusal). The API has a handler of its own. Whoever comes back from signing in to
    the address of a form gets a page too, where Django's answer is empty.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or response.content:
            return response
        told = render_error(request, response.status_code)
        told["Allow"] = response["Allow"]
        return told

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DataError):
            return self._unstorable(request, exception)
        sentence = getattr(exception, "sentence", None)
        status = getattr(exception, "status", None)
        if is_unavailable(exception):
            return render_unavailable(request, exception)
        if sentence is None or not isinstance(status, int):
            return None
        if request.headers.get("HX-Request") == "true":
            return render_fragment(status, str(sentence))
        return render_error(request, status, str(sentence))

    def _unstorable(self, request: HttpRequest, error: DataError) -> HttpResponse:
        """PostgreSQL takes no NUL character and no number beyond its column; only what was sent can hold one."""
        log.warning("page_value_refused", error=str(error))
        sentence = _("A value holds a character or a number that cannot be stored. Nothing was changed.")
        if request.headers.get("HX-Request") == "true":
            return render_fragment(400, sentence)
        return render_error(request, 400, sentence)


_WANTED = logging.getLevelNamesMapping()[settings.LOG_LEVEL.upper()]


class RequestLogMiddleware(RequestMiddleware):
    """The line of a request; none, and no question of who asked, where the database cannot serve.

    Each question would wait for a connection again, in every layer of middleware that the exception passes.
    """

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        """A line that nobody wants costs nothing."""
        level = self._log_level_for_status_code(response.status_code)
        if response.streaming or hasattr(request, "_raised_exception") or level >= _WANTED:
            super().handle_response(request, response)
        else:
            structlog.contextvars.clear_contextvars()

    def _process_exception(self, request: HttpRequest, exception: Exception) -> None:
        if not is_unavailable(exception):
            super()._process_exception(request, exception)

    def _log_level_for_status_code(self, status_code: int) -> int:
        if status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            return logging.INFO
        return super()._log_level_for_status_code(status_code)
