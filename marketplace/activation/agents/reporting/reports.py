"""Taking an agent's report: its health and what it counts. A thousand pools take as many statements as one."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Min
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.activation.agents import serving, waiting
from marketplace.activation.agents.reporting import refusals, registers
from marketplace.activation.models import Agent, CapacityReport, Counting
from marketplace.catalog.models import Card, CardState, Offer, Pool, Provider
from marketplace.orders import stock
from marketplace.orders.windows import terms
from portal.directory.index.actions import StockCount, write_stock
from portal.directory.measuring import sold_at_once
from portal.directory.models import Availability
from tenants.acts import Refusal, require
from tenants.context import current_province

NAMED_AT_MOST = 5
"""Unknown pools in one sentence."""


RefusedRow = dict[str, str]
"""Pool, code and sentence, as the agent is told."""


@dataclass(frozen=True)
class Health:
    """The agent's own word on itself."""

    ok: bool = True
    sentence: str = ""
    code: str = ""
    words: dict[str, str] = field(default_factory=dict)
    failing: Sequence[uuid.UUID] = ()


@dataclass(frozen=True)
class Counted:
    """One pool as the agent counts it; `cards` are those that can be used."""

    pool: str
    cards: int
    faulty: Sequence[str] = ()
    missing: Sequence[str] = ()
    """Serials of the register that its driver does not find."""
    counting: str = Counting.DECLARED


@dataclass(frozen=True)
class Report:
    counted: Sequence[Counted]
    health: Health = Health()
    version: str = ""


@dataclass(frozen=True)
class Taken:
    poll: int
    """Number of the poll that brought the report."""
    refused: list[RefusedRow]


@transaction.atomic
def accept_report(agent: Agent, report: Report) -> Taken:
    """Take an agent's word on its health and its pools, and renew the nation's view of the stock.

    A row that cannot be taken is refused by name: another agent's pool, more cards than registered (the pool is not
    sold then), a serial that is not registered. The agent is read under its lock, so that a pause or revocation of a
    moment ago stands. Raises `Refusal`: 409 while another report of the agent is stored, 422 for a pool that is not
    registered.
    """
    now = timezone.now()
    agent = _locked(agent)
    pools = {pool.slug: pool for pool in Pool.objects.filter(provider=agent.provider_id)}
    _refuse_unknown(agent, [row.pool for row in report.counted if row.pool not in pools])
    _note_health(agent, report, now)
    serves = serving.agents_of(pools[row.pool] for row in report.counted)
    mine, refused = [], []
    for row in report.counted:
        server = serves.get(pools[row.pool].pk)
        if server is not None and server.pk == agent.pk:
            mine.append(row)
        else:
            refused.append(_not_served(row.pool, server))
    refused += _store(agent, [(pools[row.pool], row) for row in mine], now)
    refusals.note(agent, refused)
    waiting.announce(agent.key_id)
    return Taken(agent.polls, refused)


def _locked(agent: Agent) -> Agent:
    rows = Agent.objects.select_for_update(of=("self",), no_key=True, skip_locked=True).select_related("provider")
    found = rows.filter(pk=agent.pk).first()
    if found is None:
        raise Refusal(
            _("Another report of this agent is being stored. Nothing was taken. Send it again in a moment."),
            "report_under_way",
        )
    return found


def _refuse_unknown(agent: Agent, unknown: list[str]) -> None:
    names = ", ".join(unknown[:NAMED_AT_MOST]) + (" …" if len(unknown) > NAMED_AT_MOST else "")
    sentence = _("The report names pools that are not registered for this provider: %(pools)s. Nothing was taken.")
    require(
        not unknown,
        sentence % {"pools": names},
        "unknown_pool",
        status=422,
        alternatives=[registers.register_of(agent).as_sent()] if unknown else [],
    )


def _note_health(agent: Agent, report: Report, now: datetime) -> None:
    health = report.health
    agent.polls += 1
    agent.reported_at, agent.version = now, report.version[:20] or agent.version
    agent.healthy, agent.health, agent.health_code = health.ok, health.sentence[:300], health.code
    agent.health_facts = {"words": health.words, "failing": [str(one) for one in health.failing]}
    agent.save(update_fields=["polls", "reported_at", "version", "healthy", "health", "health_code", "health_facts"])


def _store(agent: Agent, rows: list[tuple[Pool, Counted]], now: datetime) -> list[RefusedRow]:
    """One statement for all reports and one for the nation's stock."""
    registered = registered_cards([pool.pk for pool, _row in rows])
    known = _known_serials(rows)
    reports, refused = [], []
    for pool, row in rows:
        cards = registered.get(pool.pk, 0)
        sentence = too_many(pool, row.cards, cards) if row.cards > cards else ""
        faulty = [serial for serial in row.faulty if (pool.pk, serial) in known]
        refused += [_refused("too_many_cards", sentence, pool.slug)] if sentence else []
        missing = [serial for serial in row.missing if (pool.pk, serial) in known]
        refused += [_unknown_serial(pool.slug, serial) for serial in row.faulty if (pool.pk, serial) not in known]
        facts = {"cards": row.cards, "faulty": faulty, "missing": missing, "counting": row.counting}
        reports.append(CapacityReport(pool=pool, agent=agent, reported_at=now, refused=sentence, **facts))
    changed = ["agent", "cards", "faulty", "missing", "counting", "reported_at", "refused"]
    CapacityReport.objects.bulk_create(reports, update_conflicts=True, unique_fields=["pool"], update_fields=changed)
    renew_stock(agent, reports)
    return refused


