"""Maintenance and lending windows: when cards may be lent, what is refused, and what a sale keeps of it."""

from datetime import datetime, time, timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from marketplace.orders import actions
from marketplace.orders.models import Order, OrderLine
from marketplace.orders.windows import actions as window_actions
from marketplace.orders.windows import terms
from marketplace.orders.windows.models import LendingWindow, MaintenanceWindow
from marketplace.orders.windows.terms import Cause, Limit
from portal.checkout.actions import place_purchase
from portal.directory.models import Availability
from portal.web.wording import BEIJING
from tenants.acts import Refusal
from tenants.context import in_province
from tenants.history.models import Record
from tests.market import buyer, on_sale, quote_for, somebody

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]
HOUR = timedelta(hours=1)


def beijing(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of July 2025, whose first day is a Tuesday."""
    return datetime(2025, 7, day, hour, minute, tzinfo=BEIJING)


@pytest.fixture
def lot():
    return on_sale("shanxi", 8)


@pytest.fixture
def by():
    return somebody("provider")


@pytest.fixture
def pool(lot):
    """The test goes on in the province."""
    with in_province("shanxi"):
        yield lot.pool


@pytest.fixture
def running(lot):
    """An order of two hours that runs since now."""
    who = buyer()
    purchase = place_purchase(quote_for(who, 3), organisation=who.organisation, by=who.user)
    with in_province("shanxi"):
        order = Order.objects.get(purchase_id=purchase.pk)
        actions.start_activation(order)
        return actions.mark_active(order, timezone.now())


def limit_at(pool, now: datetime) -> Limit | None:
    return terms.limits([pool.pk], now).get(pool.pk)


# -- reading -----------------------------------------------------------------------------------------------------


def test_a_pool_without_windows_has_no_limit(pool):
    assert limit_at(pool, timezone.now()) is None


def test_weekly_hours_that_cross_midnight_end_the_next_morning(pool, by):
    window_actions.add_weekly_window(pool, [1, 2], time(22), time(8), by=by)  # Monday and Tuesday nights
    assert limit_at(pool, beijing(1, 23)) == Limit(beijing(2, 8), Cause.LENDING, beijing(7, 22))
    assert limit_at(pool, beijing(1, 7, 59)) == Limit(beijing(1, 8), Cause.LENDING, beijing(1, 22))
    assert limit_at(pool, beijing(1, 8)) == Limit(beijing(1, 8), Cause.LENDING, beijing(1, 22))
    assert limit_at(pool, beijing(4, 12)).again == beijing(7, 22)


def test_windows_that_touch_are_one(pool, by):
    window_actions.add_weekly_window(pool, [2], time(9), time(12), by=by)
    window_actions.add_weekly_window(pool, [2], time(12), time(18), by=by)
    assert limit_at(pool, beijing(1, 10)).until == beijing(1, 18)


def test_hours_around_the_clock_on_seven_days_are_no_limit(pool, by):
    window_actions.add_weekly_window(pool, range(1, 8), time(0), time(0), by=by)
    assert limit_at(pool, beijing(1, 10)) is None


def test_a_window_that_is_over_still_closes_the_pool(pool):
    LendingWindow.objects.create(pool=pool, starts_at=beijing(1, 8), ends_at=beijing(2, 8))
    assert limit_at(pool, beijing(1, 9)).until == beijing(2, 8)
    assert limit_at(pool, beijing(3, 9)) == Limit(beijing(3, 9), Cause.LENDING, None)


def test_the_earlier_of_maintenance_and_lending_counts(pool):
    LendingWindow.objects.create(pool=pool, starts_at=beijing(1, 8), ends_at=beijing(2, 8))
    MaintenanceWindow.objects.create(pool=pool, starts_at=beijing(1, 20), ends_at=beijing(1, 22), reason="fans")
    assert limit_at(pool, beijing(1, 9)) == Limit(beijing(1, 20), Cause.MAINTENANCE, beijing(1, 22))
    assert not limit_at(pool, beijing(1, 21)).is_open(beijing(1, 21))
    assert limit_at(pool, beijing(1, 22)).until == beijing(2, 8)


def test_hours_fit_with_setting_up_and_clearing_up():
    limit = Limit(beijing(1, 18), Cause.LENDING)
    assert limit.fits(2, beijing(1, 15, 20))
    assert not limit.fits(2, beijing(1, 15, 21))
    assert limit.most_hours(beijing(1, 15, 21)) == 1


def test_many_pools_are_read_in_one_query(pool, by):
    other = on_sale("shanxi", 2).pool
    for one in (pool, other):
        window_actions.add_weekly_window(one, [1], time(8), time(10), by=by)
    with CaptureQueriesContext(connection) as captured:
        assert set(terms.limits([pool.pk, other.pk], timezone.now())) == {pool.pk, other.pk}
    assert len(captured) == 1


# -- maintenance -------------------------------------------------------------------------------------------------


def in_(hours: float) -> datetime:
    return timezone.now() + hours * HOUR


def test_maintenance_is_announced_with_history(pool, by):
    (window,) = window_actions.announce_maintenance([pool], in_(24), in_(26), "new switches", by=by)
    record = Record.objects.get(act="maintenance.announced")
    assert (record.subject_id, record.actor_id, record.facts["pool"]) == (str(window.pk), str(by.pk), pool.slug)


def test_maintenance_that_leases_reach_into_is_refused_with_orders_and_ends(pool, by, running):
    ends = running.ends_at + settings.GRACE_AT_END
    with pytest.raises(Refusal, match=running.number) as told:
        window_actions.announce_maintenance([pool], in_(1), in_(3), "fans", by=by)
    assert told.value.code == "leases_run"
    (later,) = told.value.alternatives
    assert later == {
        "kind": "later_start",
        "starts_at": ends.isoformat(),
        "orders": [{"number": running.number, "until": ends.isoformat()}],
    }
    assert not MaintenanceWindow.objects.exists()
    window_actions.announce_maintenance([pool], ends, ends + HOUR, "fans", by=by)


def test_an_order_being_set_up_counts_with_its_whole_hold(pool, by):
    who = buyer()
    quote = quote_for(who, 1)
    place_purchase(quote, organisation=who.organisation, by=who.user)
    last = timezone.now() + settings.HOLD_FOR + 2 * HOUR + settings.GRACE_AT_END
    with pytest.raises(Refusal, match="reach into"):
        window_actions.announce_maintenance([pool], last - timedelta(minutes=1), last + HOUR, "fans", by=by)
    window_actions.announce_maintenance([pool], last + timedelta(minutes=1), last + HOUR, "fans", by=by)


@pytest.mark.parametrize(
    ("starts", "ends", "reason", "code"),
    [
        (3, 2, "fans", "runs_backwards"),
        (-3, -2, "fans", "in_the_past"),
        (1, 24 * 31 + 2, "fans", "too_long"),
        (1, 2, "  ", "no_reason"),
    ],
)
def test_what_cannot_be_maintenance_is_refused(pool, by, starts, ends, reason, code):
    with pytest.raises(Refusal) as told:
        window_actions.announce_maintenance([pool], in_(starts), in_(ends), reason, by=by)
    assert told.value.code == code


def test_maintenance_of_one_pool_never_overlaps_and_the_database_says_so_too(pool, by):
    window_actions.announce_maintenance([pool], in_(24), in_(26), "fans", by=by)
    with pytest.raises(Refusal, match="already"):
        window_actions.announce_maintenance([pool], in_(25), in_(27), "pumps", by=by)
    with pytest.raises(IntegrityError, match="maintenance_never_overlaps"), transaction.atomic():
        MaintenanceWindow.objects.create(pool=pool, starts_at=in_(25), ends_at=in_(27), reason="pumps")
    with pytest.raises(IntegrityError, match="maintenance_runs_forward"), transaction.atomic():
        MaintenanceWindow.objects.create(pool=pool, starts_at=in_(29), ends_at=in_(28), reason="pumps")


def test_what_was_announced_together_is_taken_back_together(pool, by):
    other = on_sale("shanxi", 2).pool
    first, _second = window_actions.announce_maintenance([pool, other], in_(24), in_(26), "fans", by=by)
    window_actions.cancel_maintenance(first, by=by)
    assert terms.limits([pool.pk, other.pk], timezone.now()) == {}
    with pytest.raises(Refusal, match="taken back already"):
        window_actions.cancel_maintenance(first, by=by)
    window_actions.announce_maintenance([pool], in_(25), in_(27), "pumps", by=by)


def test_a_lending_window_is_weekly_or_once(pool):
    for facts in ({}, {"weekdays": [1]}, {"weekdays": [8], "opens": time(1), "closes": time(2)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            LendingWindow.objects.create(pool=pool, **facts)


def test_a_window_too_short_for_an_hour_is_refused_with_the_least_length(pool, by):
    with pytest.raises(Refusal, match="at least 100 minutes") as told:
        window_actions.add_weekly_window(pool, [1, 3], time(22, 30), time(0, 9), by=by)
    assert told.value.code == "too_short"
    with pytest.raises(Refusal, match="at least 100 minutes"):
        window_actions.add_single_window(pool, in_(-5), in_(1), by=by)
    assert not LendingWindow.objects.exists()
    window_actions.add_weekly_window(pool, [1, 3], time(22, 30), time(0, 10), by=by)


def test_a_short_window_counts_where_it_makes_another_one_longer(pool, by):
    window_actions.add_weekly_window(pool, [1], time(22), time(0), by=by)
    with pytest.raises(Refusal, match="at least"):
        window_actions.add_weekly_window(pool, [3], time(0), time(1), by=by)
    window_actions.add_weekly_window(pool, [2], time(0), time(1), by=by)


# -- sales -------------------------------------------------------------------------------------------------------


def test_a_quote_leaves_out_what_would_outlive_its_window_and_says_until_when(lot, by):
    with in_province("shanxi"):
        until = timezone.now() + 3 * HOUR
        window_actions.add_single_window(lot.pool, in_(-1), until, by=by)
    quote = quote_for(None, 2, hours=4)
    assert not quote.filled
    clock = f"{timezone.localtime(until):%Y-%m-%d %H:%M}"
    assert quote.left_out[0]["reason_en"].startswith(f"Lent only until {clock} Beijing time; 4 h and 40 min")
    assert {"kind": "fewer_hours", "hours": 2} in quote.alternatives
    assert quote_for(None, 2, hours=2).filled


def test_a_purchase_is_refused_when_maintenance_was_announced_after_the_quote(lot, by):
    who = buyer()
    quote = quote_for(who, 2, hours=4)
    with in_province("shanxi"):
        window_actions.announce_maintenance([lot.pool], in_(3), in_(5), "fans", by=by)
    with pytest.raises(Refusal, match=r"Nothing was bought.*Maintenance begins") as told:
        place_purchase(quote, organisation=who.organisation, by=who.user)
    assert told.value.code == "outside_window"
    assert told.value.alternatives == [{"kind": "new_quote"}, {"kind": "fewer_hours", "hours": 2}]
    assert lot.free() == 8


def test_a_line_keeps_the_limit_it_was_sold_under_and_ends_before_it(lot, by):
    who = buyer()
    until = timezone.now() + 3 * HOUR
    with in_province("shanxi"):
        window_actions.add_single_window(lot.pool, in_(-1), until, by=by)
    purchase = place_purchase(quote_for(who, 2), organisation=who.organisation, by=who.user)
    with in_province("shanxi"):
        order = Order.objects.get(purchase_id=purchase.pk)
        assert OrderLine.objects.get().lent_until == until
        actions.start_activation(order)
        late = timezone.now() + 1.5 * HOUR
        assert actions.mark_active(order, late).ends_at == until - settings.GRACE_AT_END


def test_a_pool_that_closes_is_not_shown_as_for_sale(lot, by):
    with in_province("shanxi"):
        window_actions.add_single_window(lot.pool, in_(24), in_(30), by=by)
    assert not Availability.objects.for_sale().filter(pool=lot.pool.pk).exists()
