"""Which schemas are behind the code: the migrations on disk against each schema's own list."""

from tenants.context import PUBLIC, in_public
from tenants.models import Province
from tenants.schemas import versions


def waiting() -> dict[str, list[str]]:
    """As `behind`, without provinces in which a migration failed: those are named and the others go on."""
    found = behind()
    if not found or PUBLIC in found:
        return found
    with in_public():
        failed = set(Province.objects.exclude(migration_failure="").values_list("schema_name", flat=True))
    return {schema: names for schema, names in found.items() if schema not in failed}


def behind() -> dict[str, list[str]]:
    """Schema → migrations it lacks, `app.name`; empty when every schema is at the code's version.

    Raises `django.db.OperationalError` when the database does not answer.
    """
    lacking = versions.lacking_in([PUBLIC])
    if not lacking[PUBLIC]:
        with in_public():
            schemas = list(Province.objects.with_tables().values_list("schema_name", flat=True))
        lacking |= versions.lacking_in(schemas)
    return {schema: [".".join(name) for name in sorted(names)] for schema, names in lacking.items() if names}
