"""The clock: holds that ran out give back cards and money, and buyers are told before an order ends."""

from celery import shared_task
from django.utils import timezone

from marketplace.orders import actions, end_warnings
from marketplace.orders.models import STARTING, LeaseState, Order
from tenants.context import for_each_province
from tenants.models import Province
from tenants.tasks import one_by_one


@shared_task(name="orders.expire_holds", ignore_result=True)
def expire_holds() -> int:
    """Give up the orders whose hold has ended; returns how many. A failing province does not stop the others."""
    return sum(outcome.value or 0 for outcome in for_each_province(_expire_in_province))


@shared_task(name="orders.warn_of_ends", ignore_result=True)
def warn_of_ends() -> int:
    """Tell buyers whose orders end soon; returns how many. A failing province does not stop the others."""
    return sum(outcome.value or 0 for outcome in for_each_province(_warn_in_province))


def _warn_in_province(province: Province) -> int:
    now = timezone.now()
    due = [order for order in end_warnings.ending_soon() if end_warnings.due_mark(order, now)]
    return one_by_one(end_warnings.warn_of_end, due)


def _expire_in_province(province: Province) -> int:
    overdue = Order.objects.filter(
        state__in=STARTING, lines__leases__state=LeaseState.HELD, lines__leases__hold_until__lte=timezone.now()
    )
    return one_by_one(actions.expire_hold, overdue.distinct())
