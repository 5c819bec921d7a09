"""Money: double entry in integer micro-yuan (1 ¥ = 1,000,000 u). Postings are written once.

An account's balance is the sum of its postings. Wallet and reserved money of an organisation can never
be negative; every transaction sums to zero, checked by the database at commit.
"""

import uuid
from datetime import datetime
from typing import Self

import pgtrigger
from django.db import models
from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from portal.accounts.models import Organisation, User
from portal.web.texts.lines import Line
from tenants.acts import Machine, Moves
from tenants.append_only import APPEND_ONLY


class AccountKind(models.TextChoices):
    WALLET = "wallet", pgettext_lazy("account", "wallet")
    RESERVED = "reserved", pgettext_lazy("account", "reserved")
    PROVIDER_PAYABLE = "provider_payable", pgettext_lazy("account", "payable to provider")
    PLATFORM_FEE = "platform_fee", pgettext_lazy("account", "platform fee")
    BANK_CLEARING = "bank_clearing", pgettext_lazy("account", "bank clearing")
    ROUNDING = "rounding", pgettext_lazy("account", "rounding")


GUARDED = (AccountKind.WALLET, AccountKind.RESERVED)
"""An organisation's own money: never below zero."""


class Account(models.Model):
    kind = models.CharField(max_length=20, choices=AccountKind)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="accounts"
    )
    province = models.SlugField(max_length=63, blank=True)
    """Province of a provider's payable; empty for all others."""
    balance_u = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_account_each", fields=["kind", "organisation", "province"], nulls_distinct=False
            ),
            models.CheckConstraint(
                name="guarded_balance_not_negative",
                condition=~Q(kind__in=["wallet", "reserved"]) | Q(balance_u__gte=0),
            ),
            models.CheckConstraint(
                name="owned_account_has_organisation",
                condition=Q(kind__in=["platform_fee", "bank_clearing", "rounding"], organisation=None)
                | Q(kind__in=["wallet", "reserved", "provider_payable"], organisation__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.organisation or ''}".strip()


class TransactionKind(models.TextChoices):
    TOP_UP = "top_up", pgettext_lazy("transaction", "top-up")
    RESERVE = "reserve", pgettext_lazy("transaction", "reservation")
    CAPTURE = "capture", pgettext_lazy("transaction", "charge for use")
    REVERSAL = "reversal", pgettext_lazy("transaction", "reversed top-up")
    RELEASE = "release", pgettext_lazy("transaction", "released reservation")


class Transaction(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=TransactionKind)
    reference = models.CharField(max_length=120)
    """What it belongs to, unique per kind: a second booking of the same thing is refused."""
    at = models.DateTimeField(db_default=models.functions.Now(), editable=False)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-at"]
        constraints = [models.UniqueConstraint(name="booked_once", fields=["kind", "reference"])]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"


class Posting(models.Model):
    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="postings")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="postings")
    amount_u = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="posting_not_zero", condition=~Q(amount_u=0)),
            models.UniqueConstraint(name="one_posting_per_account", fields=["transaction", "account"]),
        ]
        triggers = [
            *APPEND_ONLY,
            pgtrigger.Trigger(
                name="sums_to_zero",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                func="""
                    IF (SELECT sum(amount_u) FROM public.ledger_posting WHERE transaction_id = NEW.transaction_id) <> 0
                    THEN RAISE EXCEPTION 'postings of transaction % do not sum to zero', NEW.transaction_id
                        USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_u} u"


class Reservation(models.Model):
    """Money held for one order of a purchase: reserved − captured − released is still open (I8)."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="reservations")
    purchase_id = models.UUIDField(db_index=True)
    province = models.SlugField(max_length=63)
    order_id = models.UUIDField(unique=True)
    reserved_u = models.BigIntegerField()
    captured_u = models.BigIntegerField(default=0)
    released_u = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="reservation_within_bounds",
                condition=Q(reserved_u__gte=0, captured_u__gte=0, released_u__gte=0)
                & Q(reserved_u__gte=F("captured_u") + F("released_u")),
            ),
            models.CheckConstraint(
                name="closed_reservation_is_used_up",
                condition=Q(closed_at=None) | Q(reserved_u=F("captured_u") + F("released_u")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.province} {self.order_id}"

    @property
    def open_u(self) -> int:
        return self.reserved_u - self.captured_u - self.released_u


class TopUpState(models.TextChoices):
    AWAITING_SECOND = "awaiting_second", pgettext_lazy("top-up", "waiting for a second officer")
    BOOKED = "booked", pgettext_lazy("top-up", "booked")
    REFUSED = "refused", pgettext_lazy("top-up", "refused")
    REVERSING = "reversing", pgettext_lazy("top-up", "booked; its reversal waits for a second officer")
    REVERSED = "reversed", pgettext_lazy("top-up", "reversed")


class TopUpQuerySet(models.QuerySet["TopUp"]):
    def awaiting_second(self) -> Self:
        return self.filter(state=TopUpState.AWAITING_SECOND)

    def booked_alone(self, day: datetime) -> Self:
        """Booked on this day of Beijing by the officer who recorded them: one pair of eyes saw them."""
        midnight = timezone.localtime(day).replace(hour=0, minute=0, second=0, microsecond=0)
        booked = [TopUpState.BOOKED, TopUpState.REVERSING]
        return self.filter(state__in=booked, decided_by=F("recorded_by"), decided_at__gte=midnight)

    def standing(self) -> Self:
        """Those that keep their reference: a reversed transfer may be recorded anew, for another payer."""
        return self.exclude(state=TopUpState.REVERSED)

    def reversed(self) -> Self:
        return self.filter(state=TopUpState.REVERSED)

    def awaiting_reversal(self) -> Self:
        return self.filter(state=TopUpState.REVERSING)

    def total_u(self) -> int:
        return int(self.aggregate(total=Sum("amount_u", default=0))["total"])


class TopUp(Moves):
    """A bank transfer that finance recorded; above the limit of the day a second officer books it."""

    moves = Machine(
        {
            TopUpState.AWAITING_SECOND: {TopUpState.BOOKED, TopUpState.REFUSED},
            TopUpState.BOOKED: {TopUpState.REVERSING},
            TopUpState.REVERSING: {TopUpState.REVERSED, TopUpState.BOOKED},
            TopUpState.REVERSED: set(),
            TopUpState.REFUSED: set(),
        }
    )

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="top_ups")
    amount_u = models.BigIntegerField()
    bank_reference = Line(max_length=60)
    reference_key = models.CharField(max_length=120, blank=True, default="", db_default="", editable=False)
    """Normal form of the reference, by which a transfer is known; empty for an old one that shares it with another."""
    state = models.CharField(max_length=16, choices=TopUpState, default=TopUpState.AWAITING_SECOND)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    reversal_reason = models.TextField(blank=True, default="", db_default="")
    reversal_asked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reversed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reversed_at = models.DateTimeField(null=True, blank=True)

    objects = TopUpQuerySet.as_manager()

    class Meta:
        ordering = ["-recorded_at"]
        constraints = [
            models.CheckConstraint(name="top_up_positive", condition=Q(amount_u__gt=0)),
            models.UniqueConstraint(
                name="transfer_recorded_once",
                fields=["reference_key"],
                condition=~Q(state="reversed") & ~Q(reference_key=""),
            ),
            models.CheckConstraint(
                name="reversal_by_two_people",
                condition=~Q(state__in=["reversing", "reversed"])
                | (Q(reversal_asked_by__isnull=False) & ~Q(reversal_reason="")),
            ),
            models.CheckConstraint(
                name="reversed_by_another",
                condition=~Q(state="reversed")
                | (Q(reversed_by__isnull=False, reversed_at__isnull=False) & ~Q(reversed_by=F("reversal_asked_by"))),
            ),
        ]

    def __str__(self) -> str:
        return self.bank_reference
