"""Which schemas are behind the code: the migrations on disk against each schema's own list."""

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.utils import ProgrammingError
from psycopg import sql

from tenants.context import PUBLIC, in_public
from tenants.models import Province

Names = set[tuple[str, str]]


def behind() -> dict[str, list[str]]:
    """Schema → migrations it lacks, `app.name`; empty when every schema is at the code's version.

    Raises `django.db.OperationalError` when the database does not answer.
    """
    on_disk = set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
    lacking = {PUBLIC: _labels(settings.SHARED_APPS, on_disk) - applied_in(PUBLIC)}
    if not lacking[PUBLIC]:
        wanted = _labels(settings.TENANT_APPS, on_disk)
        with in_public():
            schemas = list(Province.objects.with_schema().values_list("schema_name", flat=True))
        lacking |= {schema: wanted - applied_in(schema) for schema in schemas}
    return {schema: [".".join(name) for name in sorted(names)] for schema, names in lacking.items() if names}


def applied_in(schema: str) -> Names:
    """The migrations a schema's list names; empty where the schema or its list does not exist."""
    query = sql.SQL("SELECT app, name FROM {}").format(sql.Identifier(schema, "django_migrations"))
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return set(cursor.fetchall())
    except ProgrammingError:
        return set()


def _labels(names: list[str], on_disk: Names) -> Names:
    sides = [*names]
    labels = {config.label for config in apps.get_app_configs() if {config.name, _path(config)} & set(sides)}
    return {(label, name) for label, name in on_disk if label in labels}


def _path(config: object) -> str:
    return f"{type(config).__module__}.{type(config).__qualname__}"
