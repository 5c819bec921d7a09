"""The register of personal data: the fields, what for, who sees them, how long, on what ground.

The lines stand in the `retention` module of each app. A test walks every model of both sites: a foreign key to a
person, and every field of a model about people, must stand in a line; so must every field that can hold free text,
unless an app names it as not personal, with the reason. Numbers, times, choices and links to other things are not
personal by themselves.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField, RangeField
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from tenants import registry
from tenants.registry import CONSENT, CONTRACT, DUTY, Personal

GROUNDS = {
    CONTRACT: _("performance of the contract (PIPL Art. 13 (2))"),
    DUTY: _("legal duty (PIPL Art. 13 (3): accounting, network security)"),
    CONSENT: _("consent, given by writing it (PIPL Art. 13 (1))"),
}
PLAIN = (
    models.BooleanField,
    models.IntegerField,
    models.DecimalField,
    models.FloatField,
    models.DateField,
    models.TimeField,
    models.UUIDField,
    RangeField,
)
"""Numbers, times and keys say nothing of a person unless the model is about people (DateField covers date and time)."""


@dataclass(frozen=True)
class Line:
    """One line of the public page."""

    what: Any
    purpose: Any
    seen_by: Any
    kept: Any
    ground: Any
    fields: tuple[str, ...]
    """`app.model.field`."""


def lines() -> list[Line]:
    """The lines of the register with the fields that every app adds to them."""
    rows: list[Personal] = list(registry.rows("retention", "PERSONAL"))
    return [
        Line(
            row.what,
            row.purpose,
            row.seen_by,
            row.kept,
            GROUNDS[row.ground],
            tuple(field for one in rows if one.line == row.line for field in one.fields),
        )
        for row in rows
        if row.what
    ]


def registered() -> dict[str, Line]:
    """The line of each field."""
    return {field: line for line in lines() for field in line.fields}


def not_personal() -> list[str]:
    """`app.model.field` of the free text that an app names as not personal."""
    modules = [module for _label, module in registry.modules("retention")]
    return [field for one in modules for fields in getattr(one, "NOT_PERSONAL", {}).values() for field in fields]


def open_fields() -> Iterator[str]:
    """`app.model.field` of every field that neither the register nor a rule answers for."""
    named, about_people = _named(), set(registry.rows("retention", "ABOUT_PEOPLE"))
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_fields:
            label = f"{model._meta.label_lower}.{field.name}"
            if label not in named and (model._meta.label_lower in about_people or not _plain(field)):
                yield label


def stale_fields() -> set[str]:
    """Named in the register or the rules, but in no model any more."""
    models_here = apps.get_models(include_auto_created=True)
    known = {f"{one._meta.label_lower}.{field.name}" for one in models_here for field in one._meta.local_fields}
    return _named() - known


def _named() -> set[str]:
    return set(registered()) | set(not_personal())


def _plain(field: "models.Field[object, object]") -> bool:
    """Not personal by its kind alone."""
    if field.is_relation:
        return field.related_model is not User
    if isinstance(field, ArrayField):
        return False
    return bool(field.choices) or isinstance(field, PLAIN)
