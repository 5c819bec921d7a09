"""Metering and charging: card-seconds × price, exact to the micro-yuan, never more than the line was quoted."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from marketplace.orders import actions as orders
from marketplace.orders.models import Order, OrderLine
from marketplace.settlement.models import Meter, Usage
from portal.ledger import actions as ledger
from tenants import history
from tenants.context import current_province

MICROSECONDS_PER_HOUR = 3_600_000_000
MICROSECOND = timedelta(microseconds=1)


def start_meter(line: OrderLine, ready_at: datetime) -> Meter:
    """The line provably works from `ready_at` on; starting twice changes nothing."""
    meter, _made = Meter.objects.get_or_create(line=line, defaults={"ready_at": ready_at, "captured_until": ready_at})
    return meter


def stop_meter(line: OrderLine, at: datetime) -> Meter:
    """Use ends at `at`, or earlier when the hours were over; a meter that stands already keeps its time."""
    meter = Meter.objects.select_for_update(of=("self",)).select_related("line__order").get(line=line)
    if meter.stopped_at is None:
        meter.stopped_at = max(min(at, _full_at(meter)), meter.captured_until)
        meter.save(update_fields=["stopped_at"])
    return meter


def charge_until(meter: Meter, until: datetime) -> int:
    """What the line costs from `ready_at` to `until`, micro-yuan, rounded down once over the whole time."""
    line = meter.line
    microseconds = (until - meter.ready_at) // MICROSECOND
    return min(line.price_u * line.cards * microseconds // MICROSECONDS_PER_HOUR, line.most_u)


def _full_at(meter: Meter) -> datetime:
    """When the quoted hours are used up, or the order's end where a window of the pool brings it forward."""
    order = meter.line.order
    full = meter.ready_at + timedelta(hours=order.hours)
    return full if order.ends_at is None else min(full, order.ends_at)


@transaction.atomic
def capture_now(line: OrderLine, at: datetime | None = None) -> int:
    """Charge what the line used up to `at` since the last charge; returns the amount, micro-yuan.

    The wallet is locked first, then the order, then the meter.
    """
    line = OrderLine.objects.select_related("order__organisation", "pool__provider__organisation").get(pk=line.pk)
    ledger.lock_wallet(line.order.organisation)
    order = Order.objects.locked().get(pk=line.order_id)
    meter = Meter.objects.select_for_update().filter(line=line).first()
    if meter is None or (meter.stopped_at is None and order.state not in orders.RUNNING):
        return 0  # an order that began to end stops its meter at that moment, not at this one
    meter.line = line
    until = min(meter.stopped_at or at or timezone.now(), _full_at(meter))
    return _capture(meter, until) if until > meter.captured_until else 0


def _capture(meter: Meter, until: datetime) -> int:
    line, since = meter.line, meter.captured_until
    amount = charge_until(meter, until) - meter.captured_u
    booked = ledger.capture(
        line.order_id,
        amount,
        f"{line.order_id} {line.pk} {until.isoformat()}",
        provider=line.pool.provider.organisation,
        province=current_province(),
    )
    Usage.objects.create(
        meter=meter,
        during=(since, until),
        cards=line.cards,
        card_seconds=Decimal((until - since) // MICROSECOND * line.cards) / 1_000_000,
        amount_u=amount,
        transaction=booked,
    )
    meter.captured_until, meter.captured_u = until, meter.captured_u + amount
    meter.save(update_fields=["captured_until", "captured_u"])
    return amount


@transaction.atomic
def settle_order(order: Order) -> None:
    """Charge every line to its end and give the rest of the reservation back. Settling twice changes nothing.

    Every meter has been stopped; an order that never worked has none and costs nothing.
    """
    ledger.lock_wallet(order.organisation)
    charged = sum(capture_now(line) for line in OrderLine.objects.filter(order=order))
    released = ledger.release(order.pk)
    if charged or released:
        history.record("order.settled", order, charged_u=charged, released_u=released)


@transaction.atomic
def end_at_term(order: Order) -> bool:
    """The hours are over: the order ends and its meters stand at the term. False if it is not due."""
    ended = orders.end_at_term(order)
    if ended:
        for meter in Meter.objects.filter(line__order=order).select_related("line__order"):
            stop_meter(meter.line, _full_at(meter))
    return ended
