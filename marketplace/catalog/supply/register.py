"""What the register and the workspace show: supply of the current province with its stock and the time of it."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from marketplace.catalog import occupancy
from marketplace.catalog.models import STANDING, CardState, Offer, OfferState, PlanVersion, Pool, Provider, Site
from portal.directory.models import Availability, Identifier


def sites() -> list[Site]:
    """Every site with its provider, its pools and their stock; four queries."""
    pools = Pool.objects.with_cards().select_related("card_model")
    found = list(Site.objects.select_related("provider__organisation").prefetch_related(Prefetch("pools", pools)))
    add_stock(pool for site in found for pool in site.pools.all())
    return found


def sites_of(provider: Provider) -> list[Site]:
    """The provider's sites, each with `pools_count` and `cards_count`, the number of its cards in service."""
    in_service = Q(pools__cards__state=CardState.IN_SERVICE)
    counts = {"pools_count": Count("pools", distinct=True), "cards_count": Count("pools__cards", filter=in_service)}
    return list(provider.sites.annotate(**counts).order_by("name_zh", "slug"))


def pools_listed(provider: Provider) -> "QuerySet[Pool]":
    """The provider's pools with their number of cards in service, for a list."""
    return provider.pools.with_cards().select_related("card_model", "site")


def add_stock(pools: Iterable[Pool]) -> list[Pool]:
    """Give each pool its `stock`, the count of the agent's last report, and its `identifier`, or None; two queries."""
    found: list[Any] = list(pools)
    stocks = Availability.objects.in_bulk([pool.pk for pool in found])
    identifiers = {row.pool: row for row in Identifier.objects.live().filter(pool__in=stocks).with_reports()}
    for pool in found:
        pool.stock = stocks.get(pool.pk)
        pool.identifier = identifiers.get(pool.pk)
    return found


def card_counts(pool: Pool) -> dict[str, int]:
    """Cards of the pool by state, and how many of them a lease occupies (`in_use`); one query."""
    by_state = {state: Count("pk", filter=Q(state=state)) for state in CardState.values}
    return pool.cards.aggregate(in_use=Count("pk", filter=Q(occupancy.occupied())), **by_state)


def offers_of_pool(pool: Pool) -> list[Offer]:
    return list(pool.offers.exclude(state=OfferState.WITHDRAWN).order_by("state", "name_zh"))


def offers_listed(provider: Provider, text: str = "", state: str = "") -> "QuerySet[Offer]":
    """The provider's offers for a list: newest first, withdrawn ones only if asked for."""
    every = provider.offers.annotate(standing=STANDING)
    found = every.filter(standing=state) if state else every.exclude(state=OfferState.WITHDRAWN)
    if text:
        found = found.filter(Q(name_zh__icontains=text) | Q(name_en__icontains=text) | Q(sku__icontains=text))
    return found.select_related("pool__card_model").order_by("-created_at", "slug")


def add_plans(offers: Iterable[Offer]) -> list[Offer]:
    """Give each offer its `plan`, the price version on sale, or None; one query."""
    found: list[Any] = list(offers)
    plans = PlanVersion.objects.filter(offer__in=found).order_by("offer_id", "-version").distinct("offer_id")
    latest = {plan.offer_id: plan for plan in plans}
    for offer in found:
        offer.plan = latest.get(offer.pk)
    return found
