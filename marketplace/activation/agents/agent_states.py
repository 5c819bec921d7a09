"""When an agent reports, is silent or needs somebody: pages, queues, lists and alarms all ask here."""

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from marketplace.catalog.models import OfProvider

if TYPE_CHECKING:
    from marketplace.activation.models import Agent  # noqa: F401 - named in the type of the set below

FIRST_REPORT_WITHIN = timedelta(minutes=10)
"""Somebody who enrols an agent needs some minutes to start it."""


class AgentState(models.TextChoices):
    WORKING = "working", pgettext_lazy("agent", "works")
    PAUSED = "paused", pgettext_lazy("agent", "paused")
    WAITING = "waiting", pgettext_lazy("agent", "has not reported yet")
    SILENT = "silent", pgettext_lazy("agent", "silent")
    UNHEALTHY = "unhealthy", pgettext_lazy("agent", "reports a fault")
    REVOKED = "revoked", pgettext_lazy("agent", "revoked")


class AgentQuerySet(OfProvider["Agent"]):
    def admitted(self) -> Self:
        """Agents whose key is not revoked."""
        return self.filter(revoked_at=None)

    def in_use(self) -> Self:
        """Agents that are expected to report."""
        return self.admitted().filter(paused=False)

    def needing_a_person(self) -> Self:
        """Agents in use that are silent, report a fault, or have not reported since they enrolled; `quiet_since`."""
        now = timezone.now()
        silent = Q(reported_at__lt=now - settings.STOCK_FRESH_FOR)
        never = Q(reported_at=None, enrolled_at__lt=now - FIRST_REPORT_WITHIN)
        since = Coalesce("reported_at", "enrolled_at", output_field=models.DateTimeField())
        return self.in_use().annotate(quiet_since=since).filter(silent | never | Q(healthy=False))
