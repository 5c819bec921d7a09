"""Every guard of a purchase: its code and sentence, and that a refusal writes nothing anywhere."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from marketplace.catalog import actions as catalog
from marketplace.catalog.models import Pool
from marketplace.orders.models import Lease
from portal.accounts.models import OrganisationState
from portal.accounts.roles import MembershipRole
from portal.checkout import actions
from portal.checkout.actions import place_purchase
from portal.directory.models import Availability, Unit
from tenants.acts import Refusal
from tenants.context import in_province
from tests.market import YUAN, buyer, on_sale, quote_for, report, somebody

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def rows() -> dict[str, int]:
    """How many rows every table of the database has."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname, relname FROM pg_stat_user_tables WHERE schemaname IN "
            "('public', 'nation', 'shanxi', 'henan')"
        )
        for schema, table in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{schema}"."{table}"')
            found[f"{schema}.{table}"] = cursor.fetchone()[0]
    return found


@contextmanager
def refused(code: str, sentence: str, status: int = 409):
    before = rows()
    with pytest.raises(Refusal, match=sentence) as told:
        yield told
    assert (told.value.code, told.value.status) == (code, status)
    assert rows() == before


def buy(who, quote):
    return place_purchase(quote, organisation=who.organisation, by=who.user)


def test_a_wallet_one_micro_yuan_short():
    who, _lot = buyer(yuan=0), on_sale("shanxi", 8)
    from tests.market import fund

    quote = quote_for(who, 4, hours=3)
    fund(who.organisation, quote.total_u - 1)
    with refused("wallet_short", r"short by ¥0\.000001; no order was placed") as told:
        buy(who, quote)
    assert told.value.alternatives == [{"kind": "top_up", "missing_u": 1}]
    fund(who.organisation, 1)
    buy(who, quote)


def test_cards_that_another_buyer_has_just_taken_are_named_with_their_province():
    first, second, _lot = buyer(), buyer(), on_sale("shanxi", 4)
    quote = quote_for(second, 3)
    buy(first, quote_for(first, 3))
    with refused("no_longer_free", r"reserved some of the 3 cards in Shanxi; 1 are left there"):
        buy(second, quote)


def test_nothing_is_bought_in_the_first_province_when_the_second_fails():
    first, second = buyer(), buyer()
    here, there = on_sale("henan", 4), on_sale("shanxi", 4, price_u=3 * YUAN)
    quote = quote_for(second, 8)
    assert [line["province"] for line in quote.lines] == ["henan", "shanxi"]
    with in_province("shanxi"):
        catalog.pause_pool(there.pool)
    report(there, sellable=True)
    with in_province("shanxi"):
        Pool.objects.filter(pk=there.pool.pk).update(paused=False)
    buy(first, quote_for(first, 2, provinces=("shanxi",)))
    with refused("no_longer_free", "Shanxi"):
        buy(second, quote)
    assert here.free() == 4


def test_an_expired_quote_says_the_price_now():
    who, lot = buyer(), on_sale("shanxi", 8)
    old = _expired(quote_for(who, 4, hours=1))
    with refused("quote_expired", r"The price now is the same, ¥8\.00"):
        buy(who, old)
    with in_province("shanxi"):
        catalog.set_price(lot.offer, Unit.CARD_HOUR, 2_500_000)
    with refused("quote_expired", r"The price now is ¥10\.00, up ¥2\.00") as told:
        buy(who, old)
    assert told.value.alternatives == [{"kind": "new_quote", "total_u": 10 * YUAN}]
    with in_province("shanxi"):
        catalog.set_price(lot.offer, Unit.CARD_HOUR, 1_500_000)
    with refused("quote_expired", r"The price now is ¥6\.00, down ¥2\.00"):
        buy(who, old)
    with in_province("shanxi"):
        catalog.pause_offer(lot.offer)
    with refused("quote_expired", "At the moment the request cannot be filled"):
        buy(who, old)


def _expired(quote):
    quote.valid_until = timezone.now() - timedelta(seconds=1)
    return quote


def test_a_quote_of_another_organisation():
    who, other, _lot = buyer(), buyer(), on_sale("shanxi", 8)
    quote = quote_for(other, 1)
    with refused("foreign_quote", "made for another organisation"):
        buy(who, quote)


def test_a_quote_that_could_not_be_filled():
    who, _lot = buyer(), on_sale("shanxi", 2)
    quote = quote_for(who, 3)
    with refused("not_filled", "nothing to buy"):
        buy(who, quote)


def test_a_suspended_and_an_unverified_organisation():
    who, _lot = buyer(), on_sale("shanxi", 8)
    quote = quote_for(who, 1)
    type(who.organisation).objects.filter(pk=who.organisation.pk).update(state=OrganisationState.SUSPENDED)
    with refused("organisation_suspended", "is suspended and cannot buy"):
        buy(who, quote)
    type(who.organisation).objects.filter(pk=who.organisation.pk).update(state=OrganisationState.PENDING)
    with refused("organisation_not_verified", "is not verified yet"):
        buy(who, quote)


