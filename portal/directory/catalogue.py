"""The national list of offers: what a visitor asks for, the counts beside each filter, and one page of answers.

Counts are made from one query that groups the offers by everything that can be filtered. The count beside a
choice says how many offers it would leave when every other filter stays as it is.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, F, OuterRef, Q, TextChoices, Value
from django.db.models.fields import CharField
from django.db.models.functions import MD5, Cast, Coalesce, Concat
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from portal.directory.models import (
    Availability,
    Category,
    OfferIndex,
    OfferQuerySet,
    PurchaseMode,
    Unit,
    by_language,
)
from tenants.models import Province

PAGE_SIZE = 20
SHOWN_AT_ONCE = 6
GREEN_ENOUGH = Decimal("0.5")
SLA_ENOUGH = Decimal("99.9")
MANY = ("mode", "category", "card", "province")
"""Filters of several choices; offers of any of them are shown."""
SINGLE = ("stock", "domestic", "green", "sla")
"""Filters that are on or off."""
CARD, PRICE = 2, 8
"""Places of the card model and of "cheap enough" in a group; the filters above come first, in their order."""
COLUMN = {"mode": "mode", "category": "category", "card": "card_model", "province": "province"}

SORTS = {
    "rule": pgettext_lazy("order", "by the published rule"),
    "price": pgettext_lazy("order", "price, lowest first"),
    "stock": pgettext_lazy("order", "free cards, most first"),
    "green": pgettext_lazy("order", "green share, highest first"),
    "rtt_beijing": pgettext_lazy("order", "latency to Beijing, shortest first"),
    "rtt_shanghai": pgettext_lazy("order", "latency to Shanghai, shortest first"),
    "rtt_guangzhou": pgettext_lazy("order", "latency to Guangzhou, shortest first"),
    "name": pgettext_lazy("order", "name"),
}


@dataclass(frozen=True)
class Asked:
    """What the address asks for; what makes no sense is left out."""

    text: str = ""
    many: dict[str, frozenset[str]] = field(default_factory=dict)
    single: frozenset[str] = frozenset()
    most_u: int | None = None
    """Highest price in micro-yuan per card-hour."""
    sort: str = "rule"

    @classmethod
    def read(cls, query: QueryDict) -> "Asked":
        sort = query.get("sort", "rule")
        return cls(
            text=query.get("q", "").strip()[:100].replace("\0", ""),
            many={name: frozenset(query.getlist(name)) for name in MANY if query.get(name)},
            single=frozenset(name for name in SINGLE if query.get(name)),
            most_u=_micro_yuan(query.get("price", "")),
            sort=sort if sort in SORTS else "rule",
        )

    @property
    def number(self) -> int:
        """How many conditions are set."""
        return sum(map(len, self.many.values())) + len(self.single) + (self.most_u is not None)

    def conditions(self) -> Q:
        found = Q()
        for name, values in self.many.items():
            found &= Q(**{f"{COLUMN[name]}__in": values})
        if "domestic" in self.single:
            found &= Q(card_model__domestic=True)
        if "green" in self.single:
            found &= Q(green_share__gte=GREEN_ENOUGH)
        if "sla" in self.single:
            found &= Q(sla_percent__gte=SLA_ENOUGH)
        if self.most_u is not None:
            found &= cheap_enough(self.most_u)
        return found


def _micro_yuan(text: str) -> int | None:
    try:
        yuan = Decimal(text)
    except InvalidOperation:
        return None
    return int(yuan * 1_000_000) if yuan.is_finite() and 0 <= yuan < 1_000_000 else None


def cheap_enough(most_u: int) -> Q:
    """Priced per card-hour, at most so much."""
    return Q(unit=Unit.CARD_HOUR, price_u__lte=most_u)


def words(choices: type[TextChoices]) -> dict[str, str]:
    return {value: str(label) for value, label in choices.choices}


# Counts ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Facet:
    name: str
    legend: str
    choices: list[Choice]

    @property
    def first(self) -> list[Choice]:
        """The most frequent choices, and whatever is chosen."""
        return [one for place, one in enumerate(self.choices) if place < SHOWN_AT_ONCE or one.chosen]

    @property
    def rest(self) -> list[Choice]:
        return [one for place, one in enumerate(self.choices) if place >= SHOWN_AT_ONCE and not one.chosen]


class Catalogue:
    """One answer to one question; three queries, and one more for the names of provinces."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.counts: dict[str, Counter[Any]] = {name: Counter() for name in (*MANY, *SINGLE)}
        self.total = 0
        self._count()

    def _count(self) -> None:
        """Count each group for every filter that, alone, keeps it out or that it passes."""
        tests = list(self._tests())
        tallies = list(enumerate(self.counts.values()))
        names: dict[str, tuple[str, str]] = {}
        for row in self._grouped():
            *_values, name_zh, name_en, number = row
            failed = [place for place, passes in tests if not passes(row[place])]
            if not failed:
                self.total += number
                for place, tally in tallies:
                    tally[row[place]] += number
            elif len(failed) == 1 and failed[0] < len(tallies):
                tallies[failed[0]][1][row[failed[0]]] += number
            if row[CARD] is not None:
                names[row[CARD]] = (name_zh, name_en)
        self.names = {slug: by_language(*both) for slug, both in names.items()}

    def _tests(self) -> Iterator[tuple[int, Callable[[Any], bool]]]:
        """Place in the row and test of every filter that is set."""
        for place, name in enumerate(self.counts):
            if name in self.asked.many:
                yield place, self.asked.many[name].__contains__
            elif name in self.asked.single:
                yield place, bool
        if self.asked.most_u is not None:
            yield PRICE, bool

    def _grouped(self) -> Iterable[tuple[Any, ...]]:
        most_u = self.asked.most_u
        return (
            OfferIndex.objects.on_sale()
            .search(self.asked.text)
            .annotate(
                in_stock=Exists(Availability.objects.for_sale().filter(pool=OuterRef("pool"))),
                home=_true(Q(card_model__domestic=True)),
                green=_true(Q(green_share__gte=GREEN_ENOUGH)),
                sla=_true(Q(sla_percent__gte=SLA_ENOUGH)),
                cheap=_true(cheap_enough(most_u)) if most_u is not None else Value(True),
            )
            .values_list(
                *("mode", "category", "card_model", "province", "in_stock", "home", "green", "sla", "cheap"),
                *("card_model__name_zh", "card_model__name_en"),
            )
            .annotate(number=Count("*"))
            .order_by()
        )

    @cached_property
    def provinces(self) -> dict[str, str]:
        return {one.slug: one.name for one in Province.objects.provinces().open()}

    def facets(self) -> list[Facet]:
        return [
            self._facet("mode", _("How it is bought"), words(PurchaseMode)),
            self._facet("category", _("Kind of computing"), words(Category)),
            self._facet("card", _("Card model"), self.names),
            self._facet("province", _("Province"), self.provinces),
        ]

    def _facet(self, name: str, legend: str, labels: dict[str, str]) -> Facet:
        chosen, counts = self.asked.many.get(name, frozenset()), self.counts[name]
        choices = [
            Choice(value, label, counts[value], value in chosen)
            for value, label in labels.items()
            if counts[value] or value in chosen
        ]
        return Facet(name, legend, sorted(choices, key=lambda one: (-one.count, one.value)))

    def switches(self) -> list[Choice]:
        """The filters that are on or off, each with the number of offers that have the quality."""
        labels = {
            "stock": _("Can be bought now"),
            "domestic": _("Domestic cards"),
            "green": _("Green power at least 50%"),
            "sla": _("Availability at least 99.9%"),
        }
        return [
            Choice(name, label, self.counts[name][True], name in self.asked.single) for name, label in labels.items()
        ]

    def label_of(self, name: str, value: str) -> str:
        labels: dict[str, dict[str, str]] = {
            "mode": words(PurchaseMode),
            "category": words(Category),
            "card": self.names,
        }
        return str(labels.get(name, self.provinces).get(value, value))

    # The list ----------------------------------------------------------------------------------

    def page(self, number: str | None) -> Page:  # type: ignore[type-arg]  # of OfferIndex, with stock
        offers = OfferIndex.objects.on_sale().search(self.asked.text).filter(self.asked.conditions())
        if "stock" in self.asked.single:
            offers = offers.in_stock()
        listed = ordered(offers.with_stock(), self.asked.sort).select_related("card_model").for_list()
        page = CountedPaginator(listed, PAGE_SIZE, count=self.total).get_page(number)
        page.object_list = list(page.object_list)
        for offer in page.object_list:
            offer.place = offer.place_in(self.provinces.get(offer.province, ""))
        return page


