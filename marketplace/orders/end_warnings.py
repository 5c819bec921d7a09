"""Telling a buyer 24 h, 2 h and 30 min before an order ends, each once and as far as its term allows."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from marketplace.orders.models import RUNNING, Order
from portal.accounts import notices
from tenants import history
from tenants.context import current_province
from tenants.models import Province

MARKS = (timedelta(hours=24), timedelta(hours=2), timedelta(minutes=30))


def due_mark(order: Order, now: datetime) -> timedelta | None:
    """The latest mark that is passed and was not told; a mark as long as the whole term is none."""
    if order.state not in RUNNING or order.ends_at is None or order.ends_at <= now:
        return None
    passed = [mark for mark in MARKS if order.ends_at - mark <= now and mark < timedelta(hours=order.hours)]
    if not passed:
        return None
    mark = min(passed)
    told = order.warned_minutes
    return None if told is not None and told <= minutes(mark) else mark


def minutes(mark: timedelta) -> int:
    return int(mark.total_seconds()) // 60


def ending_soon() -> QuerySet[Order]:
    now = timezone.now()
    return Order.objects.filter(state__in=RUNNING, ends_at__gt=now, ends_at__lte=now + MARKS[0])


@transaction.atomic
def warn_of_end(order: Order) -> bool:
    """Tell whoever bought it, or the owners once she has left; False if nothing is due."""
    order = Order.objects.locked().select_related("organisation", "requested_by").get(pk=order.pk)
    mark = due_mark(order, timezone.now())
    if mark is None or order.ends_at is None:
        return False
    order.warned_minutes = minutes(mark)
    order.save(update_fields=["warned_minutes"])
    notices.tell(
        notices.buyer_or_owners(order.organisation, order.requested_by),
        "order_ends",
        order,
        **_facts(order, order.ends_at),
    )
    history.record("order.end_near", order, minutes=order.warned_minutes, ends_at=order.ends_at.isoformat())
    return True


def _facts(order: Order, ends_at: datetime) -> dict[str, Any]:
    province = Province.objects.get(schema_name=current_province())
    return {
        **notices.names_of(order.organisation),
        "place_zh": province.name_zh,
        "place_en": province.name_en,
        "number": order.number,
        "ends_at": f"{timezone.localtime(ends_at):%Y-%m-%d %H:%M}",
        "purchase": str(order.purchase_id),
    }
