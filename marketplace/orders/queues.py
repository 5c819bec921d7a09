"""Orders that need a person, since their state should have passed by itself, and cards in quarantine."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import CharField, DateTimeField, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from marketplace.orders.models import Lease, LeaseState, Order, OrderState
from portal.accounts.models import User
from portal.staff import desk
from tenants.history.models import Record

ACTIVATING_FOR = timedelta(minutes=15)
"""An activation with all its back-offs is over by then (5 s … 5 min, five times)."""
UNANSWERED_FOR = timedelta(hours=4)
"""A provider who has not answered in this time is the operator's business."""
REMOVED_WITHIN = timedelta(minutes=15)
"""An agent that is there has removed a workspace and proven its cards free by then."""


def needing_a_person(now: datetime | None = None) -> "QuerySet[Order, Order]":
    """With `state_since`, the time of its latest act in history."""
    now = now or timezone.now()
    passing = {
        OrderState.PLACED: ACTIVATING_FOR,
        OrderState.ACTIVATING: ACTIVATING_FOR,
        OrderState.UNKNOWN: timedelta(0),
        OrderState.AWAITING_PROVIDER: UNANSWERED_FOR,
        OrderState.CANCELLING: REMOVED_WITHIN,
        OrderState.ENDING: settings.GRACE_AT_END + REMOVED_WITHIN,
    }
    overdue = Q(state=OrderState.FAILED, pk__in=_keeping_cards(), state_since__lte=now - REMOVED_WITHIN)
    for state, allowed in passing.items():
        overdue |= Q(state=state, state_since__lte=now - allowed)
    candidates = Order.objects.filter(state__in=[*passing, OrderState.FAILED])
    return candidates.annotate(state_since=_state_since()).filter(overdue)


def _state_since() -> Any:
    key = Cast(OuterRef("pk"), CharField())
    acts = Record.objects.filter(subject_type="orders.order", subject_id=key).order_by("-id")
    return Coalesce(Subquery(acts.values("at")[:1], output_field=DateTimeField()), "placed_at")


def _keeping_cards() -> Any:
    """Orders with cards that nobody else can have."""
    return Lease.objects.occupying().values("line__order")


def overdue(user: User) -> desk.Waiting:
    return desk.waiting(needing_a_person().select_related("organisation"), "state_since", _order)


def _order(order: Any) -> desk.Item:
    title = f"{order.number} · {order.get_state_display()}"
    return desk.Item(title, order.organisation.name, order.state_since, desk.page_of(order))


def quarantined(user: User) -> desk.Waiting:
    rows = Lease.objects.unproven().annotate(at=F("card__quarantined_at"))
    return desk.waiting(rows.select_related("card__pool", "line__order"), "at", _lease)


def _lease(lease: Any) -> desk.Item:
    title = f"{lease.line.order.number} · {lease.card.serial}"
    return desk.Item(title, lease.card.pool.slug, lease.at, desk.page_of(lease))


QUEUES = [
    desk.Queue(
        name="orders",
        label=_("Orders that need a person"),
        verb="end",
        thing="orders.order",
        otherwise=_(
            "The cards are not sold. Money is held only while the order can still start; nothing is charged for what "
            "does not work."
        ),
        act=_("To the orders"),
        url=lambda: desk.list_of(Order, "attention=person"),
        find=overdue,
        tone="unknown",
    ),
    desk.Queue(
        name="quarantine",
        label=_("Cards in quarantine"),
        verb="lift",
        thing="orders.lease",
        otherwise=_(
            "The cards are not sold: for 24 hours nobody could prove that the last workspace on them is gone. "
            "The buyer pays nothing for it."
        ),
        act=_("To the leases"),
        url=lambda: desk.list_of(Lease, f"state__exact={LeaseState.UNPROVEN}"),
        find=quarantined,
        tone="bad",
    ),
]
