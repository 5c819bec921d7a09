"""Writing the national index. Called by the provinces' acts inside their own transactions, never by a person.

This app lies below the province's apps and cannot import them: an offer arrives as `OfferFacts`.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F
from django.db.models.functions import Greatest, Least
from django.utils import timezone

from portal.directory.models import Availability, NoticeIndex, OfferIndex, OrderIndex
from tenants.models import Province


@dataclass(frozen=True, kw_only=True)
class OfferFacts:
    """All that the nation shows of one offer; shares are 0 to 1, round trips in ms, prices in micro-yuan."""

    id: uuid.UUID
    province: str
    slug: str
    provider_id: uuid.UUID
    provider_zh: str
    provider_en: str = ""
    name_zh: str
    name_en: str = ""
    summary_zh: str = ""
    summary_en: str = ""
    category: str
    mode: str
    unit: str
    price_u: int | None = None
    price_out_u: int | None = None
    sla_percent: Decimal | None = None
    card_model_id: str | None = None
    base_model_id: str | None = None
    pool: uuid.UUID | None = None
    pool_mode: str = ""
    network: str = ""
    min_hours: int = 1
    site_zh: str = ""
    site_en: str = ""
    city_zh: str = ""
    city_en: str = ""
    green_share: Decimal | None = None
    rtt_ms_beijing: Decimal | None = None
    rtt_ms_shanghai: Decimal | None = None
    rtt_ms_guangzhou: Decimal | None = None
    racks: int | None = None
    rack_rate: Decimal | None = None
    pue: Decimal | None = None
    version: int
    prices: list[dict[str, Any]] = field(default_factory=list)
    paused: bool = False
    search_text: str = ""
    search_sounds: str = ""
    sample: bool = False
    published_at: datetime

    def row(self) -> OfferIndex:
        """The index row of these facts, not yet written."""
        return OfferIndex(**asdict(self), updated_at=timezone.now())


def write_offer_index(facts: OfferFacts) -> OfferIndex:
    """Put the offer on the national list, or bring its row up to date."""
    row = facts.row()
    write_offer_indexes([row])
    return row


def write_offer_indexes(rows: list[OfferIndex]) -> None:
    """Write many rows in one statement; a row that stands already is replaced."""
    fields = [field.attname for field in OfferIndex._meta.concrete_fields if not field.primary_key]
    OfferIndex.objects.bulk_create(
        rows, batch_size=500, update_conflicts=True, unique_fields=["id"], update_fields=fields
    )


def remove_offer_index(offer_id: uuid.UUID) -> None:
    OfferIndex.objects.filter(pk=offer_id).delete()


def take_off_lists(province: Province) -> None:
    """The nation shows no offer and no stock of the province any more; what was bought there stays on its lists."""
    take_off_offers(province)
    Availability.objects.filter(province=province.slug).delete()


def take_off_offers(province: Province) -> None:
    OfferIndex.objects.filter(province=province.slug).delete()


def take_off_notices(province: Province) -> None:
    NoticeIndex.objects.filter(province=province.slug).delete()


def refresh_availability(
    province: str,
    pool_id: uuid.UUID,
    *,
    cards: int,
    free: int,
    measured_at: datetime | None = None,
    sellable: bool | None = None,
    counted: bool | None = None,
    confirmed: bool = False,
) -> None:
    """Store a pool's count. Only an agent's report gives `measured_at`; what is not given stays as it was.

    `confirmed`: the report fits the register, so that the pool's identifier is valid from this time on.
    """
    row = Availability(pool=pool_id, province=province, cards=cards, free=free, measured_at=measured_at)
    changed = ["province", "cards", "free"]
    if measured_at is not None:
        changed.append("measured_at")
    if confirmed:
        row.confirmed_at = measured_at
        changed.append("confirmed_at")
    if sellable is not None:
        row.sellable = sellable
        changed.append("sellable")
    if counted is not None:
        row.counted = counted
        changed.append("counted")
    Availability.objects.bulk_create([row], update_conflicts=True, unique_fields=["pool"], update_fields=changed)


@dataclass(frozen=True)
class StockCount:
    """A pool's stock as its agent reports it.

    `counted`: a driver counted the cards; `confirmed`: it did, and the report fits the register.
    """

    pool: uuid.UUID
    cards: int
    free: int
    measured_at: datetime
    sellable: bool
    counted: bool
    confirmed: bool


_WRITE_STOCK = """
    INSERT INTO public.directory_availability AS known
        (pool, province, cards, free, measured_at, sellable, counted, confirmed_at)
    SELECT pool, %(province)s, cards, free, measured_at, sellable, counted, confirmed_at
    FROM unnest(%(pools)s::uuid[], %(cards)s::int[], %(free)s::int[], %(measured)s::timestamptz[],
                %(sellable)s::bool[], %(counted)s::bool[], %(confirmed)s::timestamptz[])
         AS report (pool, cards, free, measured_at, sellable, counted, confirmed_at)
    ORDER BY pool
    ON CONFLICT (pool) DO UPDATE
    SET province = excluded.province, cards = excluded.cards, free = excluded.free, sellable = excluded.sellable,
        counted = excluded.counted, measured_at = excluded.measured_at,
        confirmed_at = COALESCE(excluded.confirmed_at, known.confirmed_at)
