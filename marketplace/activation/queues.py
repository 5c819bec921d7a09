"""Agents that are silent or ill, and reports that were refused: their pools are not sold meanwhile."""

from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from marketplace.activation.agents.agent_states import AgentState
from marketplace.activation.agents.health_words import sentence_of
from marketplace.activation.models import Agent, CapacityReport
from portal.accounts.models import User
from portal.staff import desk


def silent_agents() -> "QuerySet[Agent, Agent]":
    return Agent.objects.needing_a_person()


def refused_reports() -> "QuerySet[CapacityReport, CapacityReport]":
    return CapacityReport.objects.exclude(refused="")


def silent(user: User) -> desk.Waiting:
    return desk.waiting(silent_agents().select_related("provider"), "quiet_since", _agent)


def refused(user: User) -> desk.Waiting:
    rows = refused_reports().annotate(at=F("reported_at"))
    return desk.waiting(rows.select_related("pool", "agent"), "at", _report)


def _agent(agent: Any) -> desk.Item:
    state = agent.state_at(timezone.now())
    words = sentence_of(agent) if state == AgentState.UNHEALTHY else str(state.label)
    return desk.Item(agent.name, f"{agent.provider.short_zh} · {words}", agent.quiet_since, desk.page_of(agent))


def _report(report: CapacityReport) -> desk.Item:
    return desk.Item(report.pool.slug, report.refused, report.reported_at, desk.page_of(report))


QUEUES = [
    desk.Queue(
        name="agents",
        label=_("Site agents that are silent or report a fault"),
        verb="pause",
        thing="activation.agent",
        otherwise=_("Their pools are not sold; running leases go on, but cannot be ended."),
        act=_("To the site agents"),
        url=lambda: desk.list_of(Agent, "attention=person"),
        find=silent,
        tone="bad",
    ),
    desk.Queue(
        name="capacity",
        label=_("Capacity reports that were refused"),
        verb="pause",
        thing="activation.agent",
        otherwise=_("More cards were reported than are registered: the pool is not sold until both numbers agree."),
        act=_("To the reports"),
        url=lambda: desk.list_of(CapacityReport, "attention=person"),
        find=refused,
        tone="bad",
    ),
]
