"""What the national pages show: provinces with their links and stock, supply by card model, the five connections.

Everything is counted from the nation's own indexes: offers and stock as they lie on the shelf in memory, the rest from
one query a table. The home page is the most asked: each process counts it once a second, and draws it once a count.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone

from portal.accounts.models import Organisation, OrganisationKind
from portal.directory.browse import shelf
from portal.directory.models import BaseModel, CardModel, OfferIndex, PurchaseMode, Unit
from portal.overview.links.state import Link, LinkState, link_of
from portal.overview.models import LinkCheck
from tenants.models import Province, ProvinceState
from tenants.remembered import Remembered

CARDS_SHOWN = 12
"""Card models with a row of their own on the home page; the others share one."""


class Report(Protocol):
    """The stock of one pool: a row of Availability, or what the shelf has of it."""

    @property
    def cards(self) -> int: ...
    @property
    def free(self) -> int: ...
    @property
    def measured_at(self) -> datetime | None: ...
    @property
    def sellable(self) -> bool: ...


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

    def add(self, pool: Report, now: datetime) -> None:
        self.cards += pool.cards
        self.pools += 1
        if pool.measured_at is None:
            return
        if self.oldest_at is None or pool.measured_at < self.oldest_at:
            self.oldest_at = pool.measured_at
        if self.measured_at is None or pool.measured_at > self.measured_at:
            self.measured_at = pool.measured_at
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


@dataclass(eq=False)
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
    drawn: dict[Hashable, str] = field(default_factory=dict)
    """What pages drew of it."""

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


def _read(_replaced: Picture | None) -> Picture:
    """Four queries beside those of the shelf."""
    now, here = timezone.now(), shelf.current()
    offers = list(here.on_sale())
    cards, provinces = card_rows(here, offers, now), province_rows(here.stock.values(), now)
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
        providers=len({offer.provider_id for offer in offers}),
        organisations=verified.count(),
        models=models["all"],
        vertical_models=models["vertical"],
        domains=models["domains"],
    )


kept = Remembered(_read, seconds=1.0)
picture = kept.get
forget = kept.forget


def province_rows(pools: Iterable[shelf.Report], now: datetime) -> list[ProvinceRow]:
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


def card_rows(here: shelf.Shelf, offers: Iterable[OfferIndex], now: datetime) -> list[CardRow]:
    """Card models on sale, most cards first; a pool that several offers sell counts once."""
    model_of: dict[UUID, str] = {}
    cheapest: dict[str, int] = {}
    for offer in offers:
        if offer.card_model_id is None or offer.pool is None:
            continue
        model = model_of[offer.pool] = offer.card_model_id
        if offer.mode == PurchaseMode.INSTANT and offer.unit == Unit.CARD_HOUR and offer.price_u is not None:
            cheapest[model] = min(offer.price_u, cheapest.get(model, offer.price_u))
    models: Mapping[str, CardModel] = here.offers.cards
    rows = {slug: CardRow(models[slug], price_from_u=cheapest.get(slug)) for slug in set(model_of.values())}
    for pool, report in here.stock.items():
        if pool in model_of:
            rows[model_of[pool]].stock.add(report, now)
    return sorted(rows.values(), key=lambda row: (-row.stock.cards, row.card.slug))


def _sum(stocks: Iterable[Stock]) -> Stock:
    whole = Stock()
    for one in stocks:
        whole.cards += one.cards
        whole.free += one.free
        whole.confirmed |= one.confirmed
        whole.measured_at = max(filter(None, (whole.measured_at, one.measured_at)), default=None)
    return whole
