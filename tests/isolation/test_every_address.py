"""Every URL and API route of both hosts, asked by everybody who has no business there.

Each request runs in a savepoint that is rolled back, so all of them meet the same world. A line of the table that
nobody comes through proves nothing, so the last tests send the people who do belong there.
"""

from collections.abc import Callable, Iterator
from copy import copy
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.test.client import ClientHandler

from portal.accounts.models import User
from tests.copies import pointed_at_copy
from tests.isolation.routes import Route, routes
from tests.isolation.table import all_lines, line_of
from tests.isolation.world import World, build
from tests.portal.accounts.people import sign_in

HOSTS = {"nation": "portal.localhost:8000", "province": "shanxi.portal.localhost:8000"}
LOGIN = "http://portal.localhost:8000/accounts/login/"
EVERYWHERE = [route for place in HOSTS for route in routes(place)]
OURS = [route for route in EVERYWHERE if not route.path.startswith("/accounts/")]
"""allauth's own pages are looked at, not posted to."""
IN_THE_MIDDLE = {"account_confirm_login_code", "mfa_authenticate", "mfa_login_webauthn"}
"""Later steps of signing in: whoever has not done the first is sent there."""
ONE_HANDLER = ClientHandler(enforce_csrf_checks=False)
"""Loading the middleware anew for every client takes longer than most answers."""


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker) -> Iterator[World]:
    with django_db_blocker.unblock(), pointed_at_copy():
        yield build()


def ask(route: Route, world: World, method: str, user: User | None = None, *, second_factor: bool = False) -> Any:
    """The answer to one request; for staff pages the one at the end of the redirects on this host."""
    client = visitor(route)
    if user is not None:
        client.cookies = session_of(world, user, second_factor)
    with transaction.atomic():
        sent = world.forms.get(route.name) if method == "post" else None
        answer = getattr(client, method)(world.address(route), sent)
        while answer.status_code == 302 and answer.url.startswith("/staff/"):
            answer = client.get(answer.url)
        answer.getvalue()  # drawn before the roll-back
        transaction.set_rollback(True)
    return answer


def methods(route: Route) -> tuple[str, ...]:
    """What an address is asked with: of the many of one administered model, each with what it is for."""
    if route.path.startswith("/accounts/"):
        return ("get",)
    if (
        route.path.startswith("/staff/")
        and route.path.count("/") > 4
        and not set(route.path.split("/")) & {"verification", "applications", "links"}
    ):
        return ("post",) if route.name.endswith(("_act", "_add", "_change", "_delete")) else ("get",)
    return ("get", "post")


def visitor(route: Route) -> Client:
    client = Client(headers={"host": HOSTS[route.place]}, raise_request_exception=False)
    client.handler = ONE_HANDLER
    return client


def session_of(world: World, user: User, second_factor: bool) -> SimpleCookie:
    """The cookies of a session begun once and, since every request is rolled back, never ended."""
    if (user.pk, second_factor) not in world.sessions:
        begun = sign_in(Client(), user, second_factor=second_factor)
        world.sessions[user.pk, second_factor] = begun.cookies
    return copy(world.sessions[user.pk, second_factor])


def refused(answer: Any) -> bool:
    """403; a page that takes only one method may answer 405 to the other before it asks who that is."""
    return answer.status_code in (403, 405)


def to_sign_in(answer: Any) -> bool:
    return answer.status_code == 302 and answer.url.startswith((LOGIN, "/accounts/login/"))


def wrong(
    wanted: list[Route], world: World, judge: Callable[[Route, str, Any], bool], **who: Any
) -> Iterator[tuple[str, str, int]]:
    """Address, method and status of each answer that is not as it must be, or shows what is hidden."""
    for route in wanted:
        for method in methods(route):
            answer = ask(route, world, method, **who)
            text = answer.content.decode() if not answer.streaming else ""
            leaks = [mark for mark in world.marks if mark in text and mark not in world.address(route)]
            if answer.status_code >= 500 or leaks or not judge(route, method, answer):
                yield f"{route} {leaks or ''}", method, answer.status_code


def test_every_address_has_its_line_and_every_line_its_address():
    unlisted = [str(route) for route in EVERYWHERE if line_of(route.place, route.path) is None]
    assert unlisted == []
    assert all_lines() - {str(route) for route in EVERYWHERE} == set()


def test_an_address_nobody_thought_about_is_found():
    assert line_of("nation", "/brand/new/") is None
    assert line_of("nation", "/api/v1/brand-new/") is None
    assert line_of("province", "/organisation/") is None


