"""Who asks the API: a program with an organisation's key, or a person signed in on the portal's pages."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from portal.accounts import tokens
from portal.accounts.models import ApiKey, User

SCHEME = "Bearer"
NOTED_EVERY = timedelta(minutes=1)
"""`last_used_at` is written at most so often: a busy program does not write a row per request."""


class KeyAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer sp_<prefix>_<secret>`; `request.auth` is the key, `request.user` the person who made it.

    The key acts for its organisation, whatever else its maker belongs to: read `portal.api.views.acting`.
    """

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        key = tokens.find_key(text.strip())
        if key is None:
            raise AuthenticationFailed(
                _(
                    "This key is unknown, expired or revoked, or the person who made it has left the organisation. "
                    "Nothing was done; an owner can make a new key."
                ),
                "key_unknown",
            )
        _note_use(key)
        return key.created_by, key

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="api"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The sign-in of the pages; every request that changes something also carries the CSRF token of its host."""

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied:
            raise PermissionDenied(
                _("The CSRF token is missing or does not fit this host. Nothing was done; programs use a key instead."),
                "csrf",
            ) from None


def _note_use(key: ApiKey) -> None:
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at <= now - NOTED_EVERY:
        long_ago = Q(last_used_at=None) | Q(last_used_at__lte=now - NOTED_EVERY)
        ApiKey.objects.filter(long_ago, pk=key.pk).update(last_used_at=now)
