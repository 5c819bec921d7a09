"""Opening a province: all of it or nothing, known and recorded."""

import pytest
from django.db import connection, transaction

from tenants.actions import open_province
from tenants.acts import Refusal
from tenants.context import in_province
from tenants.models import Province
from tenants.schemas import replay

pytestmark = pytest.mark.django_db


def test_an_opened_province_knows_its_migrations_and_is_on_the_map():
    province = open_province("guizhou")
    assert province.state == "open"
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(app || name ORDER BY app, name) FROM guizhou.django_migrations")
        (replayed,) = cursor.fetchone()
        cursor.execute(f"SELECT array_agg(app || name ORDER BY app, name) FROM {replay.TEMPLATE}.django_migrations")
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

    monkeypatch.setattr(replay, "replay", broken)
    with pytest.raises(Exception, match="division by zero"), transaction.atomic():
        open_province("guizhou")
    assert not replay.exists("guizhou")
    assert Province.objects.get(schema_name="guizhou").state == "planned"


@pytest.mark.parametrize(("slug", "code"), [("atlantis", "unknown_province"), ("shanxi", "already_open")])
def test_what_cannot_be_opened_is_refused_with_a_sentence(slug, code):
    with pytest.raises(Refusal) as refusal:
        open_province(slug)
    assert refusal.value.code == code
    assert str(refusal.value)
