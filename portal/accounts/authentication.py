"""Who calls the API: a program with a key, or a person with a session."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from portal.accounts import tokens
from portal.accounts.models import ApiKey, User

SEEN_EVERY_SECONDS = 60


class KeyAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer sp_<prefix>_<secret>`; acts as the key's creator for the key's organisation."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        kind, _space, text = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        key = tokens.find_key(text.strip())
        if key is None or not key.created_by.is_active:
            raise AuthenticationFailed(_("This key is unknown, expired or revoked. Nothing was done."), "unknown_key")
        now = timezone.now()
        if key.last_used_at is None or (now - key.last_used_at).total_seconds() > SEEN_EVERY_SECONDS:
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
        return key.created_by, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The person's session on this portal; a change needs the CSRF token."""

    def authenticate_header(self, request: Any) -> str:
        return 'Bearer realm="api"'
