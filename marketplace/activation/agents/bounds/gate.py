"""How many requests of agents a web process works on at once, so that pages always have threads and connections.

Agents share the web processes with pages. A process lets in fewer requests of agents than it has threads, and only a
few under one key; those that are in use a small pool of connections of their own. What is not let in is answered at
once, without thread, body or connection: 503, come again.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.utils.translation import get_language_from_request, override
from django.utils.translation import gettext as _

from marketplace.activation.agents.bounds import bodies
from portal.api.problems import CONTENT_TYPE
from tenants.acts import Refusal
from tenants.postgresql.base import connections_of

DOORS = "/agent/"
AT_ONCE_UNDER_ONE_KEY = 8
"""Our agent has at most three: a poll, results and usage. A request without a key counts with all such requests."""
RETRY_AFTER_SECONDS = 2

_lock = threading.Lock()
_inside: Counter[str] = Counter()


class AgentGateMiddleware:
    """Let a request of an agent in, with its body read, or answer it here."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(DOORS):
            return self.get_response(request)
        with entering(request.headers.get("Suanli-Key", "")) as entered:
            refusal = _unreadable(request) if entered else _busy(request)
            if refusal is not None:
                return refusal
            with connections_of("agents", settings.AGENT_CONNECTIONS):
                return self.get_response(request)


@contextmanager
def entering(key: str) -> Iterator[bool]:
    """Whether one more request under this key is let in; it counts until the end of the block."""
    with _lock:
        entered = _inside.total() < settings.AGENT_REQUESTS and _inside[key] < AT_ONCE_UNDER_ONE_KEY
        if entered:
            _inside[key] += 1
    try:
        yield entered
    finally:
        if entered:
            _leave(key)


def _leave(key: str) -> None:
    with _lock:
        _inside[key] -= 1
        if not _inside[key]:
            del _inside[key]


def _busy(request: HttpRequest) -> HttpResponse:
    with override(get_language_from_request(request)):
        sentence = _("Too many requests of agents at once. Nothing was taken. Ask again in %(seconds)s s.")
        answer = _problem(Refusal(sentence % {"seconds": RETRY_AFTER_SECONDS}, "too_many_agents", status=503))
    answer["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


def _unreadable(request: HttpRequest) -> HttpResponse | None:
    """The body is read here, before the request takes a connection of the database."""
    length = request.headers.get("Content-Length") or "0"
    with override(get_language_from_request(request)):
        if len(length) > len(str(bodies.MOST_BYTES)) or int(length) > bodies.MOST_BYTES:
            return _problem(bodies.too_large())
        try:
            request.body  # noqa: B018  reading it is the purpose
        except RequestDataTooBig:
            return _problem(bodies.too_large())
        except UnreadablePostError:
            return _problem(Refusal(_("The body did not arrive whole. Nothing was taken."), "cut_off", status=400))
    return None


def _problem(refusal: Refusal) -> HttpResponse:
    status = HTTPStatus(refusal.status)
    body = {"type": "about:blank", "title": status.phrase, "status": status, "code": refusal.code}
    body["detail"] = str(refusal)
    answer = JsonResponse(body, status=status, content_type=CONTENT_TYPE, json_dumps_params={"ensure_ascii": False})
    answer["Cache-Control"] = "no-store"
    answer["Content-Length"] = str(len(answer.content))  # nothing further out adds it
    return answer
