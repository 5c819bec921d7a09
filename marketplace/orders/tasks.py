"""The sweeper of holds: an order that did not start in time gives back its cards and its money."""

from celery import shared_task
from django.utils import timezone

from marketplace.orders import actions
from marketplace.orders.models import LeaseState, Order
from tenants.context import for_each_province
from tenants.models import Province


@shared_task(name="orders.expire_holds", ignore_result=True)
def expire_holds() -> int:
    """Give up the orders whose hold has ended; returns how many. A failing province does not stop the others."""
    return sum(outcome.value or 0 for outcome in for_each_province(_expire_in_province))


def _expire_in_province(province: Province) -> int:
    overdue = Order.objects.filter(
        state__in=actions.STARTING, lines__leases__state=LeaseState.HELD, lines__leases__hold_until__lte=timezone.now()
    )
    return sum(actions.expire_hold(order) for order in overdue.distinct())
