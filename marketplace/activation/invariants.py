"""I3, activation's half: every active order has one working resource for each line, and vice versa.

I2, activation's half: no card waits longer for the proof that it is free than an agent has for it.
"""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Q

from marketplace.activation.fulfilment.removal import PROVEN_WITHIN, unproven_for
from marketplace.activation.models import Resource, ResourceState
from marketplace.orders.models import CLEARING, RUNNING, OrderLine, OrderState

GIVEN_UP_WITHIN = timedelta(minutes=10)
"""A removal that is overdue is given up within a minute; ten leave room for a restart."""


def findings_in_province() -> Iterator[str]:
    working = Q(resource__state=ResourceState.READY)
    for line in OrderLine.objects.filter(order__state=OrderState.ACTIVE).exclude(working).select_related("order"):
        yield f"I3: order {line.order.number} is active, but its line {line.pk} has no working resource."
    working_for = [*RUNNING, OrderState.ACTIVATING, *CLEARING, OrderState.FAILED]
    for resource in Resource.objects.filter(state=ResourceState.READY).exclude(line__order__state__in=working_for):
        yield f"I3: resource {resource.pk} works, but its order is not running."
    late = unproven_for(PROVEN_WITHIN + GIVEN_UP_WITHIN).select_related("line__order")
    for number in sorted({resource.line.order.number for resource in late}):
        yield f"I2: cards of order {number} wait longer than a day for the proof that they are free."
