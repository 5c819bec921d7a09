"""What the national pages show: provinces with their links and stock, supply by card model, the five connections.

Everything is counted from the nation's own indexes: a page asks each table once and adds up here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone

from portal.accounts.models import Organisation, OrganisationKind
from portal.directory.models import Availability, BaseModel, CardModel, OfferIndex
from portal.overview.links.state import Link, LinkState, link_of
from portal.overview.models import LinkCheck
from tenants.models import Province, ProvinceState

CARDS_SHOWN = 12
"""Card models with a row of their own on the home page; the others share one."""


@dataclass
class Stock:
    """Cards of some pools. `free` counts only what is sold and an agent confirmed within the last 60 s."""

    sells: bool = True
    """The province does: in one that is suspended nothing is free, whatever its agents count."""
    cards: int = 0
    free: int = 0
    measured_at: datetime | None = None
    """Time of the latest report among the pools."""
    confirmed: bool = False
    pools: int = 0
    fresh_pools: int = 0
    """Of these, those counted within the last 60 s."""
    oldest_at: datetime | None = None
    """Oldest of the latest reports of its pools: nothing shown is older."""

    def add(self, pool: Availability, now: datetime) -> None:
        self.cards += pool.cards
        self.pools += 1
        if pool.measured_at is None:
            return
        self.oldest_at = min(filter(None, (self.oldest_at, pool.measured_at)))
        self.measured_at = max(filter(None, (self.measured_at, pool.measured_at)))
        if now - pool.measured_at <= settings.STOCK_FRESH_FOR:
            self.confirmed = True
            self.fresh_pools += 1
            self.free += pool.free if pool.sellable and self.sells else 0


@dataclass
class ProvinceRow:
    province: Province
    link: Link
    stock: Stock

    @property
    def is_open(self) -> bool:
        return self.link.state not in {LinkState.PLANNED, LinkState.SUSPENDED, LinkState.CLOSED}

    @property
    def has_page(self) -> bool:
        return self.link.state not in {LinkState.PLANNED, LinkState.CLOSED}


@dataclass
class CardRow:
    card: CardModel
    stock: Stock = field(default_factory=Stock)
    price_from_u: int | None = None


@dataclass
class Picture:
    """One look at the nation, taken at `now`."""

    now: datetime
    provinces: list[ProvinceRow]
    cards: list[CardRow]
    stock: Stock
    card_stock: Stock
    """Of the pools that some offer on sale sells."""
    offers: int
    providers: int
    organisations: int
    models: int
    vertical_models: int
    domains: int

    @property
    def connected(self) -> list[ProvinceRow]:
        return [row for row in self.provinces if row.has_page]

    @property
    def planned(self) -> list[ProvinceRow]:
        return [row for row in self.provinces if not row.has_page]

    @property
    def shown_cards(self) -> list[CardRow]:
        """The models with most cards."""
        return self.cards[:CARDS_SHOWN]

    @property
    def other_cards(self) -> int:
        """Number of models behind those shown."""
        return max(0, len(self.cards) - CARDS_SHOWN)

    @property
    def other_stock(self) -> Stock:
        return _sum(row.stock for row in self.cards[CARDS_SHOWN:])

    @property
    def most_cards(self) -> int:
        return max((row.stock.cards for row in self.cards), default=0)

    def counted(self, *states: LinkState) -> int:
        return sum(row.link.state in states for row in self.provinces)

    @property
    def up(self) -> int:
        return self.counted(LinkState.UP)

    @property
    def disturbed(self) -> int:
        return len(self.provinces) - self.up - self.not_yet - self.closed

    @property
    def not_yet(self) -> int:
        return self.counted(LinkState.PLANNED)

    @property
    def closed(self) -> int:
        return self.counted(LinkState.CLOSED)

    @property
    def open(self) -> int:
        return sum(row.is_open for row in self.provinces)


def picture() -> Picture:
    """Everything the national home shows; seven queries."""
    now = timezone.now()
    pools = list(Availability.objects.all())
    offers = list(
        OfferIndex.objects.on_sale().values_list("pool", "card_model_id", "price_u", "mode", "unit", "provider_id")
    )
    cards, provinces = card_rows(pools, offers, now), province_rows(pools, now)
    models = BaseModel.objects.aggregate(
        all=Count("slug"),
        vertical=Count("slug", filter=Q(kind="vertical")),
        domains=Count("domain", filter=Q(kind="vertical"), distinct=True),
    )
    verified = Organisation.objects.filter(state="verified").exclude(kind=OrganisationKind.PROVIDER)
    return Picture(
        now=now,
        provinces=provinces,
        cards=cards,
        stock=_sum(row.stock for row in provinces),
        card_stock=_sum(row.stock for row in cards),
        offers=len(offers),
        providers=len({provider for *_rest, provider in offers}),
        organisations=verified.count(),
        models=models["all"],
        vertical_models=models["vertical"],
        domains=models["domains"],
    )


def province_rows(pools: Iterable[Availability], now: datetime) -> list[ProvinceRow]:
    """All known divisions in the order of the tiles, with link and stock."""
    found = list(Province.objects.provinces().order_by("grid_row", "grid_col"))
    stocks = {one.slug: Stock(sells=one.state == ProvinceState.OPEN) for one in found}
    for pool in pools:
        if pool.province in stocks:
            stocks[pool.province].add(pool, now)
    checks = LinkCheck.objects.in_bulk()
    return [_row(one, stocks[one.slug], checks.get(one.slug), now) for one in found]


def _row(province: Province, stock: Stock, check: LinkCheck | None, now: datetime) -> ProvinceRow:
    return ProvinceRow(province, link_of(province, stock.measured_at, now=now, check=check), stock)


def card_rows(pools: Iterable[Availability], offers: Iterable[tuple], now: datetime) -> list[CardRow]:
    """Card models on sale, most cards first; a pool that several offers sell counts once."""
    model_of: dict[UUID, str] = {}
    cheapest: dict[str, int] = {}
    for pool, model, price_u, mode, unit, _provider in offers:
        if model is None or pool is None:
            continue
        model_of[pool] = model
        if mode == "instant" and unit == "card-hour" and price_u is not None:
            cheapest[model] = min(price_u, cheapest.get(model, price_u))
    known = CardModel.objects.in_bulk(set(model_of.values()))
    rows = {slug: CardRow(card, price_from_u=cheapest.get(slug)) for slug, card in known.items()}
    for one in pools:
        if one.pool in model_of:
            rows[model_of[one.pool]].stock.add(one, now)
    return sorted(rows.values(), key=lambda row: (-row.stock.cards, row.card.slug))


def _sum(stocks: Iterable[Stock]) -> Stock:
    whole = Stock()
    for one in stocks:
        whole.cards += one.cards
        whole.free += one.free
        whole.confirmed |= one.confirmed
        whole.measured_at = max(filter(None, (whole.measured_at, one.measured_at)), default=None)
    return whole
