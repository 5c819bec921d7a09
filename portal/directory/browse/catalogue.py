"""The national list of offers: what a visitor asks for, the counts beside each filter, and one page of answers.

The count beside a choice says how many offers it would leave when every other filter stays as it is.
"""

from dataclasses import dataclass, field
from functools import cache, cached_property, reduce
from operator import and_, or_

from django.core.paginator import Page, Paginator
from django.db.models import TextChoices
from django.http import QueryDict
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _

from portal.directory.browse import shelf
from portal.directory.finding import Bits, compact
from portal.directory.models import Category, OfferIndex, PurchaseMode
from portal.web.texts import decimals
from portal.web.wording import MICRO, YUAN
from tenants import hosts

PAGE_SIZE = 20
SHOWN_AT_ONCE = 6
MANY = ("mode", "category", "card", "province")
"""Filters of several choices; offers of any of them are shown."""
SINGLE = ("stock", "domestic", "green", "sla")
"""Filters that are on or off."""

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


def _micro_yuan(text: str) -> int | None:
    try:
        yuan = decimals.read(text, YUAN)
    except ValueError:
        return None
    return int(yuan * MICRO) if 0 <= yuan < 1_000_000 else None


def words(choices: type[TextChoices]) -> dict[str, str]:
    return _words(choices, get_language())


@cache
def _words(choices: type[TextChoices], language: str | None) -> dict[str, str]:
    return {value: str(label) for value, label in choices.choices}


# Counts ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    name: str
    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Facet:
    name: str
    legend: str
    choices: list[Choice]

    @cached_property
    def first(self) -> list[Choice]:
        """The most frequent choices, and whatever is chosen."""
        return [one for place, one in enumerate(self.choices) if place < SHOWN_AT_ONCE or one.chosen]

    @cached_property
    def rest(self) -> list[Choice]:
        return [one for place, one in enumerate(self.choices) if place >= SHOWN_AT_ONCE and not one.chosen]


class Catalogue:
    """One answer to one question, from the shelf; who asks many at a time hands the same shelf in."""

    def __init__(self, asked: Asked, at: shelf.Shelf | None = None) -> None:
        self.asked = asked
        self.shelf = at or shelf.current()
        answer = self.shelf.offers.find(asked.text)
        self._meant = answer.meant
        self.found = self.shelf.open & answer.bits
        if asked.most_u is not None:
            self.found &= self.shelf.offers.cheap_enough(asked.most_u)
        self.passing = {name: self._passing(name) for name in (*asked.many, *asked.single)}
        self.chosen = reduce(and_, self.passing.values(), self.found)

    def _passing(self, name: str) -> Bits:
        """Offers that one filter lets pass."""
        values = self.asked.many.get(name, ("",))
        return reduce(or_, (self.shelf.set_of(name, value) for value in values), 0)

    def _without(self, name: str) -> Bits:
        """Offers that every other filter lets pass."""
        return reduce(and_, (bits for other, bits in self.passing.items() if other != name), self.found)

    @property
    def total(self) -> int:
        return self.chosen.bit_count()

    @cached_property
    def meant(self) -> dict[str, str]:
        """Words of the question that no offer holds, with the words that were looked for instead."""
        typed = {word: self._meant.get(compact(word)) for word in self.asked.text.split()}
        return {word: self.shelf.spelled(folded, self.found) for word, folded in typed.items() if folded}

    @cached_property
    def provinces(self) -> dict[str, str]:
        return {one.slug: one.name for one in hosts.open_provinces()}

    @cached_property
    def names(self) -> dict[str, str]:
        """Of the card models on offer."""
        return self.shelf.offers.card_names(get_language())

    def facets(self) -> list[Facet]:
        return [
            self._facet("mode", _("How it is bought"), words(PurchaseMode)),
            self._facet("category", _("Kind of computing"), words(Category)),
            self._facet("card", _("Card model"), self.names),
            self._facet("province", _("Province"), self.provinces),
        ]

    def _facet(self, name: str, legend: str, labels: dict[str, str]) -> Facet:
        chosen, others = self.asked.many.get(name, frozenset()), self._without(name)
        sets = self.shelf.offers.sets
        counted = [(others & sets.get((name, value), 0)).bit_count() for value in labels]
        choices = [
            Choice(name, value, label, count, value in chosen)
            for (value, label), count in zip(labels.items(), counted, strict=True)
            if count or value in chosen
        ]
        return Facet(name, legend, sorted(choices, key=lambda one: (-one.count, one.value)))

    @cached_property
    def switches(self) -> list[Choice]:
        """The filters that are on or off, each with the number of offers that have the quality."""
        labels = {
            "stock": _("Can be bought now"),
            "domestic": _("Domestic cards"),
            "green": _("Green power at least 50%"),
            "sla": _("Availability at least 99.9%"),
        }
        counted = {name: (self._without(name) & self.shelf.set_of(name)).bit_count() for name in labels}
        return [Choice(name, "1", label, counted[name], name in self.asked.single) for name, label in labels.items()]

    def label_of(self, name: str, value: str) -> str:
        labels: dict[str, dict[str, str]] = {
            "mode": words(PurchaseMode),
            "category": words(Category),
            "card": self.names,
        }
        return str(labels.get(name, self.provinces).get(value, value))

    # The list ----------------------------------------------------------------------------------

    def page(self, number: str | None) -> Page[OfferIndex]:
        page: Page[OfferIndex] = Paginator(self, PAGE_SIZE).get_page(number)  # type: ignore[arg-type]  # sliced like a list
        page.object_list = list(page.object_list)
        return page

    def __len__(self) -> int:
        return self.total

    def __getitem__(self, part: slice) -> list[OfferIndex]:
        return self.shelf.take(self.chosen, self.asked.sort, part.start, part.stop - part.start)
