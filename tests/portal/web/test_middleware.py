"""What our own middleware leaves out saves time, and nothing that anybody asked for."""

import re

import pytest
from csp.constants import NONCE
from csp.decorators import csp_update
from csp.middleware import CSPMiddleware
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from structlog import contextvars

from portal.web import middleware
from portal.web.middleware import PolicyMiddleware, RequestLogMiddleware

HEADER = "Content-Security-Policy"


def policy_of(kind, view) -> set[str]:
    """Its directives, whose order may differ."""
    return set(re.split("; ?", kind(view)(RequestFactory().get("/"))[HEADER]))


@csp_update({"img-src": ["https://pictures.example"]})
def with_pictures(request):
    return HttpResponse()


@csp_update({"script-src": [NONCE]})
def with_a_nonce(request):
    return HttpResponse(str(request.csp_nonce))


def with_its_own(request):
    return HttpResponse(headers={HEADER: "default-src 'self'"})


@pytest.mark.parametrize("view", [lambda request: HttpResponse(), with_pictures, with_its_own])
def test_the_policy_is_the_one_django_csp_builds(view):
    assert policy_of(PolicyMiddleware, view) == policy_of(CSPMiddleware, view)


def test_a_nonce_is_in_the_policy_of_its_answer_only():
    answer = PolicyMiddleware(with_a_nonce)(RequestFactory().get("/"))
    assert f"'nonce-{answer.content.decode()}'" in answer[HEADER]
    assert "nonce" not in PolicyMiddleware(lambda request: HttpResponse())(RequestFactory().get("/"))[HEADER]


@pytest.mark.parametrize(("wanted", "said"), [(20, True), (30, False)])
def test_the_line_of_a_request_is_said_at_its_level_only(monkeypatch, capsys, wanted, said):
    monkeypatch.setattr(middleware, "_WANTED", wanted)
    RequestLogMiddleware(lambda request: HttpResponse())(RequestFactory().get("/"))
    assert ("request_finished" in capsys.readouterr().out) == said
    assert contextvars.get_contextvars() == {}


def test_a_stream_that_breaks_off_is_always_said(monkeypatch, capsys):
    def broken():
        yield b"first"
        raise ValueError("what went wrong")

    monkeypatch.setattr(middleware, "_WANTED", 30)
    answer = RequestLogMiddleware(lambda request: StreamingHttpResponse(broken()))(RequestFactory().get("/"))
    with pytest.raises(ValueError, match="what went wrong"):
        list(answer)
    assert "streaming_failed" in capsys.readouterr().out
