"""What the nation shows of its provinces: the index of offers and orders.

Facts that decide a sale live in the province's schema; a row here is written in the same transaction
(offers, orders) or refreshed with a time (stock). From here a province is named by slug and uuid, no foreign key.
"""

import uuid
from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Exists, ExpressionWrapper, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from portal.accounts.models import Organisation
from portal.directory.identifiers.models import Identifier
from portal.directory.index.stock_models import Availability
from portal.directory.measuring import sold_at_once
from portal.directory.taxonomy.models import BaseModel, CardModel, by_language
from tenants import hosts
from tenants.models import Province

FEW = 2
"""So many free cards or fewer are shown as the last ones."""


class Category(models.TextChoices):
    GENERAL = "general", pgettext_lazy("category", "general computing")
    INTELLIGENT = "intelligent", pgettext_lazy("category", "intelligent computing")
    HPC = "hpc", pgettext_lazy("category", "supercomputing")
    STORAGE = "storage", pgettext_lazy("category", "storage")
    NETWORK = "network", pgettext_lazy("category", "network")
    MODEL_SERVICE = "model-service", pgettext_lazy("category", "model service")


class PurchaseMode(models.TextChoices):
    INSTANT = "instant", pgettext_lazy("mode", "instant")
    QUOTE = "quote", pgettext_lazy("mode", "on quotation")
    TRIAL = "trial", pgettext_lazy("mode", "trial")


class Unit(models.TextChoices):
    CARD_HOUR = "card-hour", pgettext_lazy("unit", "card-hour")
    CORE_HOUR = "core-hour", pgettext_lazy("unit", "core-hour")
    SERVER_MONTH = "server-month", pgettext_lazy("unit", "server-month")
    TB_MONTH = "TB-month", pgettext_lazy("unit", "TB-month")
    MILLION_TOKENS = "million-tokens", pgettext_lazy("unit", "million tokens")
    GBPS_MONTH = "Gbps-month", pgettext_lazy("unit", "Gbps-month")
    GBPS_DAY = "Gbps-day", pgettext_lazy("unit", "Gbps-day")
    PACKAGE = "package", pgettext_lazy("unit", "package")
    TEN_K_CHARACTERS = "10k-characters", pgettext_lazy("unit", "10,000 characters")
    AUDIO_HOUR = "audio-hour", pgettext_lazy("unit", "hour of audio")
    VIDEO_SECOND = "video-second", pgettext_lazy("unit", "second of video")


def _on_sale() -> Q:
    return Q(paused=False, province__in=Province.objects.open().values("schema_name"))


class OfferQuerySet(models.QuerySet["OfferIndex"]):
    def on_sale(self) -> Self:
        """Not paused, and the province sells."""
        return self.filter(_on_sale())

    def orderable(self) -> Self:
        """What the instant cards page sells: cards by the hour, activated at once."""
        return self.filter(mode=PurchaseMode.INSTANT, unit=Unit.CARD_HOUR, card_model__isnull=False)

    def for_card(self, card_model: "CardModel | str") -> Self:
        return self.filter(card_model=card_model)

    def with_stock(self) -> Self:
        """Adds `free`, `measured_at`, `sellable`, `counted` of the pool, `fresh`, and `on_shelf`: can be bought now."""
        stock = Availability.objects.filter(pool=OuterRef("pool"))
        return self.annotate(
            free=Subquery(stock.values("free")),
            measured_at=Subquery(stock.values("measured_at")),
            sellable=Subquery(stock.values("sellable")),
            counted=Subquery(stock.values("counted")),
            fresh=Exists(stock.fresh()),
            on_shelf=ExpressionWrapper(_on_sale() & Q(Exists(stock.for_sale())), models.BooleanField()),
        )

    def with_identifier(self) -> Self:
        """Adds `identifier`, that of the pool."""
        live = Identifier.objects.live().filter(pool=OuterRef("pool"))
        return self.annotate(identifier=Subquery(live.values("text")))

    def in_stock(self) -> Self:
        """Sold by a pool with free cards that an agent counted within the last 60 s."""
        return self.filter(Exists(Availability.objects.for_sale().filter(pool=OuterRef("pool"))))

    def for_list(self) -> Self:
        """Without the long columns that a list does not show."""
        return self.defer("search_text", "search_sounds", "summary_zh", "summary_en", "prices")


