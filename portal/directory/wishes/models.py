"""What one person keeps of the catalogue: saved searches, and wishes to be told when something is in stock.

Nobody else sees them, no colleague and no staff. What is over keeps neither name nor conditions.
"""

import uuid
from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from portal.accounts.models import User
from portal.web.texts.lines import Line
from portal.web.wording import named
from tenants.acts import Machine, Moves


class SavedSearchQuerySet(models.QuerySet["SavedSearch"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(user=user, active=True)

    def to_be_told(self, before: datetime) -> Self:
        """Whose owner wants a letter, and has had none since this time."""
        return self.filter(Q(told_at=None) | Q(told_at__lte=before), active=True, notify=True, user__is_active=True)


class SavedSearch(models.Model):
    """Conditions of the catalogue under a name of the person's own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    name = Line(max_length=60, blank=True)
    query = models.CharField(max_length=1000, blank=True)
    """The conditions as the catalogue's address has them, without page."""
    notify = models.BooleanField(default=False)
    """Send a letter when new offers match, at most one a day."""
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    checked_until = models.DateTimeField(default=timezone.now)
    """Offers published later are new."""
    told_at = models.DateTimeField(null=True, blank=True)

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        ordering = ["name", "created_at"]
        constraints = [
            models.UniqueConstraint(name="saved_search_name_once", fields=["user", "name"], condition=Q(active=True)),
            models.CheckConstraint(
                name="forgotten_search_is_empty", condition=Q(active=True) | Q(name="", query="", notify=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AlertState(models.TextChoices):
    OPEN = "open", pgettext_lazy("alert", "waiting")
    NOTIFIED = "notified", pgettext_lazy("alert", "told")
    CANCELLED = "cancelled", pgettext_lazy("alert", "cancelled")
    EXPIRED = "expired", pgettext_lazy("alert", "expired")


class StockAlertQuerySet(models.QuerySet["StockAlert"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(user=user)

    def open(self) -> Self:
        return self.filter(state=AlertState.OPEN)


class StockAlert(Moves):
    """A wish to be told once when an offer, or so many cards of a model, can be bought (到货通知)."""

    moves = Machine(
        {
            AlertState.OPEN: {AlertState.NOTIFIED, AlertState.CANCELLED, AlertState.EXPIRED},
            AlertState.NOTIFIED: set(),
            AlertState.CANCELLED: set(),
            AlertState.EXPIRED: set(),
        }
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    target = models.CharField(max_length=600)
    """What is waited for in one line, so that nobody waits twice for the same."""
    offer = models.UUIDField(null=True, blank=True)
    path = models.CharField(max_length=600)
    """The page on which it can be bought."""
    card_model = models.ForeignKey(
        "directory.CardModel", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    cards = models.PositiveIntegerField(default=1)
    most_u = models.BigIntegerField(null=True, blank=True)
    """Highest price in micro-yuan per card-hour."""
    provinces = ArrayField(models.SlugField(max_length=63), default=list, blank=True)
    """Empty means any province."""
    name_zh = models.CharField(max_length=160)
    name_en = models.CharField(max_length=160, blank=True)
    """Of the offer or the card model, when the wish was noted."""
    state = models.CharField(max_length=10, choices=AlertState, default=AlertState.OPEN)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = StockAlertQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                name="one_open_alert_per_target", fields=["user", "target"], condition=Q(state="open")
            ),
            models.CheckConstraint(
                name="alert_waits_for_offer_or_cards",
                condition=Q(offer=None, card_model__isnull=False) | Q(offer__isnull=False, card_model=None),
            ),
            models.CheckConstraint(name="ended_alert_has_time", condition=Q(state="open") | Q(ended_at__isnull=False)),
        ]
        indexes = [models.Index(name="alerts_open", fields=["expires_at"], condition=Q(state="open"))]

    def __str__(self) -> str:
        return self.target

    @property
    def name(self) -> str:
        return named(self)

    @property
    def tone(self) -> str:
        return {AlertState.OPEN: "wait", AlertState.NOTIFIED: "ok"}.get(AlertState(self.state), "off")
