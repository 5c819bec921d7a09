"""The sample world: what it holds, that loading it twice changes nothing, and where it is refused."""

import csv
from itertools import chain

import pytest
from allauth.mfa.utils import decrypt
from django.core.management import CommandError, call_command
from django.db import connection

from marketplace.catalog import actions, invariants
from marketplace.catalog.models import Card, Offer, Pool
from portal.accounts import uscc
from portal.accounts.models import Organisation, User
from portal.directory.models import OfferIndex
from portal.ledger.actions import balances
from portal.runtime.sample import people, scale, supply, world
from portal.runtime.sample.tables import FOLDER, sample_id
from tenants.context import in_province
from tenants.models import Province
from tests.copies import pointed_at_copy

EXPECTED = {
    "card models": 52,
    "base models": 149,
    "organisations": 111,
    "people": 18,
    "offers on the national list": 171,
    "providers": 100,
    "sites": 36,
    "pools": 89,
    "cards": 18_512,
    "offers": 171,
}


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """The whole sample world, loaded twice, in a database of this module's own."""
    with django_db_blocker.unblock(), pointed_at_copy():
        call_command("load_sample", verbosity=0)
        first = world.counts()
        with in_province("shanxi"):
            actions.pause_offer(Offer.objects.get(slug="shanxi-datong-910b3-d-instant"))
        call_command("load_sample", verbosity=0)
        yield first


def test_it_holds_what_the_tables_say(loaded):
    assert loaded == EXPECTED


def test_loading_twice_gives_the_same_counts(loaded):
    assert world.counts() == EXPECTED


def test_a_second_load_leaves_alone_what_people_changed(loaded):
    assert OfferIndex.objects.get(slug="shanxi-datong-910b3-d-instant").paused is True


def test_exactly_nine_thousand_cards_are_discrete(loaded):
    total = 0
    for province in Province.objects.with_schema():
        with in_province(province):
            total += Card.objects.filter(pool__mode="discrete").count()
    assert total == 9_000


def test_serials_are_host_and_number(loaded):
    with in_province("shanxi"):
        assert Card.objects.filter(serial="shanxi-datong-910b3-d-n002-c5", node="shanxi-datong-910b3-d-n002").exists()
        cluster = Pool.objects.get(slug="shanxi-datong-910b3-c")
        assert cluster.cards.filter(serial="shanxi-datong-910b3-c-n128-c8").exists()
        assert cluster.cards.count() == 1_024


def test_ten_provinces_are_open_and_the_nation(loaded):
    assert Province.objects.open().count() == 11


def test_everything_invented_is_marked(loaded):
    assert not Organisation.objects.filter(sample=False).exists()
    assert not User.objects.filter(sample=False).exists()
    assert not OfferIndex.objects.filter(sample=False).exists()
    for province in Province.objects.with_schema():
        with in_province(province):
            assert not Pool.objects.filter(sample=False).exists()


def test_the_index_equals_its_source_everywhere(loaded):
    for province in Province.objects.with_schema():
        with in_province(province):
            assert list(invariants.findings_in_province()) == []


def test_nothing_can_be_bought_before_an_agent_reports(loaded):
    assert list(OfferIndex.objects.in_stock()) == []


def test_unverified_providers_wait_for_staff(loaded):
    assert Organisation.objects.filter(kind="provider", state="pending").count() == 8


def test_the_printed_sign_ins_work(loaded):
    assert User.objects.get(email="owner@example.test").check_password(people.PASSWORD)
    assert User.objects.values("password").distinct().count() == 1
    for one in people.sample_sign_ins():
        user = User.objects.get(email=one.email)
        assert one.password == people.PASSWORD
        factors = user.authenticator_set.filter(type="totp")
        assert factors.count() == (1 if one.totp_secret else 0)
        for factor in factors:
            assert decrypt(factor.data["secret"]) == one.totp_secret


def test_the_buyer_has_money_once(loaded):
    buyer = Organisation.objects.get(pk=sample_id("organisation", people.XINGYE))
    assert balances(buyer) == (50_000_000_000, 0)


def test_every_credit_code_passes_its_checks(loaded):
    codes = [one.uscc for one in Organisation.objects.all()]
    assert [uscc.clean(code) for code in codes] == codes
    assert all(code.startswith(uscc.TEST_PREFIX) for code in codes)


def test_a_real_installation_refuses_it(db, settings):
    settings.SAMPLE_WORLD = False
    with pytest.raises(CommandError, match="SAMPLE_WORLD"):
        call_command("load_sample")
    assert User.objects.count() == 0


def test_the_wide_world_is_wide_and_has_no_two_of_a_kind(db):
    supplies = supply.by_province()
    scale.widen(supplies, 20)
    rows = list(supplies.values())
    assert len(rows) == 31
    assert sum(len(one.products) for one in rows) >= 2_000
    for table in ("providers", "sites", "pools", "products"):
        slugs = [row["slug"] for row in chain.from_iterable(getattr(one, table) for one in rows)]
        assert len(slugs) == len(set(slugs))
    codes = [row["uscc"] for one in rows for row in one.providers]
    assert len(codes) == len(set(codes))
    assert [uscc.clean(code) for code in codes] == codes


def test_every_row_of_the_tables_has_its_basis():
    for file in FOLDER.glob("*.csv"):
        with file.open(encoding="utf-8") as opened:
            assert all(row["basis"] for row in csv.DictReader(opened)), file.name


def test_the_connection_is_on_public_afterwards(loaded):
    assert connection.schema_name == "public"
