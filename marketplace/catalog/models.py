"""A province's supply: providers' sites, pools, cards, offers and immutable plan versions."""

import uuid
from typing import Self, TypeVar

import pgtrigger
from django.db import models
from django.db.models import Case, Count, Q, Value, When
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from marketplace.catalog.tables.models import TableUpload
from portal.accounts.models import Organisation, User
from portal.directory.models import (
    BaseModel,
    CardModel,
    Category,
    PurchaseMode,
    Unit,
    by_language,
)
from portal.web.texts.lines import Line
from tenants.acts import Machine, Moves

__all__ = ["TableUpload"]


class ProviderQuerySet(models.QuerySet["Provider"]):
    def visible_to(self, user: User) -> Self:
        """Providers whose organisation the person belongs to."""
        return self.filter(organisation__memberships__user=user, organisation__memberships__active=True)


class Provider(models.Model):
    """An organisation that sells in this province."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="+")
    slug = models.SlugField(max_length=60, unique=True)
    short_zh = Line(max_length=40)
    kind = models.CharField(max_length=40, blank=True)
    paused = models.BooleanField(default=False)
    """A paused provider sells nothing new; running leases stay."""
    sample = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ProviderQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug


Row = TypeVar("Row", bound=models.Model)


class OfProvider(models.QuerySet[Row]):
    """Rows with a `provider`."""

    def visible_to(self, user: User) -> Self:
        """Those of the providers whose organisation the person belongs to."""
        return self.filter(
            provider__organisation__memberships__user=user, provider__organisation__memberships__active=True
        )


class Site(models.Model):
    """A data centre (数据中心 / 机房). Rates and shares are 0 to 1; round trips in milliseconds."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="sites")
    slug = models.SlugField(max_length=60, unique=True)
    name_zh = Line(max_length=120)
    name_en = Line(max_length=160, blank=True)
    city_zh = Line(max_length=40)
    city_en = Line(max_length=60, blank=True)
    racks = models.PositiveIntegerField(null=True, blank=True)
    rack_rate = models.DecimalField(max_digits=4, decimal_places=3, null=True, blank=True)
    pue = models.DecimalField(max_digits=4, decimal_places=2, null=True, blank=True)
    green_share = models.DecimalField(max_digits=4, decimal_places=3, null=True, blank=True)
    rtt_ms_beijing = models.DecimalField(max_digits=6, decimal_places=1, null=True, blank=True)
    rtt_ms_shanghai = models.DecimalField(max_digits=6, decimal_places=1, null=True, blank=True)
    rtt_ms_guangzhou = models.DecimalField(max_digits=6, decimal_places=1, null=True, blank=True)
    sample = models.BooleanField(default=False)

    objects = OfProvider["Site"].as_manager()

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                name="site_shares_between_0_and_1",
                condition=(Q(rack_rate=None) | Q(rack_rate__range=(0, 1)))
                & (Q(green_share=None) | Q(green_share__range=(0, 1))),
            ),
            models.CheckConstraint(name="site_pue_from_1_to_below_3", condition=Q(pue=None) | Q(pue__gte=1, pue__lt=3)),
            models.CheckConstraint(
                name="site_round_trips_not_negative",
                condition=(Q(rtt_ms_beijing=None) | Q(rtt_ms_beijing__gte=0))
                & (Q(rtt_ms_shanghai=None) | Q(rtt_ms_shanghai__gte=0))
                & (Q(rtt_ms_guangzhou=None) | Q(rtt_ms_guangzhou__gte=0)),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return by_language(self.name_zh, self.name_en)

    @property
    def city(self) -> str:
        return by_language(self.city_zh, self.city_en)


class PoolMode(models.TextChoices):
    DISCRETE = "discrete", pgettext_lazy("pool", "discrete cards")
    SERVER = "server", pgettext_lazy("pool", "whole servers")
    CLUSTER = "cluster", pgettext_lazy("pool", "cluster")


class PoolQuerySet(OfProvider["Pool"]):
    def with_cards(self) -> Self:
        """Adds `in_service`, the number of cards in service."""
        return self.annotate(in_service=Count("cards", filter=Q(cards__state="in_service"))).order_by("slug")

    def locked(self) -> Self:
        """In the lock order (ARCHITECTURE.md): who has them waits for buyers, and buyers for him."""
        return self.order_by("pk").select_for_update(of=("self",), no_key=True)


class Pool(models.Model):
    """Homogeneous cards at one site (资源池)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="pools")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="pools")
    slug = models.SlugField(max_length=80, unique=True)
    card_model = models.ForeignKey(CardModel, on_delete=models.PROTECT, related_name="+")
    mode = models.CharField(max_length=10, choices=PoolMode)
    network = Line(max_length=20, blank=True)
    paused = models.BooleanField(default=False)
    """By its provider."""
    paused_by_staff = models.BooleanField(default=False, db_default=False)
    """By staff of the province; its provider cannot lift it."""
    sample = models.BooleanField(default=False)

    in_service: int
    """Added by `with_cards`."""
    objects = PoolQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug

    @property
    def is_paused(self) -> bool:
        return self.paused or self.paused_by_staff


class CardState(models.TextChoices):
    IN_SERVICE = "in_service", pgettext_lazy("card", "in service")
    MAINTENANCE = "maintenance", pgettext_lazy("card", "under maintenance")
    QUARANTINED = "quarantined", pgettext_lazy("card", "in quarantine")
    RETIRED = "retired", pgettext_lazy("card", "retired")


class Card(Moves):
    """One accelerator with a serial."""

    moves = Machine(
        {
            CardState.IN_SERVICE: {CardState.MAINTENANCE, CardState.QUARANTINED, CardState.RETIRED},
            CardState.MAINTENANCE: {CardState.IN_SERVICE, CardState.RETIRED},
            CardState.QUARANTINED: {CardState.IN_SERVICE},
            CardState.RETIRED: set(),
        }
    )

    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="cards")
    serial = models.CharField(max_length=100, unique=True)
    node = models.CharField(max_length=80)
    state = models.CharField(max_length=12, choices=CardState, default=CardState.IN_SERVICE)
    quarantined_at = models.DateTimeField(null=True, blank=True)
    """Since when nobody could prove that the last lease's workspace is gone; only an operator lifts it."""

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(Lower("serial"), name="serial_once_in_any_case"),
            models.CheckConstraint(
                name="quarantined_card_has_time",
                condition=Q(state="quarantined", quarantined_at__isnull=False)
                | ~Q(state="quarantined") & Q(quarantined_at=None),
            ),
        ]
        indexes = [
            models.Index(name="cards_in_service", fields=["pool", "node", "id"], condition=Q(state="in_service"))
        ]

    def __str__(self) -> str:
        return self.serial

    @property
    def movable(self) -> bool:
        """Its provider can move it to another state."""
        return self.state not in (CardState.QUARANTINED, CardState.RETIRED)


