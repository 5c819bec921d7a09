"""The only way into a province.

`with tenant:` and `@schema_context` of django-tenants keep their previous tenant in one class-wide list:
two threads end in each other's province. Here the previous one lives in the frame of the caller.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from tenants.connections import connection
from tenants.models import Province

log = structlog.get_logger(__name__)

NATION = "nation"
PUBLIC = "public"

T = TypeVar("T")


def current_province() -> str:
    """Schema the connection of this thread works in: a province's, `nation` or `public`."""
    return str(connection.schema_name)


@contextmanager
def in_province(province: Province | str) -> Iterator[None]:
    """Run the block in a province's schema (with `public` behind it) and return to where it was."""
    slug = province if isinstance(province, str) else province.schema_name
    previous, include_public = connection.tenant, connection.include_public_schema
    if connection.schema_name == slug:
        yield
        return
    if isinstance(province, str):
        connection.set_schema(slug)
    else:
        connection.set_tenant(province)
    try:
        yield
    finally:
        connection.set_tenant(previous, include_public)


@contextmanager
def in_public() -> Iterator[None]:
    """Run the block on `public`, where province tables fail loudly."""
    with in_province(PUBLIC):
        yield


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What one province answered: a value, or the error that stopped it."""

    province: Province
    value: T | None = None
    error: Exception | None = None


def for_each_province(act: Callable[[Province], T]) -> list[Outcome[T]]:
    """Run the act in every province that has a schema, the nation's included, in order of code.

    A failing province is logged and reported in its outcome, and the others go on.
    """
    with in_public():
        provinces = list(Province.objects.with_schema())
    return [_outcome(province, act) for province in provinces]


def _outcome(province: Province, act: Callable[[Province], T]) -> Outcome[T]:
    try:
        with in_province(province):
            return Outcome(province, act(province))
    except Exception as error:
        log.exception("province_failed", province=province.schema_name)
        return Outcome(province, error=error)