def _true(condition: Q) -> Coalesce:
    """The condition as a column that is never null."""
    return Coalesce(ExpressionWrapper(condition, output_field=BooleanField()), Value(False))


class CountedPaginator(Paginator):  # type: ignore[type-arg]
    """A paginator that was told the number of rows."""

    def __init__(self, rows: OfferQuerySet, size: int, *, count: int) -> None:
        self.count = count  # type: ignore[misc]  # a cached property above
        super().__init__(rows, size)


def ordered(offers: OfferQuerySet, sort: str) -> OfferQuerySet:
    """Offers that can be bought at once come first, then the asked order; equal offers take turns from day to day."""
    turn = MD5(Concat(Cast("id", CharField()), Value(timezone.localdate().isoformat())))
    by_hour = _true(Q(unit=Unit.CARD_HOUR)).desc()
    orders: dict[str, list[Any]] = {
        "rule": [F("on_shelf").desc(), by_hour, "unit", F("price_u").asc(nulls_last=True)],
        "price": [by_hour, "unit", F("price_u").asc(nulls_last=True)],
        "stock": [F("on_shelf").desc(), F("free").desc(nulls_last=True)],
        "green": [F("green_share").desc(nulls_last=True)],
        "name": ["name_en" if by_language("", "en") else "name_zh"],
    }
    for city in ("beijing", "shanghai", "guangzhou"):
        orders[f"rtt_{city}"] = [F(f"rtt_ms_{city}").asc(nulls_last=True)]
    return offers.order_by(*orders[sort], turn)
