"""`migrate` for `public`, the template of new provinces and every province that has a schema.

`public` is migrated by Django's own `migrate`; if that fails nothing else is begun. Then all other schemas, several
at a time (`tenants.schemas.migrating`): a failing one is named with the reason, kept for the national administration,
and the others are done; the exit code is 1 and a second run does what is left. `APP [MIGRATION]` and `--fake` go the
same way. Django's own `migrate` is run schema by schema, as django-tenants does it, for `--plan`, `--check`, `--prune`,
`--fake-initial`, `--run-syncdb`, a named `--executor`, and a migration that lies behind.

django-pgtrigger swaps the autodetector of Django's commands and django-tenants replaces `migrate`: without
the line below every command stops with `commands.E001`. Known but unopened provinces have no schema, so
the stock command, which walks all tenant rows, would stop at the first of them.
"""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import makemigrations
from django.db import DatabaseError
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import AmbiguityError
from django_tenants.management.commands.migrate_schemas import (
    GET_EXECUTOR_FUNCTION,
    MigrateSchemasCommand,
)

from tenants.actions import note_migrations
from tenants.context import PUBLIC, in_public
from tenants.models import Province
from tenants.schemas import migrating
from tenants.schemas.replay import TEMPLATE, exists

STOCK_OPTIONS = ("plan", "check_unapplied", "prune", "fake_initial", "run_syncdb", "executor")


class Command(MigrateSchemasCommand):  # type: ignore[misc]
    autodetector = makemigrations.Command.autodetector

    def handle(self, *args: Any, **options: Any) -> None:
        super(MigrateSchemasCommand, self).handle(*args, **options)  # what is to be migrated: public, provinces
        named = options.get("schema_name")
        if self.sync_public and named in (None, PUBLIC):
            self.migrate_public()
        if self.sync_tenant and named != PUBLIC:
            schemas = [self.known(named)] if named else self.schemas()
            self.migrate_provinces(schemas)

    def migrate_public(self) -> None:
        try:
            self.stock([PUBLIC])
        except DatabaseError as error:
            words = " ".join(str(error).split())
            raise CommandError(f"public: {words}. No province was migrated.") from error

    def migrate_provinces(self, schemas: list[str]) -> None:
        if any(self.options.get(name) for name in STOCK_OPTIONS):
            self.stock(schemas)
            return
        try:
            plans = migrating.plans(schemas, self.targets)
        except migrating.NotForwards:
            self.stock(schemas)
            return
        failed = [result for plan in plans for result in self.run(plan) if result.failure]
        if failed:
            words = "1 schema was not brought" if len(failed) == 1 else f"{len(failed)} schemas were not brought"
            raise CommandError(
                f"{words} to the end: {', '.join(sorted(one.schema for one in failed))}; "
                f"{len(schemas) - len(failed)} are done. "
                "Mend the cause and run the command again: it does what is left."
            )

    def run(self, plan: migrating.Plan) -> list[migrating.Result]:
        if not plan.steps:
            self.say(f"{len(plan.schemas)} schemas have nothing to apply.")
        results = []
        workers = self.options.get("parallel") or 0
        for result in migrating.run(plan, fake=bool(self.options.get("fake")), workers=workers):
            results.append(result)
            if result.applied:
                self.say(f"{result.schema}: {', '.join(result.applied)} ({result.seconds:.2f} s)")
            if result.failure:
                self.stderr.write(self.style.ERROR(f"{result.schema}: {result.failure}"))
        note_migrations(results)
        return results

    def say(self, line: str) -> None:
        if self.options.get("verbosity", 1) >= 1:
            self.stdout.write(line)

    def stock(self, schemas: list[str]) -> None:
        """Django's whole `migrate` for each schema, by django-tenants' executor."""
        GET_EXECUTOR_FUNCTION(codename=self.executor)(self.args, self.options).run_migrations(tenants=schemas)

    def targets(self, executor: MigrationExecutor) -> list[tuple[str, str | None]]:
        """Where the named app, or all of them, shall end."""
        app, name = self.options.get("app_label"), self.options.get("migration_name")
        if not app:
            return migrating.newest(executor)
        if app not in executor.loader.migrated_apps:
            raise CommandError(f"There is no app “{app}” with migrations. No province was migrated.")
        if not name:
            return [key for key in migrating.newest(executor) if key[0] == app]
        if name == "zero":
            raise migrating.NotForwards
        try:
            return [(app, executor.loader.get_migration_by_prefix(app, name).name)]
        except (AmbiguityError, KeyError):
            raise CommandError(f"{app} has no one migration called “{name}”. No province was migrated.") from None

    def schemas(self) -> list[str]:
        """The template that new provinces are made from, then every province with a schema."""
        with in_public():
            provinces = list(Province.objects.with_tables().values_list("schema_name", flat=True))
        return [*([TEMPLATE] if exists(TEMPLATE) else []), *provinces]

    def known(self, schema: str) -> str:
        if not exists(schema):
            raise CommandError(f"There is no schema “{schema}”. Nothing was migrated.")
        return schema
