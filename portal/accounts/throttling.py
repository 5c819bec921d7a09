"""Rates: visitors by address, members by key or person, quotes by whoever asks."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from portal.accounts.models import ApiKey


class VisitorThrottle(SimpleRateThrottle):
    scope = "visitor"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        if request.user.is_authenticated:
            return None
        return str(self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)})


class MemberThrottle(SimpleRateThrottle):
    scope = "member"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        if not request.user.is_authenticated:
            return None
        who = f"key {request.auth.pk}" if isinstance(request.auth, ApiKey) else f"user {request.user.pk}"
        return str(self.cache_format % {"scope": self.scope, "ident": who})


class QuoteThrottle(SimpleRateThrottle):
    scope = "quote"

    def get_cache_key(self, request: Request, view: Any) -> str:
        who = f"user {request.user.pk}" if request.user.is_authenticated else self.get_ident(request)
        return str(self.cache_format % {"scope": self.scope, "ident": who})
