"""Migrating many schemas: model states are rendered once for all that stand at the same migrations, then each schema
gets only its own statements, several schemas at a time.

django-tenants runs Django's whole `migrate` for each schema: reading the migrations, building their graph, rendering
some 60 models before and after, comparing them with the code and telling every app, 0.2 s a schema when nothing is to
be done. The statements themselves take a hundredth of that.

Several at a time are processes, forked when the states are rendered: an operation may change a field of the rendered
models for a moment (`AddField` with a default for old rows only), which threads would see of each other. Receivers of
`pre_migrate` and `post_migrate` are told for `public` only: those we have write content types and rights, which
live there.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import nullcontext
from dataclasses import dataclass, field
from time import monotonic

from django.db import connections, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

from tenants.connections import connection
from tenants.context import in_province
from tenants.schemas.versions import applied_in

Targets = Callable[[MigrationExecutor], list[tuple[str, str | None]]]
"""Migrations to end at, asked of Django's executor; by default the newest of every app."""


SHARED_FUNCTION_LOCK = 0x7219


class NotForwards(Exception):
    """The way to the target leads backwards in this schema; Django's own `migrate` goes it."""


@dataclass(frozen=True)
class Step:
    """One migration; each operation with the rendered model states before and after it."""

    migration: Migration
    operations: list[tuple[Operation, ProjectState, ProjectState]]


@dataclass(frozen=True)
class Plan:
    """What schemas that stand at the same migrations lack; without steps nothing is to be done."""

    schemas: list[str]
    steps: list[Step]


@dataclass(frozen=True)
class Result:
    """What became of one schema. `failure` says which migration failed and why; those before it stay applied."""

    schema: str
    applied: list[str] = field(default_factory=list)
    failure: str = ""
    seconds: float = 0.0


# Planning --------------------------------------------------------------------------------------


def newest(executor: MigrationExecutor) -> list[tuple[str, str | None]]:
    return list(executor.loader.graph.leaf_nodes())


def plans(schemas: Iterable[str], targets: Targets = newest) -> list[Plan]:
    """A plan for each set of schemas that have the same migrations. Raises `NotForwards`."""
    groups: dict[frozenset[tuple[str, str]], list[str]] = {}
    for schema, names in applied_in(schemas).items():
        groups.setdefault(names, []).append(schema)
    return [Plan(group, _steps(group, targets)) for group in groups.values()]


def _steps(group: list[str], targets: Targets) -> list[Step]:
    with in_province(group[0]):
        executor = MigrationExecutor(connection)
        executor.loader.check_consistent_history(connection)
        plan = executor.migration_plan(targets(executor))
        if any(backwards for _migration, backwards in plan):
            raise NotForwards
        if executor.loader.replacements:
            for schema in group:
                with in_province(schema):
                    executor.check_replacements()
        return _rendered(executor, {migration for migration, _backwards in plan}) if plan else []


def _rendered(executor: MigrationExecutor, wanted: set[Migration]) -> list[Step]:
    """The wanted migrations in the order of an empty database, each operation between two rendered states."""
    loader = executor.loader
    state = ProjectState(real_apps=loader.unmigrated_apps)
    everything = [one for one, _ in executor.migration_plan(loader.graph.leaf_nodes(), clean_start=True)]
    for migration in everything:
        if (migration.app_label, migration.name) in loader.applied_migrations:
            state = migration.mutate_state(state, preserve=False)
    _ = state.apps  # renders: every later state shares the models that do not change
    steps = []
    for migration in everything:
        if migration in wanted:
            operations = []
            for operation in migration.operations:
                before, state = state, state.clone()
                operation.state_forwards(migration.app_label, state)
                operations.append((operation, before, state))
            steps.append(Step(migration, operations))
    return steps


# Running ---------------------------------------------------------------------------------------


