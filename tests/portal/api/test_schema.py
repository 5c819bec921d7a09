"""The description of the API is OpenAPI 3.1, complete, and the same on every host."""

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.validation import validate_schema

from portal.accounts.actions import SCOPES
from portal.api.openapi import description
from tests.portal.api.knocking import visitor

pytestmark = pytest.mark.django_db


def operations():
    for path, methods in description("en")["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_it_is_valid_openapi():
    assert description("en")["openapi"].startswith("3.1")
    validate_schema(description("en"))


@pytest.mark.parametrize("host", ["portal.localhost", "127.0.0.1:8000", "shanxi.portal.localhost:8000"])
def test_it_is_served_on_every_host(host):
    answer = visitor(host).get("/api/schema/")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json() == description("en")


def test_every_route_below_v1_is_described():
    found = {
        path.replace("<uuid:pk>", "{id}").replace("<str:", "<slug:")
        for path in _routes(get_resolver("portal.urls_national"))
    }
    routes = {path.replace("<slug:", "{").replace(">", "}") for path in found if path.startswith("/api/v1/")}
    assert routes == set(description("en")["paths"])


def _routes(resolver: URLResolver, before: str = "/"):
    for pattern in resolver.url_patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield path
        else:
            yield from _routes(pattern, path)


def test_every_operation_names_a_scope_that_keys_can_have():
    named = {(path, method): operation["security"][0].get("key") for path, method, operation in operations()}
    assert {where for where, scopes in named.items() if not scopes} == set()
    assert {scope for scopes in named.values() for scope in scopes} == set(SCOPES)


def test_everything_that_buys_or_changes_takes_an_idempotency_key():
    lacking = {
        path
        for path, method, operation in operations()
        if method != "get" and "Idempotency-Key" not in {one["name"] for one in operation.get("parameters", [])}
    }
    assert lacking == {"/api/v1/quotes/"}  # holds nothing, costs nothing


def test_every_operation_says_what_it_does_and_which_problems_it_has():
    for path, method, operation in operations():
        assert operation.get("description"), (method, path)
        assert {"401", "403", "429"} <= set(operation["responses"]), (method, path)
