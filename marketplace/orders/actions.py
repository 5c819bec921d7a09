"""What happens to an order. Only here does its state change; every act leaves a history row and moves the index."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Func, Min, Value
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.catalog import actions as catalog
from marketplace.catalog.models import Pool
from marketplace.orders import stock
from marketplace.orders.models import CLEARING, STARTING, Lease, LeaseState, Order, OrderLine, OrderState
from portal.accounts.models import Organisation, User
from portal.directory.index.actions import count_stock, move_order_index
from portal.directory.models import OrderIndex
from portal.ledger import actions as ledger
from tenants import history, outbox
from tenants.acts import require
from tenants.context import current_province
from tenants.postgresql import together

TOLD = (OrderState.ACTIVE, OrderState.FAILED, OrderState.ENDING, OrderState.ENDED, OrderState.CANCELLED)
"""States that the buyer may have to be told of."""
HOLD_EXPIRED = "hold_expired"
"""Reason code of an order that did not start before its hold ended."""


@dataclass(frozen=True)
class LotToPlace:
    """One lot of a quote: its pool, plan version row, cards and price in micro-yuan per card-hour."""

    pool_id: uuid.UUID
    plan_id: int
    position: int
    cards: int
    price_u: int
    unusable: tuple[str, ...] = ()
    """Serials that the agent reports as out of order or does not find: not sold."""
    lent_until: datetime | None = None
    """When the cards must be back, by the pool's windows read under its lock."""


# Placing ---------------------------------------------------------------------------------------


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
) -> OrderIndex:
    """The province's part of a purchase: order, lines, held cards, index and the letter that starts activation.

    Runs in the province, inside the purchase's transaction; the wallet and the pools are locked already.
    Returns the row of the national index. Raises `Refusal` if cards are gone.
    """
    now = timezone.now()
    cards = sum(lot.cards for lot in lots)
    order = Order(
        id=order_id,
        number=number,
        purchase_id=purchase_id,
        organisation=organisation,
        requested_by=requested_by,
        hours=hours,
        total_u=sum(lot.price_u * lot.cards for lot in lots) * hours,
        placed_at=now,
    )
    lines = _lines(order, lots)
    row = OrderIndex(
        id=order.pk,
        province=current_province(),
        number=number,
        purchase_id=purchase_id,
        organisation=organisation,
        state=order.state,
        cards=cards,
        total_u=order.total_u,
        placed_at=now,
    )
    letters = outbox.letters("activation.start", order, also="checkout.tell")
    placed = history.unwritten("order.placed", order, by=by, cards=cards, total_u=order.total_u)
    together.insert(order, *lines, row, *letters, placed)
    for line, lot in zip(lines, lots, strict=True):
        stock.take_cards(line, now, now + settings.HOLD_FOR, without=lot.unusable)
    count_stock({lot.pool_id: -sum(one.cards for one in lots if one.pool_id == lot.pool_id) for lot in lots})
    return row


def _lines(order: Order, lots: list[LotToPlace]) -> list[OrderLine]:
    return [
        OrderLine(
            order=order,
            pool_id=lot.pool_id,
            plan_id=lot.plan_id,
            position=lot.position,
            cards=lot.cards,
            price_u=lot.price_u,
            lent_until=lot.lent_until,
        )
        for lot in lots
    ]


# Starting --------------------------------------------------------------------------------------


def start_activation(order: Order) -> Order:
    """placed → activating. The caller holds the order's lock."""
    return _move(order, OrderState.ACTIVATING, "order.activating")


def mark_active(order: Order, at: datetime) -> Order:
    """activating → active: every line provably works; held cards are leased until the hours are over.

    Sooner where setting up took so long that the hours would outlive a pool's window: what is not used is not charged.
    """
    _leases(order, LeaseState.HELD).update(state=LeaseState.LEASED, hold_until=None)
    ends_at = at + timedelta(hours=order.hours)
    lent_until = order.lines.aggregate(first=Min("lent_until"))["first"]
    if lent_until is not None:
        ends_at = max(at, min(ends_at, lent_until - settings.GRACE_AT_END))
    return _move(order, OrderState.ACTIVE, "order.active", started_at=at, ends_at=ends_at)


def mark_failed(order: Order, code: str) -> Order:
    """activating → failed: the money is free now, the cards when their resources are proven gone.

    The caller holds the order by `lock_with_wallet`.
    """
    _leases(order, LeaseState.HELD).update(state=LeaseState.RELEASING, hold_until=None)
    order = _move(order, OrderState.FAILED, "order.failed", failure_code=code, ended_at=timezone.now())
    free_money(order)
    return order


@transaction.atomic
def cancel_order(order: Order, *, by: Any) -> Order:
    """activating → cancelling: the money is free now; a late success is deleted and never billed.

    placed → cancelled: nobody was asked to set anything up, so the cards are free too.
    """
    order = lock_with_wallet(order.pk)
    require(
        order.state in STARTING,
        _("Order %(number)s is not being activated, so it cannot be cancelled. Nothing was changed.")
        % {"number": order.number},
        "not_activating",
    )
    if order.state == OrderState.PLACED:
        _give_back(_leases(order, LeaseState.HELD), LeaseState.RELEASED)
        order = _move(order, OrderState.CANCELLED, "order.cancelled", by=by, ended_at=timezone.now())
    else:
        _leases(order, LeaseState.HELD).update(state=LeaseState.RELEASING, hold_until=None)
        order = _move(order, OrderState.CANCELLING, "order.cancelling", by=by)
        outbox.leave("activation.revoke", order)
    free_money(order)
    return order


