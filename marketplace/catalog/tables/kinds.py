"""What a table is: its columns with their heads in both languages, its objects, and how an object is written in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Model, Prefetch, QuerySet
from django.utils.translation import get_language

from marketplace.catalog.models import Card, Offer, PlanVersion, Pool, Provider, Site
from marketplace.catalog.number_fields import PercentField, YuanField
from marketplace.catalog.tables.fields import Named, Word
from marketplace.catalog.tables.rows import RowForm
from portal.directory.models import BaseModel, CardModel
from portal.web.wording import MICRO

PRICE = ("unit", "price_u", "price_out_u")
"""Columns of an offer's table that belong to its newest price version."""


@dataclass(frozen=True)
class Column:
    name: str
    """Field of the form, and of the object or its price version."""
    zh: str
    """Head in Chinese."""
    meaning: Any
    example: str
    must: bool = False
    """A new row needs it."""
    en: str = ""
    """Head in English where it is not the name of the field."""

    def heads(self) -> tuple[str, str]:
        return self.en or self.name, self.zh


@dataclass(frozen=True)
class Kind:
    """The first column is the key: a row whose key stands already changes what stands."""

    name: str
    title: Any
    right: str
    """Word of `permissions.MEMBERS` that importing needs."""
    most: int
    """Rows of one file."""
    form: type[RowForm]
    columns: tuple[Column, ...]

    @property
    def key(self) -> str:
        return self.columns[0].name

    @property
    def named(self) -> frozenset[str]:
        """Columns that name a row: this one or another."""
        return frozenset(name for name, field in self.form.base_fields.items() if isinstance(field, Named))

    def names(self) -> dict[str, tuple[str, str]]:
        return {column.name: column.heads() for column in self.columns}

    def head_of(self, name: str) -> str:
        """In the reader's language."""
        return self.names()[name][chinese()]


def chinese() -> bool:
    return not (get_language() or "").startswith("en")


# Objects ---------------------------------------------------------------------------------------


def everything(kind: Kind) -> QuerySet[Any]:
    """All rows of the province that the table is about, with what its columns show."""
    newest = PlanVersion.objects.order_by("offer_id", "-version").distinct("offer_id")
    found: dict[str, QuerySet[Any]] = {
        "sites": Site.objects.all(),
        "pools": Pool.objects.select_related("site"),
        "cards": Card.objects.select_related("pool").order_by("pool__slug", "node", "serial"),
        "offers": Offer.objects.select_related("pool").prefetch_related(Prefetch("plans", newest, to_attr="latest")),
    }
    return found[kind.name]


def of_provider(kind: Kind, provider: Provider) -> QuerySet[Any]:
    owner = "pool__provider" if kind.name == "cards" else "provider"
    return everything(kind).filter(**{owner: provider})


def owner_of(row: Any) -> Any:
    """Primary key of the provider."""
    return row.pool.provider_id if isinstance(row, Card) else row.provider_id


def value_of(row: Any, name: str) -> Any:
    if isinstance(row, Offer) and name in PRICE:
        plan = next(iter(row.latest), None)  # type: ignore[attr-defined]  # prefetched by `everything`
        return getattr(plan, name, "" if name == "unit" else None)
    return getattr(row, name)


def known_to(kind: Kind, provider: Provider) -> dict[str, dict[str, Any]]:
    """Rows that cells may name by their code; in lower case too, which is another row's code at the most."""
    wanted: dict[str, Iterable[Model]] = {}
    if kind.name == "pools":
        wanted = {"sites": provider.sites.all(), "card_models": CardModel.objects.all()}
    elif kind.name in ("cards", "offers"):
        wanted = {"pools": provider.pools.all()}
    if kind.name == "offers":
        wanted["base_models"] = BaseModel.objects.all()
    return {word: _by_code(rows) for word, rows in wanted.items()}


def _by_code(rows: Iterable[Model]) -> dict[str, Any]:
    exact = {code_of(row): row for row in rows}
    return {code.lower(): row for code, row in exact.items()} | exact


def code_of(row: Any) -> str:
    return str(row.pk) if isinstance(row, CardModel | BaseModel) else str(row.slug)


# Cells -----------------------------------------------------------------------------------------


def cells_of(kind: Kind, row: Any, *, words: bool) -> dict[str, str]:
    """What a file says of the object: choices by their word in the reader's language, or by their code."""
    return {column.name: cell(kind, column.name, value_of(row, column.name), words=words) for column in kind.columns}


def cell(kind: Kind, name: str, value: Any, *, words: bool) -> str:
    field = kind.form.base_fields[name]
    if value is None or value == "":
        return ""
    if isinstance(value, Model):
        return code_of(value)
    if isinstance(field, Word):
        return str(field.choices(value).label) if words else str(value)
    if isinstance(field, PercentField):
        return _plain(value * 100)
    if isinstance(field, YuanField):
        return _plain(Decimal(value) / MICRO)
    return _plain(value) if isinstance(value, Decimal) else str(value)


def _plain(number: Decimal) -> str:
    """Without zeros at the end and without exponent."""
    return f"{number.normalize():f}"
