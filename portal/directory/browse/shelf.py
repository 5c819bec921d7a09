"""Offers on sale, kept in memory: what the national list is filtered, counted and sorted from.

The list is asked often and changes seldom, while PostgreSQL needs 18 ms of CPU to filter, count and sort 2,300 offers.
So each process keeps the offers it read. The offers that have a quality are the bits of one whole number: a filter is
an AND, the count beside a choice the number of its bits. At most once a second a question looks for changes: stock is
read anew, and the offers if any row of theirs was written. What else the page of an offer shows is read when somebody
opens it and kept with them. Nothing is sold from here: a quote and a purchase ask the provinces.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache, partial, reduce
from itertools import islice
from operator import or_
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from portal.directory.finding import Bits, Finder, bits, compact
from portal.directory.index.record_models import ActivationRecord
from portal.directory.models import Availability, CardModel, OfferIndex, Unit, by_language
from tenants.models import Province
from tenants.remembered import Remembered

GREEN_ENOUGH = Decimal("0.5")
SLA_ENOUGH = Decimal("99.9")
CITIES = ("beijing", "shanghai", "guangzhou")
WRITTEN = """
    SELECT count(*), coalesce(sum(xmin::text::numeric), 0),
           (SELECT coalesce(sum(xmin::text::numeric), 0) FROM directory_cardmodel),
           (SELECT coalesce(sum(xmin::text::numeric), 0) FROM directory_basemodel),
           (SELECT coalesce(sum(xmin::text::numeric), 0) FROM directory_identifier),
           (SELECT coalesce(sum(xmin::text::numeric), 0) FROM directory_activationrecord)
    FROM directory_offerindex
