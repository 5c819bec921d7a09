"""One-time codes by which an agent registers a key: its first one, or a new one under the same name."""

import hashlib
import hmac
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.activation.models import Agent, EnrolmentCode
from marketplace.catalog.models import Provider
from portal.accounts import permissions
from portal.accounts.models import User
from tenants import history
from tenants.acts import require
from tenants.context import current_province

VALID_FOR = timedelta(days=2)
OVERLAP = timedelta(hours=24)
"""How long the old key works beside a new one that has not been used yet."""


@transaction.atomic
def create_code(provider: Provider, *, by: User | None = None, renews: Agent | None = None) -> str:
    """A code for a new agent, or for a new key of the agent named; shown once. Call it in the province."""
    code = f"{current_province()}.{secrets.token_urlsafe(24)}"
    row = EnrolmentCode.objects.create(
        provider=provider, code_hash=hash_of(code), created_by=by, renews=renews, expires_at=timezone.now() + VALID_FOR
    )
    renewed = {"renews": renews.pk} if renews else {}
    history.record("agent.code_made", provider, by=by, code=row.pk, **renewed)
    return code


@transaction.atomic
def withdraw_code(code: EnrolmentCode, *, by: User) -> None:
    """The code enrols nobody from now on."""
    row = EnrolmentCode.objects.usable().select_for_update().filter(pk=code.pk).first()
    require(row, _("This code was used, withdrawn or has expired already. Nothing was changed."), "code_over")
    EnrolmentCode.objects.filter(pk=code.pk).update(withdrawn_at=timezone.now())
    history.record("agent.code_withdrawn", code.provider, by=by, code=code.pk)


def taken(code: str) -> EnrolmentCode | None:
    """The code's row, locked, if it can still be used and its maker could still make one."""
    usable = EnrolmentCode.objects.usable().select_for_update(of=("self",)).select_related("created_by")
    found = usable.filter(code_hash=hash_of(code)).first()
    return found if found is not None and _maker_may(found) else None


def _maker_may(code: EnrolmentCode) -> bool:
    """Codes of the command line have no maker; others end with the right of a member or of staff behind them."""
    maker = code.created_by
    if maker is None or permissions.may(maker, "add", "activation.enrolmentcode"):
        return True
    return permissions.member_may(maker, "agents.manage", code.provider.organisation)


def renew_key(row: EnrolmentCode, public_key: bytes, version: str) -> Agent:
    """The agent of the code gets a second key; a revoked agent is admitted again with the new key alone.

    The caller holds the code's lock and marks it used.
    """
    agent = Agent.objects.select_for_update(of=("self",)).select_related("provider").get(pk=row.renews_id)
    now = timezone.now()
    if agent.revoked_at is None:
        agent.next_public_key, agent.next_key_at = public_key, now
    else:
        agent.public_key, agent.next_public_key, agent.revoked_at, agent.enrolled_at = public_key, None, None, now
    agent.version = version[:20] or agent.version
    agent.save(update_fields=["public_key", "next_public_key", "next_key_at", "revoked_at", "enrolled_at", "version"])
    history.record("agent.key_renewed", agent, by=agent)
    return agent


@transaction.atomic
def switch_key(agent: Agent) -> None:
    """The new key was used for the first time: the old one is refused from now on."""
    found = Agent.objects.select_for_update().filter(pk=agent.pk).exclude(next_public_key=None).first()
    if found is None or found.next_public_key is None:
        return
    found.public_key, found.next_public_key = found.next_public_key, None
    found.save(update_fields=["public_key", "next_public_key"])
    history.record("agent.key_switched", found, by=found)


def hash_of(code: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), b"enrolment\0" + code.encode(), hashlib.sha256).hexdigest()
