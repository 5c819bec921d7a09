"""Metering and charging: card-seconds × price, exact to the micro-yuan, never more than the line was quoted."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from marketplace.orders.models import Order, OrderLine
from marketplace.settlement.models import Meter, Usage
from portal.ledger import actions as ledger
from tenants.context import current_province

MICROSECONDS_PER_HOUR = 3_600_000_000


def start_meter(line: OrderLine, ready_at: datetime) -> Meter:
    """The line provably works from `ready_at` on; starting twice changes nothing."""
    meter, _made = Meter.objects.get_or_create(line=line, defaults={"ready_at": ready_at, "captured_until": ready_at})
    return meter


def stop_meter(line: OrderLine, at: datetime) -> Meter:
    """Use ends at `at`; a meter that stands already keeps its time."""
    meter = Meter.objects.select_for_update().get(line=line)
    if meter.stopped_at is None:
        meter.stopped_at = max(at, meter.ready_at)
        meter.save(update_fields=["stopped_at"])
    return meter


def charge_until(meter: Meter, until: datetime) -> int:
    """What the line costs from `ready_at` to `until`, micro-yuan, rounded down once over the whole time."""
    microseconds = (until - meter.ready_at) // timedelta(microseconds=1)
    line = meter.line
    return min(line.price_u * line.cards * microseconds // MICROSECONDS_PER_HOUR, line.most_u)


def used_until(meter: Meter) -> datetime:
    """Now, or when the meter stopped, or when the quoted hours are over: whichever is first."""
    ends = meter.line.order.ends_at
    return min(moment for moment in (timezone.now(), meter.stopped_at, ends) if moment is not None)


@transaction.atomic
def capture_now(line: OrderLine) -> int:
    """Charge what the line used since the last charge; returns the amount. The wallet is locked first."""
    line = OrderLine.objects.select_related("order__organisation", "pool__provider__organisation").get(pk=line.pk)
    ledger.lock_wallet(line.order.organisation)
    meter = Meter.objects.select_for_update().filter(line=line).first()
    if meter is None:
        return 0
    meter.line = line
    since, until = meter.captured_until, used_until(meter)
    if until <= since:
        return 0
    amount = charge_until(meter, until) - meter.captured_u
    booked = ledger.capture(
        line.order_id,
        amount,
        f"{line.pk} {until.isoformat()}",
        provider=line.pool.provider.organisation,
        province=current_province(),
    )
    microseconds = (until - since) // timedelta(microseconds=1)
    Usage.objects.create(
        meter=meter,
        during=(since, until),
        cards=line.cards,
        card_seconds=Decimal(microseconds * line.cards) / 1_000_000,
        amount_u=amount,
        transaction=booked,
    )
    meter.captured_until, meter.captured_u = until, meter.captured_u + amount
    meter.save(update_fields=["captured_until", "captured_u"])
    return amount


@transaction.atomic
def settle_order(order: Order) -> None:
    """Charge every line to its end and give the rest of the reservation back. Settling twice changes nothing."""
    ledger.lock_wallet(order.organisation)
    for line in OrderLine.objects.filter(order=order):
        capture_now(line)
    ledger.release(order.pk)
