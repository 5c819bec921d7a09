"""What the register and the workspace show: supply of the current province with its stock and the time of it."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch

from marketplace.catalog.models import Offer, PlanVersion, Pool, Provider, Site
from portal.directory.models import Availability, Identifier


def sites() -> list[Site]:
    """Every site with its provider, its pools and their stock; three queries."""
    pools = Pool.objects.with_cards().select_related("card_model")
    found = list(Site.objects.select_related("provider__organisation").prefetch_related(Prefetch("pools", pools)))
    add_stock(pool for site in found for pool in site.pools.all())
    return found


def pools_of(provider: Provider) -> list[Pool]:
    """The provider's pools with their stock; two queries."""
    return add_stock(provider.pools.with_cards().select_related("card_model", "site"))


def add_stock(pools: Iterable[Pool]) -> list[Pool]:
    """Give each pool its `stock`, the count of the agent's last report, and its `identifier`, or None; two queries."""
    found: list[Any] = list(pools)
    stocks = Availability.objects.in_bulk([pool.pk for pool in found])
    identifiers = {row.pool: row for row in Identifier.objects.live().filter(pool__in=stocks).with_reports()}
    for pool in found:
        pool.stock = stocks.get(pool.pk)
        pool.identifier = identifiers.get(pool.pk)
    return found


def offers_of(provider: Provider) -> list[Offer]:
    """The provider's offers, each with `plan`, the price version on sale; two queries."""
    plans = PlanVersion.objects.order_by("offer_id", "-version").distinct("offer_id")
    found: list[Any] = list(provider.offers.prefetch_related(Prefetch("plans", plans, to_attr="latest")))
    for offer in found:
        offer.plan = next(iter(offer.latest), None)
    return found
