"""Agents: enrolling one, taking its reports, pausing and revoking it."""

import base64
import binascii
import secrets
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import transaction
from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.activation.agents import codes, refusals
from marketplace.activation.models import Agent, CapacityReport
from marketplace.catalog.models import Card, CardState, Offer, Pool, Provider
from marketplace.orders import stock
from marketplace.orders.windows import terms
from portal.accounts.models import User
from portal.directory.index.actions import refresh_availability
from tenants import history
from tenants.acts import Refusal, require
from tenants.context import current_province, in_province
from tenants.models import Province


def create_enrolment_code(provider: Provider, *, by: User | None = None) -> str:
    """A one-time code for a new agent of the provider: shown once, valid for two days. Call it in the province."""
    return codes.create_code(provider, by=by)


def enrol(code: str, *, public_key: str, name: str, version: str) -> tuple[Agent, str]:
    """Register a public key against a one-time code, of a new agent or of the code's; the agent and its province.

    Raises `Refusal` for an unknown, used or expired code and for a key that is none.
    """
    slug = code.partition(".")[0]
    raw = _public_key(public_key)
    unknown = Refusal(_("This enrolment code is unknown, used or expired. No agent was enrolled."), "bad_code")
    if not Province.objects.with_schema().filter(schema_name=slug).exists():
        raise unknown
    with in_province(slug), transaction.atomic():
        row = codes.taken(code)
        if row is None:
            raise unknown
        if row.renews_id is not None:
            agent = codes.renew_key(row, raw, version)
        else:
            agent = row.agent = _new_agent(row.provider, slug, raw, name, version)
        row.used_at = timezone.now()
        row.save(update_fields=["used_at", "agent"])
    return agent, slug


def _new_agent(provider: Provider, slug: str, public_key: bytes, name: str, version: str) -> Agent:
    agent = Agent.objects.create(
        key_id=f"{slug}.{secrets.token_hex(12)}",
        provider=provider,
        name=name[:80] or provider.slug,
        public_key=public_key,
        version=version[:20],
    )
    history.record("agent.enrolled", agent, by=agent, provider=provider.slug)
    return agent


def revoke_agent(agent: Agent, *, by: User) -> None:
    """Refuse the agent's key from now on; its pools are not sold, running leases stay."""
    with transaction.atomic():
        agent = Agent.objects.select_for_update().get(pk=agent.pk)
        require(agent.revoked_at is None, _("This agent's key is revoked already. Nothing was changed."), "revoked")
        agent.revoked_at = timezone.now()
        agent.save(update_fields=["revoked_at"])
        history.record("agent.revoked", agent, by=by)
        _refresh_pools(agent)


def pause_agent(agent: Agent, *, by: User) -> None:
    """Sell nothing new through this agent; running leases stay."""
    _set_paused(agent, True, "agent.paused", by)


def resume_agent(agent: Agent, *, by: User) -> None:
    _set_paused(agent, False, "agent.resumed", by)


def registered_cards(pool_ids: list[Any]) -> dict[Any, int]:
    """Cards of each pool in any state: an agent goes on counting those under maintenance or just retired."""
    return dict(Card.objects.filter(pool__in=pool_ids).values_list("pool").annotate(Count("id")))


def _cards_in_service(reports: list[CapacityReport]) -> dict[Any, tuple[int, int]]:
    """Of each pool: cards in service, and how many of them the report calls faulty."""
    in_service = Card.objects.filter(pool__in=[report.pool_id for report in reports], state=CardState.IN_SERVICE)
    faulty = Q(serial__in=[serial for report in reports for serial in report.faulty])
    counted = in_service.values("pool").annotate(cards=Count("id"), faulty=Count("id", filter=faulty))
    return {row["pool"]: (row["cards"], row["faulty"]) for row in counted}


def pools_of(agent: Agent) -> list[dict[str, Any]]:
    """What the agent serves: its provider's pools with the serials registered and in service."""
    pools = Pool.objects.filter(provider=agent.provider).order_by("slug")
    serials: dict[Any, list[str]] = {}
    cards = Card.objects.filter(pool__in=pools, state=CardState.IN_SERVICE).order_by("id")
    for pool_id, serial in cards.values_list("pool_id", "serial"):
        serials.setdefault(pool_id, []).append(serial)
    return [
        {
            "slug": pool.slug,
            "card_model": pool.card_model_id,
            "registered_cards": len(serials.get(pool.pk, [])),
            "serials": serials.get(pool.pk, []),
        }
        for pool in pools
    ]


