"""Stock of the pools of all provinces, as their agents reported it last."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal.directory.measuring import sold_at_once


class AvailabilityQuerySet(models.QuerySet["Availability"]):
    def fresh(self) -> Self:
        """Counted by an agent within the last 60 s."""
        return self.filter(measured_at__gte=timezone.now() - settings.STOCK_FRESH_FOR)

    def for_sale(self) -> Self:
        """Fresh, not paused, and not sold out."""
        return self.fresh().filter(sellable=True, free__gt=0)


class Availability(models.Model):
    """Free cards of one pool, with the time of the agent's report: older than 60 s is shown greyed."""

    pool = models.UUIDField(primary_key=True, editable=False)
    province = models.SlugField(max_length=63)
    cards = models.PositiveIntegerField()
    """Registered cards in service."""
    free = models.PositiveIntegerField()
    measured_at = models.DateTimeField(null=True, blank=True)
    """Time of the agent's latest report; empty until one came."""
    confirmed_at = models.DateTimeField(null=True, blank=True)
    """Time of the latest report that fits the register: some cards, and not more than are registered."""
    sellable = models.BooleanField(default=True)
    """False while the pool, its provider or its agent is paused, the report was refused, or the cards are declared and
    may not be sold at once."""
    counted = models.BooleanField(default=False, db_default=False)
    """The agent's driver counted the cards; otherwise they are declared."""

    objects = AvailabilityQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(name="availability_by_province", fields=["province"])]
        constraints = [
            models.CheckConstraint(name="not_more_free_than_cards", condition=models.Q(free__lte=models.F("cards")))
        ]

    def __str__(self) -> str:
        return f"{self.free}/{self.cards}"

    @property
    def declared(self) -> bool:
        """An agent reports the cards, and no driver counted them."""
        return self.measured_at is not None and not self.counted

    @property
    def only_by_quote(self) -> bool:
        return self.declared and not sold_at_once(counted=False)

    @property
    def is_fresh(self) -> bool:
        return self.measured_at is not None and self.measured_at >= timezone.now() - settings.STOCK_FRESH_FOR
