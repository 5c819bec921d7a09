"""A provider's sales: its order lines, what was charged of them, and what of that is payable. Reads only.

No row names the buyer: a provider learns what it must deliver, not to whom it sells.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import TruncMonth

from marketplace.catalog.models import Provider
from marketplace.orders.models import OrderLine, OrderState
from marketplace.settlement.models import Usage
from portal.directory.models import CardModel
from portal.ledger.models import AccountKind, Posting
from portal.web.wording import BEIJING
from tenants.context import current_province

SECONDS_PER_HOUR = 3600
LEAST = Decimal("0.000001")


@dataclass(frozen=True)
class Sale:
    """One line of an order: cards of one pool at one price."""

    order: str
    pool: str
    card_model: CardModel
    cards: int
    price_u: int
    """Micro-yuan per card-hour."""
    hours: int
    """Hours that were ordered."""
    state: OrderState
    placed_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    card_hours: Decimal
    """Card-hours that were charged, to six decimals."""
    income_u: int
    """Micro-yuan that the buyer was charged for the line."""
    payable_u: int
    """Micro-yuan of it that the provider is to be paid: the income less the platform's share."""

    @property
    def fee_u(self) -> int:
        return self.income_u - self.payable_u


@dataclass(frozen=True)
class Total:
    """Charges of one pool in one month of Beijing time; an interval of usage counts in the month it began."""

    month: datetime
    pool: str
    orders: int
    card_hours: Decimal
    income_u: int
    payable_u: int


def lines_of(provider: Provider) -> "QuerySet[OrderLine]":
    """Lines of orders on the provider's cards, latest order first; `sales` makes rows of them."""
    lines = OrderLine.objects.filter(pool__provider=provider).annotate(placed_at=F("order__placed_at"))
    return lines.select_related("order", "pool__card_model").order_by("-placed_at", "pk")


def sales(lines: Iterable[OrderLine]) -> list[Sale]:
    """One query for the charges of all these lines."""
    found = list(lines)
    usage = _usage().filter(meter__line__in=found).values("meter__line")
    charged = {row["meter__line"]: row for row in usage.annotate(**_sums())}
    return [_sale(line, charged.get(line.pk)) for line in found]


def totals(provider: Provider) -> list[Total]:
    """By month and pool, the latest month first; months in which nothing was charged have no row."""
    usage = _usage().filter(meter__line__pool__provider=provider)
    months = usage.annotate(month=TruncMonth("during__startswith", tzinfo=BEIJING))
    grouped = months.values("month", pool=F("meter__line__pool__slug")).order_by("-month", "pool")
    rows: Iterable[Any] = grouped.annotate(**_sums(), orders=Count("meter__line__order", distinct=True))
    return [
        Total(
            month=row["month"],
            pool=row["pool"],
            orders=row["orders"],
            card_hours=_card_hours(row["seconds"]),
            income_u=int(row["income_u"]),
            payable_u=int(row["payable_u"]),
        )
        for row in rows
    ]


def _usage() -> "QuerySet[Usage]":
    """Charged intervals with `owed_u`: what the ledger credited to the provider for each."""
    payable = Posting.objects.filter(
        transaction=OuterRef("transaction"),
        account__kind=AccountKind.PROVIDER_PAYABLE,
        account__province=current_province(),
    )
    return Usage.objects.order_by().annotate(owed_u=Subquery(payable.values("amount_u")[:1]))


def _sums() -> dict[str, Any]:
    return {
        "seconds": Sum("card_seconds", default=0),
        "income_u": Sum("amount_u", default=0),
        "payable_u": Sum("owed_u", default=0),
    }


def _card_hours(seconds: Any) -> Decimal:
    return (Decimal(seconds) / SECONDS_PER_HOUR).quantize(LEAST)


def _sale(line: OrderLine, charged: Any) -> Sale:
    order = line.order
    return Sale(
        order=order.number,
        pool=line.pool.slug,
        card_model=line.pool.card_model,
        cards=line.cards,
        price_u=line.price_u,
        hours=order.hours,
        state=OrderState(order.state),
        placed_at=order.placed_at,
        started_at=order.started_at,
        ended_at=order.ended_at,
        card_hours=_card_hours(charged["seconds"] if charged else 0),
        income_u=int(charged["income_u"]) if charged else 0,
        payable_u=int(charged["payable_u"]) if charged else 0,
    )
