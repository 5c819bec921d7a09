"""Every address of both URL configurations, as Django itself resolves them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

URLCONFS = {"nation": "portal.urls_national", "province": "portal.urls_province"}


@dataclass(frozen=True)
class Route:
    place: str
    """`nation` or `province`."""
    path: str
    """As written in the URL configuration: `/purchases/<uuid:pk>/`."""
    name: str

    def __str__(self) -> str:
        return f"{self.place} {self.path}"


def routes(place: str) -> list[Route]:
    return list(_walk(place, get_resolver(URLCONFS[place]), "/", ""))


def _walk(place: str, resolver: Any, before: str, names: str) -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(place, pattern, path, f"{names}{pattern.namespace}:" if pattern.namespace else names)
        elif isinstance(pattern, URLPattern):
            yield Route(place, path, f"{names}{pattern.name or ''}")
