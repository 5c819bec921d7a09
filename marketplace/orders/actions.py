"""What happens to an order. Only here does its state change; every act leaves a history row and moves the index."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Func, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.orders import stock
from marketplace.orders.models import Lease, LeaseState, Order, OrderLine, OrderState
from portal.accounts.models import Organisation, User
from portal.directory.actions import move_order_index, write_order_index
from tenants import history, outbox
from tenants.acts import require
from tenants.context import current_province

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is read as a digit."""


@dataclass(frozen=True)
class LotToPlace:
    """One lot of a quote: its pool, plan version row, cards and price in micro-yuan per card-hour."""

    pool_id: uuid.UUID
    plan_id: int
    position: int
    cards: int
    price_u: int


def order_number(gb2260: str, now: datetime) -> str:
    """Two digits of the province's code, day in Beijing, and six random characters."""
    day = timezone.localtime(now).strftime("%Y%m%d")
    return f"{gb2260}-{day}-{''.join(secrets.choice(ALPHABET) for _digit in range(6))}"


def place_order(
    *,
    purchase_id: uuid.UUID,
    order_id: uuid.UUID,
    number: str,
    organisation: Organisation,
    requested_by: User,
    hours: int,
    lots: list[LotToPlace],
    by: Any,
) -> Order:
    """The province's part of a purchase: order, lines, held cards, index and the letter that starts activation.

    Runs in the province, inside the purchase's transaction; the wallet and the pools are locked already.
    Raises `Refusal` if cards are gone.
    """
    now = timezone.now()
    order = Order.objects.create(
        id=order_id,
        number=number,
        purchase_id=purchase_id,
        organisation=organisation,
        requested_by=requested_by,
        hours=hours,
        total_u=sum(lot.price_u * lot.cards for lot in lots) * hours,
        placed_at=now,
    )
    lines = OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            pool_id=lot.pool_id,
            plan_id=lot.plan_id,
            position=lot.position,
            cards=lot.cards,
            price_u=lot.price_u,
        )
        for lot in lots
    )
    for line in lines:
        stock.take_cards(line, now, now + settings.HOLD_FOR)
    write_order_index(
        id=order.pk,
        province=current_province(),
        number=number,
        purchase_id=purchase_id,
        organisation=organisation,
        state=order.state,
        cards=sum(lot.cards for lot in lots),
        total_u=order.total_u,
        placed_at=now,
    )
    outbox.leave("activation.start", order)
    history.record("order.placed", order, by=by, cards=sum(lot.cards for lot in lots), total_u=order.total_u)
    return order


def start_activation(order: Order) -> Order:
    """placed → activating. The caller holds the order's lock."""
    return _move(order, OrderState.ACTIVATING, "order.activating")


def mark_active(order: Order, at: datetime) -> Order:
    """activating → active: every line provably works; held cards are leased until the hours are over."""
    Lease.objects.filter(line__order=order, state=LeaseState.HELD).update(state=LeaseState.LEASED, hold_until=None)
    return _move(order, OrderState.ACTIVE, "order.active", started_at=at, ends_at=at + timedelta(hours=order.hours))


def mark_failed(order: Order, code: str) -> Order:
    """activating → failed: nothing is charged; cards come back as their resources are proven gone."""
    return _move(order, OrderState.FAILED, "order.failed", failure_code=code, ended_at=timezone.now())


@transaction.atomic
def end_order(order: Order, *, by: Any) -> Order:
    """active → ending: the meter stops now, the workspace and its data are removed, then the cards are free."""
    order = Order.objects.locked().get(pk=order.pk)
    require(
        order.state in (OrderState.ACTIVE, OrderState.DEGRADED, OrderState.PARTIALLY_ACTIVE),
        _("Order %(number)s is not running, so it cannot be ended. Nothing was changed.") % {"number": order.number},
        "not_running",
    )
    Lease.objects.filter(line__order=order, state=LeaseState.LEASED).update(state=LeaseState.RELEASING)
    order = _move(order, OrderState.ENDING, "order.ending", by=by)
    outbox.leave("activation.revoke", order)
    return order


@transaction.atomic
def cancel_order(order: Order, *, by: Any) -> Order:
    """activating → cancelling: a late success is deleted and never billed."""
    order = Order.objects.locked().get(pk=order.pk)
    require(
        order.state == OrderState.ACTIVATING,
        _("Order %(number)s is not being activated, so it cannot be cancelled. Nothing was changed.")
        % {"number": order.number},
        "not_activating",
    )
    order = _move(order, OrderState.CANCELLING, "order.cancelling", by=by)
    outbox.leave("activation.revoke", order)
    return order


def finish_ending(order: Order) -> Order:
    """ending → ended, cancelling → cancelled: every card is free again. The caller holds the order's lock."""
    target = OrderState.ENDED if order.state == OrderState.ENDING else OrderState.CANCELLED
    return _move(order, target, f"order.{target}", ended_at=timezone.now())


def release_leases(line: OrderLine) -> int:
    """The agent proved the line's cards free: close their leases now; returns how many."""
    now = timezone.now()
    open_ones = Lease.objects.occupying().filter(line=line)
    return open_ones.update(
        state=LeaseState.RELEASED,
        hold_until=None,
        during=Func(
            Func(F("during"), function="lower"),
            Value(now),
            function="tstzrange",
            output_field=Lease._meta.get_field("during"),
        ),
    )


def _move(order: Order, state: OrderState, act: str, *, by: Any = None, **facts: Any) -> Order:
    order.move_to(state, **facts)
    move_order_index(order.pk, state)
    history.record(act, order, by=by, **{name: str(value) for name, value in facts.items()})
    return order
