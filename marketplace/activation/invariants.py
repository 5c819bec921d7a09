"""I3, activation's half: every active order has one working resource for each line, and vice versa."""

from collections.abc import Iterator

from django.db.models import Q

from marketplace.activation.models import Resource, ResourceState
from marketplace.orders.models import OrderLine, OrderState

RUNNING = (OrderState.ACTIVE, OrderState.DEGRADED, OrderState.PARTIALLY_ACTIVE)


def findings_in_province() -> Iterator[str]:
    working = Q(resource__state=ResourceState.READY)
    for line in OrderLine.objects.filter(order__state=OrderState.ACTIVE).exclude(working).select_related("order"):
        yield f"I3: order {line.order.number} is active, but its line {line.pk} has no working resource."
    for resource in Resource.objects.filter(state=ResourceState.READY).exclude(
        line__order__state__in=[
            *RUNNING,
            OrderState.ACTIVATING,
            OrderState.ENDING,
            OrderState.CANCELLING,
            OrderState.FAILED,
        ]
    ):
        yield f"I3: resource {resource.pk} works, but its order is not running."
