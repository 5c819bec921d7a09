"""I1, I2, I3 (the leases' half), I7 (orders) and I8 (one order, one reservation) of ARCHITECTURE.md."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone

from marketplace.catalog.models import Card, CardState
from marketplace.orders.models import (
    BILLABLE,
    CLEARING,
    OCCUPYING,
    RUNNING,
    STARTING,
    Lease,
    LeaseState,
    Order,
    OrderLine,
    OrderState,
)
from portal.directory.models import OrderIndex
from portal.ledger.models import Reservation
from tenants.context import current_province

SWEPT_WITHIN = timedelta(minutes=10)
"""A hold that ended is swept within a minute; ten leave room for a restart."""
CLOSED = (OrderState.ENDED, OrderState.CANCELLED)


def findings_in_province() -> Iterator[str]:
    yield from _cards_leased_twice()
    yield from _holds()
    yield from _waiting_cards()
    yield from _quarantine()
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
    waiting = [*STARTING, OrderState.AWAITING_PROVIDER, OrderState.SCHEDULED]
    for lease in held.exclude(line__order__state__in=waiting):
        yield f"I2: card {lease.card.serial} is held by order {lease.line.order.number}, which waits for nothing."
    for lease in held.filter(line__order__state__in=waiting, hold_until__lt=timezone.now() - SWEPT_WITHIN):
        yield f"I2: order {lease.line.order.number} still holds card {lease.card.serial} after its hold has ended."


def _waiting_cards() -> Iterator[str]:
    """A card waits for the proof that it is free only behind an order that is being cleared, or that failed."""
    clearing = [*CLEARING, OrderState.FAILED]
    stray = Lease.objects.filter(state=LeaseState.RELEASING).exclude(line__order__state__in=[*clearing, *CLOSED])
    for lease in stray.select_related("line__order", "card"):
        yield f"I2: card {lease.card.serial} is being released by order {lease.line.order.number}, which goes on."


def _quarantine() -> Iterator[str]:
    for lease in Lease.objects.unproven().select_related("line__order", "card").order_by("card"):
        card, number = lease.card, lease.line.order.number
        if card.quarantined_at is None:
            yield f"Card {card.serial} is on sale, but its removal from order {number} was not proven."
            continue
        yield (
            f"Card {card.serial} is in quarantine since {card.quarantined_at:%Y-%m-%d %H:%M} UTC: nobody could prove "
            f"that the workspace of order {number} is gone. An operator looks after it and lifts the quarantine."
        )
    behind = Lease.objects.unproven().filter(card=OuterRef("pk"))
    for card in Card.objects.filter(~Exists(behind), state=CardState.QUARANTINED):
        yield f"Card {card.serial} is in quarantine, but no order put it there."
    sold = Lease.objects.occupying().filter(card__state=CardState.QUARANTINED).select_related("line__order", "card")
    for lease in sold:
        yield f"Card {lease.card.serial} is in quarantine, but order {lease.line.order.number} occupies it."


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
    """Money is reserved while something may be charged, and from then on none is."""
    found = {one.order_id: one for one in Reservation.objects.filter(province=current_province())}
    for order in Order.objects.values("id", "number", "state", "total_u"):
        reservation = found.pop(order["id"], None)
        if reservation is None or reservation.reserved_u != order["total_u"]:
            yield f"I8: order {order['number']} has not the money reserved that it may cost."
        elif order["state"] not in BILLABLE and reservation.closed_at is None:
            yield f"I8: order {order['number']} can cost nothing more, but its reservation is open."
        elif order["state"] in BILLABLE and reservation.closed_at is not None:
            yield f"I8: order {order['number']} can still be charged, but its reservation is closed."
    for reservation in found.values():
        if reservation.closed_at is not None:
            continue  # an older backup was restored: what was charged stays charged, and nothing is held any more
        yield f"I8: money is reserved for order {reservation.order_id}, which does not exist."
