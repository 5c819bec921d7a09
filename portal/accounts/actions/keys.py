"""Keys that programs use in the name of an organisation: shown once, stored as keyed hashes."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts import notices, tokens
from portal.accounts.models import ApiKey, Organisation, User
from tenants import history
from tenants.acts import Refusal, require

SCOPES: dict[str, Any] = {
    "catalog:read": gettext_lazy("read offers and card models"),
    "quotes:write": gettext_lazy("ask for quotes"),
    "purchases:write": gettext_lazy("buy, and read purchases"),
    "orders:read": gettext_lazy("read orders"),
    "orders:write": gettext_lazy("end orders"),
    "credentials:read": gettext_lazy("read access data of running orders"),
    "wallet:read": gettext_lazy("read the balance"),
    "agents:read": gettext_lazy("read how agents stand"),
    "agents:write": gettext_lazy("pause and resume agents"),
    "supply:read": gettext_lazy("read own sites, pools, cards and offers"),
    "supply:write": gettext_lazy("register and change own sites, pools, cards, offers and prices"),
    "exports:write": gettext_lazy("export the organisation's data"),
}
OVERLAP = timedelta(hours=24)
"""How long a rotated key works beside its successor."""


@transaction.atomic
def create_api_key(
    organisation: Organisation, *, name: str, scopes: Iterable[str], by: User, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """The key and its text, which nobody can read again. Raises `Refusal` for an unknown or missing scope."""
    chosen = sorted(set(scopes))
    require(chosen, _("Choose at least one thing the key may do. No key was made."), "scope_missing")
    require(not set(chosen) - set(SCOPES), _("There is no such scope. No key was made."), "unknown_scope")
    key, text = _make(organisation, name.strip(), chosen, by, expires_at)
    history.record("key.created", key, by=by, organisation=str(organisation.pk), scopes=chosen)
    notices.tell_owners(organisation, "key_created", key=key.name, prefix=key.prefix, by=by)
    return key, text


@transaction.atomic
def rotate_api_key(key: ApiKey, *, by: User, overlap: timedelta = OVERLAP) -> tuple[ApiKey, str]:
    """A successor of `by` with the same name and scopes; the old key works until the overlap is over."""
    key = _standing(key)
    until = timezone.now() + overlap
    successor, text = _make(key.organisation, key.name, key.scopes, by, key.expires_at)
    key.expires_at = min(until, key.expires_at) if key.expires_at else until
    key.save(update_fields=["expires_at"])
    history.record("key.rotated", key, by=by, successor=str(successor.pk), works_until=key.expires_at.isoformat())
    return successor, text


@transaction.atomic
def revoke_api_key(key: ApiKey, *, by: User) -> ApiKey:
    """Takes effect at once."""
    key = _standing(key)
    key.revoked_at = timezone.now()
    key.save(update_fields=["revoked_at"])
    history.record("key.revoked", key, by=by)
    return key


def _make(
    organisation: Organisation, name: str, scopes: list[str], by: User, expires_at: datetime | None
) -> tuple[ApiKey, str]:
    new = tokens.new_key()
    key = ApiKey.objects.create(
        organisation=organisation, name=name, prefix=new.prefix, secret_hash=new.secret_hash, scopes=scopes,
        created_by=by, expires_at=expires_at,
    )  # fmt: skip
    return key, new.secret


def _standing(key: ApiKey) -> ApiKey:
    found = ApiKey.objects.select_for_update(of=["self"]).select_related("organisation").standing().filter(pk=key.pk)
    for row in found:
        return row
    raise Refusal(_("This key no longer works already. Nothing was changed."), "key_over")
