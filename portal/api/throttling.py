"""How often somebody may ask. All processes count together: one row per caller in PostgreSQL.

An allowance of n per period refills evenly, and a caller who has waited long enough may spend it at once. The row
holds when the allowance will be whole again, so one statement counts, decides and never loses a request to a race;
Django's cache in the database would need five and count wrongly between two of them. The table is unlogged: it
costs no write-ahead log, and a crash of the database forgives everybody.
"""

import hashlib
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

PERIODS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
SWEPT_AT_ONCE = 20

_SPEND = """
    INSERT INTO public.accounts_allowance AS known (caller, whole_at)
    VALUES (%(caller)s, clock_timestamp() + make_interval(secs => %(each)s))
    ON CONFLICT (caller) DO UPDATE
    SET whole_at = GREATEST(known.whole_at, clock_timestamp()) + make_interval(secs => %(each)s)
    WHERE GREATEST(known.whole_at, clock_timestamp()) <= clock_timestamp() + make_interval(secs => %(slack)s)
    RETURNING xmax = 0
"""
_WAIT = """
    SELECT whole_at - clock_timestamp() - make_interval(secs => %(slack)s)
    FROM public.accounts_allowance WHERE caller = %(caller)s
"""
_SWEEP = """
    DELETE FROM public.accounts_allowance WHERE caller IN (
        SELECT caller FROM public.accounts_allowance WHERE whole_at < clock_timestamp() - interval '1 day'
        LIMIT %s FOR UPDATE SKIP LOCKED
    )
"""


def spend(caller: str, rate: str) -> timedelta | None:
    """Use one request of the caller's allowance, for instance "60/min"; None, or how long to wait until the next."""
    most, seconds = parse(rate)
    each = seconds / most
    values: dict[str, str | float] = {"caller": caller, "each": each, "slack": seconds - each}
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, values)
        spent = cursor.fetchone()
        if spent is None:
            cursor.execute(_WAIT, values)
            row = cursor.fetchone()
            return max(row[0], timedelta(0)) if row else timedelta(0)
        if spent[0]:  # a newcomer: those who have not asked for a day make room
            cursor.execute(_SWEEP, [SWEPT_AT_ONCE])
    return None


def parse(rate: str) -> tuple[int, int]:
    """(60, 60) of "60/min": so many requests in so many seconds."""
    most, _slash, period = rate.partition("/")
    return int(most), PERIODS[period[0]]


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


class InvitationThrottle(Throttle):
    """E-mails to addresses that somebody types in, with words that somebody chose."""

    scope = "invitation"


class ImportThrottle(Throttle):
    """Files: checking thousands of rows takes seconds, and a document may have 20 MB."""

    scope = "import"


class AgentThrottle(Throttle):
    """Requests of one site agent: far more than one that works makes, far fewer than one that has gone wild."""

    scope = "agent"


class EnrolmentThrottle(Throttle):
    """Attempts to enrol an agent, per address."""

    scope = "enrolment"

    def caller(self, request: Request | HttpRequest) -> str | None:
        return self.visitor(request)
