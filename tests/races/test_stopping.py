"""A purchase that meets the end of sales: of a province, a provider, a pool, an offer, or of the cards themselves.

Who was told that nothing more is sold must be right: whatever passed its guard before is committed by then.
"""

import pytest
from django.db.models import QuerySet

from marketplace.activation.agents import actions
from marketplace.activation.models import Agent
from marketplace.catalog import actions as catalog
from marketplace.catalog.models import Card, CardState
from marketplace.catalog.supply.actions import cards as supply_cards
from marketplace.orders import stock
from marketplace.orders.models import Lease
from portal.checkout.actions import place_purchase
from portal.checkout.models import Purchase
from portal.checkout.purchases import guards
from tenants import history
from tenants.actions import close_province, suspend_province
from tenants.acts import Refusal
from tenants.backups import dumps
from tenants.context import in_province, in_public
from tests.market import buyer, on_sale, quote_for
from tests.races.together import after, paused_after, together

CARDS = 8


@pytest.fixture
def lot(race_database, monkeypatch, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr("tenants.outbox.nudge.nudge", lambda *letter: None)
    return on_sale("shanxi", CARDS)


@pytest.fixture
def buy(lot):
    """Buys all of the lot's cards."""
    who = buyer()
    quote = quote_for(who, CARDS)
    return lambda: place_purchase(quote, organisation=who.organisation, by=who.user)


@pytest.fixture
def unlocked(monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *args, **options: self.all())
    monkeypatch.setattr(guards, "_SELLING", guards._SELLING.replace("FOR KEY SHARE", ""))


def counting(act):
    """Does it, and then says how many purchases there are."""

    def act_and_count() -> int:
        act()
        with in_public():
            return Purchase.objects.count()

    return act_and_count


def in_shanxi(act, thing):
    def there():
        with in_province("shanxi"):
            act(thing)

    return there


def pause_its_agent(pool):
    actions.pause_agent(Agent.objects.get(provider=pool.provider_id), by=None)


STOPS = {
    "province": ("open_provinces", lambda lot: lambda: suspend_province("shanxi")),
    "provider": ("lock_supply", lambda lot: in_shanxi(catalog.pause_provider, lot.provider)),
    "pool": ("lock_supply", lambda lot: in_shanxi(catalog.pause_pool, lot.pool)),
    "offer": ("lock_supply", lambda lot: in_shanxi(catalog.pause_offer, lot.offer)),
    "agent": ("lock_supply", lambda lot: in_shanxi(pause_its_agent, lot.pool)),
}
"""The guard that looks at it, and who ends the sales of a lot."""
stopped = pytest.mark.parametrize("stop", STOPS)


@stopped
def test_who_ends_sales_waits_for_a_purchase_that_passed_the_guard(lot, buy, stop, monkeypatch):
    guard, act = STOPS[stop]
    passed = paused_after(monkeypatch, guards, guard)
    bought, told = together(buy, after(passed, counting(act(lot))))
    assert isinstance(bought, Purchase)
    assert told == 1


@stopped
def test_without_the_locks_something_is_sold_after_the_end_of_sales(lot, buy, stop, monkeypatch, unlocked):
    """Negative control: the end of sales is announced, and a purchase comes after it."""
    guard, act = STOPS[stop]
    passed = paused_after(monkeypatch, guards, guard)
    bought, told = together(buy, after(passed, counting(act(lot))))
    assert isinstance(bought, Purchase)
    assert told == 0


@pytest.mark.parametrize("stop", [one for one in STOPS if one != "agent"])  # whose stock is locked after its history
def test_a_purchase_waits_for_who_is_ending_sales_and_is_refused(lot, buy, stop, monkeypatch):
    ending = paused_after(monkeypatch, history, "record")
    told, bought = together(STOPS[stop][1](lot), after(ending, buy))
    assert told is None or told.state == "suspended"
    assert isinstance(bought, Refusal)
    assert (bought.code, Purchase.objects.count()) == ("province_closed" if stop == "province" else "paused", 0)


def test_purchases_do_not_wait_for_each_other_at_the_province(lot, monkeypatch):
    """Both hold the province at the same time; with an exclusive lock the second would be refused as busy."""
    buyers = buyer(), buyer()
    quotes = [(who, quote_for(who, 1)) for who in buyers]
    passed = paused_after(monkeypatch, guards, "open_provinces")
    monkeypatch.setattr("portal.checkout.actions.LOCK_TIMEOUT", "200ms")
    acts = [
        lambda who=who, quote=quote: place_purchase(quote, organisation=who.organisation, by=who.user)
        for who, quote in quotes
    ]
    answers = together(acts[0], after(passed, acts[1]))
    assert [type(one) for one in answers] == [Purchase, Purchase]


def test_while_a_province_is_being_closed_a_purchase_is_refused_at_once(lot, buy, monkeypatch):
    suspend_province("shanxi")
    monkeypatch.setattr("portal.checkout.actions.LOCK_TIMEOUT", "200ms")
    exporting = paused_after(monkeypatch, dumps, "write")
    closed, bought = together(lambda: close_province("shanxi"), after(exporting, buy))
    assert closed.state == "closed"
    assert isinstance(bought, Refusal)
    assert bought.code == "province_closed"


# Cards -----------------------------------------------------------------------------------------


@pytest.fixture
def move(lot):
    """Takes the first of the lot's cards to maintenance."""

    def to_maintenance():
        with in_province("shanxi"):
            card = Card.objects.filter(pool=lot.pool).earliest("pk")
            return catalog.move_cards(lot.pool, [card.pk], CardState.MAINTENANCE)

    return to_maintenance


def broken_leases() -> int:
    """Leases of cards that are out of service."""
    with in_province("shanxi"):
        return Lease.objects.occupying().exclude(card__state=CardState.IN_SERVICE).count()


def test_cards_are_not_moved_from_under_a_purchase(buy, move, monkeypatch):
    taken = paused_after(monkeypatch, stock, "take_cards")
    bought, told = together(buy, after(taken, move))
    assert isinstance(bought, Purchase)
    assert isinstance(told, Refusal)
    assert (told.code, broken_leases()) == ("card_in_use", 0)


def test_a_purchase_waits_for_cards_being_moved_and_is_refused(buy, move, monkeypatch):
    checked = paused_after(monkeypatch, supply_cards, "_refuse_occupied")
    moved, told = together(move, after(checked, buy))
    assert moved.cards == 1
    assert isinstance(told, Refusal)
    assert (told.code, broken_leases()) == ("no_longer_free", 0)


def test_without_the_locks_a_card_is_sold_that_is_out_of_service(buy, move, monkeypatch, unlocked):
    """Negative control."""
    taken = paused_after(monkeypatch, stock, "take_cards")
    bought, moved = together(buy, after(taken, move))
    assert isinstance(bought, Purchase)
    assert moved.cards == 1
    assert broken_leases() == 1
