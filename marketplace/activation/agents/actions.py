"""Agents: enrolling one, pausing and revoking it."""

import base64
import binascii
import secrets

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.activation.agents import codes, serving
from marketplace.activation.agents.reporting.reports import renew_stock_of
from marketplace.activation.models import Agent
from marketplace.catalog.models import Provider
from portal.accounts.models import User
from tenants import history
from tenants.acts import Refusal, require
from tenants.context import in_province
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
            serving.before_admission(row.provider)
            agent = codes.renew_key(row, raw, version)
        else:
            serving.before_new_agent(row.provider)
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
        agent = _locked(agent)
        require(agent.revoked_at is None, _("This agent's key is revoked already. Nothing was changed."), "revoked")
        agent.revoked_at = timezone.now()
        agent.save(update_fields=["revoked_at"])
        history.record("agent.revoked", agent, by=by)
        renew_stock_of(agent)


def pause_agent(agent: Agent, *, by: User) -> None:
    """Sell nothing new through this agent; running leases stay."""
    _set_paused(agent, True, "agent.paused", by)


def resume_agent(agent: Agent, *, by: User) -> None:
    _set_paused(agent, False, "agent.resumed", by)


def _set_paused(agent: Agent, paused: bool, act: str, by: User) -> None:
    with transaction.atomic():
        agent = _locked(agent)
        require(agent.paused != paused, _("The agent is in this state already. Nothing was changed."), "same_state")
        agent.paused = paused
        agent.save(update_fields=["paused"])
        history.record(act, agent, by=by)
        renew_stock_of(agent)


def _locked(agent: Agent) -> Agent:
    """Waits for a report of the agent that is being stored."""
    locked = Agent.objects.select_for_update(of=("self",), no_key=True).select_related("provider")
    return locked.get(pk=agent.pk)


def _public_key(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
        Ed25519PublicKey.from_public_bytes(raw)
    except (binascii.Error, ValueError):
        raise Refusal(
            _("The public key is not a raw Ed25519 key in base64. No agent was enrolled."), "bad_key"
        ) from None
    return raw
