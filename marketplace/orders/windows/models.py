"""When a pool's cards may not be lent (maintenance), and when alone they may (lending windows)."""

import uuid
from typing import Any, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone

from marketplace.catalog.models import Pool
from portal.accounts.models import User
from portal.web.texts.lines import Line


class TsTzRange(Func):
    """The time between two columns, its end left out."""

    function = "tstzrange"
    output_field = DateTimeRangeField()


class WindowQuerySet(models.QuerySet[Any]):
    def standing(self) -> Self:
        return self.filter(cancelled_at=None)

    def visible_to(self, user: User) -> Self:
        """Windows of the providers whose organisation the person belongs to."""
        memberships = "pool__provider__organisation__memberships"
        return self.filter(**{f"{memberships}__user": user, f"{memberships}__active": True})


class MaintenanceWindow(models.Model):
    """Time in which the cards of a pool are worked on: no lease runs then. Buyers see it from its announcement on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="maintenance_windows")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = Line(max_length=200)
    announcement = models.UUIDField(default=uuid.uuid4)
    """One for all pools of a site whose maintenance was announced together."""
    announced_at = models.DateTimeField(default=timezone.now, editable=False)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = WindowQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(name="maintenance_runs_forward", condition=Q(ends_at__gt=F("starts_at"))),
            ExclusionConstraint(
                name="maintenance_never_overlaps",
                expressions=[
                    ("pool", RangeOperators.EQUAL),
                    (TsTzRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
                condition=Q(cancelled_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pool_id} {self.starts_at:%Y-%m-%d %H:%M}"


class LendingWindow(models.Model):
    """Hours in which a pool may be lent; a pool without any standing window may be lent at all times.

    Either weekly (ISO weekdays 1 to 7 and hours in Beijing; an end not after the beginning lies on the next day)
    or once, from one time to another.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="lending_windows")
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    opens = models.TimeField(null=True, blank=True)
    closes = models.TimeField(null=True, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = WindowQuerySet.as_manager()

    class Meta:
        ordering = ["made_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="lending_window_weekly_or_once",
                condition=Q(
                    weekdays__len__gt=0, opens__isnull=False, closes__isnull=False, starts_at=None, ends_at=None
                )
                | Q(weekdays=[], opens=None, closes=None, starts_at__isnull=False, ends_at__gt=F("starts_at")),
            ),
            models.CheckConstraint(
                name="lending_window_on_weekdays", condition=Q(weekdays__contained_by=[1, 2, 3, 4, 5, 6, 7])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pool_id} {self.weekdays or self.starts_at}"

    @property
    def weekly(self) -> bool:
        return bool(self.weekdays)
