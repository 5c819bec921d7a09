"""How a provider's agents stand, as its workspace and the API show it."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.activation.agents import serving
from marketplace.activation.agents.agent_states import AgentState
from marketplace.activation.agents.health_words import sentence_of
from marketplace.activation.agents.reporting.reports import registered_cards, too_many
from marketplace.activation.models import Agent, CapacityReport, EnrolmentCode, ResourceState, Verb
from marketplace.catalog.models import Pool, Provider
from marketplace.orders.models import OrderLine
from portal.directory.measuring import sold_at_once

WORKING = (ResourceState.APPLYING, ResourceState.PROBING, ResourceState.READY, ResourceState.REVOKING)


@dataclass(frozen=True)
class Served:
    """A pool of an agent, as the agent last reported it."""

    pool: Pool
    report: CapacityReport | None
    """None until this agent has reported the pool."""
    registered: int

    @property
    def refused(self) -> str:
        """Why the report was not taken; the pool is not sold then."""
        refused = self.report is not None and self.report.refused
        return too_many(self.pool, self.report.cards, self.registered) if self.report and refused else ""

    @property
    def by_quote(self) -> bool:
        """Its cards are declared, and declared cards are not sold at once here."""
        return self.report is not None and not sold_at_once(counted=self.report.counted)

    @property
    def tone(self) -> str:
        if self.report is None:
            return "wait"
        return "bad" if self.report.refused else "warn" if self.report.unusable or self.by_quote else "ok"


@dataclass(frozen=True)
class Place:
    """A pool and the agent that serves it; None if its provider has not chosen one."""

    pool: Pool
    agent: Agent | None

    @property
    def waits(self) -> bool:
        """Nothing of it is sold until the provider chooses another agent."""
        return self.agent is None or self.agent.revoked_at is not None


@dataclass
class Standing:
    agent: Agent
    served: list[Served] = field(default_factory=list)
    failing: list[str] = field(default_factory=list)
    """Numbers of orders whose workspace ended again and again."""
    now: datetime = field(default_factory=timezone.now)

    @property
    def state(self) -> AgentState:
        return self.agent.state_at(self.now)

    @property
    def tone(self) -> str:
        tones = {"working": "ok", "paused": "wait", "waiting": "wait", "revoked": "off"}
        return tones.get(self.state, "bad")

    @property
    def word(self) -> str:
        return str(self.state.label)

    @property
    def sentence(self) -> str:
        if self.state == "revoked":
            return _("Its key is refused. Its pools are not sold through it.")
        if self.state == "waiting":
            return _("It is enrolled. Start it with “suanli-agent run”.")
        if self.state == "silent":
            return _("No report for more than 60 seconds: its cards are not sold until it reports again.")
        return sentence_of(self.agent)

    @property
    def missing(self) -> bool:
        """Some registered card is not found by its driver."""
        return any(row.report is not None and row.report.missing for row in self.served)

    @property
    def by_quote(self) -> bool:
        return any(row.by_quote for row in self.served)

    @property
    def renewing(self) -> bool:
        """A new key was fetched and has not been used yet."""
        return self.agent.next_public_key is not None

    @property
    def old_key_until(self) -> datetime | None:
        return self.agent.next_key_at + timedelta(hours=24) if self.agent.next_key_at else None


def standings(agents: QuerySet[Agent]) -> list[Standing]:
    """How these agents stand; at most six queries, one more where workspaces fail."""
    found = list(agents)
    return _standings(found, _places({agent.provider_id for agent in found}))


def of_provider(provider: Provider) -> tuple[list[Standing], list[Place]]:
    """How the provider's agents stand, and every pool with its agent, those that wait for a choice first."""
    places = _places({provider.pk})
    agents = list(Agent.objects.filter(provider=provider))
    return _standings(agents, places), sorted(places, key=lambda place: not place.waits)


def _places(providers: set[Any]) -> list[Place]:
    pools = list(Pool.objects.filter(provider__in=providers).select_related("card_model").order_by("slug"))
    serves = serving.agents_of(pools)
    return [Place(pool, serves.get(pool.pk)) for pool in pools]


def _standings(agents: list[Agent], places: list[Place]) -> list[Standing]:
    found = [Standing(agent) for agent in agents]
    found.sort(key=lambda one: (one.agent.revoked_at is not None, one.agent.name, one.agent.key_id))
    served = _served(places)
    numbers = _order_numbers([token for one in found for token in one.agent.health_facts.get("failing", [])])
    for one in found:
        one.served = served[one.agent.pk]
        failing = one.agent.health_facts.get("failing", [])
        one.failing = sorted(numbers[token] for token in failing if token in numbers)
    return found


def _served(places: list[Place]) -> dict[str, list[Served]]:
    """Key id → the pools that the agent serves."""
    ids = [place.pool.pk for place in places]
    reports = {row.pool_id: row for row in CapacityReport.objects.filter(pool__in=ids)}
    registered = registered_cards(ids)
    served: dict[str, list[Served]] = defaultdict(list)
    for place in places:
        if place.agent is not None:
            report = reports.get(place.pool.pk)
            own = report if report is not None and report.agent_id == place.agent.pk else None
            served[place.agent.pk].append(Served(place.pool, own, registered.get(place.pool.pk, 0)))
    return served


def _order_numbers(tokens: list[str]) -> dict[str, str]:
    if not tokens:
        return {}
    lines = OrderLine.objects.filter(pk__in=tokens).values_list("pk", "order__number")
    return {str(pk): number for pk, number in lines}


def open_codes(provider: Provider) -> list[EnrolmentCode]:
    return list(EnrolmentCode.objects.usable().filter(provider=provider).select_related("created_by", "renews"))


def orders_through(agent: Agent) -> list[Any]:
    """Orders whose workspaces this agent runs, with number and end."""
    lines = OrderLine.objects.filter(
        commands__agent=agent, commands__verb=Verb.APPLY, commands__sent_at__isnull=False, resource__state__in=WORKING
    )
    return list(lines.order_by("order__ends_at").values("order__number", "order__ends_at").distinct())
