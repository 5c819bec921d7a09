"""Orders, their lines and the leases that occupy cards (and so: which cards are free)."""

import uuid
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from marketplace.catalog.models import Card, PlanVersion, Pool
from marketplace.orders.windows import models as window_models  # noqa: F401 - Django finds the windows through this module
from portal.accounts.models import Organisation, User
from portal.ledger.models import Reservation
from tenants.acts import Machine, Moves


class OrderState(models.TextChoices):
    PLACED = "placed", pgettext_lazy("order", "placed")
    AWAITING_PROVIDER = "awaiting_provider", pgettext_lazy("order", "waiting for the provider")
    SCHEDULED = "scheduled", pgettext_lazy("order", "scheduled")
    ACTIVATING = "activating", pgettext_lazy("order", "activating")
    PARTIALLY_ACTIVE = "partially_active", pgettext_lazy("order", "partially active")
    ACTIVE = "active", pgettext_lazy("order", "active")
    DEGRADED = "degraded", pgettext_lazy("order", "degraded")
    UNKNOWN = "unknown", pgettext_lazy("order", "outcome unknown")
    CANCELLING = "cancelling", pgettext_lazy("order", "being cancelled")
    ENDING = "ending", pgettext_lazy("order", "ending")
    ENDED = "ended", pgettext_lazy("order", "ended")
    CANCELLED = "cancelled", pgettext_lazy("order", "cancelled")
    REJECTED = "rejected", pgettext_lazy("order", "rejected")
    EXPIRED = "expired", pgettext_lazy("order", "expired")
    FAILED = "failed", pgettext_lazy("order", "activation failed")


S = OrderState

ORDER_MOVES = Machine(
    {
        S.PLACED: {S.AWAITING_PROVIDER, S.SCHEDULED, S.ACTIVATING, S.REJECTED, S.EXPIRED, S.CANCELLED},
        S.AWAITING_PROVIDER: {S.SCHEDULED, S.ACTIVATING, S.REJECTED, S.EXPIRED, S.CANCELLED},
        S.SCHEDULED: {S.ACTIVATING, S.FAILED, S.CANCELLED},
        S.ACTIVATING: {S.ACTIVE, S.PARTIALLY_ACTIVE, S.UNKNOWN, S.FAILED, S.CANCELLING},
        S.UNKNOWN: {S.ACTIVATING, S.ACTIVE, S.FAILED, S.CANCELLING},
        S.PARTIALLY_ACTIVE: {S.ACTIVE, S.ENDING},
        S.CANCELLING: {S.CANCELLED},
        S.ACTIVE: {S.DEGRADED, S.ENDING},
        S.DEGRADED: {S.ACTIVE, S.ENDING},
        S.ENDING: {S.ENDED},
        S.ENDED: set(),
        S.CANCELLED: set(),
        S.REJECTED: set(),
        S.EXPIRED: set(),
        S.FAILED: set(),
    }
)
"""The whole machine, drawn in ARCHITECTURE.md."""

STARTING = (S.PLACED, S.ACTIVATING, S.UNKNOWN)
"""On the way to a running resource: the buyer may cancel, and the hold may end."""
RUNNING = (S.ACTIVE, S.DEGRADED, S.PARTIALLY_ACTIVE)
"""The meters run."""
CLEARING = (S.ENDING, S.CANCELLING)
"""Nothing more is charged; the cards wait until their resources are proven removed."""
BILLABLE = (S.AWAITING_PROVIDER, S.SCHEDULED, *STARTING, *RUNNING)
"""Something may still be charged, so money is reserved; in every other state none is (I8)."""


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(organisation__memberships__user=user, organisation__memberships__active=True)

    def live(self) -> Self:
        return self.exclude(state__in=ORDER_MOVES.final())

    def still_reserved(self) -> Self:
        """Money is reserved for them, though nothing can be charged any more."""
        held = Reservation.objects.filter(order_id=OuterRef("pk"), closed_at=None)
        return self.exclude(state__in=BILLABLE).filter(Exists(held))

    def locked(self) -> Self:
        return self.select_for_update(of=("self",))


