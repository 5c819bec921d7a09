"""The bill equals quote × delivered time, to the micro-yuan, however often it was captured on the way."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from marketplace.orders import actions as orders
from marketplace.orders.models import Order
from marketplace.settlement import actions, invariants, tasks
from marketplace.settlement.models import Meter, Usage
from portal.checkout.actions import place_purchase
from portal.ledger import invariants as ledger_invariants
from portal.ledger.actions import balances
from portal.ledger.models import Account, AccountKind, Reservation, Transaction, TransactionKind
from tenants.context import in_province
from tenants.history.models import Record
from tests.market import YUAN, buyer, on_sale, quote_for, report

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]
START = datetime(2026, 8, 24, 6, 0, tzinfo=UTC)
LIMITS = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # an example costs a purchase: shrinking would take minutes
)


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def running(who, cards: int, hours: int, ready_at: datetime = START) -> Order:
    """An order that works from `ready_at` on; the caller is in the province."""
    purchase = place_purchase(quote_for(who, cards, hours), organisation=who.organisation, by=who.user)
    order = Order.objects.get(purchase_id=purchase.pk)
    orders.start_activation(order)
    for line in order.lines.all():
        actions.start_meter(line, ready_at)
    return orders.mark_active(order, ready_at)


def end(order: Order) -> None:
    """Ended and settled now; the cards are proven free at once."""
    order = actions.end_order(order, by=None)
    for line in order.lines.all():
        orders.release_leases(line)
    orders.finish_ending(order)


@LIMITS
@given(
    price_u=st.integers(1, 50 * YUAN),
    cards=st.integers(1, 8),
    hours=st.integers(1, 30),
    used=st.integers(0, 40 * 3_600_000_000),
    captures=st.lists(st.floats(0, 1), max_size=6),
)
def test_the_bill_is_price_times_card_seconds(db, price_u, cards, hours, used, captures):
    """`used` in microseconds; captures at fractions of it. Never more than was quoted."""
    with transaction.atomic(), in_province("shanxi"), time_machine.travel(START, tick=False) as clock:
        who, _lot = buyer(yuan=90_000), on_sale("shanxi", 8, price_u=price_u)
        order = running(who, cards, hours)
        (line,) = order.lines.all()
        for fraction in sorted(captures):
            actions.capture_now(line, START + timedelta(microseconds=int(used * fraction)))
        stop = START + timedelta(microseconds=used)
        clock.move_to(stop)
        end(order)
        delivered = min(used, hours * 3_600_000_000)
        bill = price_u * cards * delivered // 3_600_000_000
        meter, reservation = Meter.objects.get(), Reservation.objects.get()
        assert (meter.captured_u, reservation.captured_u) == (bill, bill)
        assert balances(who.organisation) == (90_000 * YUAN - bill, 0)
        assert reservation.released_u == price_u * cards * hours - bill
        assert sum(row.card_seconds for row in Usage.objects.all()) * 1_000_000 == delivered * cards
        assert [*invariants.findings_in_province(), *ledger_invariants.findings()] == []
        transaction.set_rollback(True)


def test_the_provider_is_owed_what_the_buyer_paid_less_the_platforms_share(clock, settings):
    settings.PLATFORM_FEE_PER_MILLE = 30
    who, lot = buyer(), on_sale("shanxi", 8, price_u=2 * YUAN)
    with in_province("shanxi"):
        order = running(who, 4, 2)
        clock.shift(timedelta(minutes=30))
        end(order)
    accounts = {one.kind: one for one in Account.objects.exclude(kind=AccountKind.BANK_CLEARING)}
    assert accounts["provider_payable"].balance_u == 3_880_000
    assert accounts["provider_payable"].organisation == lot.provider.organisation
    assert accounts["provider_payable"].province == "shanxi"
    assert accounts["platform_fee"].balance_u == 120_000
    assert balances(who.organisation) == ((10_000 - 4) * YUAN, 0)


def test_settling_twice_books_once(clock):
    who, _lot = buyer(), on_sale("shanxi", 8)
    with in_province("shanxi"):
        order = running(who, 2, 2)
        clock.shift(timedelta(seconds=90))
        end(order)
        before = Transaction.objects.count()
        assert not actions.settle_order(order)
    assert Transaction.objects.count() == before
    assert balances(who.organisation)[0] == 10_000 * YUAN - 2 * 2 * YUAN * 90 // 3600


def test_an_order_that_never_worked_costs_nothing(clock):
    who, _lot = buyer(), on_sale("shanxi", 8)
    purchase = place_purchase(quote_for(who, 2), organisation=who.organisation, by=who.user)
    with in_province("shanxi"):
        order = Order.objects.get(purchase_id=purchase.pk)
        orders.start_activation(order)
        orders.mark_failed(order, "hardware")
    assert balances(who.organisation) == (10_000 * YUAN, 0)
    assert not Transaction.objects.filter(kind=TransactionKind.CAPTURE).exists()


def test_the_hourly_task_charges_what_runs_and_nothing_that_is_ending(clock):
    who, lot = buyer(), on_sale("shanxi", 8)
    with in_province("shanxi"):
        runs, ends = running(who, 2, 5), running(who, 2, 5)
        clock.shift(timedelta(hours=1))
        actions.end_order(ends, by=who.user)
        clock.shift(timedelta(hours=1))
    tasks.capture_running()
    with in_province("shanxi"):
        assert dict(Meter.objects.values_list("line__order", "captured_u")) == {runs.pk: 8 * YUAN, ends.pk: 4 * YUAN}
    report(lot)


def test_the_clock_ends_an_order_when_its_hours_are_over(clock):
    who, _lot = buyer(), on_sale("shanxi", 8)
    with in_province("shanxi"):
        running(who, 2, 2)
        clock.move_to(START + timedelta(hours=2, seconds=-1))
        tasks.end_due()
        assert Order.objects.get().state == "active"
        clock.move_to(START + timedelta(hours=2, seconds=4))
        tasks.end_due()
        assert Order.objects.get().state == "ending"
        assert Meter.objects.get().stopped_at == START + timedelta(hours=2)
        from tenants.outbox.models import Letter

        assert Letter.objects.get(topic="activation.revoke").due_at == START + timedelta(hours=2, minutes=30)
        assert Record.objects.get(act="order.settled").facts == {"charged_u": 8 * YUAN, "released_u": 0}


def test_a_meter_that_was_charged_further_is_not_set_back(clock):
    who, _lot = buyer(), on_sale("shanxi", 8)
    with in_province("shanxi"):
        order = running(who, 1, 2)
        actions.capture_now(order.lines.get(), START + timedelta(seconds=60))
        clock.shift(timedelta(seconds=30))
        actions.end_order(order, by=who.user)
        meter = Meter.objects.get()
        assert meter.stopped_at == meter.captured_until == START + timedelta(seconds=60)


def test_the_database_refuses_overlapping_usage(clock):
    who, _lot = buyer(), on_sale("shanxi", 8)
    with in_province("shanxi"):
        (line,) = running(who, 1, 2).lines.all()
        actions.capture_now(line, START + timedelta(seconds=60))
        usage = Usage.objects.get()
        with pytest.raises(IntegrityError, match="usage_never_overlaps"), transaction.atomic():
            Usage.objects.create(meter=usage.meter, during=usage.during, cards=1, card_seconds=60, amount_u=0)


def test_invariants_name_usage_outside_the_meter_and_money_not_booked(clock):
    who, _lot = buyer(), on_sale("shanxi", 8)
    with in_province("shanxi"):
        (line,) = running(who, 1, 2).lines.all()
        actions.capture_now(line, START + timedelta(seconds=60))
        Meter.objects.update(ready_at=START + timedelta(seconds=30), captured_u=1)
        found = "\n".join(invariants.findings_in_province())
    assert "I6: usage" in found
    assert "says 1 u, its usage 33333 u" in found
    assert "1 u were metered, 33333 u booked" in found
