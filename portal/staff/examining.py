"""The invariants (ARCHITECTURE.md) for the staff page: the modules that `manage.py doctor` asks, of this place.

A province looks at its own facts; the nation at those in `public` and of every province.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from tenants import registry
from tenants.context import PUBLIC, current_province, for_each_province


@dataclass(frozen=True)
class Examined:
    """One app's invariants: a sentence per finding, each with the province it is about ("" for the nation)."""

    label: str
    findings: list[tuple[str, str]]


def examine() -> list[Examined]:
    """Every app that has invariants, in the order of INSTALLED_APPS."""
    return [Examined(label, list(_findings(module))) for label, module in registry.modules("invariants")]


def _findings(module: ModuleType) -> Iterator[tuple[str, str]]:
    national, provincial = (getattr(module, name, None) for name in ("findings", "findings_in_province"))
    here = current_province()
    if here != PUBLIC:
        yield from ((here, sentence) for sentence in (provincial() if provincial else ()))
        return
    yield from (("", sentence) for sentence in (national() if national else ()))
    for outcome in for_each_province(lambda _province: list(provincial())) if provincial else ():
        if outcome.error is not None:
            yield outcome.province.slug, f"{type(outcome.error).__name__}: {outcome.error}"
        yield from ((outcome.province.slug, sentence) for sentence in outcome.value or ())


def told(examined: list[Examined], names: Any) -> list[tuple[str, str, str]]:
    """App, place and sentence of each finding."""
    return [(names.get(one.label, one.label), place, text) for one in examined for place, text in one.findings]
