"""What is on offer for a request: the index says where to look, each province says how many cards are free."""

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.db.models import Min
from django.utils import timezone
from django.utils.translation import get_language

from marketplace.orders import stock
from marketplace.orders.windows import terms
from marketplace.orders.windows.terms import Limit
from portal.checkout.models import Quote
from portal.checkout.quotes import lending
from portal.directory.browse.shelf import CITIES
from portal.directory.index.record_models import ActivationRecord, Records
from portal.directory.measuring import sold_at_once
from portal.directory.models import Availability, CardModel, OfferIndex
from portal.ranking.filling import CardRequest, Chosen, Filling, Lot
from portal.ranking.reasons import in_both
from tenants.context import in_province
from tenants.models import Province


def lots_for(request: CardRequest) -> list[Lot]:
    """Every instant lot of the card model in open provinces; one query in each province that has one."""
    provinces = {one.slug: one for one in Province.objects.open()}
    offers = list(
        OfferIndex.objects.orderable()
        .for_card(request.card_model)
        .filter(paused=False, pool__isnull=False, price_u__isnull=False, province__in=provinces)
        .select_related("card_model")
        .defer("search_text", "search_sounds", "prices", "summary_zh", "summary_en")
    )
    stocks: dict[uuid.UUID | None, Availability] = {
        one.pool: one for one in Availability.objects.filter(pool__in=[offer.pool for offer in offers])
    }
    now = timezone.now()
    records = Records()
    supply = _supply_now([offer for offer in offers if fresh(stocks.get(offer.pool), now)], now)
    return [
        _lot(request, offer, stocks.get(offer.pool), supply, records, provinces[offer.province], now)
        for offer in offers
    ]


def fresh(report: Availability | None, now: datetime) -> bool:
    """The pool's agent reported within the last 60 s."""
    if report is None or report.measured_at is None:
        return False
    return bool(now - report.measured_at <= settings.STOCK_FRESH_FOR)


@dataclass(frozen=True)
class Supply:
    """The truth from the provinces, by pool."""

    free: dict[uuid.UUID, int]
    """Cards in service that no lease occupies."""
    limits: dict[uuid.UUID, Limit]
    """Until when they may be lent, where a window ends that."""


def _supply_now(offers: list[OfferIndex], now: datetime) -> Supply:
    pools: dict[str, list[uuid.UUID]] = defaultdict(list)
    for offer in offers:
        pools[offer.province].append(cast(uuid.UUID, offer.pool))
    supply = Supply({}, {})
    for slug, ids in sorted(pools.items()):
        with in_province(slug):
            supply.free.update(stock.free_cards(ids))
            supply.limits.update(terms.limits(ids, now))
    return supply


def _lot(
    request: CardRequest,
    offer: OfferIndex,
    report: Availability | None,
    supply: Supply,
    records: Records,
    province: Province,
    now: datetime,
) -> Lot:
    pool, model = cast(uuid.UUID, offer.pool), cast(CardModel, offer.card_model)
    limit, record = supply.limits.get(pool), records.of(offer.province, offer.provider_id)
    rtt = getattr(offer, f"rtt_ms_{request.latency_city}") if request.latency_city in CITIES else None
    return Lot(
        province=offer.province,
        offer=offer.pk,
        pool=pool,
        price_u=cast(int, offer.price_u),
        free=min(supply.free.get(pool, 0), report.free if report else 0),
        fresh=fresh(report, now),
        sellable=bool(report and report.sellable),
        only_by_quote=not sold_at_once(counted=bool(report and report.counted)),
        closed=lending.objection(limit, request.hours, now),
        most_hours=limit.most_hours(now) if limit else 0,
        min_hours=offer.min_hours,
        domestic=model.domestic,
        site=offer.site_zh,
        rtt_ms=None if rtt is None else float(rtt),
        green_share=None if offer.green_share is None else float(offer.green_share),
        record=records.ranked(offer.province, offer.provider_id),
        facts=_facts(offer, report, record, province),
    )


