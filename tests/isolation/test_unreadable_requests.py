"""What cannot be read or stored is sent to every address by those who come in there: no answer is a fault of ours."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import transaction

from portal.accounts.models import User
from tests.copies import pointed_at_copy
from tests.isolation.routes import Route
from tests.isolation.test_every_address import EVERYWHERE, session_of, visitor
from tests.isolation.world import World, build

NUL = "a\0b"
NAMES = re.compile(r'name="([\w-]+)"')
ASKED = (
    *("card", "cards", "card_model", "category", "domain", "identifier", "kind", "mode", "next", "offer", "order"),
    *(
        "organisation",
        "p",
        "page",
        "pool",
        "price",
        "province",
        "provinces",
        "q",
        "site",
        "sort",
        "stamp",
        "state",
        "theme",
    ),
)
"""Words that pages look for in their addresses."""
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker) -> Iterator[World]:
    with django_db_blocker.unblock(), pointed_at_copy():
        yield build()


def people(world: World, route: Route) -> list[tuple[User | None, bool]]:
    """Who may come in: visitors and the owner, or staff of the place."""
    if route.path.startswith("/staff/"):
        return [(world.staff_here[route.place], True)]
    return [(world.owner, False)] if not route.path.startswith("/accounts/") else [(None, False), (world.owner, False)]


def ask(world: World, route: Route, who: tuple[User | None, bool], method: str, *sent: Any, **more: Any) -> Any:
    client = visitor(route)
    if who[0] is not None:
        client.cookies = session_of(world, who[0], who[1])
    with transaction.atomic():
        answer = getattr(client, method)(world.address(route), *sent, **more)
        answer.getvalue()
        transaction.set_rollback(True)
    return answer


def faults(world: World, method: str, *sent: Any, below: tuple[str, ...] = ("/",), **more: Any) -> list[Any]:
    """Addresses that answer with a fault."""
    answers = [
        (str(route), ask(world, route, who, method, *sent, **more).status_code)
        for route in EVERYWHERE
        for who in people(world, route)
        if route.path.startswith(below)
    ]
    return [(route, status) for route, status in answers if status >= 500]


def test_queries_with_a_character_that_cannot_be_stored(world):
    assert faults(world, "get", dict.fromkeys(ASKED, NUL)) == []


def test_more_parameters_than_are_read(world):
    many = dict.fromkeys((f"a{number}" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)), "1")
    below = tuple({f"/{route.path.split('/')[1]}" for route in EVERYWHERE} - {"/staff", "/"})  # whose lists are alike
    assert faults(world, "get", query_params=many, below=below) == []
    assert faults(world, "post", urlencode(many), content_type=FORM, below=below) == []


def test_forms_with_a_character_that_cannot_be_stored(world):
    """Every field that the page of an address shows, and the words that others take."""
    found = []
    for route in EVERYWHERE:
        for who in people(world, route):
            page = ask(world, route, who, "get")
            shown = NAMES.findall(page.content.decode()) if not page.streaming else []
            said = dict.fromkeys([*ASKED, "reason", "id", "finding", "note", "outcome", *shown], NUL)
            status = ask(world, route, who, "post", said).status_code
            if status >= 500:
                found.append((str(route), status))
    assert found == []


def test_bodies_of_json_with_such_a_character_or_too_deep(world):
    for body in ('{"a": "\\u0000"}', "[" * 50_000, "null"):
        assert faults(world, "post", body, content_type="application/json", below=("/api/", "/agent/")) == []