UNITS_OF: dict[Category, tuple[Unit, ...]] = {
    Category.GENERAL: (Unit.CORE_HOUR, Unit.SERVER_MONTH),
    Category.INTELLIGENT: (Unit.CARD_HOUR, Unit.SERVER_MONTH),
    Category.HPC: (Unit.CORE_HOUR, Unit.CARD_HOUR, Unit.SERVER_MONTH),
    Category.STORAGE: (Unit.TB_MONTH,),
    Category.NETWORK: (Unit.GBPS_MONTH, Unit.GBPS_DAY, Unit.PACKAGE),
    Category.MODEL_SERVICE: (Unit.MILLION_TOKENS, Unit.TEN_K_CHARACTERS, Unit.AUDIO_HOUR, Unit.VIDEO_SECOND),
}
"""The units each category is priced in."""


class OfferState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("offer", "draft")
    PUBLISHED = "published", pgettext_lazy("offer", "published")
    PAUSED = "paused", pgettext_lazy("offer", "paused")
    WITHDRAWN = "withdrawn", pgettext_lazy("offer", "withdrawn")


STANDING = Case(When(state=OfferState.PUBLISHED, paused_by_staff=True, then=Value(OfferState.PAUSED)), default="state")
"""An offer's state as people see it: “paused” too where staff have paused what is published."""


class OfferQuerySet(OfProvider["Offer"]):
    def published(self) -> Self:
        """On sale: published, and not paused by anybody."""
        return self.filter(state=OfferState.PUBLISHED, paused_by_staff=False)


class Offer(Moves):
    """What a buyer sees (产品)."""

    moves = Machine(
        {
            OfferState.DRAFT: {OfferState.PUBLISHED, OfferState.WITHDRAWN},
            OfferState.PUBLISHED: {OfferState.PAUSED, OfferState.WITHDRAWN},
            OfferState.PAUSED: {OfferState.PUBLISHED, OfferState.WITHDRAWN},
            OfferState.WITHDRAWN: set(),
        }
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="offers")
    slug = models.SlugField(max_length=80, unique=True)
    name_zh = Line(max_length=120)
    name_en = Line(max_length=160, blank=True)
    summary_zh = models.TextField(blank=True)
    summary_en = models.TextField(blank=True)
    category = models.CharField(max_length=16, choices=Category)
    mode = models.CharField(max_length=8, choices=PurchaseMode)
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, null=True, blank=True, related_name="offers")
    base_model = models.ForeignKey(BaseModel, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    sku = Line(max_length=120, blank=True)
    min_hours = models.PositiveIntegerField(default=1)
    sla_percent = models.DecimalField(max_digits=6, decimal_places=3, null=True, blank=True)
    """Promised availability, per cent of a service month of 43,200 minutes."""
    state = models.CharField(max_length=10, choices=OfferState, default=OfferState.DRAFT)
    paused_by_staff = models.BooleanField(default=False, db_default=False)
    """Not sold, whatever its state, until staff of the province lift it."""
    published_at = models.DateTimeField(null=True, blank=True)
    sample = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OfferQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                name="published_offer_has_time", condition=~Q(state="published") | Q(published_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return by_language(self.name_zh, self.name_en)

    def may_cost(self, price_u: int | None) -> bool:
        """Whether it may be sold at this price: only quotations go without one, and only trials cost nothing."""
        if price_u is None:
            return self.mode == PurchaseMode.QUOTE
        return price_u > 0 or self.mode == PurchaseMode.TRIAL

    def current_plan(self) -> "PlanVersion | None":
        """The newest price, which is the one on sale."""
        return max(self.plans.all(), key=lambda plan: plan.version, default=None)


class PlanVersion(models.Model):
    """An immutable price of an offer; the newest version is on sale, a live lease keeps its own."""

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="plans")
    version = models.PositiveIntegerField()
    unit = models.CharField(max_length=16, choices=Unit)
    price_u = models.BigIntegerField(null=True, blank=True)
    """Micro-yuan per unit, tax included; empty where the price is quoted."""
    price_out_u = models.BigIntegerField(null=True, blank=True)
    """Micro-yuan per million tokens put out, for model services."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["offer", "-version"]
        constraints = [
            models.UniqueConstraint(name="plan_version_once", fields=["offer", "version"]),
            models.CheckConstraint(name="price_not_negative", condition=Q(price_u=None) | Q(price_u__gte=0)),
        ]
        triggers = [pgtrigger.Protect(name="immutable", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.offer_id} v{self.version}"
