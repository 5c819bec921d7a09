"""Commands that make and apply migrations work with pgtrigger and django-tenants side by side."""

import io

import pytest
from django.core.management import call_command
from django.core.management.commands import makemigrations
from django.db import connection

from tenants.context import for_each_province
from tenants.management.commands.migrate_schemas import Command

pytestmark = pytest.mark.django_db


def test_the_models_and_their_migrations_agree():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_migrate_finds_changes_with_the_same_detector_as_makemigrations():
    assert Command.autodetector is makemigrations.Command.autodetector
    call_command("check", databases=["default"])


def test_migrate_has_nothing_to_do_in_any_schema():
    said = io.StringIO()
    call_command("migrate_schemas", check_unapplied=True, plan=True, stdout=said, skip_checks=True)
    applied = {
        outcome.province.slug: outcome.value
        for outcome in for_each_province(lambda province: _applied(province.schema_name))
    }
    assert len(set(applied.values())) == 1
    assert next(iter(applied.values())) > 5


def _applied(schema: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {schema}.django_migrations")
        return int(cursor.fetchone()[0])
