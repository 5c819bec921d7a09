"""A replayed province is the same as a migrated one, object by object."""

import pytest
from django.db import connection, transaction

from tenants import schemas
from tenants.actions import open_province
from tenants.acts import Refusal
from tenants.context import in_province
from tenants.models import Province

pytestmark = pytest.mark.django_db


def objects_of(schema: str) -> list[str]:
    """Every column, constraint, index, trigger, function and sequence of a schema, with the schema's name blanked."""
    sql = """
        SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' '
               || coalesce(column_default, '') || ' ' || is_identity
          FROM information_schema.columns WHERE table_schema = %(schema)s
        UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || contype::text
               || ' ' || condeferrable
          FROM pg_constraint WHERE connamespace = %(schema)s::regnamespace
        UNION ALL SELECT 'index ' || tablename || ' ' || indexname
          FROM pg_indexes WHERE schemaname = %(schema)s
        UNION ALL SELECT 'trigger ' || tgrelid::regclass || ' ' || tgname || ' ' || tgtype || ' ' || tgdeferrable
          FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
         WHERE c.relnamespace = %(schema)s::regnamespace AND NOT tgisinternal
        UNION ALL SELECT 'function ' || proname || ' ' || prosrc
          FROM pg_proc WHERE pronamespace = %(schema)s::regnamespace
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, {"schema": schema})
        return sorted(row[0].replace(f"{schema}.", "") for row in cursor.fetchall())


def test_a_replayed_schema_has_every_object_of_the_migrated_template():
    open_province("guizhou")
    assert objects_of("guizhou") == objects_of(schemas.TEMPLATE)


def test_the_comparison_finds_a_planted_difference():
    open_province("guizhou")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE guizhou.orders_lease DROP CONSTRAINT card_leased_once")
    missing = set(objects_of(schemas.TEMPLATE)) - set(objects_of("guizhou"))
    assert {row.split()[2] for row in missing} == {"card_leased_once"}


def test_an_opened_province_knows_its_migrations_and_is_on_the_map():
    province = open_province("guizhou")
    assert province.state == "open"
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(app || name ORDER BY app, name) FROM guizhou.django_migrations")
        (replayed,) = cursor.fetchone()
        cursor.execute(f"SELECT array_agg(app || name ORDER BY app, name) FROM {schemas.TEMPLATE}.django_migrations")
        (template,) = cursor.fetchone()
    assert replayed == template


def test_opening_is_recorded_at_the_nation():
    from tenants.history.models import Record

    province = open_province("guizhou")
    with in_province("nation"):
        assert Record.objects.filter(act="province.opened", subject_id=str(province.pk)).count() == 1


def test_an_opening_that_fails_leaves_nothing(monkeypatch):
    def broken(ddl: str, schema: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE SCHEMA "{schema}"; SELECT 1/0')

    monkeypatch.setattr(schemas, "replay", broken)
    with pytest.raises(Exception, match="division by zero"), transaction.atomic():
        open_province("guizhou")
    assert not schemas.exists("guizhou")
    assert Province.objects.get(schema_name="guizhou").state == "planned"


@pytest.mark.parametrize(("slug", "code"), [("atlantis", "unknown_province"), ("shanxi", "already_open")])
def test_what_cannot_be_opened_is_refused_with_a_sentence(slug, code):
    with pytest.raises(Refusal) as refusal:
        open_province(slug)
    assert refusal.value.code == code
    assert str(refusal.value)
