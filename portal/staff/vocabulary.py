"""The names of apps, objects, fields, acts and facts on pages: collected from the `words` of every app."""

from functools import cache
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import lazy

from tenants import registry

_counted = lazy(lambda noun, number: noun % number, str)


@cache
def words(name: str) -> dict[str, Any]:
    """What stands under this name in all `words` modules: `FIELDS`, `ACTS`, `FACTS`, `VERBS`, `KEPT`, `MEMBER_ACTS` …

    Raises ImproperlyConfigured where two apps name one thing.
    """
    found: dict[str, Any] = {}
    for label, module in registry.modules("words"):
        for key, word in getattr(module, name, {}).items():
            if key in found:
                raise ImproperlyConfigured(f"{label}.words.{name} names “{key}”, which another app has named.")
            found[key] = word
    return found


@cache
def one(label: str) -> Any:
    """One object of this kind, as sentences name it: “The staff role … was added”."""
    return _counted(words("OBJECTS")[label], 1)


@cache
def objects() -> dict[str, Any]:
    """Several objects of each kind, as lists and tables of rights name them; in Chinese the same word."""
    return {label: _counted(noun, 2) for label, noun in words("OBJECTS").items()}


@cache
def apps_named() -> dict[str, Any]:
    return {label: module.APP for label, module in registry.modules("words") if hasattr(module, "APP")}
