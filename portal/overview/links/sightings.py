"""A look into one province: its agents, what was refused, its schema and its seals."""

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, Sum
from django.utils import timezone

from marketplace.activation.agents.agent_states import AgentState
from marketplace.activation.agents.reporting import refusals
from marketplace.activation.models import Agent, RefusedRows
from portal.overview.links import state
from tenants.history.sealing import anchor_of
from tenants.models import Province


@dataclass(frozen=True)
class SilentAgent:
    name: str
    organisation: uuid.UUID
    """Its provider's."""


@dataclass(frozen=True)
class Sighting:
    now: datetime
    facts: dict[str, Any]
    """Columns of `LinkCheck`."""
    silent: dict[str, SilentAgent]
    """Agents that have reported once and do so no more, by key id."""


def look(province: Province) -> Sighting:
    """What stands in the province now; the connection is in its schema. Six queries."""
    now = timezone.now()
    agents = list(Agent.objects.in_use().select_related("provider"))
    reporting: dict[uuid.UUID, int] = defaultdict(int)
    for agent in agents:
        reporting[agent.provider_id] += agent.reports(now)
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
        _silent(agents, now),
    )


def _silent(agents: list[Agent], now: datetime) -> dict[str, SilentAgent]:
    silent = [agent for agent in agents if agent.state_at(now) == AgentState.SILENT]
    return {agent.key_id: SilentAgent(agent.name, agent.provider.organisation_id) for agent in silent}
