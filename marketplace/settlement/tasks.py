"""The clock: hourly charges of what runs, and the end of orders whose hours are over."""

from collections.abc import Callable
from typing import Any

import structlog
from celery import shared_task
from django.utils import timezone

from marketplace.orders.actions import RUNNING
from marketplace.orders.models import Order, OrderLine
from marketplace.settlement import actions
from tenants.context import for_each_province
from tenants.models import Province

log = structlog.get_logger(__name__)


@shared_task(name="settlement.capture_running", ignore_result=True)
def capture_running() -> None:
    """Hourly: charge what running orders used."""
    for_each_province(_capture_in_province)


def _capture_in_province(province: Province) -> None:
    for line in OrderLine.objects.filter(order__state__in=RUNNING, meter__isnull=False):
        _one(actions.capture_now, line)


@shared_task(name="settlement.end_due", ignore_result=True)
def end_due() -> None:
    """End the orders whose hours are over."""
    for_each_province(_end_in_province)


def _end_in_province(province: Province) -> None:
    for order in Order.objects.filter(state__in=RUNNING, ends_at__lte=timezone.now()):
        _one(actions.end_at_term, order)


def _one(act: Callable[[Any], object], subject: Any) -> None:
    """One order's fault must not keep the others from being charged or ended; the next round tries it again."""
    try:
        act(subject)
    except Exception:
        log.exception("not_done", act=act.__name__, subject=str(subject.pk))
