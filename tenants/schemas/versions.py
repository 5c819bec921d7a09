"""Which migrations each schema has and which it lacks: one question to the database for all schemas together."""

from collections.abc import Iterable
from functools import cache

from django.apps import apps
from django.conf import settings
from django.db.migrations.loader import MigrationLoader
from psycopg.sql import SQL, Composed, Identifier, Literal

from tenants.connections import connection
from tenants.context import PUBLIC, in_public

Names = frozenset[tuple[str, str]]
"""Migrations by app label and name."""

TABLE = "django_migrations"


def applied_in(schemas: Iterable[str]) -> dict[str, Names]:
    """Migrations each schema has; none for a schema that keeps no record of them. Two queries."""
    wanted = list(dict.fromkeys(schemas))
    found: dict[str, set[tuple[str, str]]] = {schema: set() for schema in wanted}
    with in_public(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT nspname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
            "WHERE relname = %s AND nspname = ANY(%s)",
            [TABLE, wanted],
        )
        parts = [_record_of(schema) for (schema,) in cursor.fetchall()]
        if parts:
            cursor.execute(SQL(" UNION ALL ").join(parts))
            for schema, app, name in cursor.fetchall():
                found[schema].add((app, name))
    return {schema: frozenset(names) for schema, names in found.items()}


def _record_of(schema: str) -> Composed:
    return SQL("SELECT {}, app, name FROM {}").format(Literal(schema), Identifier(schema, TABLE))


def lacking_in(schemas: Iterable[str]) -> dict[str, Names]:
    """Migrations of the code each schema lacks: of the national apps for `public`, of the provinces' otherwise."""
    return {schema: in_code(schema == PUBLIC) - names for schema, names in applied_in(schemas).items()}


def in_code(national: bool = False) -> Names:
    """Migrations on disk of the apps that live in provinces, or of those that live in `public`."""
    labels = _labels(tuple(settings.SHARED_APPS if national else settings.TENANT_APPS))
    return frozenset(name for name in on_disk() if name[0] in labels)


@cache
def on_disk() -> Names:
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


@cache
def _labels(names: tuple[str, ...]) -> frozenset[str]:
    chosen = set(names)
    found = (config for config in apps.get_app_configs() if {config.name, _path(config)} & chosen)
    return frozenset(config.label for config in found)


def _path(config: object) -> str:
    return f"{type(config).__module__}.{type(config).__qualname__}"
