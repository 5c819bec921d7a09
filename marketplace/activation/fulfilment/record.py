"""The activation record: of a provider's sales in the last 90 days, how many worked the first time, and how fast.

Counted is every lot that began to work or that its provider failed to set up; a buyer's cancelling, and the failure
of another provider's lot in the same order, say nothing about it.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from statistics import median
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone

from marketplace.activation.models import Verb
from marketplace.catalog.models import Provider
from marketplace.orders.actions import HOLD_EXPIRED
from marketplace.orders.models import OrderLine
from portal.directory.index.record_models import COUNTED_DAYS, ActivationRecord

NOBODY_CAME = ("network", HOLD_EXPIRED)
"""Reasons of an order whose agent did not take it, or did not finish in time."""


def count() -> list[ActivationRecord]:
    """The records of every provider of the current province, not saved; two queries."""
    outcomes: dict[UUID, list[float | None]] = defaultdict(list)
    first_time: dict[UUID, int] = defaultdict(int)
    for organisation, seconds, requests in _outcomes():
        outcomes[organisation].append(seconds)
        first_time[organisation] += seconds is not None and requests == 1
    return [
        _record(organisation, outcomes[organisation], first_time[organisation])
        for organisation in Provider.objects.values_list("organisation", flat=True)
    ]


def _record(organisation: UUID, outcomes: list[float | None], first_time: int) -> ActivationRecord:
    worked = [seconds for seconds in outcomes if seconds is not None]
    return ActivationRecord(
        organisation_id=organisation,
        activations=len(outcomes),
        first_time=first_time,
        median_seconds=round(median(worked), 1) if worked else None,
    )


def _outcomes() -> Iterator[tuple[UUID, float | None, int]]:
    """Organisation, seconds from order to working resource (None: it failed), requests to the agent."""
    failed = Q(resource__failure_code__gt="") | Q(
        order__failure_code__in=NOBODY_CAME, resource__taken_at=None, resource__ready_at=None
    )
    ended: Any = Q(resource__ready_at__isnull=False) | failed
    lines = OrderLine.objects.filter(ended, order__placed_at__gte=timezone.now() - timedelta(days=COUNTED_DAYS))
    asked = Count("commands", filter=Q(commands__verb=Verb.APPLY))
    columns = ("pool__provider__organisation", "order__placed_at", "resource__ready_at", "asked")
    for organisation, placed_at, ready_at, requests in lines.annotate(asked=asked).order_by().values_list(*columns):
        yield organisation, (ready_at - placed_at).total_seconds() if ready_at else None, requests
