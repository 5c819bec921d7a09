"""Everything the portal keeps about one person, as plain data (PIPL Art. 45); secrets and their hashes are left out."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import QuerySet

from portal.accounts.models import ApiKey, Invitation, User
from tenants.context import for_each_province
from tenants.history.models import Record
from tenants.models import Province

OWN_FIELDS = ("id", "email", "name", "phone", "language", "date_joined", "last_login")
MOST_ACTS = 5_000
"""Newest acts of each province that the file names."""


def everything_about(user: User) -> dict[str, Any]:
    """Names of fields → values; each list has one entry for each row."""
    addresses = EmailAddress.objects.filter(user=user)
    return {
        "person": _rows(User.objects.filter(pk=user.pk), *OWN_FIELDS)[0],
        "email_addresses": _rows(addresses, "email", "verified", "primary"),
        "second_factors": _rows(Authenticator.objects.filter(user=user), "type", "created_at", "last_used_at"),
        "sign_ins": _rows(UserSession.objects.filter(user=user), "ip", "user_agent", "created_at", "last_seen_at"),
        "memberships": _rows(
            user.memberships, "organisation__name_zh", "organisation__uscc", "role", "active", "since"
        ),
        "staff_roles": _rows(user.staff_roles, "province", "role", "active", "since"),
        "role_grants": _rows(user.role_grants, "province", "role", "state", "requested_at", "decided_at"),
        "invitations": _rows(_invitations(addresses), "organisation__name_zh", "role", "state", "created_at"),
        "api_keys": _rows(ApiKey.objects.filter(created_by=user), "name", "prefix", "created_at", "revoked_at"),
        "acts": _acts_everywhere(user),
    }


def _invitations(addresses: "QuerySet[EmailAddress]") -> "QuerySet[Invitation]":
    return Invitation.objects.filter(email__in=addresses.values("email"))


def _acts_everywhere(user: User) -> list[dict[str, Any]]:
    """Raises what a province raised: a file that lacks its acts would not say so."""
    found = []
    for outcome in for_each_province(lambda one: _acts(one, user)):
        if outcome.error is not None:
            raise outcome.error
        found += outcome.value or []
    return found


def _acts(province: Province, user: User) -> list[dict[str, Any]]:
    own = Record.objects.filter(actor_kind="user", actor_id=str(user.pk)).order_by("-id")[:MOST_ACTS]
    return [{"province": province.slug, "at": act.at, "act": act.act, "object": act.subject_type} for act in own]


def _rows(rows: Any, *names: str) -> list[dict[str, Any]]:
    return list(rows.order_by("pk").values(*names))