class OfferIndex(models.Model):
    """One published or paused offer of a province, with all that the national catalogue shows and filters."""

    id = models.UUIDField(primary_key=True, editable=False)
    """The offer's uuid in its province."""
    province = models.SlugField(max_length=63)
    slug = models.SlugField(max_length=80)
    provider = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    provider_zh = models.CharField(max_length=120)
    provider_en = models.CharField(max_length=160, blank=True)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    summary_zh = models.TextField(blank=True)
    summary_en = models.TextField(blank=True)
    category = models.CharField(max_length=16, choices=Category)
    mode = models.CharField(max_length=8, choices=PurchaseMode)
    unit = models.CharField(max_length=16, choices=Unit)
    price_u = models.BigIntegerField(null=True, blank=True)
    price_out_u = models.BigIntegerField(null=True, blank=True)
    sla_percent = models.DecimalField(max_digits=6, decimal_places=3, null=True, blank=True)
    card_model = models.ForeignKey(CardModel, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    base_model = models.ForeignKey(BaseModel, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    pool = models.UUIDField(null=True, blank=True)
    pool_mode = models.CharField(max_length=10, blank=True)
    network = models.CharField(max_length=20, blank=True)
    min_hours = models.PositiveIntegerField(default=1)
    site_zh = models.CharField(max_length=120, blank=True)
    site_en = models.CharField(max_length=160, blank=True)
    city_zh = models.CharField(max_length=40, blank=True)
    city_en = models.CharField(max_length=60, blank=True)
    green_share = models.DecimalField(max_digits=4, decimal_places=3, null=True, blank=True)
    rtt_ms_beijing = models.DecimalField(max_digits=6, decimal_places=1, null=True, blank=True)
    rtt_ms_shanghai = models.DecimalField(max_digits=6, decimal_places=1, null=True, blank=True)
    rtt_ms_guangzhou = models.DecimalField(max_digits=6, decimal_places=1, null=True, blank=True)
    racks = models.PositiveIntegerField(null=True, blank=True)
    rack_rate = models.DecimalField(max_digits=4, decimal_places=3, null=True, blank=True)
    pue = models.DecimalField(max_digits=4, decimal_places=2, null=True, blank=True)
    version = models.PositiveIntegerField()
    """Version of the offer's plan that is on sale."""
    prices = models.JSONField(default=list, blank=True)
    """Every version of the plan, newest first: `version`, `unit`, `price_u`, `price_out_u`, `since` (ISO 8601)."""
    paused = models.BooleanField(default=False)
    search_text = models.TextField()
    """Names, provider, place, card and SKU in both languages, in the form of `portal.directory.finding`."""
    search_sounds = models.TextField(blank=True, default="", db_default="")
    """The Chinese ones among them in pinyin."""
    sample = models.BooleanField(default=False)
    published_at = models.DateTimeField()
    updated_at = models.DateTimeField(default=timezone.now)

    free: int | None
    measured_at: datetime | None
    sellable: bool | None
    counted: bool | None
    fresh: bool
    on_shelf: bool
    """The six that `with_stock` adds."""
    identifier: str | None
    """Added by `with_identifier`."""
    drawn: dict[tuple[Any, ...], Any]
    """Parts of pages that were drawn from this row already, on the shelf (`portal.directory.browse.shelf`)."""
    without: str
    """The comparison's address without this offer, set by the comparison."""

    objects = OfferQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(name="offer_slug_once_per_province", fields=["province", "slug"])]
        indexes = [
            models.Index(name="offer_by_card", fields=["card_model", "price_u"]),
            models.Index(name="offer_by_province", fields=["province", "category"]),
            models.Index(name="offer_by_price", fields=["price_u", "id"]),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return by_language(self.name_zh, self.name_en)

    @property
    def shelf(self) -> str:
        """Stock in one word, after `with_stock`: uncounted, stale, sold_out, few or some."""
        if self.pool is None:
            return "uncounted"
        if not self.fresh or not self.sellable or self.free is None:
            return "stale"
        return "sold_out" if self.free == 0 else "few" if self.free <= FEW else "some"

    @property
    def declared(self) -> bool:
        """After `with_stock`: the agent reports the cards, and no driver counted them."""
        return self.measured_at is not None and not self.counted

    @property
    def only_by_quote(self) -> bool:
        return self.declared and not sold_at_once(counted=False)

    def price_versions(self) -> list[dict[str, Any]]:
        """The versions of the plan, newest first, with times and the unit's name for people."""
        names = dict(Unit.choices)
        return [
            {**one, "since": datetime.fromisoformat(one["since"]), "unit_name": names.get(one["unit"], one["unit"])}
            for one in self.prices
        ]

    @property
    def orderable(self) -> bool:
        """Whether the instant cards page sells it: cards by the hour, activated at once."""
        return self.mode == PurchaseMode.INSTANT and self.unit == Unit.CARD_HOUR and self.card_model_id is not None

    @property
    def place(self) -> str:
        """City and province as an address is written: 山西省大同, or Datong, Shanxi."""
        province = hosts.named(self.province).name
        return by_language(f"{province}{self.city}", ", ".join(filter(None, (self.city, province))))

    @property
    def provider_name(self) -> str:
        return by_language(self.provider_zh, self.provider_en)

    @property
    def site_name(self) -> str:
        return by_language(self.site_zh, self.site_en)

    @property
    def city(self) -> str:
        return by_language(self.city_zh, self.city_en)


class OrderIndex(models.Model):
    """One order of a province, for the buyer's national list; written in the order's own transaction (I7)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    province = models.SlugField(max_length=63)
    number = models.CharField(max_length=24, unique=True)
    purchase_id = models.UUIDField(db_index=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=20)
    cards = models.PositiveIntegerField()
    total_u = models.BigIntegerField()
    placed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(name="orders_of_organisation", fields=["organisation", "-placed_at"])]

    def __str__(self) -> str:
        return self.number