def accept_report(
    agent: Agent, *, health: dict[str, Any], capacity: list[dict[str, Any]], version: str
) -> list[dict[str, str]]:
    """Take an agent's word on its health and its pools, and renew the nation's view of the stock.

    More cards than registered are refused: the pool is not sold, the sentence stands on its pages. The agent is read
    under its lock: whoever paused or revoked it a moment ago is not overruled. Returns the refused pools as {pool,
    code, sentence}.
    """
    now = timezone.now()
    with transaction.atomic():
        agent = Agent.objects.select_for_update(of=("self",), no_key=True).select_related("provider").get(pk=agent.pk)
        _note_health(agent, health, version, now)
        pools = {pool.slug: pool for pool in Pool.objects.filter(provider=agent.provider)}
        registered = registered_cards([pool.pk for pool in pools.values()])
        reports = [
            _take_capacity(agent, pools[row["pool"]], row, registered.get(pools[row["pool"]].pk, 0), now)
            for row in capacity
            if row["pool"] in pools
        ]
        _refresh(agent, reports)
        refused = [_refused(report) for report in reports if report.refused]
        refused += [_unknown(str(row["pool"])) for row in capacity if row["pool"] not in pools]
        refusals.note(agent, refused)
    return refused


def _note_health(agent: Agent, health: dict[str, Any], version: str, now: datetime) -> None:
    agent.reported_at, agent.version = now, version[:20] or agent.version
    agent.healthy, agent.health = bool(health.get("ok")), str(health.get("sentence", ""))[:300]
    agent.health_code = str(health.get("code", ""))
    agent.health_facts = {"words": health.get("words", {}), "failing": [str(one) for one in health.get("failing", [])]}
    agent.save(update_fields=["reported_at", "version", "healthy", "health", "health_code", "health_facts"])


def _take_capacity(agent: Agent, pool: Pool, row: dict[str, Any], registered: int, now: Any) -> CapacityReport:
    refused = too_many(pool, row["cards"], registered) if row["cards"] > registered else ""
    report, _created = CapacityReport.objects.update_or_create(
        pool=pool,
        defaults={
            "agent": agent,
            "cards": row["cards"],
            "faulty": row.get("faulty", []),
            "reported_at": now,
            "refused": refused,
        },
    )
    report.pool = pool
    return report


def too_many(pool: Pool, cards: int, registered: int) -> str:
    return _(
        "The agent reports %(cards)s cards in %(pool)s, but only %(registered)s are registered. "
        "The report was refused and the pool is not sold."
    ) % {"cards": cards, "pool": pool.slug, "registered": registered}


def _refused(report: CapacityReport) -> dict[str, str]:
    return {"pool": report.pool.slug, "code": "too_many_cards", "sentence": report.refused}


def _unknown(pool: str) -> dict[str, str]:
    sentence = _("No pool %(pool)s is registered for this provider. Its report was not taken.") % {"pool": pool}
    return {"pool": pool, "code": "unknown_pool", "sentence": sentence}


def _refresh(agent: Agent, reports: list[CapacityReport]) -> None:
    pool_ids = [report.pool_id for report in reports]
    in_service, free, closed = _cards_in_service(reports), stock.free_cards(pool_ids), _closed_by_windows(pool_ids)
    for report in sorted(reports, key=lambda one: one.pool_id):  # in the order in which a purchase counts them down
        cards, faulty = in_service.get(report.pool_id, (0, 0))
        refresh_availability(
            current_province(),
            report.pool_id,
            cards=cards,
            free=0 if report.pool_id in closed else min(free.get(report.pool_id, 0), cards - faulty, report.cards),
            measured_at=report.reported_at,
            sellable=_sellable(agent, report),
            confirmed=not report.refused and report.cards > 0,
        )


def _closed_by_windows(pool_ids: list[Any]) -> set[Any]:
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
        or agent.paused
        or agent.revoked_at
        or not agent.healthy
        or report.pool.is_paused
        or agent.provider.paused
    )


def _refresh_pools(agent: Agent) -> None:
    _refresh(agent, list(CapacityReport.objects.filter(agent=agent).select_related("pool")))


def _set_paused(agent: Agent, paused: bool, act: str, by: User) -> None:
    with transaction.atomic():
        agent = Agent.objects.select_for_update().select_related("provider").get(pk=agent.pk)
        require(agent.paused != paused, _("The agent is in this state already. Nothing was changed."), "same_state")
        agent.paused = paused
        agent.save(update_fields=["paused"])
        history.record(act, agent, by=by)
        _refresh_pools(agent)


def _public_key(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
        Ed25519PublicKey.from_public_bytes(raw)
    except (binascii.Error, ValueError):
        raise Refusal(
            _("The public key is not a raw Ed25519 key in base64. No agent was enrolled."), "bad_key"
        ) from None
    return raw
