"""Secrets that are shown or mailed once and stored as keyed hashes (HMAC-SHA256 under the portal's secret key)."""

import secrets
from typing import NamedTuple

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from portal.accounts.models import ApiKey, Invitation

MARK = "sp"
PREFIX_LENGTH = 10
_PREFIX_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class NewKey(NamedTuple):
    prefix: str
    secret: str
    """The whole key as the program sends it: `sp_<prefix>_<secret>`."""
    secret_hash: str


def new_key() -> NewKey:
    prefix = "".join(secrets.choice(_PREFIX_ALPHABET) for _ in range(PREFIX_LENGTH))
    secret = secrets.token_urlsafe(32)
    return NewKey(prefix, f"{MARK}_{prefix}_{secret}", _hash(secret, f"key:{prefix}"))


def find_key(text: str) -> ApiKey | None:
    """The usable key that this text is, with its organisation, its maker and the maker's role; one query."""
    mark, _line, rest = text.partition("_")
    prefix, _line, secret = rest.partition("_")
    if mark != MARK or not prefix or not secret:
        return None
    key = ApiKey.objects.usable().select_related("organisation", "created_by").filter(prefix=prefix).first()
    return key if key is not None and _fits(secret, key.secret_hash, f"key:{prefix}") else None


def invitation_token(invitation: Invitation) -> str:
    """Derived from the invitation and the secret key: it can be mailed again and lies nowhere."""
    facts = f"{invitation.organisation_id}:{invitation.email.lower()}:{invitation.created_at.timestamp()}"
    return _hash(facts, "invitation")[:40]


def invitation_hash(token: str) -> str:
    return _hash(token, "invitation-token")


def _hash(secret: str, purpose: str, key: str | None = None) -> str:
    return salted_hmac(f"portal.accounts:{purpose}", secret, secret=key, algorithm="sha256").hexdigest()


def _fits(secret: str, stored: str, purpose: str) -> bool:
    """Also under former secret keys, so that rotating ours does not revoke everybody's."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(constant_time_compare(_hash(secret, purpose, key), stored) for key in keys)
