"""Who may knock: keys with their scopes, people with their session and CSRF token, visitors where it is open."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from portal.accounts.actions import revoke_api_key
from portal.accounts.models import ApiKey
from portal.accounts.roles import MembershipRole
from tests.market import YUAN, buyer
from tests.portal.accounts import people
from tests.portal.api.knocking import key_of, member, post, problem, program, visitor

pytestmark = pytest.mark.django_db
WALLET = "/api/v1/wallet/"


@pytest.fixture
def who():
    return buyer(100)


def test_a_key_reads_the_wallet_of_its_organisation(who):
    _key, text = key_of(who.organisation, who.user)
    answer = program(text).get(WALLET)
    assert (answer.status_code, answer.json()) == (200, {"free_u": 100 * YUAN, "reserved_u": 0})
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    "host",
    ["portal.localhost:8000", "localhost:8000", "127.0.0.1:8000", "shanxi.portal.localhost", "nation.portal.localhost"],
)
def test_it_does_so_on_every_host(who, host):
    _key, text = key_of(who.organisation, who.user)
    assert program(text, host).get(WALLET).json() == {"free_u": 100 * YUAN, "reserved_u": 0}


def test_a_key_acts_for_its_own_organisation_whatever_else_its_maker_belongs_to(who):
    other = buyer(7)
    people.member(who.user, other.organisation, MembershipRole.OWNER)
    _key, first = key_of(who.organisation, who.user)
    _key, second = key_of(other.organisation, who.user)
    assert program(first).get(WALLET).json()["free_u"] == 100 * YUAN
    assert program(second).get(WALLET).json()["free_u"] == 7 * YUAN


def test_nobody_is_asked_who_he_is(who):
    answer = visitor().get(WALLET)
    assert problem(answer) == (401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("text", ["", "sp_", "sp_abc", "sp_abc_def", "xx_abc_def", "sp__x", "ключ", "a b c"])
def test_what_is_no_key_is_refused(text):
    answer = visitor().get(WALLET, headers={"authorization": f"Bearer {text}".encode().decode("latin-1")})
    assert problem(answer) == (401, "key_unknown")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_a_wrong_key_is_refused_at_open_doors_too():
    assert visitor().get("/api/v1/offers/").status_code == 200
    assert problem(program("sp_nobody_knows").get("/api/v1/offers/")) == (401, "key_unknown")


def test_a_key_with_another_secret_is_refused(who):
    key, text = key_of(who.organisation, who.user)
    assert problem(program(f"sp_{key.prefix}_" + "A" * 43).get(WALLET)) == (401, "key_unknown")
    assert program(text).get(WALLET).status_code == 200


def test_a_revoked_key_stops_at_once(who):
    key, text = key_of(who.organisation, who.user)
    revoke_api_key(key, by=who.user)
    assert problem(program(text).get(WALLET)) == (401, "key_unknown")


def test_a_key_ends_at_its_time(who):
    _key, text = key_of(who.organisation, who.user, expires_at=timezone.now() + timedelta(hours=1))
    assert program(text).get(WALLET).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1)):
        assert problem(program(text).get(WALLET)) == (401, "key_unknown")


def test_a_key_of_somebody_whose_account_is_closed_stops(who):
    _key, text = key_of(who.organisation, who.user)
    who.user.is_active = False
    who.user.save(update_fields=["is_active"])
    assert problem(program(text).get(WALLET)) == (401, "key_unknown")


def test_use_is_noted_at_most_once_a_minute(who):
    key, text = key_of(who.organisation, who.user)
    moment = timezone.now().replace(microsecond=0)
    noted = []
    for seconds in (0, 30, 59, 61):
        with time_machine.travel(moment + timedelta(seconds=seconds), tick=False):
            program(text).get(WALLET)
        noted.append((ApiKey.objects.get(pk=key.pk).last_used_at - moment).total_seconds())
    assert noted == [0, 0, 0, 61]


def test_a_key_without_the_scope_is_refused_by_name(who):
    _key, text = key_of(who.organisation, who.user, ["catalog:read"])
    assert program(text).get("/api/v1/offers/").status_code == 200
    answer = program(text).get(WALLET)
    assert problem(answer) == (403, "scope_missing")
    assert "wallet:read" in answer.json()["detail"]


def test_a_key_may_only_do_what_its_door_names_for_the_method(who):
    _key, text = key_of(who.organisation, who.user, ["quotes:write", "purchases:write"])
    assert problem(program(text).get("/api/v1/orders/")) == (403, "scope_missing")
    assert program(text).get("/api/v1/purchases/").status_code == 200


def test_a_person_uses_the_session_of_the_pages(who):
    assert member(who.user).get(WALLET).json() == {"free_u": 100 * YUAN, "reserved_u": 0}


def test_a_person_without_the_right_is_told_so(who):
    viewer = people.person("vera")
    people.member(viewer, who.organisation, MembershipRole.VIEWER)
    assert problem(member(viewer).get(WALLET)) == (403, "forbidden")
    assert member(viewer).get("/api/v1/purchases/").status_code == 200


def test_a_person_without_an_organisation_is_told_so():
    assert problem(member(people.person("nobody")).get(WALLET)) == (403, "forbidden")


def test_a_person_sends_the_csrf_token_with_whatever_changes_something(who):
    careful = member(who.user, enforce_csrf_checks=True)
    assert problem(post(careful, "/api/v1/purchases/", {}, key="k")) == (403, "csrf")


def test_a_program_needs_no_csrf_token(who):
    _key, text = key_of(who.organisation, who.user)
    client = program(text)
    client.handler.enforce_csrf_checks = True
    assert problem(post(client, "/api/v1/purchases/", {}, key="k")) == (422, "invalid")
