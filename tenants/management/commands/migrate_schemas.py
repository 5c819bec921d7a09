"""`migrate` for `public` and every province that has a schema.

django-pgtrigger swaps the autodetector of Django's commands and django-tenants replaces `migrate`: without
the line below every command stops with `commands.E001`. Known but unopened provinces have no schema, so
the stock command, which walks all tenant rows, would stop at the first of them.
"""

from typing import Any

from django.core.management.commands import makemigrations
from django_tenants.management.commands.migrate_schemas import (
    GET_EXECUTOR_FUNCTION,
    MigrateSchemasCommand,
)

from tenants.context import PUBLIC
from tenants.models import Province
from tenants.schemas import TEMPLATE, exists


class Command(MigrateSchemasCommand):  # type: ignore[misc]
    autodetector = makemigrations.Command.autodetector

    def handle(self, *args: Any, **options: Any) -> None:
        if options.get("schema_name"):
            super().handle(*args, **options)
            return
        super(MigrateSchemasCommand, self).handle(*args, **options)
        executor = GET_EXECUTOR_FUNCTION(codename=self.executor)(self.args, self.options)
        if self.sync_public:
            executor.run_migrations(tenants=[PUBLIC])
        if self.sync_tenant:
            executor.run_migrations(tenants=self.schemas())

    def schemas(self) -> list[str]:
        """The template that new provinces are made from, then every province with a schema."""
        provinces = Province.objects.with_schema().values_list("schema_name", flat=True)
        return [*([TEMPLATE] if exists(TEMPLATE) else []), *provinces]
