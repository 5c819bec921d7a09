"""Removals that nobody proves: after 24 hours the cards go into quarantine and the order ends.

The agent is asked on, once an hour, so that the proof still comes when its provider has mended it; the quarantine stays
until an operator lifts it.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from marketplace.activation.models import Command, Resource, ResourceState, Verb
from marketplace.orders import actions as orders
from marketplace.orders import stock
from marketplace.orders.models import Lease, Order

PROVEN_WITHIN = timedelta(hours=24)
"""From the first request to remove: an agent that is silent or fails for so long leaves it to a person."""
ASKED_AGAIN_AFTER = timedelta(hours=1)
"""Between two requests to an agent whose removal was given up."""


def unproven_for(span: timedelta) -> "QuerySet[Resource, Any]":
    """Resources whose removal was first asked for so long ago, and whose cards still wait for the proof."""
    asked = Command.objects.filter(line=OuterRef("line"), verb=Verb.REVOKE).order_by("created_at")
    waiting = Lease.objects.occupying().filter(line=OuterRef("line"))
    found = Resource.objects.annotate(removal_asked_at=Subquery(asked.values("created_at")[:1]))
    return found.filter(Exists(waiting), state=ResourceState.REVOKING, removal_asked_at__lte=timezone.now() - span)


def is_given_up(resource: Resource) -> bool:
    """The cards wait for the proof no more: they are in quarantine."""
    return not Lease.objects.occupying().filter(line=resource.line_id).exists()


@transaction.atomic
def give_up(order: Order) -> bool:
    """Put the cards whose removal is overdue into quarantine and end the order; False if none is.

    Locks the pools, as purchases do, then the order.
    """
    late = unproven_for(PROVEN_WITHIN).filter(line__order=order)
    list(stock.locked_pools(late.values_list("line__pool", flat=True)))
    order = orders.lock(order.pk)
    lines = list(late.values_list("line", flat=True))
    if lines:
        orders.quarantine_cards(order, lines)
    return bool(lines)
