"""Quote → purchase, across provinces. A quote is an answer and holds nothing; a purchase is what the buyer confirms."""

import uuid
from typing import Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from portal.accounts.models import ApiKey, Organisation, User
from portal.checkout.requests.models import Enquiry
from portal.directory.models import CardModel, OrderIndex
from tenants.acts import Machine, Moves

__all__ = ["Enquiry", "Purchase", "PurchaseEvent", "PurchaseNews", "PurchaseQuerySet", "PurchaseState", "Quote"]


class Quote(models.Model):
    """Immutable answer to a request for cards; valid for 30 minutes, used at most once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=24, unique=True)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="quotes"
    )
    """Empty for a visitor's quote."""
    card_model = models.ForeignKey(CardModel, on_delete=models.PROTECT, related_name="+")
    cards = models.PositiveIntegerField()
    hours = models.PositiveIntegerField()
    constraints = models.JSONField(default=dict)
    """As asked: provinces, latency_city, latency_ms, green_share, price_u, spread, domestic."""
    lines = models.JSONField(default=list)
    """Chosen lots in order; shape in `portal.checkout.quotes.offering.as_line`."""
    left_out = models.JSONField(default=list)
    alternatives = models.JSONField(default=list)
    total_u = models.BigIntegerField()
    rule_version = models.PositiveSmallIntegerField(default=1)
    """Version of the published ranking rule."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    valid_until = models.DateTimeField()

    class Meta:
        ordering = ["-created_at"]
        triggers = [pgtrigger.Protect(name="immutable", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return self.number

    @property
    def filled(self) -> bool:
        return bool(self.lines)


class PurchaseState(models.TextChoices):
    AWAITING_APPROVAL = "awaiting_approval", pgettext_lazy("purchase", "waiting for approval")
    PLACED = "placed", pgettext_lazy("purchase", "placed")
    REJECTED = "rejected", pgettext_lazy("purchase", "rejected")
    CANCELLED = "cancelled", pgettext_lazy("purchase", "cancelled")
    EXPIRED = "expired", pgettext_lazy("purchase", "expired")


class PurchaseQuerySet(models.QuerySet["Purchase"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(organisation__memberships__user=user, organisation__memberships__active=True)


class Purchase(Moves):
    """What a buyer confirmed: one order per province, all or nothing."""

    moves = Machine(
        {
            PurchaseState.AWAITING_APPROVAL: {
                PurchaseState.PLACED,
                PurchaseState.REJECTED,
                PurchaseState.CANCELLED,
                PurchaseState.EXPIRED,
            },
            PurchaseState.PLACED: set(),
            PurchaseState.REJECTED: set(),
            PurchaseState.CANCELLED: set(),
            PurchaseState.EXPIRED: set(),
        }
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=24, unique=True)
    quote = models.OneToOneField(Quote, on_delete=models.PROTECT, related_name="purchase")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="purchases")
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    """Person who bought, or who made the key that bought."""
    key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=20, choices=PurchaseState, default=PurchaseState.AWAITING_APPROVAL)
    total_u = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    placed_at = models.DateTimeField(null=True, blank=True)

    objects = PurchaseQuerySet.as_manager()
    orders: list[OrderIndex]
    """Rows of the national index, in order of province; set by the act that places it and by the doors of the API."""

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="placed_purchase_has_time", condition=~Q(state="placed") | Q(placed_at__isnull=False)
            )
        ]
        indexes = [models.Index(name="purchases_of_organisation", fields=["organisation", "-created_at"])]

    def __str__(self) -> str:
        return self.number


class PurchaseEvent(models.TextChoices):
    """What a buyer is told of, in the order in which it happens."""

    PLACED = "placed", pgettext_lazy("purchase", "placed")
    ACTIVE = "active", pgettext_lazy("purchase", "running")
    FAILED = "failed", pgettext_lazy("purchase", "not activated")
    ENDED = "ended", pgettext_lazy("purchase", "over")


class PurchaseNews(models.Model):
    """An event of a purchase that its buyer was told of by e-mail."""

    purchase = models.ForeignKey(Purchase, on_delete=models.PROTECT, related_name="news")
    event = models.CharField(max_length=10, choices=PurchaseEvent)
    told_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(name="purchase_event_told_once", fields=["purchase", "event"])]

    def __str__(self) -> str:
        return f"{self.purchase} {self.event}"