def _known_serials(rows: Iterable[tuple[Pool, Counted]]) -> set[tuple[uuid.UUID, str]]:
    """Pool and serial of every card out of order or missing that is registered, in any state."""
    pools = [pool.pk for pool, row in rows if row.faulty or row.missing]
    if not pools:
        return set()
    serials = {serial for _pool, row in rows for serial in [*row.faulty, *row.missing]}
    return set(Card.objects.filter(pool__in=pools, serial__in=serials).values_list("pool_id", "serial"))


def registered_cards(pool_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Cards of each pool in any state: an agent goes on counting those under maintenance or just retired."""
    return dict(Card.objects.filter(pool__in=pool_ids).values_list("pool").annotate(Count("id")))


def uncounted(provider: Provider) -> dict[str, int]:
    """Pool → cards in service that its agent has neither counted nor reported out of order, in order of name."""
    pools = list(Pool.objects.filter(provider=provider).with_cards())
    reports = {one.pool_id: one for one in CapacityReport.objects.filter(pool__in=pools, refused="")}
    never = Availability.objects.filter(pool__in=[pool.pk for pool in pools], measured_at=None)
    counted = dict.fromkeys(never.values_list("pool", flat=True), 0)
    counted |= {pool: report.cards + len(report.faulty) for pool, report in reports.items()}
    found = {pool.slug: pool.in_service - counted[pool.pk] for pool in pools if pool.pk in counted}
    return {slug: cards for slug, cards in found.items() if cards > 0}


def too_many(pool: Pool, cards: int, registered: int) -> str:
    return _(
        "The agent reports %(cards)s cards in %(pool)s, but only %(registered)s are registered. "
        "The report was refused and the pool is not sold."
    ) % {"cards": cards, "pool": pool.slug, "registered": registered}


def _refused(code: str, sentence: str, pool: str) -> RefusedRow:
    return {"pool": pool, "code": code, "sentence": sentence}


def _not_served(pool: str, server: Agent | None) -> RefusedRow:
    if server is None:
        sentence = _("The provider has not chosen an agent for pool %(pool)s yet. This row was not taken.")
        return _refused("no_agent_chosen", sentence % {"pool": pool}, pool)
    sentence = _("Pool %(pool)s is served by another agent (“%(agent)s”). This row was not taken.")
    return _refused("other_agents_pool", sentence % {"pool": pool, "agent": server.name}, pool)


def _unknown_serial(pool: str, serial: str) -> RefusedRow:
    sentence = _("No card %(serial)s is registered in pool %(pool)s. That it is out of order was not taken.")
    return _refused("unknown_serial", sentence % {"serial": serial, "pool": pool}, pool)


# The nation's view of the stock ----------------------------------------------------------------


def renew_stock(agent: Agent, reports: Sequence[CapacityReport]) -> None:
    """Write what the agent's reports say into the nation's index; `report.pool` is loaded."""
    pool_ids = [report.pool_id for report in reports]
    unusable = {serial for report in reports for serial in report.unusable}
    in_service, closed = _in_service(reports), _closed_by_windows(pool_ids)
    free = stock.free_cards(pool_ids, without=unusable)
    counts = []
    for report in reports:
        left = min(free.get(report.pool_id, 0), report.cards)
        counts.append(
            StockCount(
                pool=report.pool_id,
                cards=in_service.get(report.pool_id, 0),
                free=0 if report.pool_id in closed else left,
                measured_at=report.reported_at,
                sellable=_sellable(agent, report),
                counted=report.counted,
                confirmed=report.counted and not report.refused and report.cards > 0,
            )
        )
    write_stock(current_province(), counts)


def renew_stock_of(agent: Agent) -> None:
    """The same from the reports that stand: the agent was paused, resumed or revoked."""
    renew_stock(agent, list(CapacityReport.objects.filter(agent=agent).select_related("pool")))


def _in_service(reports: Sequence[CapacityReport]) -> dict[uuid.UUID, int]:
    in_service = Card.objects.filter(pool__in=[report.pool_id for report in reports], state=CardState.IN_SERVICE)
    return dict(in_service.values_list("pool").annotate(Count("id")))


def _closed_by_windows(pool_ids: list[uuid.UUID]) -> set[uuid.UUID]:
    """Pools whose windows do not hold the shortest lease on offer from now on."""
    now = timezone.now()
    limits = terms.limits(pool_ids, now)
    if not limits:
        return set()
    offers = Offer.objects.published().filter(pool__in=limits).order_by()
    least = dict(offers.values_list("pool").annotate(Min("min_hours")))
    return {pool for pool, limit in limits.items() if not limit.fits(least.get(pool, 1), now)}


def _sellable(agent: Agent, report: CapacityReport) -> bool:
    return not (
        report.refused
        or not sold_at_once(counted=report.counted)
        or agent.paused
        or agent.revoked_at
        or not agent.healthy
        or report.pool.is_paused
        or agent.provider.paused
    )
