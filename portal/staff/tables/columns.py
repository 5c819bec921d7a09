"""How staff pages show values: money in yuan, periods in Beijing time, related objects as links, answers as lists.

Columns are callables made once for each field: Django compares them by identity.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from django.contrib.postgres.fields import DateTimeRangeField
from django.core.exceptions import FieldDoesNotExist
from django.db.models import BooleanField, DateTimeField, Field, ForeignKey, JSONField, Model, OneToOneField
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.web.wording import beijing, money_exact, named
from tenants.context import in_public
from tenants.models import Province

Column = Callable[[Any], Any]
EMPTY = "—"


def column_of(model: type[Model], path: Any) -> Any:
    """The column of a field, or of a path to one (`line__order`); what needs none is given back as it is."""
    field = field_at(model, path) if isinstance(path, str) else None
    if field is None:
        return path
    if isinstance(field, (ForeignKey, OneToOneField)):
        return _linked(model, path)
    if isinstance(field, DateTimeField):
        return _time(model, path)
    if isinstance(field, DateTimeRangeField):
        return _period(model, path)
    if isinstance(field, JSONField):
        return _answers(model, path)
    if isinstance(field, BooleanField):
        return _word(model, path)
    if path.endswith("_u"):
        return _money(model, path)
    return _place(model, path) if field.name in ("province", "schema") else path


def field_at(model: type[Model], path: str) -> "Field[Any, Any] | None":
    """The field at the end of the path, or None where it is something else."""
    field: Any = None
    for name in path.split("__"):
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            return None
        model = field.related_model or model
    return field if isinstance(field, Field) else None


def related_of(model: type[Model], paths: list[Any]) -> list[str]:
    """What `select_related` must fetch for these columns."""
    fields = [(path, field_at(model, path)) for path in paths if isinstance(path, str)]
    return [path for path, field in fields if isinstance(field, (ForeignKey, OneToOneField))]


def path_of(column: Any) -> Any:
    """The field or path a column was made of; names as they are."""
    return getattr(column, "portal_path", column)


@cache
def _linked(model: type[Model], path: str) -> Column:
    column = _described(lambda row: link_to(_value(row, path)), model, path)
    column.portal_links = True  # type: ignore[attr-defined]
    return column


@cache
def _money(model: type[Model], path: str) -> Column:
    def show(row: Any) -> str:
        amount = _value(row, path)
        return EMPTY if amount is None else money_exact(amount)

    return _described(show, model, path)


@cache
def _place(model: type[Model], path: str) -> Column:
    return _described(lambda row: place(_value(row, path)), model, path)


def place(slug: Any) -> str:
    """A division's name by its slug, from memory; the slug itself where there is none."""
    known = _divisions().get(str(slug))
    return named({"name_zh": known[0], "name_en": known[1]}) if known else str(slug or EMPTY)


@cache
def _divisions() -> dict[str, tuple[str, str]]:
    """The known divisions are rows of a migration: they do not change while a process runs."""
    with in_public():
        return {slug: (zh, en) for slug, zh, en in Province.objects.values_list("schema_name", "name_zh", "name_en")}


@cache
def _time(model: type[Model], path: str) -> Column:
    def show(row: Any) -> SafeString | str:
        moment = _value(row, path)
        return EMPTY if moment is None else beijing(moment)

    return _described(show, model, path)


@cache
def _period(model: type[Model], path: str) -> Column:
    return _described(lambda row: period(_value(row, path)), model, path)


@cache
def _answers(model: type[Model], path: str) -> Column:
    return _described(lambda row: answers(_value(row, path)), model, path)


def worded(model: type[Model], path: str, words: Mapping[Any, Any]) -> Column:
    """The column of a field that holds codes, each shown as its word; keep it, like every column."""
    return _described(lambda row: words.get(_value(row, path), _value(row, path)), model, path)


@cache
def _word(model: type[Model], path: str) -> Column:
    """Yes or no in words: Django's green and red pictures would judge what is neither good nor bad."""
    return worded(model, path, {True: gettext_lazy("yes"), False: gettext_lazy("no"), None: EMPTY})


def _described(show: Column, model: type[Model], path: str) -> Column:
    def column(row: Any) -> Any:
        return show(row)

    field = field_at(model, path)
    column.short_description = field.verbose_name if field else path  # type: ignore[attr-defined]
    column.admin_order_field = path  # type: ignore[attr-defined]
    column.portal_path = path  # type: ignore[attr-defined]
    column.__name__ = path
    return column


def _value(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name, None)
    return row


def link_to(row: Model | None) -> SafeString | str:
    """The object's name, as a link where its page is on this site."""
    if row is None:
        return EMPTY
    try:
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
        return format_html('<a href="{}">{}</a>', reverse(name, args=[row.pk]), row)
    except NoReverseMatch:
        return str(row)


def period(during: Any) -> SafeString | str:
    if during is None:
        return EMPTY
    end = beijing(during.upper, "seconds") if during.upper else _("open")
    return format_html("{} – {}", beijing(during.lower, "seconds"), end)


def answers(value: Any) -> SafeString | str:
    """A stored answer as nested lists; whatever is micro-yuan in it reads as yuan."""
    if value in (None, "", [], {}):
        return EMPTY
    if isinstance(value, dict):
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {}</li>", map(_pair, value.items())))
    if isinstance(value, list):
        return format_html("<ol>{}</ol>", format_html_join("", "<li>{}</li>", ((answers(one),) for one in value)))
    return str(value)


def _pair(pair: tuple[str, Any]) -> tuple[str, Any]:
    name, value = pair
    if name.endswith("_u") and isinstance(value, int):
        return name.removesuffix("_u"), money_exact(value)
    return name, answers(value)
