"""Providers, sites, pools, cards and offers of one province of the sample world."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from django.db import transaction
from django.utils import timezone

from marketplace.catalog import actions
from marketplace.catalog.models import Card, Offer, OfferState, PlanVersion, Pool, Provider, Site
from portal.accounts.models import Organisation, OrganisationKind, OrganisationState
from portal.runtime.sample.tables import Row, micro_yuan, number, rows, sample_id
from tenants.context import in_province

SITE_FIGURES = ("rack_rate", "pue", "green_share", "rtt_ms_beijing", "rtt_ms_shanghai", "rtt_ms_guangzhou")
CARDS_OF_A_SERVER = 8


@dataclass
class Supply:
    """Table rows of one province."""

    province: str
    providers: list[Row] = field(default_factory=list)
    sites: list[Row] = field(default_factory=list)
    pools: list[Row] = field(default_factory=list)
    products: list[Row] = field(default_factory=list)

    def add(self, other: "Supply") -> None:
        self.providers += other.providers
        self.sites += other.sites
        self.pools += other.pools
        self.products += other.products


def by_province() -> dict[str, Supply]:
    """The sample supply of every province that has a verified provider."""
    found: dict[str, Supply] = {}
    for row in rows("providers_sample"):
        if row["verification"] == "verified":
            found.setdefault(row["province"], Supply(row["province"])).providers.append(row)
    for table in ("sites", "pools", "products"):
        for row in rows(f"{table}_sample"):
            getattr(found[row["province"]], table).append(row)
    return found


def add_organisations(providers: Iterable[Row]) -> None:
    """Providers' organisations, verified where the table says so, the others waiting for verification."""
    Organisation.objects.bulk_create(map(organisation, providers), ignore_conflicts=True)


def organisation(row: Row) -> Organisation:
    verified = row["verification"] == "verified"
    now = timezone.now()
    return Organisation(
        id=sample_id("organisation", row["slug"]),
        uscc=row["uscc"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        kind=OrganisationKind.PROVIDER,
        province=row["province"],
        state=OrganisationState.VERIFIED if verified else OrganisationState.PENDING,
        submitted_at=now,
        verified_at=now if verified else None,
        sample=True,
    )


def load_province(supply: Supply) -> None:
    """Add what is missing and publish what is still a draft; offers that somebody paused or withdrew stay so."""
    with in_province(supply.province), transaction.atomic():
        stocked = set(Pool.objects.filter(cards__isnull=False).distinct().values_list("slug", flat=True))
        actions.register_supply(
            providers=[provider(row) for row in supply.providers],
            sites=[site(row) for row in supply.sites],
            pools=[pool(row) for row in supply.pools],
            cards=[card for row in supply.pools if row["slug"] not in stocked for card in cards(row)],
            offers=[offer(row, supply) for row in supply.products],
            plans=[plan(row) for row in supply.products],
        )
        for draft in Offer.objects.filter(sample=True, state=OfferState.DRAFT):
            actions.publish_offer(draft)


def provider(row: Row) -> Provider:
    return Provider(
        id=sample_id("provider", row["slug"]),
        organisation_id=sample_id("organisation", row["slug"]),
        slug=row["slug"],
        short_zh=row["short_zh"],
        kind=row["kind"],
        sample=True,
    )


def site(row: Row) -> Site:
    return Site(
        id=sample_id("site", row["slug"]),
        provider_id=sample_id("provider", row["provider"]),
        slug=row["slug"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        city_zh=row["city_zh"],
        city_en=row["city_en"],
        racks=int(row["racks"]) if row["racks"] else None,
        sample=True,
        **{name: number(row[name]) for name in SITE_FIGURES},
    )


def pool(row: Row) -> Pool:
    return Pool(
        id=sample_id("pool", row["slug"]),
        site_id=sample_id("site", row["site"]),
        provider_id=sample_id("provider", row["provider"]),
        slug=row["slug"],
        card_model_id=row["card_model"],
        mode=row["mode"],
        network=row["network"],
        sample=True,
    )


def cards(row: Row) -> Iterator[Card]:
    """Card *k* of a host has the serial `<host>-c<k>`."""
    pool_id = sample_id("pool", row["slug"])
    for host, count in hosts(row):
        for k in range(1, count + 1):
            yield Card(pool_id=pool_id, node=host, serial=f"{host}-c{k}")


def hosts(pool_row: Row) -> list[tuple[str, int]]:
    """Hosts of a pool with their cards: listed one by one for discrete pools, whole servers elsewhere."""
    if listed := listed_hosts().get(pool_row["slug"]):
        return listed
    servers = int(pool_row["count"]) // CARDS_OF_A_SERVER
    return [(f"{pool_row['slug']}-n{n:03}", CARDS_OF_A_SERVER) for n in range(1, servers + 1)]


@cache
def listed_hosts() -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for row in rows("nodes_sample"):
        found[row["pool"]].append((row["slug"], int(row["cards"])))
    return dict(found)


def offer(row: Row, supply: Supply) -> Offer:
    return Offer(
        id=sample_id("offer", row["slug"]),
        provider_id=sample_id("provider", row["provider"]),
        slug=row["slug"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        summary_zh=row["description_zh"],
        summary_en=row["description_en"],
        category=row["category"],
        mode=row["purchase_mode"],
        pool_id=sample_id("pool", row["pool"]) if row["pool"] else None,
        base_model_id=row["base_model"] or None,
        sku=row["sku"],
        min_hours=next((int(one["min_hours"]) for one in supply.pools if one["slug"] == row["pool"]), 1),
        sla_percent=number(row["sla_availability"]),
        sample=True,
    )


def plan(row: Row) -> PlanVersion:
    return PlanVersion(
        offer_id=sample_id("offer", row["slug"]),
        version=1,
        unit=row["unit"],
        price_u=micro_yuan(row["price"]),
        price_out_u=micro_yuan(row["price_out"]),
    )
