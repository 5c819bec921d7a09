"""Meters: when each order line worked, and what of it was charged."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q

from marketplace.orders.models import OrderLine


class Meter(models.Model):
    """Runs from `ready_at` to `stopped_at`; the charge is card-seconds × price, never more than the line's most."""

    line = models.OneToOneField(OrderLine, on_delete=models.PROTECT, related_name="meter")
    ready_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    captured_until = models.DateTimeField()
    captured_u = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="meter_runs_forward",
                condition=(Q(stopped_at=None) | Q(stopped_at__gte=F("ready_at")))
                & Q(captured_until__gte=F("ready_at"), captured_u__gte=0),
            )
        ]

    def __str__(self) -> str:
        return str(self.line_id)


class Usage(models.Model):
    """One charged interval of a line: no two overlap (I5), none lies outside the meter (I6)."""

    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="usage")
    during = DateTimeRangeField()
    cards = models.PositiveIntegerField()
    card_seconds = models.DecimalField(max_digits=20, decimal_places=6)
    amount_u = models.BigIntegerField()
    transaction = models.UUIDField(null=True)
    """Ledger transaction that charged it; empty where the interval cost less than one micro-yuan."""

    class Meta:
        ordering = ["id"]
        constraints = [
            ExclusionConstraint(
                name="usage_never_overlaps",
                expressions=[("meter", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(name="usage_not_negative", condition=Q(amount_u__gte=0, card_seconds__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.meter_id} {self.amount_u} u"