class Order(Moves):
    """The part of a purchase in this province."""

    moves = ORDER_MOVES

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=24, unique=True)
    """Two digits of the province's code, day, and a random part: `14-20260824-7Q2MX8`."""
    purchase_id = models.UUIDField(unique=True)
    """The national purchase; no foreign key, imports point one way."""
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=20, choices=OrderState, default=OrderState.PLACED)
    hours = models.PositiveIntegerField()
    total_u = models.BigIntegerField()
    """Most this order can cost: the sum of its lines."""
    placed_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    failure_code = models.CharField(max_length=20, blank=True)
    warned_minutes = models.PositiveIntegerField(null=True, blank=True)
    """Of the marks before the end (1,440, 120 and 30 minutes), the latest the buyer was told of."""

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-placed_at"]
        constraints = [
            models.CheckConstraint(
                name="active_order_has_started", condition=~Q(state="active") | Q(started_at__isnull=False)
            ),
            models.CheckConstraint(name="ended_order_has_end", condition=~Q(state="ended") | Q(ended_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """One lot: cards of one pool at one price. Its id is the token that names it to the agent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    """Place of the lot in the quote, from 0 over all provinces: its letter on pages."""
    cards = models.PositiveIntegerField()
    price_u = models.BigIntegerField()
    """Micro-yuan per card-hour, as quoted."""
    lent_until = models.DateTimeField(null=True, blank=True)
    """When its cards must be back, by the windows of the pool at the time of sale; empty where no window ends."""

    class Meta:
        ordering = ["position"]
        constraints = [models.CheckConstraint(name="line_has_cards", condition=Q(cards__gt=0))]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def most_u(self) -> int:
        """Price of all cards for all hours."""
        return self.price_u * self.cards * self.order.hours


class LeaseState(models.TextChoices):
    HELD = "held", pgettext_lazy("lease", "held")
    LEASED = "leased", pgettext_lazy("lease", "leased")
    RELEASING = "releasing", pgettext_lazy("lease", "being released")
    RELEASED = "released", pgettext_lazy("lease", "released")
    UNPROVEN = "unproven", pgettext_lazy("lease", "over, removal not proven")
    EXPIRED = "expired", pgettext_lazy("lease", "expired")


OCCUPYING = (LeaseState.HELD, LeaseState.LEASED, LeaseState.RELEASING)


class LeaseQuerySet(models.QuerySet["Lease"]):
    def occupying(self) -> Self:
        return self.filter(state__in=OCCUPYING)

    def unproven(self) -> Self:
        """Over without a proof that the card is free: the card is in quarantine until an operator lifts it."""
        return self.filter(state=LeaseState.UNPROVEN)


class Lease(Moves):
    """A card occupied by an order line for a period; double sale is impossible in the database."""

    moves = Machine(
        {
            LeaseState.HELD: {LeaseState.LEASED, LeaseState.RELEASING, LeaseState.RELEASED, LeaseState.EXPIRED},
            LeaseState.LEASED: {LeaseState.RELEASING},
            LeaseState.RELEASING: {LeaseState.RELEASED, LeaseState.UNPROVEN},
            LeaseState.UNPROVEN: {LeaseState.RELEASED},
            LeaseState.RELEASED: set(),
            LeaseState.EXPIRED: set(),
        }
    )

    card = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="leases")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="leases")
    during = DateTimeRangeField()
    """From holding to release; open above until the agent proved the card is free (overdue release keeps it open)."""
    state = models.CharField(max_length=10, choices=LeaseState, default=LeaseState.HELD)
    hold_until = models.DateTimeField(null=True, blank=True)

    objects = LeaseQuerySet.as_manager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="card_leased_once",
                expressions=[("card", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
                condition=Q(state__in=["held", "leased", "releasing"]),
            ),
            models.CheckConstraint(
                name="held_lease_has_expiry", condition=~Q(state="held") | Q(hold_until__isnull=False)
            ),
            models.UniqueConstraint(
                name="card_quarantined_by_one_lease", fields=["card"], condition=Q(state="unproven")
            ),
        ]
        indexes = [
            models.Index(
                name="occupying_leases", fields=["card"], condition=Q(state__in=["held", "leased", "releasing"])
            )
        ]

    def __str__(self) -> str:
        return f"{self.card_id} {self.state}"