def _facts(
    offer: OfferIndex, report: Availability | None, record: ActivationRecord | None, province: Province
) -> dict[str, Any]:
    """What a quote says of the lot besides what the rule looks at."""
    return {
        "province_zh": province.name_zh,
        "province_en": province.name_en,
        "offer_slug": offer.slug,
        "offer_version": offer.version,
        "provider": str(offer.provider_id),
        "provider_zh": offer.provider_zh,
        "provider_en": offer.provider_en,
        "site_zh": offer.site_zh,
        "site_en": offer.site_en,
        "city_zh": offer.city_zh,
        "city_en": offer.city_en,
        "sla_percent": None if offer.sla_percent is None else float(offer.sla_percent),
        "network": offer.network,
        "sample": offer.sample,
        "record": record.share if record else None,
        "activations": record.activations if record else 0,
        "median_seconds": record.median_seconds if record else None,
        "measured_at": report.measured_at.isoformat() if report and report.measured_at else None,
        "counted": bool(report and report.counted),
    }


def as_fact(lot: Lot) -> dict[str, Any]:
    """A lot as quotes keep it."""
    return {
        **lot.facts,
        "province": lot.province,
        "offer": str(lot.offer),
        "pool": str(lot.pool),
        "free": lot.free,
        "price_u": lot.price_u,
        "rtt_ms": lot.rtt_ms,
        "green_share": lot.green_share,
    }


def as_line(request: CardRequest, chosen: Chosen, place: int) -> dict[str, Any]:
    """A chosen lot as quotes keep it; `amount_u` is its price for all hours."""
    return {
        **as_fact(chosen.lot),
        "letter": letter_of(place),
        "cards": chosen.cards,
        "amount_u": chosen.lot.price_u * chosen.cards * request.hours,
        **in_both(chosen.reason),
    }


def letter_of(place: int) -> str:
    """A, B, … Z, AA, AB: the letter of a lot on pages."""
    rest, last = divmod(place, 26)
    return (letter_of(rest - 1) if rest else "") + chr(ord("A") + last)


def amount_of(lines: list[dict[str, Any]]) -> int:
    return sum(int(line["amount_u"]) for line in lines)


def named(line: dict[str, Any], what: str) -> str:
    """A name of the line in the reader's language: `province`, `site`, `provider` or `city`."""
    english = (get_language() or "").startswith("en")
    return str((line.get(f"{what}_en") if english else "") or line.get(f"{what}_zh") or line["province"])


def constraints_of(request: CardRequest) -> dict[str, Any]:
    """What was asked beyond model, cards and hours; what was not asked is absent."""
    asked = {
        "provinces": list(request.provinces),
        "spread": request.spread,
        "latency_city": request.latency_city,
        "latency_ms": request.latency_ms,
        "green_share": request.green_share,
        "price_u": request.price_u,
        "domestic": request.domestic,
    }
    return {name: value for name, value in asked.items() if value not in (None, [], "", False)}


def request_of(quote: Quote) -> CardRequest:
    """The request a quote answered."""
    asked = dict(quote.constraints)
    asked["provinces"] = tuple(asked.get("provinces", ()))
    return CardRequest(card_model=quote.card_model_id, cards=quote.cards, hours=quote.hours, **asked)


def alternatives(request: CardRequest, filling: Filling) -> list[dict[str, Any]]:
    """The nearest requests that can be filled: fewer cards, other provinces or sites, another card model."""
    near: list[dict[str, Any]] = []
    if filling.most:
        near.append({"kind": "fewer_cards", "cards": filling.most})
    if request.spread != "any":
        near.append({"kind": "any_spread"})
    longer = [one.lot.min_hours for one in filling.left_out if one.lot.min_hours > request.hours]
    if longer:
        near.append({"kind": "more_hours", "hours": min(longer)})
    shorter = [one.lot.most_hours for one in filling.left_out if one.lot.closed and one.lot.most_hours]
    if shorter:
        near.append({"kind": "fewer_hours", "hours": max(shorter)})
    return near + _other_models(request)


def _other_models(request: CardRequest) -> list[dict[str, Any]]:
    wanted = CardModel.objects.filter(pk=request.card_model).first()
    offers = OfferIndex.objects.on_sale().in_stock().orderable().exclude(card_model=request.card_model)
    if wanted is not None:
        offers = offers.filter(card_model__card_class=wanted.card_class)
    prices = offers.values("card_model", "card_model__name_zh", "card_model__name_en").annotate(price_u=Min("price_u"))
    return [
        {
            "kind": "other_model",
            "card_model": row["card_model"],
            "name_zh": row["card_model__name_zh"],
            "name_en": row["card_model__name_en"],
            "price_u": row["price_u"],
        }
        for row in prices.order_by("price_u")[:3]
    ]
