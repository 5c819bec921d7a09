"""A purchase that meets the announcement of maintenance: one of the two is refused, whoever comes first."""

from datetime import timedelta

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from marketplace.orders.models import Lease
from marketplace.orders.windows import actions
from marketplace.orders.windows.models import MaintenanceWindow
from portal.checkout.actions import place_purchase
from portal.checkout.models import Purchase
from portal.checkout.purchases import guards
from tenants.acts import Refusal
from tenants.context import in_province
from tests.market import buyer, on_sale, quote_for, somebody
from tests.races.together import after, paused_after, together


@pytest.fixture
def met(race_database, monkeypatch):
    """Purchase and announcement of maintenance one hour from now; each set of answers: (purchase, announcement)."""
    monkeypatch.setattr("tenants.outbox.nudge.nudge", lambda *letter: None)
    lot, who, by = on_sale("shanxi", 8), buyer(), somebody("provider")
    quote = quote_for(who, 2)

    def buy():
        return place_purchase(quote, organisation=who.organisation, by=who.user)

    def announce():
        at = timezone.now() + timedelta(hours=1)
        with in_province("shanxi"):
            return actions.announce_maintenance([lot.pool], at, at + timedelta(hours=1), "fans", by=by)

    return buy, announce


def clashing() -> bool:
    """Maintenance stands, and cards are leased into it."""
    with in_province("shanxi"):
        return MaintenanceWindow.objects.standing().exists() and Lease.objects.occupying().exists()


def test_maintenance_waits_for_the_purchase_and_is_refused(met, monkeypatch):
    buy, announce = met
    checked = paused_after(monkeypatch, guards, "lock_supply")
    bought, told = together(buy, after(checked, announce))
    assert isinstance(bought, Purchase)
    assert isinstance(told, Refusal)
    assert (told.code, clashing()) == ("leases_run", False)


def test_a_purchase_waits_for_the_announcement_and_is_refused(met, monkeypatch):
    buy, announce = met
    checked = paused_after(monkeypatch, actions, "_check_leases")
    told, announced = together(after(checked, buy), announce)
    assert len(announced) == 1
    assert isinstance(told, Refusal)
    assert (told.code, clashing()) == ("outside_window", False)


def test_without_the_lock_both_go_through(met, monkeypatch):
    """Negative control: nobody locks the pools, and maintenance falls on a lease."""
    buy, announce = met
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *args, **options: self.all())
    checked = paused_after(monkeypatch, guards, "lock_supply")
    bought, announced = together(buy, after(checked, announce))
    assert isinstance(bought, Purchase)
    assert len(announced) == 1
    assert clashing()
