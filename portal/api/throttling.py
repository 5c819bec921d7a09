"""How often somebody may ask the API and the pages that cost much; `portal.accounts.allowance` counts."""

import hashlib
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from portal.accounts.allowance import spend


class Throttle(BaseThrottle):
    scope: ClassVar[str]
    _left: timedelta | None = None

    def allow_request(self, request: Request | HttpRequest, view: Any) -> bool:
        caller = self.caller(request)
        if caller is None:
            return True
        self._left = spend(f"{self.scope}:{caller}", str(api_settings.DEFAULT_THROTTLE_RATES[self.scope]))
        return self._left is None

    def caller(self, request: Request | HttpRequest) -> str | None:
        """Whom to count, or None to let the request pass uncounted: the key or the person, else the address."""
        return self.member(request) or self.visitor(request)

    def wait(self) -> float | None:
        return None if self._left is None else self._left.total_seconds()

    def member(self, request: Request | HttpRequest) -> str | None:
        """The key, else the signed-in person."""
        if key := getattr(request, "auth", None):
            return f"key:{key.pk}"
        return f"user:{request.user.pk}" if request.user.is_authenticated else None

    def visitor(self, request: Request | HttpRequest) -> str:
        """The address, hashed: the table is no list of who visited."""
        address = self.get_ident(request)  # type: ignore[arg-type]  # it reads headers only
        return hashlib.sha256(f"{settings.SECRET_KEY}:{address}".encode()).hexdigest()[:32]


class VisitorThrottle(Throttle):
    """Requests without sign-in, per address."""

    scope = "visitor"

    def caller(self, request: Request | HttpRequest) -> str | None:
        return None if self.member(request) else self.visitor(request)


class MemberThrottle(Throttle):
    """Requests of one key or one signed-in person."""

    scope = "member"

    def caller(self, request: Request | HttpRequest) -> str | None:
        return self.member(request)


class QuoteThrottle(Throttle):
    """Quotes cost one look into every province, so they have an allowance of their own; for the pages too."""

    scope = "quote"


class ImportThrottle(Throttle):
    """Files: checking thousands of rows takes seconds, and a document may have 20 MB."""

    scope = "import"


class AgentThrottle(Throttle):
    """Requests of one site agent: far more than one that works makes, far fewer than one that has gone wild."""

    scope = "agent"


class AgentUsageThrottle(Throttle):
    """Counts of card-seconds of one site agent: each is a history row of every lease, and one an hour is due."""

    scope = "agent_usage"


class EnrolmentThrottle(Throttle):
    """Attempts to enrol an agent, per address."""

    scope = "enrolment"

    def caller(self, request: Request | HttpRequest) -> str | None:
        return self.visitor(request)
