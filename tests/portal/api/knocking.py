"""Knocking at the API as a program, as a person and as a visitor."""

from collections.abc import Iterable
from typing import Any

from django.test import Client

from portal.accounts.actions import SCOPES, create_api_key
from portal.accounts.models import ApiKey, Organisation, User
from tests.portal.accounts.people import sign_in

HOST = "portal.localhost:8000"


def visitor(host: str = HOST, **more: Any) -> Client:
    return Client(headers={"host": host, "accept-language": "en"}, **more)


def program(text: str, host: str = HOST) -> Client:
    return Client(headers={"host": host, "accept-language": "en", "authorization": f"Bearer {text}"})


def member(user: User, host: str = HOST, **more: Any) -> Client:
    return sign_in(visitor(host, **more), user)


def key_of(organisation: Organisation, by: User, scopes: Iterable[str] = SCOPES, **more: Any) -> tuple[ApiKey, str]:
    return create_api_key(organisation, name="robot", scopes=scopes, by=by, **more)


def post(client: Client, path: str, body: Any = None, *, key: str | None = None) -> Any:
    headers = {} if key is None else {"idempotency-key": key}
    return client.post(path, {} if body is None else body, content_type="application/json", headers=headers)


def problem(response: Any) -> tuple[int, str]:
    """Status and code of an answer that must be a well-formed problem."""
    assert response.headers["Content-Type"] == "application/problem+json", response.content
    body = response.json()
    assert body["status"] == response.status_code
    assert body["detail"]
    assert body["title"]
    return response.status_code, body["code"]
