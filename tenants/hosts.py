"""Host → province from memory.

Stock django-tenants asks the database at every request (2.36 times the CPU of a bare view). The table of
hosts is small, so each process keeps it whole and reads it anew when it is five seconds old; an act that
changes it calls `forget` and is seen at once in its own process, at most five seconds later in others.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings

from tenants.context import in_public
from tenants.models import Domain, Province, ProvinceKind, ProvinceState
from tenants.remembered import Remembered


@dataclass(frozen=True)
class Hosts:
    provinces: dict[str, Province]
    closed: dict[str, Province]
    redirects: dict[str, Province]
    open: list[Province]
    """Provinces that sell, without the nation's own, in the order of their codes."""
    drawn: dict[tuple[str, ...], str] = field(default_factory=dict)
    """What pages drew from this table, until it is read anew."""


def province_of(host: str) -> Province | None:
    """Province that answers at this host name."""
    return kept.get().provinces.get(host)


def named(slug: str) -> Province:
    """The province of this slug, open or suspended; from the database where it is neither."""
    known = kept.get().provinces.values()
    return next((one for one in known if one.slug == slug), None) or Province.objects.get(schema_name=slug)


def redirect_of(host: str) -> Province | None:
    """Province that an extra host leads to."""
    return kept.get().redirects.get(host)


def drawn(*known: str, draw: Callable[[list[Province]], str]) -> str:
    """What `draw` makes of the open provinces, made once for these words until the table is read anew."""
    table = kept.get()
    if known not in table.drawn:
        table.drawn[known] = draw(table.open)
    return table.drawn[known]


def closed_province_of(host: str) -> Province | None:
    """Province that answered at this host name once."""
    return kept.get().closed.get(host)


def open_provinces() -> list[Province]:
    """Provinces that sell, without the nation's own, in the order of their codes."""
    return list(kept.get().open)


def is_national(host: str) -> bool:
    return host == settings.PARENT_DOMAIN or host in settings.LOOPBACK_HOSTS


def _read(_replaced: Hosts | None) -> Hosts:
    with in_public():
        everything = {province.host: province for province in Province.objects.with_tables()}
        closed = {host: one for host, one in everything.items() if one.state == ProvinceState.CLOSED}
        provinces = {host: one for host, one in everything.items() if host not in closed}
        selling = [
            one for one in provinces.values() if one.kind == ProvinceKind.PROVINCE and one.state == ProvinceState.OPEN
        ]
        extra = Domain.objects.select_related("tenant").filter(tenant__in=provinces.values())
        redirects = {domain.domain: domain.tenant for domain in extra if domain.domain not in provinces}
    return Hosts(provinces, closed, redirects, selling)


kept = Remembered(_read, seconds=5.0)
forget = kept.forget
