"""How reliably a provider's sales in one province were activated: counted there every hour, used by the ranking."""

from collections.abc import Iterable
from statistics import median
from typing import Any, Self
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from portal.accounts.models import Organisation

COUNTED_DAYS = 90
ENOUGH = 20
"""A provider with fewer activations is ranked by the median of the others: too few say nothing."""


class RecordQuerySet(models.QuerySet["ActivationRecord"]):
    def telling(self) -> Self:
        """Of providers with enough activations to be ranked by their own."""
        return self.filter(activations__gte=ENOUGH)

    def write(self, province: str, rows: Iterable["ActivationRecord"]) -> None:
        """Replace the province's rows by these, counted now."""
        now = timezone.now()
        kept: list[Any] = []
        for row in rows:
            row.province, row.counted_at = province, now
            kept.append(row)
        fields = ["activations", "first_time", "median_seconds", "counted_at"]
        self.bulk_create(kept, update_conflicts=True, unique_fields=["organisation", "province"], update_fields=fields)
        self.filter(province=province).exclude(organisation__in=[row.organisation_id for row in kept]).delete()


class ActivationRecord(models.Model):
    """Activations of a provider in a province in the last 90 days, and how many worked the first time."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    province = models.SlugField(max_length=63)
    activations = models.PositiveIntegerField(default=0)
    first_time = models.PositiveIntegerField(default=0)
    """Ready after one request to the agent."""
    median_seconds = models.FloatField(null=True, blank=True)
    """From the order to the resource that provably works; empty without any."""
    counted_at = models.DateTimeField(default=timezone.now)

    objects = RecordQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="record_once_per_province", fields=["organisation", "province"]),
            models.CheckConstraint(name="first_time_among_all", condition=Q(first_time__lte=F("activations"))),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.first_time}/{self.activations}"

    @property
    def share(self) -> float | None:
        """Of activations that worked the first time, in whole per cent; None without any."""
        return round(self.first_time / self.activations, 2) if self.activations else None

    @property
    def telling(self) -> bool:
        return self.activations >= ENOUGH


class Records:
    """All records as the ranking rule reads them; one query."""

    def __init__(self) -> None:
        self._known = {(row.province, row.organisation_id): row for row in ActivationRecord.objects.all()}
        shares = [row.share for row in self._known.values() if row.telling and row.share is not None]
        self.usual = round(median(shares), 2) if shares else 1.0
        """Median of the providers with enough activations; where there is none, all count as 1."""

    def of(self, province: str, organisation_id: UUID) -> ActivationRecord | None:
        return self._known.get((province, organisation_id))

    def ranked(self, province: str, organisation_id: UUID) -> float:
        """What the rule counts for the provider: its own share, or the median while it has too few."""
        row = self.of(province, organisation_id)
        return row.share if row is not None and row.telling and row.share is not None else self.usual
