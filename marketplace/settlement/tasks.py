"""The clock: hourly charges of what runs, the end of orders whose hours are over, and money that nothing needs."""

from celery import shared_task
from django.utils import timezone

from marketplace.orders.models import RUNNING, Order, OrderLine
from marketplace.settlement import actions
from tenants.context import for_each_province
from tenants.models import Province
from tenants.tasks import one_by_one


@shared_task(name="settlement.capture_running", ignore_result=True)
def capture_running() -> None:
    """Hourly: charge what running orders used."""
    for_each_province(_capture_in_province)


def _capture_in_province(province: Province) -> None:
    one_by_one(actions.capture_now, OrderLine.objects.filter(order__state__in=RUNNING, meter__isnull=False))


@shared_task(name="settlement.end_due", ignore_result=True)
def end_due() -> None:
    """End the orders whose hours are over, and free money that is reserved for orders nothing can be charged for."""
    for_each_province(_end_in_province)


def _end_in_province(province: Province) -> None:
    one_by_one(actions.end_at_term, Order.objects.filter(state__in=RUNNING, ends_at__lte=timezone.now()))
    one_by_one(actions.settle_order, Order.objects.still_reserved())
