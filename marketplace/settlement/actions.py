"""Metering and charging: card-seconds × price, exact to the micro-yuan, never more than the line was quoted.

Orders end here, because their money ends with them: the meter stops, the charge is booked and the rest of the
reservation is free in one transaction, however long the removal takes. The wallet is locked first, then the order,
then its meters.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.orders import actions as orders
from marketplace.orders.models import RUNNING, Order, OrderLine
from marketplace.settlement.metering import card_seconds, charge_until, counted_until
from marketplace.settlement.models import Meter, Usage
from portal.ledger import actions as ledger
from tenants import outbox
from tenants.acts import require
from tenants.context import current_province


def start_meter(line: OrderLine, ready_at: datetime) -> Meter:
    """The line provably works from `ready_at` on; starting twice changes nothing."""
    meter, _made = Meter.objects.get_or_create(line=line, defaults={"ready_at": ready_at, "captured_until": ready_at})
    return meter


@transaction.atomic
def capture_now(line: OrderLine, at: datetime | None = None) -> int:
    """Charge what the line used up to `at` since the last charge; returns the amount, micro-yuan."""
    order = orders.lock_with_wallet(line.order_id)
    meter = _meters(order).filter(line=line).first()
    if meter is None or order.state not in RUNNING:
        return 0  # whatever ended the order has charged it
    return _capture(meter, counted_until(meter, at or timezone.now()))


def _meters(order: Order) -> Any:
    """The order's meters, locked, each with its line and who delivers it."""
    found = Meter.objects.filter(line__order=order).select_for_update(of=("self",)).order_by("pk")
    return found.select_related("line__order", "line__pool__provider__organisation")


def _capture(meter: Meter, until: datetime) -> int:
    line, since = meter.line, meter.captured_until
    if until <= since:
        return 0
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
        card_seconds=card_seconds(meter, since, until),
        amount_u=amount,
        transaction=booked,
    )
    meter.captured_until, meter.captured_u = until, meter.captured_u + amount
    meter.save(update_fields=["captured_until", "captured_u"])
    return amount


# Ending ----------------------------------------------------------------------------------------


@transaction.atomic
def end_order(order: Order, *, by: Any) -> Order:
    """active → ending: charged up to now, the rest of the money is free; the workspace and its data are removed."""
    order = orders.lock_with_wallet(order.pk)
    require(
        order.state in RUNNING,
        _("Order %(number)s is not running, so it cannot be ended. Nothing was changed.") % {"number": order.number},
        "not_running",
    )
    order = orders.begin_ending(order, by=by)
    _settle(order, timezone.now())
    outbox.leave("activation.revoke", order)
    return order


@transaction.atomic
def end_at_term(order: Order) -> bool:
    """active → ending because the hours are over: suspended now, removed after the grace. False if not due."""
    order = orders.lock_with_wallet(order.pk)
    ends_at = order.ends_at
    if order.state not in RUNNING or ends_at is None or ends_at > timezone.now():
        return False
    order = orders.begin_ending(order, by=None)
    _settle(order, ends_at)
    outbox.leave("activation.suspend", order)
    outbox.leave("activation.revoke", order, due_at=ends_at + settings.GRACE_AT_END)
    return True


@transaction.atomic
def settle_order(order: Order) -> bool:
    """Free money that is reserved though nothing can be charged any more; False if something can.

    Every act that ends the charging does this itself. Tables of an older version, or restored ones, may lack it: a
    meter that still runs stops where it was charged to.
    """
    order = orders.lock_with_wallet(order.pk)
    if not Order.objects.filter(pk=order.pk).still_reserved().exists():
        return False
    _settle(order, None)
    return True


def _settle(order: Order, at: datetime | None) -> None:
    """Stop every meter at `at`, or where it was charged to; charge it, and free the rest of the reservation."""
    charged = 0
    for meter in _meters(order):
        meter.line.order = order
        if meter.stopped_at is None:
            meter.stopped_at = counted_until(meter, at or meter.captured_until)
            meter.save(update_fields=["stopped_at"])
        _capture(meter, meter.stopped_at)
        charged += meter.captured_u
    orders.free_money(order, charged_u=charged)