"""
"""Differs as soon as any of these rows was added, written or removed, in whatever order that was committed."""


@dataclass(frozen=True, eq=False)
class Facts:
    """What the page of an offer shows besides its stock: the same object as long as all of it is true."""

    offer: OfferIndex
    record: ActivationRecord | None

    @classmethod
    def read(cls, province: str, slug: str) -> "Facts | None":
        offers = OfferIndex.objects.with_identifier().select_related("card_model", "base_model")
        offer = offers.filter(province=province, slug=slug).first()
        if offer is None:
            return None
        records = ActivationRecord.objects.filter(province=province, organisation=offer.provider_id)
        return cls(offer, records.first())


class Offers:
    """Every offer that is not paused, and what is true of it however many cards are free."""

    def __init__(self, written: tuple[Any, ...]) -> None:
        self.written = written
        self.rows = list(OfferIndex.objects.filter(paused=False).defer("summary_zh", "summary_en", "prices"))
        self.cards = CardModel.objects.in_bulk()
        self.sets: dict[tuple[str, str], Bits] = defaultdict(int)
        for place, offer in enumerate(self.rows):
            offer.card_model = self.cards.get(offer.card_model_id or "")
            offer.drawn = {}
            for quality in _qualities(offer):
                self.sets[quality] |= 1 << place
        self._orders: dict[tuple[str, ...], list[int]] = {}
        self._facts: dict[tuple[str, str], Facts] = {}
        finder = Finder([one.search_text for one in self.rows], [one.search_sounds for one in self.rows])
        self.find = lru_cache(256)(finder.find)
        self.cheap_enough = lru_cache(256)(partial(_cheap_enough, self.rows))
        """Priced per card-hour, at most so many micro-yuan."""
        self._card_names: dict[str | None, dict[str, str]] = {}

    def card_names(self, language: str | None) -> dict[str, str]:
        """Of the card models on offer, in the language that is active."""
        if language not in self._card_names:
            names = {slug: self.cards[slug].name for quality, slug in self.sets if quality == "card"}
            self._card_names[language] = names
        return self._card_names[language]

    def facts(self, province: str, slug: str) -> Facts | None:
        """Of any offer, also of a paused one; read when somebody asks."""
        known = (province, slug)
        if known not in self._facts and (read := Facts.read(province, slug)):
            self._facts[known] = read
        return self._facts.get(known)

    def order(self, sort: str) -> list[int]:
        """Places in the asked order as far as stock does not matter; equal offers take turns from day to day."""
        day = timezone.localdate().isoformat()
        known = (sort, by_language("zh", "en"), day)
        if known not in self._orders:
            key = _KEYS.get(sort, _by_price)
            turns = [hashlib.md5(f"{offer.pk}{day}".encode(), usedforsecurity=False).digest() for offer in self.rows]
            self._orders[known] = sorted(range(len(self.rows)), key=lambda place: (key(self.rows[place]), turns[place]))
        return self._orders[known]


def kind_of(offer: OfferIndex) -> str:
    """What is sold and by what unit: offers of one kind can be weighed against each other."""
    return f"{offer.card_model_id} {offer.base_model_id} {offer.unit}"


def _qualities(offer: OfferIndex) -> Iterator[tuple[str, str]]:
    yield "kind", kind_of(offer)
    yield "mode", offer.mode
    yield "category", offer.category
    yield "province", offer.province
    if offer.card_model_id is not None:
        yield "card", offer.card_model_id
    if offer.card_model is not None and offer.card_model.domestic:
        yield "domestic", ""
    if offer.green_share is not None and offer.green_share >= GREEN_ENOUGH:
        yield "green", ""
    if offer.sla_percent is not None and offer.sla_percent >= SLA_ENOUGH:
        yield "sla", ""


def _cheap_enough(rows: list[OfferIndex], most_u: int) -> Bits:
    priced = ((offer.unit == Unit.CARD_HOUR, offer.price_u) for offer in rows)
    return bits([by_card and price_u is not None and price_u <= most_u for by_card, price_u in priced])


def _by_price(offer: OfferIndex) -> Any:
    """Card-hours first, then unit by unit, the lowest price first, those on request last."""
    return offer.unit != Unit.CARD_HOUR, offer.unit, offer.price_u is None, offer.price_u or 0


_KEYS: dict[str, Any] = {
    "green": lambda offer: (offer.green_share is None, -(offer.green_share or 0)),
    "name": lambda offer: by_language(offer.name_zh, offer.name_en or offer.name_zh),
    "stock": lambda _offer: 0,
    **{
        f"rtt_{city}": lambda offer, name=f"rtt_ms_{city}": (getattr(offer, name) is None, getattr(offer, name) or 0)
        for city in CITIES
    },
}


class Report(NamedTuple):
    """What is known of the stock of a pool."""

    free: int
    measured_at: datetime | None
    sellable: bool
    counted: bool
    """A driver counted the cards; otherwise they are declared."""
    province: str
    cards: int


@dataclass
class Shelf:
    """The offers of open provinces with the stock of one moment."""

    offers: Offers
    stock: dict[UUID, Report]
    """By pool."""
    selling: frozenset[str]
    """Provinces that sell."""
    _orders: dict[tuple[str, ...], list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        earliest = _earliest()
        stocked = {pool for pool, report in self.stock.items() if _for_sale(report, earliest)}
        self.buyable = bits([offer.orderable and offer.pool in stocked for offer in self.offers.rows])
        self.open = reduce(or_, (self.offers.sets.get(("province", slug), 0) for slug in self.selling), 0)

    def set_of(self, name: str, value: str = "") -> Bits:
        return self.buyable if name == "stock" else self.offers.sets.get((name, value), 0)

    def take(self, chosen: Bits, sort: str, first: int, number: int) -> list[OfferIndex]:
        """So many of the chosen offers in the asked order, each a copy with its stock as it is now."""
        marks = self._marks(chosen)
        places = (place for place in self._order(sort) if marks[place] == "1")
        rows, earliest = self.offers.rows, _earliest()
        return [self._with_stock(rows[place], earliest) for place in islice(places, first, first + number)]

    def named(self, text: str) -> list[UUID]:
        """Keys of the offers that the words name, for questions that this memory does not answer."""
        found = self.offers.find(text).bits
        return [offer.pk for place, offer in enumerate(self.offers.rows) if found >> place & 1]

    def spelled(self, folded: str, within: Bits) -> str:
        """A word as the names of one of these offers write it."""
        for place, offer in enumerate(self.offers.rows):
            if within >> place & 1:
                card = offer.card_model
                names = [
                    offer.name_zh,
                    offer.name_en,
                    offer.provider_zh,
                    offer.provider_en,
                    offer.city_zh,
                    offer.city_en,
                ]
                names += [card.vendor_zh, card.vendor_en, card.name_zh, card.name_en] if card else []
                words = (word for name in names for word in name.split() if compact(word) == folded)
                return next(words, folded)
        return folded

    def on_sale(self) -> Iterator[OfferIndex]:
        """Offers of provinces that sell, in no order, without their stock."""
        marks = self._marks(self.open)
        return (offer for place, offer in enumerate(self.offers.rows) if marks[place] == "1")

    def like(self, offer: OfferIndex, number: int) -> list[OfferIndex]:
        """The cheapest other offers of the same card model, or of the same base model, in the same unit."""
        if offer.card_model_id is None and offer.base_model_id is None:
            return []
        same = self.open & self.offers.sets.get(("kind", kind_of(offer)), 0)
        found = self.take(same, "price", 0, number + 1)
        return [one for one in found if one.pk != offer.pk][:number]

    def _marks(self, chosen: Bits) -> str:
        """A digit for each place, `1` where it is chosen."""
        return f"{chosen:0{len(self.offers.rows)}b}"[::-1]

    def _order(self, sort: str) -> list[int]:
        """By the rule and by stock, what can be bought at once comes first."""
        order = self.offers.order(sort)
        if sort not in ("rule", "stock"):
            return order
        known = (sort, by_language("zh", "en"))
        if known not in self._orders:
            if sort == "stock":
                order = sorted(order, key=lambda place: -self._free(place))
            split: tuple[list[int], list[int]] = ([], [])
            for place in order:
                split[not self.buyable >> place & 1].append(place)
            self._orders[known] = [*split[0], *split[1]]
        return self._orders[known]

    def _free(self, place: int) -> int:
        pool = self.offers.rows[place].pool
        return self.stock[pool].free if pool in self.stock else -1

    def with_stock(self, offer: OfferIndex) -> OfferIndex:
        """A copy with what `OfferQuerySet.with_stock` adds, for any offer."""
        return self._with_stock(offer, _earliest())

    def _with_stock(self, offer: OfferIndex, earliest: datetime) -> OfferIndex:
        shown = OfferIndex.__new__(OfferIndex)  # copy.copy goes through pickling, which takes ten times as long
        vars(shown).update(vars(offer))
        report = self.stock.get(offer.pool) if offer.pool else None
        known = report[:4] if report else (None, None, None, None)
        shown.free, shown.measured_at, shown.sellable, shown.counted = known
        shown.fresh = shown.measured_at is not None and shown.measured_at >= earliest
        on_sale = not offer.paused and offer.province in self.selling
        shown.on_shelf = on_sale and report is not None and _for_sale(report, earliest)
        return shown


def _earliest() -> datetime:
    """Older reports of stock are not sold from."""
    return timezone.now() - settings.STOCK_FRESH_FOR


def _for_sale(report: Report, earliest: datetime) -> bool:
    return report.sellable and report.free > 0 and report.measured_at is not None and report.measured_at >= earliest


def _read(replaced: Shelf | None) -> Shelf:
    """Three small queries, and two more if an offer was written."""
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN)
        written = cursor.fetchone()
    offers = replaced.offers if replaced and replaced.offers.written == written else Offers(written)
    columns = ("free", "measured_at", "sellable", "counted", "province", "cards")
    stock = {pool: Report(*facts) for pool, *facts in Availability.objects.values_list("pool", *columns)}
    selling = frozenset(Province.objects.open().values_list("schema_name", flat=True))
    return Shelf(offers, stock, selling)


kept = Remembered(_read, seconds=1.0)
current = kept.get
forget = kept.forget
