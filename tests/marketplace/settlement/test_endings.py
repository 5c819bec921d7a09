"""Every way an order can end: at the act that ends it its money is settled to the micro-yuan, whatever the cards do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from marketplace.activation import invariants as activation_invariants
from marketplace.activation.fulfilment import actions as activation
from marketplace.activation.fulfilment.probe import Finding
from marketplace.activation.models import Command, Resource, Verb
from marketplace.orders import actions as orders
from marketplace.orders import invariants as order_invariants
from marketplace.orders.models import BILLABLE, Lease, LeaseState, Order, OrderLine, OrderState
from marketplace.settlement import actions, invariants, metering, tasks
from marketplace.settlement.models import Meter, Usage
from portal.checkout.actions import cancel_purchase
from portal.checkout.models import Purchase
from portal.ledger import invariants as ledger_invariants
from portal.ledger.actions import balances
from portal.ledger.models import Reservation
from tenants.context import in_province, in_public
from tests.market import YUAN, Buyer, buyer, on_sale
from tests.portal.checkout.running import answer, bought, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]
START = datetime(2026, 8, 24, 6, 0, tzinfo=UTC)
FUNDS = 90_000 * YUAN
HOURS = 3
LIMITS = settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # an example costs a purchase: shrinking would take minutes
)


@dataclass
class Sale:
    """An order of five cards in two lots, four and one, for three hours; the test is in its province."""

    who: Buyer
    order: Order
    clock: time_machine.Traveller

    def after(self, seconds: float) -> None:
        self.clock.shift(timedelta(seconds=seconds))

    def works(self, apart: float) -> None:
        """Both lots work, the second one so many seconds after the first."""
        start(self.order.pk)
        for number, command in enumerate(Command.objects.filter(verb=Verb.APPLY).order_by("line__position")):
            self.after(apart * number)
            url = f"http://127.66.1.{number + 1}:8888/lab"
            answer(command, "ready", endpoint={"kind": "jupyter", "url": url, "secret": "s"})
            resource = Resource.objects.get(line=command.line_id)
            activation.take_finding(resource.pk, resource.attempt, Finding(passed=True))
        self.order.refresh_from_db()
        assert self.order.state == OrderState.ACTIVE

    def charged(self, times: list[float]) -> None:
        """The hourly charge, some time before the end."""
        for seconds in times:
            self.after(seconds)
            tasks._capture_in_province(None)


def cancelled_before_anybody_was_asked(sale: Sale, seconds: float) -> None:
    with in_public():
        cancel_purchase(Purchase.objects.get(), by=sale.who.user)


def cancelled_while_it_is_set_up(sale: Sale, seconds: float) -> None:
    start(sale.order.pk)
    sale.after(seconds)
    with in_public():
        cancel_purchase(Purchase.objects.get(), by=sale.who.user)


def refused_for_good(sale: Sale, seconds: float) -> None:
    start(sale.order.pk)
    sale.after(seconds)
    answer(Command.objects.filter(verb=Verb.APPLY).first(), "failed", code="hardware", retryable=False)


def found_wrong_five_times(sale: Sale, seconds: float) -> None:
    start(sale.order.pk)
    command = Command.objects.filter(verb=Verb.APPLY).first()
    answer(command, "ready", endpoint={"kind": "jupyter", "url": "http://127.66.1.1:8888/lab", "secret": "s"})
    Resource.objects.filter(line=command.line_id).update(attempt=activation.MOST_ATTEMPTS)
    resource = Resource.objects.get(line=command.line_id)
    activation.take_finding(resource.pk, resource.attempt, Finding(passed=False, sentence="wrong card"))


def held_for_too_long(sale: Sale, seconds: float) -> None:
    start(sale.order.pk)
    sale.after(7_200 + seconds)
    assert orders.expire_hold(sale.order)


def ended_by_the_buyer(sale: Sale, seconds: float) -> None:
    sale.works(apart=seconds / 7)
    sale.charged([seconds / 3, seconds / 5])
    sale.after(seconds)
    actions.end_order(sale.order, by=sale.who.user)


def ended_by_the_clock(sale: Sale, seconds: float) -> None:
    sale.works(apart=seconds / 7)
    sale.charged([seconds / 3])
    sale.clock.move_to(sale.order.ends_at + timedelta(seconds=seconds))
    assert actions.end_at_term(sale.order)


def ended_early_by_a_window(sale: Sale, seconds: float) -> None:
    OrderLine.objects.update(lent_until=START + timedelta(hours=2))
    sale.works(apart=seconds / 7)
    assert sale.order.ends_at == START + timedelta(hours=1, minutes=30)
    sale.clock.move_to(sale.order.ends_at + timedelta(seconds=seconds))
    actions.end_order(sale.order, by=sale.who.user)


ENDINGS: list[Callable[[Sale, float], None]] = [
    cancelled_before_anybody_was_asked,
    cancelled_while_it_is_set_up,
    refused_for_good,
    found_wrong_five_times,
    held_for_too_long,
    ended_by_the_buyer,
    ended_by_the_clock,
    ended_early_by_a_window,
]
FREE = ENDINGS[:5]
"""Nothing worked, so nothing is charged."""


def findings() -> list[str]:
    modules = (order_invariants, invariants, activation_invariants)
    return [one for module in modules for one in module.findings_in_province()] + list(ledger_invariants.findings())


@contextmanager
def a_sale(clock: time_machine.Traveller, prices: tuple[int, int]) -> Iterator[Sale]:
    who = buyer(yuan=FUNDS // YUAN)
    on_sale("shanxi", 4, price_u=min(prices))
    on_sale("shanxi", 1, price_u=max(prices))
    purchase = bought(who, 5, hours=HOURS)
    with in_province("shanxi"):
        yield Sale(who, Order.objects.get(purchase_id=purchase.pk), clock)


@pytest.mark.parametrize("end", ENDINGS)
@LIMITS
@given(
    prices=st.tuples(st.integers(1, 50 * YUAN), st.integers(1, 50 * YUAN)),
    seconds=st.integers(0, 3_000_000_000).map(lambda microseconds: microseconds / 1_000_000),
)
def test_what_was_reserved_is_charged_or_given_back_in_the_act_that_ends_the_order(db, end, prices, seconds):
    with transaction.atomic(), time_machine.travel(START, tick=False) as clock:
        with a_sale(clock, prices) as sale:
            end(sale, seconds)
            order = Order.objects.get()
            reservation = Reservation.objects.get()
            assert order.state not in BILLABLE
            assert reservation.closed_at is not None
            assert reservation.captured_u + reservation.released_u == reservation.reserved_u == order.total_u
            assert balances(sale.who.organisation) == (FUNDS - reservation.captured_u, 0)
            meters = list(Meter.objects.select_related("line__order"))
            assert reservation.captured_u == sum(meter.captured_u for meter in meters)
            assert reservation.captured_u == sum(usage.amount_u for usage in Usage.objects.all())
            for meter in meters:
                line, until = meter.line, meter.stopped_at
                counted = metering.card_seconds(meter, meter.ready_at, until)
                assert meter.captured_u == int(counted * line.price_u // 3600)
                assert until <= min(order.ends_at, meter.ready_at + timedelta(hours=HOURS))
            assert (not meters) == (end in FREE)
            assert findings() == []
        transaction.set_rollback(True)


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def sale(clock):
    with a_sale(clock, (2 * YUAN, 3 * YUAN)) as sale:
        yield sale


def test_the_meter_stands_for_everybody_at_the_moment_of_the_end(sale):
    """However late the agent proves the removal, and whatever the clock charges meanwhile."""
    ended_by_the_buyer(sale, 60)
    money = balances(sale.who.organisation)
    sale.after(86_000)
    tasks._capture_in_province(None)
    tasks._end_in_province(None)
    for meter in Meter.objects.select_related("line__order"):
        assert metering.counted_until(meter, datetime.now(UTC)) == meter.stopped_at == meter.captured_until
    assert balances(sale.who.organisation) == money
    assert set(Lease.objects.values_list("state", flat=True)) == {LeaseState.RELEASING}


def test_an_order_past_its_end_counts_no_further_before_the_clock_has_ended_it(sale):
    sale.works(apart=0)
    sale.clock.move_to(START + timedelta(hours=HOURS, seconds=14))
    for meter in Meter.objects.select_related("line__order"):
        assert metering.counted_until(meter, datetime.now(UTC)) == START + timedelta(hours=HOURS)
    tasks._capture_in_province(None)
    assert Reservation.objects.get().captured_u == (4 * 2 + 1 * 3) * HOURS * YUAN


def test_money_that_an_older_version_left_reserved_is_freed_by_the_clock(sale):
    """It waited for the agent's proof there: of a cancelled order, and of one whose meter still ran."""
    sale.works(apart=0)
    sale.charged([600])
    sale.after(50)
    with transaction.atomic():
        orders.begin_ending(orders.lock_with_wallet(sale.order.pk), by=None)
    assert f"I8: order {sale.order.number} can cost nothing more, but its reservation is open." in findings()
    tasks._end_in_province(None)
    charged = (4 * 2 + 1 * 3) * YUAN * 600 // 3600
    assert balances(sale.who.organisation) == (FUNDS - charged, 0)
    assert findings() == []