@pytest.mark.parametrize("role", [MembershipRole.VIEWER, MembershipRole.FINANCE])
def test_a_colleague_whose_role_does_not_buy(role):
    who, _lot = buyer(role=role), on_sale("shanxi", 8)
    quote = quote_for(who, 1)
    with refused("may_not_buy", "Your role in .* does not allow buying", status=403):
        buy(who, quote)


def test_a_stranger():
    who, _lot = buyer(), on_sale("shanxi", 8)
    quote, stranger = quote_for(who, 1), somebody("stranger")
    with refused("may_not_buy", "does not allow buying", status=403):
        place_purchase(quote, organisation=who.organisation, by=stranger)


def test_the_limit_per_purchase():
    who, _lot = buyer(), on_sale("shanxi", 8)
    _limit(who, purchase_limit_u=8 * YUAN - 1)
    quote = quote_for(who, 2, hours=2)
    with refused("purchase_limit", r"limit of ¥7\.999999 per purchase"):
        buy(who, quote)
    _limit(who, purchase_limit_u=8 * YUAN)
    buy(who, quote)


def test_the_limit_per_month_counts_what_was_bought_this_month():
    who, _lot = buyer(), on_sale("shanxi", 8)
    _limit(who, monthly_limit_u=15 * YUAN)
    buy(who, quote_for(who, 2, hours=2))
    quote = quote_for(who, 2, hours=2)
    with refused("monthly_limit", r"limit of ¥15\.00 would be exceeded by ¥1\.00"):
        buy(who, quote)
    _limit(who, monthly_limit_u=16 * YUAN)
    buy(who, quote)


def _limit(who, **limits: int) -> None:
    type(who.organisation).objects.filter(pk=who.organisation.pk).update(**limits)


def test_a_suspended_province():
    who, _lot = buyer(), on_sale("shanxi", 8)
    quote = quote_for(who, 1)
    with in_province("nation"):
        from tenants.models import Province

        Province.objects.filter(schema_name="shanxi").update(state="suspended")
    with refused("province_closed", "Sales in Shanxi are suspended"):
        buy(who, quote)


def test_stock_that_was_last_confirmed_61_seconds_ago():
    who, lot = buyer(), on_sale("shanxi", 8)
    quote = quote_for(who, 1)
    Availability.objects.filter(pool=lot.pool.pk).update(measured_at=timezone.now() - timedelta(seconds=61))
    with refused("stale_stock", "not confirmed in the last 60 s"):
        buy(who, quote)


def test_a_paused_pool_provider_and_offer():
    who, lot = buyer(), on_sale("shanxi", 8)
    quote = quote_for(who, 1)
    for pause, resume, thing in [
        (catalog.pause_pool, catalog.resume_pool, lot.pool),
        (catalog.pause_provider, catalog.resume_provider, lot.provider),
        (catalog.pause_offer, catalog.resume_offer, lot.offer),
        (catalog.pause_pool_as_staff, catalog.resume_pool_as_staff, lot.pool),
        (catalog.pause_offer_as_staff, catalog.resume_offer_as_staff, lot.offer),
    ]:
        with in_province("shanxi"):
            pause(thing)
        with refused("paused", "Sales of .* are paused"):
            buy(who, quote)
        report(lot)
        if thing is not lot.offer:
            with refused("paused", "Sales of .* are paused"):
                buy(who, quote)
        with in_province("shanxi"):
            resume(thing)
    buy(who, quote)


def test_an_agent_that_is_paused():
    from marketplace.activation.agents import actions as agents

    who, lot = buyer(), on_sale("shanxi", 8)
    agent = report(lot)
    quote = quote_for(who, 1)
    with in_province("shanxi"):
        agents.pause_agent(agent, by=who.user)
    with refused("paused", "are paused"):
        buy(who, quote)


def test_a_price_that_changed_since_the_quote():
    who, lot = buyer(), on_sale("shanxi", 8)
    quote = quote_for(who, 1)
    with in_province("shanxi"):
        catalog.set_price(lot.offer, Unit.CARD_HOUR, 1)
    with refused("price_changed", "has changed since the quote"):
        buy(who, quote)


def test_the_database_refuses_what_a_broken_lock_would_let_pass(monkeypatch):
    from marketplace.orders import stock

    first, second, _lot = buyer(), buyer(), on_sale("shanxi", 4)
    quote = quote_for(second, 4)
    buy(first, quote_for(first, 4))
    monkeypatch.setattr(stock, "free", lambda pools: stock.Card.objects.filter(pool__in=list(pools)))
    with refused("no_longer_free", "Another buyer has just reserved these cards"):
        buy(second, quote)
    with in_province("shanxi"):
        assert Lease.objects.count() == 4


def test_a_number_that_was_drawn_before_is_drawn_anew(monkeypatch):
    who, _lot = buyer(), on_sale("shanxi", 8)
    taken = buy(who, quote_for(who, 1)).number
    draws = iter([taken, "P-20260824-AAAAAA", "14-20260824-AAAAAA"])
    quote = quote_for(who, 1)
    monkeypatch.setattr(actions, "number", lambda _head, _now: next(draws))
    assert buy(who, quote).number == "P-20260824-AAAAAA"
