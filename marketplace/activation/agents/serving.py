"""Which agent serves a pool: the one its provider chose, or else the provider's only agent.

A second agent takes nothing from the first: before it is enrolled, the pools that the only agent serves are assigned
to it. A pool registered later waits for its provider's choice. A revoked agent keeps its pools until the provider
chooses another one, so that no other site sells its cards while it gets a new key.
"""

import uuid
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from marketplace.activation.agents import waiting
from marketplace.activation.models import Agent, Assignment, CapacityReport, Command, ResourceState, Verb
from marketplace.catalog.models import Pool, Provider
from marketplace.orders.models import OrderLine
from portal.directory.index.actions import await_report
from tenants import history
from tenants.acts import Refusal, require

NOTHING_HELD = (ResourceState.WANTED, ResourceState.RELEASED)
"""States of a resource for which no agent keeps anything."""


def agents_of(pools: Iterable[Pool]) -> dict[uuid.UUID, Agent]:
    """The agent of each pool; a pool without one is absent. At most two queries."""
    pools = list(pools)
    assigned = Assignment.objects.filter(pool__in=pools).select_related("agent")
    found = {one.pool_id: one.agent for one in assigned}
    left = [pool for pool in pools if pool.pk not in found]
    if left:
        only = _only_agents({pool.provider_id for pool in left})
        found |= {pool.pk: only[pool.provider_id] for pool in left if pool.provider_id in only}
    return found


def agent_of(pool: Pool) -> Agent | None:
    return agents_of([pool]).get(pool.pk)


def agent_of_locked(pool: Pool) -> Agent | None:
    """The same; until the end of the transaction nobody chooses another agent for the pool."""
    assigned = Assignment.objects.select_for_update(of=("self",), no_key=True).select_related("agent")
    row = assigned.filter(pool=pool).first()
    return row.agent if row else agent_of(pool)


def _only_agents(providers: Iterable[uuid.UUID]) -> dict[uuid.UUID, Agent]:
    """Of the providers that have exactly one agent whose key is not revoked: that agent."""
    only: dict[uuid.UUID, Agent | None] = {}
    for agent in Agent.objects.admitted().filter(provider__in=list(providers)):
        only[agent.provider_id] = None if agent.provider_id in only else agent
    return {provider: agent for provider, agent in only.items() if agent is not None}


def before_new_agent(provider: Provider) -> None:
    """What the provider's only agent serves stays its own; where no agent is left, the new one serves everything."""
    before_admission(provider)
    if not Agent.objects.admitted().filter(provider=provider).exists():
        Assignment.objects.filter(pool__provider=provider).delete()


def before_admission(provider: Provider) -> None:
    """Assign to the provider's only agent what it serves, before another one joins it."""
    Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)  # two that are enrolled at once take turns
    pools = list(Pool.objects.filter(provider=provider, assignment=None))
    rows = [Assignment(pool_id=pool, agent=agent) for pool, agent in agents_of(pools).items()]
    Assignment.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def choose_agent(pool: Pool, agent: Agent, *, by: object) -> None:
    """The agent serves the pool from now on; the pool is not sold until this agent reports it.

    Raises `Refusal` for a revoked agent, for the agent it has already, and while the agent it has holds a lease of it.
    """
    pool = Pool.objects.locked().get(pk=pool.pk)
    before = agent_of(pool)
    wanted = {agent.pk} | ({before.pk} if before else set())
    locked = Agent.objects.filter(pk__in=wanted).order_by("pk").select_for_update(of=("self",), no_key=True)
    agents = {one.pk: one for one in locked}  # a report on its way is stored before this goes on
    before = agent_of_locked(pool)
    agent = agents[agent.pk]
    _check_choice(pool, agent, before)
    Assignment.objects.update_or_create(pool=pool, defaults={"agent": agent})
    CapacityReport.objects.filter(pool=pool).delete()
    _hand_over(pool, agent)
    await_report([pool.pk])
    history.record("pool.agent_chosen", pool, by=by, agent=agent.pk, was=before.pk if before else "")


def _check_choice(pool: Pool, agent: Agent, before: Agent | None) -> None:
    names = {"pool": pool.slug, "agent": agent.name}
    require(
        agent.provider_id == pool.provider_id,
        _("“%(agent)s” belongs to another provider than %(pool)s. Nothing was changed.") % names,
        "foreign_agent",
    )
    require(
        agent.revoked_at is None,
        _("The key of “%(agent)s” is revoked, so it can serve no pool. Nothing was changed.") % names,
        "revoked",
    )
    require(
        before is None or before.pk != agent.pk,
        _("“%(agent)s” serves %(pool)s already. Nothing was changed.") % names,
        "same_agent",
    )
    if before is not None and before.revoked_at is None and (orders := orders_held(pool, before)):
        raise Refusal(
            _(
                "“%(before)s” still runs %(pool)s for orders %(orders)s. Nothing was changed. "
                "Wait until they have ended, or revoke its key."
            )
            % {**names, "before": before.name, "orders": ", ".join(orders)},
            "agent_holds_leases",
        )


def _hand_over(pool: Pool, agent: Agent) -> None:
    """What a revoked agent was to set up and never took, the new one is asked for."""
    asked = Command.objects.filter(line__pool=pool, verb=Verb.APPLY, sent_at=None, answered_at=None)
    if asked.exclude(agent=agent).update(agent=agent):
        waiting.announce(agent.key_id)


def orders_held(pool: Pool, agent: Agent) -> list[str]:
    """Numbers of the orders for which the agent keeps cards of this pool."""
    lines = OrderLine.objects.filter(pool=pool, commands__agent=agent, commands__verb=Verb.APPLY)
    held = lines.filter(resource__isnull=False).exclude(resource__state__in=NOTHING_HELD)
    return list(held.order_by("order__number").values_list("order__number", flat=True).distinct())
