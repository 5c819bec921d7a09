"""What every change of supply does: write only what differs and tell history, and name what people register."""

from typing import Any

from django.db.models import Model
from django.utils.text import slugify

LONGEST = 54
"""Characters of a slug before its number; the shortest column has 60."""


def apply_changes(thing: Model, facts: dict[str, Any]) -> dict[str, list[str]]:
    """Write the facts that differ; what was and what is, by field, as history keeps it. The row is locked already."""
    differing = {name: value for name, value in facts.items() if getattr(thing, name) != value}
    changed = {name: [_told(getattr(thing, name)), _told(value)] for name, value in differing.items()}
    for name, value in differing.items():
        setattr(thing, name, value)
    if differing:
        thing.save(update_fields=list(differing))
    return changed


def _told(value: Any) -> str:
    if value is None:
        return ""
    return str(value.pk) if isinstance(value, Model) else str(value)


def free_slug(model: type[Model], *parts: str) -> str:
    """A slug of these parts that no row of the province has: `yanzhou-datong`, then `yanzhou-datong-2`.

    The caller holds the provider's lock; slugs begin with the provider's own.
    """
    base = "-".join(filter(None, map(slugify, parts)))[:LONGEST].rstrip("-")
    taken = set(model._default_manager.filter(slug__startswith=base).values_list("slug", flat=True))
    number = 1
    while (slug := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return slug
