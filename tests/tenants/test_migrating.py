"""Migrating all provinces: what each gets, what is printed when one fails, what a second run does."""

import io
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from tenants import outbox
from tenants.actions import open_province
from tenants.context import PUBLIC, in_province
from tenants.models import Province, ProvinceState
from tenants.schemas import migrating, versions
from tenants.schemas.replay import TEMPLATE, exists
from tests.tenants.comparison import differences, objects_of
from tests.tenants.next_migrations import coming

NEW = "outbox.9000_letter_has_a_note"
SCHEMAS = [TEMPLATE, "shanxi", "guizhou", "henan", "nation"]


def migrate(*arguments: str, **options: object) -> str:
    said = io.StringIO()
    call_command("migrate", *arguments, stdout=said, stderr=said, skip_checks=True, no_color=True, **options)
    return said.getvalue()


def lacking(schemas: list[str] = SCHEMAS) -> dict[str, int]:
    return {schema: len(names) for schema, names in versions.lacking_in(schemas).items()}


@pytest.fixture
def four(race_database):
    """The nation, Shanxi, Henan and Guizhou, with the template; each has a letter from before the migration."""
    open_province("guizhou")
    for slug in ("nation", "shanxi", "henan", "guizhou"):
        with in_province(slug):
            outbox.leave("tests.work", Province.objects.get(schema_name=slug))
    with coming():
        yield


@pytest.fixture
def all_31(race_database) -> Iterator[list[str]]:
    """Every division of the country is open, and a migration is coming."""
    for slug in Province.objects.filter(state=ProvinceState.PLANNED).values_list("schema_name", flat=True):
        open_province(slug)
    provinces = Province.objects.provinces().open().values_list("schema_name", flat=True)
    with coming():
        yield list(provinces)


