"""E-mails about a purchase: placed, running, not activated, over. Each is told once, to who bought it.

An order that moves leaves a letter; several orders of one purchase are told together, when the last of them is there.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from marketplace.orders.models import Order, OrderState
from portal.accounts import notices
from portal.checkout.models import Purchase, PurchaseEvent, PurchaseNews
from portal.directory.models import OrderIndex
from portal.ledger.models import Reservation
from portal.web.wording import BEIJING, money_exact
from tenants.context import in_province
from tenants.models import Province

STARTING = frozenset(
    {
        *(OrderState.PLACED, OrderState.AWAITING_PROVIDER, OrderState.SCHEDULED),
        *(OrderState.ACTIVATING, OrderState.UNKNOWN),
    }
)
RUNNING = frozenset({OrderState.ACTIVE, OrderState.DEGRADED, OrderState.PARTIALLY_ACTIVE})
USED = frozenset({OrderState.ENDING, OrderState.ENDED})


@dataclass(frozen=True)
class Standing:
    """Where a purchase stands: its orders by the nation's index, and their money."""

    purchase: Purchase
    rows: list[OrderIndex]
    reservations: list[Reservation]

    @property
    def states(self) -> set[str]:
        return {row.state for row in self.rows}

    @property
    def settled(self) -> bool:
        """Every order has been charged, and what was left has gone back."""
        return all(one.closed_at is not None for one in self.reservations)

    @property
    def charged_u(self) -> int:
        return sum(one.captured_u for one in self.reservations)

    @property
    def released_u(self) -> int:
        return sum(one.released_u for one in self.reservations)


def happened(at: Standing) -> Iterator[PurchaseEvent]:
    """What may be told of the purchase now, in the order in which it happened."""
    yield PurchaseEvent.PLACED
    if at.states & STARTING:
        return
    if at.states & (RUNNING | USED):
        yield PurchaseEvent.ACTIVE
    if at.states & RUNNING or not at.settled:
        return
    if at.states & USED:
        yield PurchaseEvent.ENDED
    elif OrderState.FAILED in at.states:
        yield PurchaseEvent.FAILED


@transaction.atomic
def tell(purchase_id: uuid.UUID) -> int:
    """Leave the e-mails that are due; how many events were told. The purchase is locked: each is told once."""
    whole = Purchase.objects.select_related("quote__card_model", "organisation", "requested_by")
    purchase = whole.select_for_update(of=("self",), no_key=True).get(pk=purchase_id)
    at = Standing(
        purchase,
        list(OrderIndex.objects.filter(purchase_id=purchase_id).order_by("province")),
        list(Reservation.objects.filter(purchase_id=purchase_id)),
    )
    told = set(purchase.news.values_list("event", flat=True))
    due = [event for event in happened(at) if event not in told]
    people = notices.buyer_or_owners(purchase.organisation, purchase.requested_by) if due else []
    for event in due:
        PurchaseNews.objects.create(purchase=purchase, event=event)
        notices.tell(people, f"purchase_{event}", purchase, by=purchase.requested_by, **_facts(at, event))
    return len(due)


def _facts(at: Standing, event: PurchaseEvent) -> dict[str, Any]:
    purchase, quote = at.purchase, at.purchase.quote
    facts: dict[str, Any] = {
        **notices.names_of(purchase.organisation),
        "number": purchase.number,
        "purchase": str(purchase.pk),
        "cards": quote.cards,
        "hours": quote.hours,
        "model_zh": quote.card_model.name_zh,
        "model_en": quote.card_model.name_en,
        **_places(row.province for row in at.rows),
        "total": money_exact(purchase.total_u),
        "charged": money_exact(at.charged_u),
        "released": money_exact(at.released_u),
    }
    if event == PurchaseEvent.ACTIVE:
        failed = [row.province for row in at.rows if row.state == OrderState.FAILED]
        facts["ends_at"] = _clock(_last_end(at.rows))
        facts |= {f"failed_{name}": value for name, value in _places(failed).items()}
    return facts


def _places(slugs: Any) -> dict[str, str]:
    provinces = Province.objects.filter(schema_name__in=list(slugs)).order_by("schema_name")
    return {
        "place_zh": "、".join(one.name_zh for one in provinces),
        "place_en": ", ".join(one.name_en for one in provinces),
    }


def _last_end(rows: list[OrderIndex]) -> datetime | None:
    ends: list[datetime] = []
    for row in rows:
        with in_province(row.province):
            order = Order.objects.get(pk=row.pk)
        if order.ends_at is not None:
            ends.append(order.ends_at)
    return max(ends, default=None)


def _clock(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment, BEIJING):%Y-%m-%d %H:%M}" if moment else ""