"""
"""In the order in which a purchase counts the pools down, so that the two never wait for each other in a ring."""


def write_stock(province: str, counts: Iterable[StockCount]) -> None:
    """Store what an agent reports, of any number of pools, in one statement."""
    rows = list(counts)
    if not rows:
        return
    values: dict[str, Any] = {
        "province": province,
        "pools": [row.pool for row in rows],
        "cards": [row.cards for row in rows],
        "free": [row.free for row in rows],
        "measured": [row.measured_at for row in rows],
        "sellable": [row.sellable for row in rows],
        "counted": [row.counted for row in rows],
        "confirmed": [row.measured_at if row.confirmed else None for row in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_STOCK, values)


def list_pools(province: str, cards: Mapping[uuid.UUID, int]) -> None:
    """List pools nobody has reported yet, all cards free; pools that are listed already stay as they are."""
    rows = [Availability(pool=pool, province=province, cards=count, free=count) for pool, count in cards.items()]
    Availability.objects.bulk_create(rows, ignore_conflicts=True)


def list_pools_anew(province: Province, cards: Mapping[uuid.UUID, int]) -> None:
    """List these pools and no other of the province, unconfirmed and so not sold until their agents report."""
    Availability.objects.filter(province=province.slug).exclude(pool__in=cards).delete()
    rows = [Availability(pool=pool, province=province.slug, cards=count, free=count) for pool, count in cards.items()]
    changed = ["province", "cards", "free", "measured_at"]
    Availability.objects.bulk_create(rows, update_conflicts=True, unique_fields=["pool"], update_fields=changed)


def stop_selling(pool_ids: Iterable[uuid.UUID]) -> None:
    """Show the pools as not sold until their agents report them anew."""
    Availability.objects.filter(pool__in=list(pool_ids)).update(sellable=False)


def await_report(pool_ids: Iterable[uuid.UUID]) -> None:
    """Nobody has counted these pools yet: they are not sold until their agent reports them."""
    Availability.objects.filter(pool__in=list(pool_ids)).update(sellable=False, measured_at=None)


def count_stock(changes: Mapping[uuid.UUID, int]) -> None:
    """Take sold cards off the pools' counts and put returned ones on, between two reports of the agents."""
    for pool, change in sorted(changes.items()):
        counted = Least(F("cards"), Greatest(0, F("free") + change))
        Availability.objects.filter(pool=pool).update(free=counted)


def move_order_index(order_id: uuid.UUID, state: str) -> None:
    OrderIndex.objects.filter(pk=order_id).update(state=state)


def write_notice(application_id: uuid.UUID, **facts: Any) -> None:
    """Put a public notice on the national list, or bring its row up to date."""
    NoticeIndex.objects.update_or_create(pk=application_id, defaults=facts)
