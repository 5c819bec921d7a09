"""Making a province's schema by replaying the DDL of `province_template`.

Migrating a new schema costs seconds, nearly all of it rendering model states; the server's own `pg_dump` of a
schema that is kept migrated, renamed and replayed, costs a fraction of one, however many provinces exist.
The template has no Province row. It is not `nation`: that word occurs as data. Nor is it django-tenants'
clone, which renames unique constraints.
"""

import re

from django.core.management import call_command
from psycopg.sql import SQL, Identifier

from tenants.backups import programs
from tenants.connections import connection
from tenants.context import in_public

TEMPLATE = "province_template"
NOT_REPLAYED = re.compile(r"^(SET |SELECT pg_catalog\.set_config|\\(un)?restrict |--)")


def exists(schema: str) -> bool:
    with in_public(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema])
        return cursor.fetchone() is not None


def migrate(schema: str) -> None:
    """Make the schema if it is missing and bring it to the code's migrations."""
    with in_public(), connection.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
    call_command("migrate_schemas", schema_name=schema, verbosity=0, interactive=False)


def template_ddl() -> str:
    """Statements that make the template's schema, migrated first if it does not stand yet. Raises `NoDump`."""
    if not exists(TEMPLATE):
        migrate(TEMPLATE)
    return dump(TEMPLATE)


def replay(ddl: str, schema: str, source: str = TEMPLATE) -> None:
    """Make `schema` from the statements of `source`, in the caller's transaction, with the record of migrations."""
    with in_public(), connection.cursor() as cursor:
        cursor.execute(re.sub(rf"\b{source}\b", schema, ddl))
        copy = SQL("INSERT INTO {new} (app, name, applied) SELECT app, name, applied FROM {source} ORDER BY id")
        table = "django_migrations"
        cursor.execute(copy.format(new=Identifier(schema, table), source=Identifier(source, table)))


def dump(schema: str) -> str:
    """DDL of one schema, without session settings and comments. Raises `NoDump`."""
    options = ["--schema-only", "--no-owner", "--no-privileges", f"--schema={schema}"]
    said = programs.run("pg_dump", *options)
    return "\n".join(line for line in said.splitlines() if line and not NOT_REPLAYED.match(line))
