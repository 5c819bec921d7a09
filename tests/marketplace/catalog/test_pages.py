"""The register of a province and the workspace of its providers, seen by owner, colleague and stranger."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.catalog.models import Offer, OfferState
from portal.accounts.roles import MembershipRole
from portal.directory.models import OfferIndex
from tenants.context import in_province
from tests.marketplace.catalog import supply
from tests.portal.accounts import people


@pytest.fixture
def ours(shanxi):
    return supply.offer("shanxi")


@pytest.fixture
def owner(ours):
    user = people.person("guo")
    people.member(user, ours.provider.organisation, MembershipRole.OWNER)
    return user


@pytest.fixture
def viewer(ours):
    user = people.person("chen")
    people.member(user, ours.provider.organisation, MembershipRole.VIEWER)
    return user


@pytest.fixture
def stranger(henan):
    """The owner of a provider in another province."""
    user = people.person("he")
    theirs = supply.offer("henan")
    people.member(user, theirs.provider.organisation, MembershipRole.OWNER)
    return user


def state_of(offer: Offer) -> str:
    with in_province("shanxi"):
        return Offer.objects.get(pk=offer.pk).state


def queries(client, path: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(path).status_code == 200
    return sum(not one["sql"].startswith("SET ") for one in caught.captured_queries)


@pytest.mark.parametrize("path", ["/sites/", "/offers/"])
def test_visitors_read_the_register(client_at, ours, path):
    assert client_at("shanxi").get(path).status_code == 200


def test_the_register_shows_only_its_own_province(client_at, ours, stranger):
    theirs = OfferIndex.objects.get(province="henan")
    page = client_at("shanxi").get("/offers/").content.decode()
    assert ours.name_zh in page
    assert theirs.name_zh not in page


def test_visitors_are_asked_to_sign_in_before_the_workspace(client_at, ours):
    answer = client_at("shanxi").get("/provider/")
    assert (answer.status_code, answer.url.split("?")[0]) == (302, "http://portal.localhost:8000/accounts/login/")


def test_strangers_find_no_workspace(client_at, ours, stranger):
    assert people.sign_in(client_at("shanxi"), stranger).get("/provider/").status_code == 404


def test_an_owner_pauses_and_resumes_an_offer(client_at, ours, owner):
    client = people.sign_in(client_at("shanxi"), owner)
    assert client.post(f"/provider/offers/{ours.pk}/pause/").status_code == 302
    assert state_of(ours) == OfferState.PAUSED
    assert client.post(f"/provider/offers/{ours.pk}/resume/").status_code == 302
    assert state_of(ours) == OfferState.PUBLISHED


def test_an_owner_publishes_a_draft(client_at, ours, owner):
    drafted = supply.draft(ours.provider, "shanxi", ours.pool)
    people.sign_in(client_at("shanxi"), owner).post(f"/provider/offers/{drafted.pk}/publish/")
    assert state_of(drafted) == OfferState.PUBLISHED


def test_withdrawing_asks_first(client_at, ours, owner):
    client = people.sign_in(client_at("shanxi"), owner)
    assert client.get(f"/provider/offers/{ours.pk}/withdraw/").status_code == 200
    assert state_of(ours) == OfferState.PUBLISHED
    assert client.post(f"/provider/offers/{ours.pk}/withdraw/").status_code == 302
    assert state_of(ours) == OfferState.WITHDRAWN


@pytest.mark.parametrize("verb", ["publish", "pause", "resume", "withdraw"])
def test_a_colleague_without_the_right_changes_nothing(client_at, ours, viewer, verb):
    client = people.sign_in(client_at("shanxi"), viewer)
    assert client.post(f"/provider/offers/{ours.pk}/{verb}/").status_code == 403
    assert state_of(ours) == OfferState.PUBLISHED


@pytest.mark.parametrize("verb", ["publish", "pause", "resume", "withdraw"])
def test_a_stranger_finds_no_offer(client_at, ours, stranger, verb):
    client = people.sign_in(client_at("shanxi"), stranger)
    assert client.post(f"/provider/offers/{ours.pk}/{verb}/").status_code == 404
    assert state_of(ours) == OfferState.PUBLISHED


def test_an_act_that_is_refused_says_why(client_at, ours, owner):
    answer = people.sign_in(client_at("shanxi"), owner).post(f"/provider/offers/{ours.pk}/publish/")
    assert answer.status_code == 409


def test_the_register_costs_the_same_for_one_and_for_three(client_at, ours):
    visitor = client_at("shanxi")
    visitor.get("/sites/")
    one = [queries(visitor, "/sites/"), queries(visitor, "/offers/")]
    for _place in range(2):
        supply.pool(supply.site(ours.provider, "shanxi"), "shanxi")
        supply.offer("shanxi")
    assert [queries(visitor, "/sites/"), queries(visitor, "/offers/")] == one
    assert one == [4, 2]