def run(plan: Plan, *, fake: bool = False, workers: int = 0) -> Iterator[Result]:
    """Bring every schema of the plan to its end, as they are done; a failing one stops no other.

    `workers` processes at a time, by default one for each processor; inside a transaction all in this process.
    """
    count = min(workers or os.cpu_count() or 1, len(plan.schemas))
    if not plan.steps:
        yield from (Result(schema) for schema in plan.schemas)
    elif count < 2 or connection.in_atomic_block:
        yield from (_migrate(schema, plan.steps, fake) for schema in plan.schemas)
    else:
        yield from _in_processes(plan, fake, count)


_inherited: list[Step] = []
"""Steps of the plan at hand for the forked processes: rendered models cannot be sent, only inherited."""


def _in_processes(plan: Plan, fake: bool, count: int) -> Iterator[Result]:
    global _inherited
    _inherited = plan.steps
    connections.close_all()
    connection.close_pool()  # no process may inherit a session of the database
    with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("fork")) as pool:
        running = {pool.submit(_in_process, schema, fake): schema for schema in plan.schemas}
        for future in as_completed(running):
            try:
                yield future.result()
            except Exception as error:  # noqa: BLE001  a process that was killed; its schema is named, the others go on
                yield Result(running[future], failure=f"The process that migrated it ended: {error}")


def _in_process(schema: str, fake: bool) -> Result:
    try:
        return _migrate(schema, _inherited, fake)
    finally:
        connection.close()


def _migrate(schema: str, steps: list[Step], fake: bool) -> Result:
    began = monotonic()
    done: list[str] = []
    step: Step | None = None
    try:
        with in_province(schema):
            recorder = MigrationRecorder(connection)
            _keep_record(recorder, schema)
            for step in steps:
                _apply(step, recorder, fake)
                done.append(str(step.migration))
    except Exception as error:  # noqa: BLE001  one schema must not stop the others; the caller reads the result
        return Result(schema, done, _sentence(step, error), monotonic() - began)
    return Result(schema, done, "", monotonic() - began)


def _sentence(step: Step | None, error: Exception) -> str:
    words = " ".join(str(error).split()) or type(error).__name__
    if step is None:
        return words
    part = "" if step.migration.atomic else "; it is not atomic, so part of it may stand"
    return f"{step.migration}: {words}{part}"


def _keep_record(recorder: MigrationRecorder, schema: str) -> None:
    """Make the schema's own record of migrations; with `public` behind it, that one would be found."""
    connection.set_schema(schema, include_public=False)
    recorder.ensure_schema()
    connection.set_schema(schema)


def _apply(step: Step, recorder: MigrationRecorder, fake: bool) -> None:
    """As Django does it: one transaction a migration unless it says otherwise, recorded in it unless SQL waits."""
    migration = step.migration
    recorded = False
    if not fake:
        with connection.schema_editor(atomic=migration.atomic) as editor:
            _wait_for_shared_function(migration, editor)
            for operation, before, after in step.operations:
                own = operation.atomic or (migration.atomic and operation.atomic is not False)
                with transaction.atomic() if own and not editor.atomic_migration else nullcontext():
                    operation.database_forwards(migration.app_label, editor, before, after)
            if not editor.deferred_sql:
                _record(migration, recorder)
                recorded = True
    if not recorded:
        _record(migration, recorder)


def _wait_for_shared_function(migration: Migration, editor: BaseDatabaseSchemaEditor) -> None:
    """pgtrigger writes one function of `public` anew with every trigger; two sessions cannot do so at one time."""
    if migration.atomic and any(type(one).__module__.startswith("pgtrigger") for one in migration.operations):
        editor.execute("SELECT pg_advisory_xact_lock(%s)", [SHARED_FUNCTION_LOCK])


def _record(migration: Migration, recorder: MigrationRecorder) -> None:
    for app, name in migration.replaces or [(migration.app_label, migration.name)]:
        recorder.record_applied(app, name)
