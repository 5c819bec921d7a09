"""What apps contribute to the apps below them, found by the name of a module as Django finds `admin.py`.

An app that has something to say puts it into a module with one of these names; nothing below it changes.

| Module | What it holds |
|---|---|
| `rights` | `RIGHTS`, `SIGNATURES`, `WITHHELD`, `MEMBER_RIGHTS`: who may do what with the app's objects |
| `words` | `APP`, `OBJECTS`, `FIELDS`, `ACTS`, `FACTS` …: names on pages, in both languages |
| `queues` | `QUEUES`: what needs a person of the staff (`portal.staff.desk`) |
| `invariants` | `findings()`, `findings_in_province()`: what must be true of stored data |
| `retention` | `PERSONAL`, `NOT_PERSONAL`, `ABOUT_PEOPLE`: the register of personal data |
| `portability` | `tables(organisation)`, `tables_in_province(organisation)`: an organisation's own data |
| `provinces` | `reasons_against_closing`, `withdraw`, `resumed`, `rebuild`: closing and restoring a province |
| `checklist` | `step(organisation)`: one step on the way to the first order |
| `obstacles` | `reason(organisation)`: why an organisation may not lose its last owner |

The row types are plain dataclasses with texts, so that every app can use them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from django.apps import apps

OURS = ("portal.", "tenants", "marketplace.")


@dataclass(frozen=True)
class Right:
    """A staff role may do these things with objects of this kind."""

    role: str
    object: str
    """`app.model`."""
    verbs: tuple[str, ...]


@dataclass(frozen=True)
class Withheld:
    """Fields of an object that roles do not see from which this kind of facts is withheld."""

    kind: str
    object: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Signature:
    """Who uses these verbs answers for money, for who may trade or for who may sign: a second person signs beside."""

    object: str
    verbs: tuple[str, ...]


@dataclass(frozen=True)
class MemberRight:
    """Members with one of these roles may act so in the name of their organisation."""

    act: str
    roles: tuple[str, ...]


CONTRACT, DUTY, CONSENT = "contract", "duty", "consent"
"""Grounds on which personal data is kept (PIPL Art. 13)."""


@dataclass(frozen=True)
class Personal:
    """Fields about people, and the line of the public register that they belong to.

    One app says what the line is about; another app that only adds fields to it names the line alone.
    """

    line: str
    fields: tuple[str, ...]
    """`app.model.field`."""
    what: Any = ""
    purpose: Any = ""
    seen_by: Any = ""
    kept: Any = ""
    ground: str = ""


def rights_on(thing: str, **verbs: str) -> tuple[Right, ...]:
    """A row for each role: `rights_on("orders.order", operator="view end")`."""
    return tuple(Right(role, thing, tuple(words.split())) for role, words in verbs.items())


def fields_of(model: str, names: str) -> tuple[str, ...]:
    """`app.model.field` of each field: `fields_of("orders.order", "number state")`."""
    return tuple(f"{model}.{name}" for name in names.split())


def modules(name: str) -> Iterator[tuple[str, ModuleType]]:
    """Label and module of each app of this project that has one of this name, in the order of INSTALLED_APPS."""
    for config in apps.get_app_configs():
        path = f"{config.name}.{name}"
        if is_ours(config.name) and find_spec(path):
            yield config.label, import_module(path)


def is_ours(app: str) -> bool:
    """An app of this project, or one that a test or an installation adds under one of its packages."""
    return app.startswith(OURS)


def functions(name: str, function: str) -> Iterator[Callable[..., Any]]:
    """The functions of this name in modules of that name."""
    for _label, module in modules(name):
        if hasattr(module, function):
            yield getattr(module, function)


def rows(name: str, constant: str) -> Iterator[Any]:
    """The rows of the constants of this name, for instance every `Right` in `RIGHTS` of a `rights` module."""
    for _label, module in modules(name):
        yield from getattr(module, constant, ())