@transaction.atomic
def expire_hold(order: Order) -> bool:
    """Give up an order that did not start before its hold ended; False if it is no longer waiting.

    The money is free now. Cards nobody was asked to set up are free too; others when their agent proves them free.
    """
    order = lock_with_wallet(order.pk)
    overdue = _leases(order, LeaseState.HELD).filter(hold_until__lte=timezone.now())
    if order.state not in STARTING or not overdue.exists():
        return False
    if order.state == OrderState.PLACED:
        _give_back(_leases(order, LeaseState.HELD), LeaseState.EXPIRED)
        start_activation(order)
    mark_failed(order, HOLD_EXPIRED)
    history.record("order.hold_expired", order)
    outbox.leave("activation.revoke", order)
    return True


# Ending ----------------------------------------------------------------------------------------


def begin_ending(order: Order, *, by: Any) -> Order:
    """active → ending. The caller holds the order by `lock_with_wallet` and settles it (marketplace.settlement)."""
    _leases(order, LeaseState.LEASED).update(state=LeaseState.RELEASING)
    return _move(order, OrderState.ENDING, "order.ending", by=by)


def finish_ending(order: Order) -> Order:
    """ending → ended, cancelling → cancelled: no card is occupied any more. The caller holds the order's lock."""
    target = OrderState.ENDED if order.state == OrderState.ENDING else OrderState.CANCELLED
    return _move(order, target, f"order.{target}", ended_at=timezone.now())


def release_leases(line: OrderLine) -> int:
    """The agent proved the line's cards free: close their leases now; returns how many."""
    return _give_back(Lease.objects.occupying().filter(line=line), LeaseState.RELEASED)


# Money -----------------------------------------------------------------------------------------


def lock(order_id: Any) -> Order:
    return Order.objects.locked().get(pk=order_id)


def lock_with_wallet(order_id: Any) -> Order:
    """The order, locked after its organisation's wallet: whatever moves its money begins so."""
    ledger.lock_wallet(Order.objects.select_related("organisation").get(pk=order_id).organisation)
    return lock(order_id)


def free_money(order: Order, *, charged_u: int = 0) -> None:
    """Nothing more can be charged: what is left of the reservation goes back to the wallet, and history says so.

    `charged_u` is all that was charged for the order. The caller holds the order by `lock_with_wallet`.
    """
    released = ledger.release(order.pk)
    if charged_u or released:
        history.record("order.settled", order, charged_u=charged_u, released_u=released)


# Quarantine ------------------------------------------------------------------------------------


def quarantine_cards(order: Order, lines: Collection[uuid.UUID]) -> None:
    """The removal of these lines was not proven in time: their leases end, their cards go into quarantine.

    The order ends with its last card. The caller holds the pools' locks, then the order's.
    """
    kept = Lease.objects.filter(line__in=lines, state=LeaseState.RELEASING)
    cards: dict[uuid.UUID, list[int]] = {}
    for pool_id, card in kept.order_by("card__pool", "card").values_list("card__pool", "card"):
        cards.setdefault(pool_id, []).append(card)
    _close(kept, LeaseState.UNPROVEN)
    for pool in Pool.objects.filter(pk__in=cards).order_by("pk"):
        catalog.quarantine_cards(pool, cards[pool.pk], order=order.number)
    history.record("order.unproven", order, cards=sum(map(len, cards.values())))
    if order.state in CLEARING and not Lease.objects.occupying().filter(line__order=order).exists():
        finish_ending(order)


@transaction.atomic
def lift_quarantine(lease: Lease, *, by: Any, reason: str) -> None:
    """An operator has made sure that the card is clean: it is sold again. Raises `Refusal` `wrong_state`."""
    found = Lease.objects.select_related("card__pool", "line__order").select_for_update(of=("self",))
    lease = found.get(pk=lease.pk)
    require(
        lease.state == LeaseState.UNPROVEN,
        _("The card %(serial)s is not in quarantine. Nothing was changed.") % {"serial": lease.card.serial},
        "wrong_state",
    )
    catalog.end_quarantine(lease.card, by=by, reason=reason)
    lease.move_to(LeaseState.RELEASED)
    history.record("lease.quarantine_lifted", lease, by=by, order=lease.line.order.number, reason=reason.strip())


# Rows ------------------------------------------------------------------------------------------


def _give_back(leases: Any, state: LeaseState) -> int:
    """Close the leases' ranges now and put their cards back on the nation's count."""
    pools = list(leases.values_list("card__pool", flat=True))
    closed = _close(leases, state)
    count_stock({pool: pools.count(pool) for pool in set(pools)})
    return closed


def _close(leases: Any, state: LeaseState) -> int:
    start = F("during__startswith")
    until = Greatest(start, Value(timezone.now()))
    during = Func(start, until, function="tstzrange", output_field=Lease._meta.get_field("during"))
    closed: int = leases.update(state=state, hold_until=None, during=during)
    return closed


def _leases(order: Order, state: LeaseState) -> Any:
    return Lease.objects.filter(line__order=order, state=state)


def _move(order: Order, state: OrderState, act: str, *, by: Any = None, **facts: Any) -> Order:
    order.move_to(state, **facts)
    move_order_index(order.pk, state)
    history.record(act, order, by=by, **{name: str(value) for name, value in facts.items()})
    if state in TOLD:
        outbox.leave("checkout.tell", order)
    return order
