"""A look into one province: its agents, what was refused, its schema and its seals."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Max, Sum
from django.utils import timezone

from marketplace.activation.agents.reporting import refusals
from marketplace.activation.models import Agent, RefusedRows
from portal.overview.links import state
from tenants.history.sealing import anchor_of
from tenants.models import Province


@dataclass(frozen=True)
class Sighting:
    now: datetime
    facts: dict[str, Any]
    """Columns of `LinkCheck`."""
    silent: dict[str, str]
    """Key id → name of the agents that have reported once and do so no more."""


def look(province: Province) -> Sighting:
    """What stands in the province now; the connection is in its schema. Six queries."""
    now = timezone.now()
    fresh = now - settings.STOCK_FRESH_FOR
    working = Agent.objects.filter(revoked_at=None, paused=False)
    agents = list(working.values_list("key_id", "name", "provider_id", "reported_at"))
    reporting: dict[Any, int] = defaultdict(int)
    for _key, _name, provider, reported_at in agents:
        reporting[provider] += reported_at is not None and reported_at >= fresh
    refused = RefusedRows.objects.in_24_hours()
    reasons = dict(refused.order_by().values_list("code").annotate(Sum("rows")))
    refusals.forget_old()
    anchor = anchor_of(province.slug)
    return Sighting(
        now,
        {
            "checked_at": now,
            "agents": len(agents),
            "agents_reporting": sum(reporting.values()),
            "providers": len(reporting),
            "providers_silent": sum(not number for number in reporting.values()),
            "refused_rows": sum(reasons.values()),
            "refused_reasons": reasons,
            "refused_at": refused.aggregate(latest=Max("latest_at"))["latest"],
            "behind": len(state.missing_migrations()),
            "seal": anchor.number if anchor else 0,
            "seal_hash": anchor.hash if anchor else "",
            "sealed_at": anchor.at if anchor and anchor.number else None,
            "fault": "",
        },
        {key: name for key, name, _provider, reported_at in agents if reported_at and reported_at < fresh},
    )
