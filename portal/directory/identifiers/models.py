"""The register of identifiers (算力标识): which resource has which, written as `grammar` says."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from portal.accounts.models import Organisation
from portal.directory.index.stock_models import Availability
from portal.web.wording import named


class Status(models.TextChoices):
    PENDING = "pending", pgettext_lazy("identifier", "to be verified")
    DECLARED = "declared", pgettext_lazy("identifier", "declared")
    VALID = "valid", pgettext_lazy("identifier", "valid")
    EXPIRED = "expired", pgettext_lazy("identifier", "expired")
    CANCELLED = "cancelled", pgettext_lazy("identifier", "cancelled")


class IdentifierQuerySet(models.QuerySet["Identifier"]):
    def live(self) -> Self:
        return self.filter(cancelled_at=None)

    def with_reports(self) -> Self:
        """Adds `cards`, `free`, `measured_at`, `counted` and `confirmed_at` of the pool."""
        stock = Availability.objects.filter(pool=OuterRef("pool"))
        columns = ("cards", "free", "measured_at", "counted", "confirmed_at")
        return self.annotate(**{name: Subquery(stock.values(name)) for name in columns})


class Identifier(models.Model):
    """The identifier of one pool. Its status is computed from times, never set."""

    text = models.CharField(max_length=60, unique=True)
    province = models.SlugField(max_length=63)
    province_code = models.CharField(max_length=2)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    """The provider."""
    provider_code = models.PositiveIntegerField()
    kind = models.CharField(max_length=1)
    card_model = models.ForeignKey("directory.CardModel", on_delete=models.PROTECT, related_name="+")
    site = models.UUIDField()
    site_code = models.CharField(max_length=3)
    site_zh = models.CharField(max_length=120, blank=True)
    site_en = models.CharField(max_length=160, blank=True)
    city_zh = models.CharField(max_length=40, blank=True)
    city_en = models.CharField(max_length=60, blank=True)
    serial = models.PositiveIntegerField()
    pool = models.UUIDField()
    issued_at = models.DateTimeField(default=timezone.now, editable=False)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    cards: int | None
    free: int | None
    measured_at: datetime | None
    counted: bool | None
    confirmed_at: datetime | None
    """The five that `with_reports` adds."""
    objects = IdentifierQuerySet.as_manager()

    class Meta:
        ordering = ["text"]
        constraints = [
            models.UniqueConstraint(
                name="one_live_identifier_per_pool", fields=["pool"], condition=Q(cancelled_at=None)
            ),
            models.UniqueConstraint(name="identifier_serial_once", fields=["province_code", "provider_code", "serial"]),
            models.CheckConstraint(
                name="identifier_numbers_fit",
                condition=Q(provider_code__range=(1, 999_999)) & Q(serial__range=(1, 99_999)),
            ),
            ExclusionConstraint(
                name="provider_code_names_one_provider",
                expressions=[
                    ("province_code", RangeOperators.EQUAL),
                    ("provider_code", RangeOperators.EQUAL),
                    ("organisation", RangeOperators.NOT_EQUAL),
                ],
            ),
            ExclusionConstraint(
                name="site_code_names_one_site",
                expressions=[
                    ("province_code", RangeOperators.EQUAL),
                    ("provider_code", RangeOperators.EQUAL),
                    ("site_code", RangeOperators.EQUAL),
                    ("site", RangeOperators.NOT_EQUAL),
                ],
            ),
        ]
        indexes = [
            models.Index(name="identifiers_of_provider", fields=["province", "organisation"]),
            models.Index(name="identifiers_of_pool", fields=["pool"]),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def status(self) -> Status:
        """After `with_reports`: verified by a report of counted cards that fits the register, expired a day after it.

        Cards that an agent reports and no driver counted are declared, and verified by nobody.
        """
        if self.cancelled_at is not None:
            return Status.CANCELLED
        if self.confirmed_at is None:
            return Status.PENDING if self.measured_at is None or self.counted else Status.DECLARED
        young = self.confirmed_at >= timezone.now() - settings.IDENTIFIER_VALID_FOR
        return Status.VALID if young else Status.EXPIRED

    @property
    def tone(self) -> str:
        """Of the status pill."""
        tones = {Status.PENDING: "wait", Status.DECLARED: "wait", Status.VALID: "ok"}
        return tones.get(self.status, "off")

    @property
    def site_name(self) -> str:
        return named(self, "site")

    @property
    def city(self) -> str:
        return named(self, "city")
