"""History is written once: in every schema, by whatever way."""

import pytest
from django.db import DatabaseError, connection, transaction

from portal.accounts.models import User
from tenants import history
from tenants.actions import open_province
from tenants.context import in_province
from tenants.history.models import Record

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("slug", ["nation", "shanxi", "henan", "guizhou"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE history_record SET act = 'another'",
        "DELETE FROM history_record",
        "TRUNCATE history_record",
        "TRUNCATE history_record CASCADE",
    ],
)
def test_no_statement_changes_what_was_recorded(shanxi, slug, statement):
    if slug == "guizhou":  # opened after the migrations ran
        open_province(slug)
    with in_province(slug):
        history.record("test.done", shanxi)
        with pytest.raises(DatabaseError, match="pgtrigger"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        assert Record.objects.filter(act="test.done").count() == 1


def test_a_row_can_be_written_only_where_it_happened(shanxi):
    with in_province("shanxi"):
        history.record("test.here", shanxi)
    with in_province("henan"):
        assert not Record.objects.filter(act="test.here").exists()
    with in_province("nation"):
        assert not Record.objects.filter(act="test.here").exists()


def test_what_happens_on_public_is_recorded_at_the_nation(shanxi):
    history.record("test.national", shanxi, reason="because")
    with in_province("nation"):
        row = Record.objects.get(act="test.national")
    assert (row.subject_type, row.subject_id, row.facts) == ("tenants.province", str(shanxi.pk), {"reason": "because"})


def test_a_row_names_its_actor_by_kind_and_id_only(shanxi):
    person = User.objects.create_user("he.lan@example.cn", "correct-horse-battery")
    history.record("test.by_person", shanxi, by=person)
    history.record("test.by_system", shanxi)
    with in_province("nation"):
        rows = Record.objects.filter(act__startswith="test.by_").order_by("id")
        assert [(row.actor_kind, row.actor_id) for row in rows] == [("user", str(person.pk)), ("system", "")]


def test_an_act_that_fails_leaves_no_row(shanxi):
    @transaction.atomic
    def act() -> None:
        history.record("test.failed", shanxi)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        act()
    with in_province("nation"):
        assert not Record.objects.filter(act="test.failed").exists()
