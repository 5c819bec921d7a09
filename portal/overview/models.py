"""What the nation last saw of each province's link, and the alarms raised over it. All of it is computed."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from portal.accounts.models import User
from portal.overview.closing.models import ProvinceClosing

__all__ = ["ProvinceClosing"]

REFUSED_WITHIN = timedelta(seconds=30)
"""Agents report every 25 s at least: what they do wrong, they did within this time."""


class LinkCheck(models.Model):
    """The last look into one province: written by the task `overview.check_links` and by nobody else."""

    province = models.SlugField(max_length=63, primary_key=True)
    checked_at = models.DateTimeField()
    agents = models.PositiveIntegerField(default=0)
    """Enrolled, neither revoked nor paused."""
    agents_reporting = models.PositiveIntegerField(default=0)
    """Of these, those that reported within the last 60 s."""
    providers = models.PositiveIntegerField(default=0)
    """Providers with such an agent."""
    providers_silent = models.PositiveIntegerField(default=0)
    """Of these, those none of whose agents reported within the last 60 s."""
    refused_rows = models.PositiveIntegerField(default=0)
    """Rows of reports refused in the current hour and the 23 before it."""
    refused_reasons = models.JSONField(default=dict)
    """The same by reason code."""
    refused_at = models.DateTimeField(null=True, blank=True)
    """Latest refusal."""
    behind = models.PositiveIntegerField(default=0)
    """Migrations of the code that the province's schema lacks."""
    seal = models.PositiveIntegerField(default=0)
    seal_hash = models.CharField(max_length=64, blank=True)
    sealed_at = models.DateTimeField(null=True, blank=True)
    """Newest seal of the province's history; whoever notes number and hash can tell later that none was removed."""
    fault = models.CharField(max_length=200, blank=True)
    """Why the province could not be looked into; the other facts are then those of the look before."""
    watching = models.JSONField(default=dict)
    """What is wrong and has not lasted long enough for an alarm: key → time first seen (ISO 8601)."""

    def __str__(self) -> str:
        return self.province

    @property
    def refuses(self) -> bool:
        """Rows were refused shortly before the look."""
        return self.refused_at is not None and self.checked_at - self.refused_at <= REFUSED_WITHIN

    @property
    def silent(self) -> int:
        return max(0, self.agents - self.agents_reporting)


class AlarmKind(models.TextChoices):
    LATE = "late", pgettext_lazy("alarm", "reports late")
    SILENT = "silent", pgettext_lazy("alarm", "no report for an hour")
    BEHIND = "behind", pgettext_lazy("alarm", "tables behind the portal's version")
    REFUSED = "refused", pgettext_lazy("alarm", "reports refused")
    AGENT = "agent", pgettext_lazy("alarm", "a provider's agent is silent")


class AlarmState(models.TextChoices):
    OPEN = "open", pgettext_lazy("alarm", "open")
    ACKNOWLEDGED = "acknowledged", pgettext_lazy("alarm", "acknowledged")
    CLOSED = "closed", pgettext_lazy("alarm", "closed")


class AlarmQuerySet(models.QuerySet["Alarm"]):
    def open(self) -> Self:
        """Its cause lasts, acknowledged or not."""
        return self.filter(closed_at=None)

    def of_links(self) -> Self:
        """For the nation: without those over single agents, which are the province's to follow."""
        return self.exclude(kind=AlarmKind.AGENT)

    def closed_since(self, moment: datetime) -> Self:
        return self.filter(closed_at__gte=moment)


class Alarm(models.Model):
    """A link or an agent that is in trouble, from the time it has lasted until it returned by itself."""

    province = models.SlugField(max_length=63)
    kind = models.CharField(max_length=10, choices=AlarmKind)
    subject = models.CharField(max_length=96, blank=True)
    """Key id of the agent; empty when the province's link is meant."""
    name = models.CharField(max_length=120, blank=True)
    """What the agent is called."""
    facts = models.JSONField(default=dict)
    """What was seen when it was opened."""
    seen_at = models.DateTimeField()
    """When the cause was first seen."""
    opened_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    note = models.CharField(max_length=200, blank=True)
    """What the person who acknowledged it is doing about it."""
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = AlarmQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                name="one_open_alarm", fields=["province", "kind", "subject"], condition=Q(closed_at=None)
            ),
            models.CheckConstraint(
                name="acknowledged_alarm_names_who",
                condition=Q(acknowledged_at=None, acknowledged_by=None)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
            ),
        ]
        indexes = [models.Index(name="alarms_of_province", fields=["province", "-opened_at"])]

    def __str__(self) -> str:
        return f"{self.province} {self.kind} {self.subject}".rstrip()

    @property
    def state(self) -> AlarmState:
        """Computed from its times."""
        if self.closed_at is not None:
            return AlarmState.CLOSED
        return AlarmState.OPEN if self.acknowledged_at is None else AlarmState.ACKNOWLEDGED

    @property
    def tone(self) -> str:
        return {AlarmState.OPEN: "bad", AlarmState.ACKNOWLEDGED: "run", AlarmState.CLOSED: "ok"}[self.state]

    @property
    def key(self) -> tuple[str, str]:
        return (self.kind, self.subject)

    def as_facts(self) -> dict[str, Any]:
        return {"province": self.province, "kind": self.kind, "agent": self.subject}