def notes(schema: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT note FROM {schema}.outbox_letter")
        return [row[0] for row in cursor.fetchall()]


def test_every_province_gets_the_migration_in_processes_side_by_side(four):
    assert lacking() == dict.fromkeys(SCHEMAS, 1)
    said = migrate("--tenant", parallel=3)
    assert sorted(line.split(" (")[0] for line in said.splitlines()) == sorted(f"{one}: {NEW}" for one in SCHEMAS)
    assert lacking() == dict.fromkeys(SCHEMAS, 0)
    assert [notes(one) for one in ("nation", "shanxi", "henan", "guizhou")] == [["none"]] * 4
    assert migrate("--tenant") == "5 schemas have nothing to apply.\n"


def test_the_result_equals_that_of_djangos_own_migrate(four):
    migrate("--tenant", parallel=2)
    open_province("qinghai")  # from the template, which is migrated by now
    with in_province("henan"), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE henan.outbox_letter DROP COLUMN note")
        cursor.execute("DELETE FROM henan.django_migrations WHERE name LIKE '9000%%'")
    migrate("--tenant", "--schema=henan", executor="standard")
    assert {line.split(":")[0] for line in differences("shanxi", "henan")} <= {"column outbox_letter.note"}  # position
    assert set(objects_of("qinghai")) == set(objects_of("henan"))


def test_a_failing_province_of_31_is_named_the_others_are_done_and_a_second_run_does_what_is_left(all_31):
    everywhere = [TEMPLATE, "nation", *all_31]
    assert len(all_31) == 31
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE henan.outbox_letter ADD COLUMN note integer")  # somebody's hand
    said = io.StringIO()
    with pytest.raises(CommandError) as stopped:
        call_command("migrate", "--tenant", stdout=said, stderr=said, skip_checks=True, no_color=True, parallel=2)
    assert str(stopped.value) == (
        "1 schema was not brought to the end: henan; 32 are done. "
        "Mend the cause and run the command again: it does what is left."
    )
    assert stopped.value.returncode == 1
    reason = f'{NEW}: column "note" of relation "outbox_letter" already exists'
    assert f"henan: {reason}" in said.getvalue().splitlines()
    assert lacking(everywhere) == {**dict.fromkeys(everywhere, 0), "henan": 1}
    kept = dict(Province.objects.with_schema().values_list("schema_name", "migration_failure"))
    assert kept == {**dict.fromkeys(["nation", *all_31], ""), "henan": reason}

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE henan.outbox_letter DROP COLUMN note")
    again = migrate("--tenant")
    assert again.splitlines()[0] == "32 schemas have nothing to apply."
    assert again.splitlines()[1].startswith(f"henan: {NEW} (")
    assert lacking(everywhere) == dict.fromkeys(everywhere, 0)
    assert not Province.objects.exclude(migration_failure="").exists()


def test_a_process_that_is_killed_costs_its_schemas_and_a_rerun_does_them(four, monkeypatch):
    import os

    monkeypatch.setattr(migrating, "_migrate", lambda *_args: os.kill(os.getpid(), 9))
    with pytest.raises(CommandError, match="5 schemas were not brought to the end"):
        migrate("--tenant", parallel=2)
    monkeypatch.undo()
    migrate("--tenant", parallel=2)
    assert lacking() == dict.fromkeys(SCHEMAS, 0)


def test_one_schema_faking_and_going_back(four):
    migrate("--tenant", "--schema=shanxi")
    assert lacking() == {TEMPLATE: 1, "shanxi": 0, "guizhou": 1, "henan": 1, "nation": 1}
    migrate("outbox", "9000", "--tenant", fake=True)
    assert lacking() == dict.fromkeys(SCHEMAS, 0)
    assert [column for column in objects_of("henan") if column.endswith("letter.note")] == []
    migrate("outbox", "0001", "--tenant", "--schema=shanxi")
    assert lacking()["shanxi"] >= 1
    assert [column for column in objects_of("shanxi") if column.endswith("letter.note")] == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing"], "There is no app “nothing” with migrations."),
        (["outbox", "0815"], "outbox has no one migration called “0815”."),
        (["--schema=atlantis"], "There is no schema “atlantis”."),
    ],
)
def test_what_cannot_be_migrated_is_refused_with_a_sentence(db, arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        migrate(*arguments, "--tenant")


def test_nothing_to_do_is_found_with_as_many_questions_for_more_provinces(db):
    counts = []
    for more in ([], ["guizhou", "qinghai"]):
        for slug in more:
            open_province(slug)
        with CaptureQueriesContext(connection) as asked:
            migrate("--tenant")
        counts.append(sum(not one["sql"].startswith("SET ") for one in asked))
    assert counts[0] == counts[1] < 12


def test_the_receivers_of_djangos_signals_work_on_public_only():
    """Provinces are migrated without `pre_migrate` and `post_migrate`; a new receiver must be looked at here."""
    from django.db.models.signals import post_migrate, pre_migrate

    known = {
        "inject_rename_contenttypes_operations",  # renames rows of content types
        "create_contenttypes",
        "create_permissions",
        "install_on_migrate",  # of pgtrigger, off: triggers move with migrations
    }
    found = [row[1]() for signal in (pre_migrate, post_migrate) for row in signal.receivers]
    assert {one.__name__ for one in found if one is not None} == known


def test_a_new_schema_is_migrated_from_nothing(db):
    from tenants.schemas import replay as schemas

    schemas.migrate("made_here")
    assert exists("made_here")
    assert versions.lacking_in(["made_here", PUBLIC]) == {"made_here": frozenset(), PUBLIC: frozenset()}
    assert connections["default"].schema_name == PUBLIC


def test_schemas_made_side_by_side_all_get_their_triggers(race_database):
    """pgtrigger's function in `public` is written by every one of them; without the lock some would fail."""
    made = [f"side_{number}" for number in range(6)]
    with connection.cursor() as cursor:
        for schema in made:
            cursor.execute(f"CREATE SCHEMA {schema}")
    results = [result for plan in migrating.plans(made) for result in migrating.run(plan, workers=4)]
    assert {one.schema: one.failure for one in results} == dict.fromkeys(made, "")
    assert all(objects_of(schema) for schema in made)
