"""What a province's home shows of itself: its sites, pools and reports, and what it has on sale."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Case, F, When
from django.utils import timezone

from marketplace.catalog.models import Pool, Site
from marketplace.catalog.supply import register
from portal.directory.models import OfferIndex, Unit
from portal.overview.home.national import Stock
from portal.overview.links.state import Link, link_of
from portal.overview.models import Alarm, LinkCheck
from tenants.models import Province, ProvinceState

OFFERS_SHOWN = 8
CARDS_FIRST = Case(When(unit=Unit.CARD_HOUR, then=0), default=1)


@dataclass
class SiteRow:
    site: Site
    stock: Stock


@dataclass
class PoolRow:
    pool: Pool
    site: Site
    stock: Stock
    seen: bool
    """Its agent confirmed the stock within the last 60 s."""


@dataclass
class ProvincePicture:
    now: datetime
    link: Link
    stock: Stock
    sites: list[SiteRow]
    pools: list[PoolRow]
    offers: list[OfferIndex]
    offers_total: int
    providers: int
    alarms: list[Alarm]
    """Open ones over its link."""

    @property
    def racks(self) -> int:
        return sum(row.site.racks or 0 for row in self.sites)


def picture(province: Province) -> ProvincePicture:
    """The current province; the connection is in its schema."""
    now = timezone.now()
    sites = register.sites()
    empty = partial(Stock, sells=province.state == ProvinceState.OPEN)
    stocks: dict[Any, Stock] = defaultdict(empty)
    whole, pools = empty(), []
    for site in sites:
        for pool in site.pools.all():
            own = empty()
            if count := pool.stock:  # type: ignore[attr-defined]  # given by register.sites
                for stock in (own, stocks[site.pk], whole):
                    stock.add(count, now)
            pools.append(PoolRow(pool, site, own, own.confirmed))
    on_sale = OfferIndex.objects.on_sale().filter(province=province.slug)
    shown = on_sale.with_stock().select_related("card_model").for_list()
    in_order = shown.order_by(F("on_shelf").desc(), CARDS_FIRST, "unit", "price_u", "id")
    offers = list(in_order[:OFFERS_SHOWN])
    return ProvincePicture(
        now=now,
        link=link_of(province, whole.measured_at, now=now, check=LinkCheck.objects.filter(pk=province.slug).first()),
        stock=whole,
        sites=[SiteRow(site, stocks[site.pk]) for site in sites],
        pools=sorted(pools, key=lambda row: (-row.stock.cards, row.pool.slug)),
        offers=offers,
        offers_total=on_sale.count(),
        providers=len({site.provider_id for site in sites}),
        alarms=list(Alarm.objects.open().of_links().filter(province=province.slug)),
    )
