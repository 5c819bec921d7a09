"""I1, I2, I3 (the leases' half), I7 (orders) and I8 (one order, one reservation) of specs/trading.md §7."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone

from marketplace.orders.actions import RUNNING, STARTING
from marketplace.orders.models import OCCUPYING, Lease, LeaseState, Order, OrderLine, OrderState
from portal.directory.models import OrderIndex
from portal.ledger.models import Reservation
from tenants.context import current_province

SWEPT_WITHIN = timedelta(minutes=10)
"""A hold that ended is swept within a minute; ten leave room for a restart."""
CLOSED = (OrderState.ENDED, OrderState.CANCELLED)


def findings_in_province() -> Iterator[str]:
    yield from _cards_leased_twice()
    yield from _holds()
    yield from _leases_of_running_orders()
    yield from _index()
    yield from _reservations()


def _cards_leased_twice() -> Iterator[str]:
    other = Lease.objects.occupying().filter(card=OuterRef("card"), during__overlap=OuterRef("during"))
    twice = Lease.objects.occupying().filter(Exists(other.exclude(pk=OuterRef("pk"))))
    for serial in twice.values_list("card__serial", flat=True).distinct().order_by("card__serial"):
        yield f"I1: card {serial} has two leases at one time."


def _holds() -> Iterator[str]:
    held = Lease.objects.filter(state=LeaseState.HELD).select_related("line__order", "card")
    waiting = [*STARTING, OrderState.AWAITING_PROVIDER, OrderState.SCHEDULED, OrderState.UNKNOWN]
    for lease in held.exclude(line__order__state__in=waiting):
        yield f"I2: card {lease.card.serial} is held by order {lease.line.order.number}, which waits for nothing."
    for lease in held.filter(line__order__state__in=waiting, hold_until__lt=timezone.now() - SWEPT_WITHIN):
        yield f"I2: order {lease.line.order.number} still holds card {lease.card.serial} after its hold has ended."


def _leases_of_running_orders() -> Iterator[str]:
    leased = Count("leases", filter=Q(leases__state=LeaseState.LEASED))
    lines = OrderLine.objects.filter(order__state=OrderState.ACTIVE).select_related("order").annotate(leased=leased)
    for line in lines.exclude(leased=F("cards")):
        yield f"I3: order {line.order.number} is active with {line.leased} of {line.cards} cards leased."
    stray = Lease.objects.filter(state=LeaseState.LEASED).exclude(line__order__state__in=RUNNING)
    for number in stray.values_list("line__order__number", flat=True).distinct():
        yield f"I3: order {number} is not running, but cards are leased to it."
    kept = Lease.objects.filter(state__in=OCCUPYING, line__order__state__in=CLOSED)
    for number in kept.values_list("line__order__number", flat=True).distinct():
        yield f"I3: order {number} is closed, but still occupies cards."


def _index() -> Iterator[str]:
    shown = ("number", "purchase_id", "organisation_id", "state", "total_u", "placed_at")
    indexed = {row["id"]: row for row in OrderIndex.objects.filter(province=current_province()).values("id", *shown)}
    for order in Order.objects.values("id", *shown):
        if indexed.pop(order["id"], None) != order:
            yield f"I7: order {order['number']} differs from its row in the national index."
    for row in indexed.values():
        yield f"I7: the national index shows order {row['number']}, which does not exist."


def _reservations() -> Iterator[str]:
    found = {one.order_id: one for one in Reservation.objects.filter(province=current_province())}
    for order in Order.objects.values("id", "number", "state", "total_u"):
        reservation = found.pop(order["id"], None)
        if reservation is None or reservation.reserved_u != order["total_u"]:
            yield f"I8: order {order['number']} has not the money reserved that it may cost."
        elif order["state"] in CLOSED and reservation.closed_at is None:
            yield f"I8: order {order['number']} is closed, but its reservation is open."
        elif order["state"] not in Order.moves.final() and reservation.closed_at is not None:
            yield f"I8: order {order['number']} is open, but its reservation is closed."
    for reservation in found.values():
        if reservation.closed_at is not None:
            continue  # an older backup was restored: what was charged stays charged, and nothing is held any more
        yield f"I8: money is reserved for order {reservation.order_id}, which does not exist."
