"""`/healthz`: the process lives. `/readyz`: it can serve. Both answer on every host name, before anything else.

Strangers may read them, so they name what is not ready and nothing more; the reasons go to the log. However many ask,
a process looks once a second: each look takes a connection of its own from the database.
"""

import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from portal.runtime import broker, schemas
from tenants.context import in_public
from tenants.remembered import Remembered

log = structlog.get_logger(__name__)
MIGRATIONS_TRUSTED_FOR_SECONDS = 60.0
_migrated_at = float("-inf")


class HealthMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return HttpResponse("alive\n", content_type="text/plain; charset=utf-8")
        if request.path == "/readyz":
            return ready()
        return self.get_response(request)


def ready() -> HttpResponse:
    """200, or 503 with the names of what is not ready: database, migrations, broker."""
    reasons = seen.get()
    answer = JsonResponse({"ready": not reasons, "not_ready": sorted(reasons)}, status=503 if reasons else 200)
    answer["Cache-Control"] = "no-store"
    return answer


def _look(_replaced: dict[str, str] | None) -> dict[str, str]:
    """What cannot serve → why, in words."""
    reasons = _not_ready()
    for part, reason in reasons.items():
        log.warning("not_ready", part=part, reason=reason)
    return reasons


seen = Remembered(_look, seconds=1.0)


def _not_ready() -> dict[str, str]:
    database = settings.DATABASES["default"]
    try:
        with in_public(), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        reasons = {"migrations": reason} if (reason := _migrations_trouble()) else {}
    except DatabaseError as error:
        reasons = {"database": str(error).strip().split("\n")[0]}
    finally:
        connection.close()
    if reason := broker.trouble(settings.CELERY_BROKER_URL, database):
        reasons["broker"] = reason
    return reasons


def _migrations_trouble() -> str:
    global _migrated_at
    if time.monotonic() - _migrated_at < MIGRATIONS_TRUSTED_FOR_SECONDS:
        return ""
    lacking = schemas.waiting()
    if not lacking:
        _migrated_at = time.monotonic()
    return "; ".join(f"{schema} lacks {', '.join(names)}" for schema, names in lacking.items())