def test_visitors_come_in_only_where_it_is_open(world):
    def judge(route: Route, method: str, answer: Any) -> bool:
        word = line_of(route.place, route.path)
        if word in ("open", "look"):
            hidden = word == "look" and method == "get"
            if route.name in IN_THE_MIDDLE:
                return True
            return answer.status_code == 404 if hidden else not to_sign_in(answer) and answer.status_code != 401
        if route.path.startswith(("/api/", "/agent/")):
            return answer.status_code == 401
        if route.path == "/quotes/<uuid:pk>/":  # a page that visitors' own quotes share
            return to_sign_in(answer) or answer.status_code in (404, 405)
        return to_sign_in(answer)

    assert list(wrong(EVERYWHERE, world, judge)) == []


def test_strangers_find_nothing_of_another_organisation(world):
    def judge(route: Route, method: str, answer: Any) -> bool:
        word = line_of(route.place, route.path)
        if word in ("own", "act", "look"):
            return answer.status_code in (404, 405)
        if word == "staff":
            return refused(answer)
        return answer.status_code not in (401, 403) or word == "agent"

    assert list(wrong(EVERYWHERE, world, judge, user=world.stranger)) == []


def test_staff_of_another_province_are_strangers_here(world):
    def judge(route: Route, method: str, answer: Any) -> bool:
        word = line_of(route.place, route.path)
        if word == "staff":
            return refused(answer)
        return answer.status_code in (403, 404, 405) if word in ("own", "act", "look") else True

    assert list(wrong(EVERYWHERE, world, judge, user=world.staff_elsewhere, second_factor=True)) == []


def test_staff_without_their_second_factor_in_this_session_come_in_nowhere(world):
    def judge(route: Route, method: str, answer: Any) -> bool:
        asked_for_it = answer.status_code == 302 and "/accounts/2fa/reauthenticate/" in answer.url
        return asked_for_it or answer.status_code == 405

    for place, user in world.staff_here.items():
        pages = [one for one in routes(place) if one.path.startswith("/staff/")]
        assert list(wrong(pages, world, judge, user=user)) == []


def test_members_without_the_right_are_told_so(world):
    found: dict[str, set[int]] = {}
    for route in OURS:
        if line_of(route.place, route.path) in ("act", "right", "staff"):
            answers = [ask(route, world, method, world.viewer).status_code for method in methods(route)]
            found[str(route)] = set(answers)
    assert {address: codes for address, codes in found.items() if not codes <= {403, 405} or 403 not in codes} == {}


def test_whoever_belongs_there_comes_in(world):
    """The control: with the owner's rights, the same addresses are neither hidden nor refused."""
    refused, kept = {}, []
    for route in OURS:
        if line_of(route.place, route.path) in ("own", "act", "right", "sign-in", "look"):
            answers = [ask(route, world, method, world.owner) for method in ("get", "post")]
            codes = {answer.status_code for answer in answers}
            kept += [str(route) for answer in answers if "no-store" not in answer.headers["Cache-Control"]]
            if codes & {401, 403, 404, 500} or codes == {405}:
                refused[str(route)] = codes
    assert (refused, kept) == ({}, []), "and no browser keeps what belongs to somebody"


def test_a_hidden_word_is_seen_by_those_who_may(world):
    """The control of the leaks: each mark stands on some page of its owner, or of staff."""
    pages = [ask(route, world, "get", world.owner).content.decode() for route in OURS if "<" not in route.path]
    pages += [
        ask(route, world, "get", world.owner).content.decode()
        for route in OURS
        if line_of(route.place, route.path) in ("own", "look")
    ]
    unseen = [mark for mark in world.marks if not any(mark in page for page in pages)]
    assert unseen == []


def test_staff_of_the_place_open_its_lists(world):
    lists = [one for one in EVERYWHERE if one.name.endswith(("_changelist", ":index", ":roles", ":verification"))]
    staff_lists = [one for one in lists if one.path.startswith("/staff/")]
    codes = {
        str(route): ask(route, world, "get", world.staff_here[route.place], second_factor=True).status_code
        for route in staff_lists
    }
    assert len(codes) > 10
    assert set(codes.values()) <= {200, 403}  # 403: the operator's roles do not see this object
    assert list(codes.values()).count(200) > 10


def test_an_id_of_shanxi_does_not_exist_in_henan(world):
    """The owner himself, on the other province's host."""
    client = Client(headers={"host": "henan.portal.localhost:8000"})
    client.cookies = session_of(world, world.owner, second_factor=False)
    for verb in ("publish", "pause", "resume", "withdraw"):
        assert client.post(f"/provider/offers/{world.known['offer_id']}/{verb}/").status_code == 404
    assert client.get("/provider/").status_code == 404
