"""A replayed province is the same as a migrated one, object by object."""

import pytest
from django.db import connection, transaction

from tenants.actions import open_province
from tenants.schemas import replay
from tests.copies import pointed_at_copy
from tests.tenants.comparison import differences, objects_of

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def migrated_copy(django_db_setup, django_db_blocker):
    """A database with `guizhou` opened by replay, `migrated_one` made by migrations, and a dump and replay of each."""
    with django_db_blocker.unblock(), pointed_at_copy():
        open_province("guizhou")
        replay.migrate("migrated_one")
        for source, again in (("guizhou", "replayed_again"), ("migrated_one", "migrated_again")):
            replay.replay(replay.dump(source), again, source)
        yield


def test_a_replayed_schema_equals_a_migrated_one_object_by_object(migrated_copy):
    """After one dump and replay of both: PostgreSQL words an expression anew when it reads its own description."""
    objects = objects_of("migrated_again")
    kinds = {name.split()[0] for name in objects}
    assert kinds == {"table", "column", "sequence", "index", "constraint", "trigger", "function", "migration"}
    assert "constraint orders_lease.card_leased_once" in objects
    assert "migration orders.0001_initial" in objects
    assert differences("replayed_again", "migrated_again") == []


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ("ALTER TABLE {s}.orders_lease DROP CONSTRAINT card_leased_once", "index card_leased_once"),
        ("ALTER TABLE {s}.orders_lease DROP CONSTRAINT card_leased_once", "constraint orders_lease.card_leased_once"),
        ("ALTER TABLE {s}.orders_order RENAME CONSTRAINT ended_order_has_end TO x", "constraint orders_order.x"),
        ("ALTER TABLE {s}.orders_order ALTER hours TYPE bigint", "column orders_order.hours"),
        ("ALTER TABLE {s}.orders_order ALTER hours SET DEFAULT 1", "column orders_order.hours"),
        ("ALTER TABLE {s}.orders_order ALTER hours DROP NOT NULL", "column orders_order.hours"),
        ("ALTER TABLE {s}.orders_lease ALTER id DROP IDENTITY", "sequence orders_lease_id_seq"),
        ("DROP INDEX {s}.occupying_leases", "index occupying_leases"),
        ("ALTER TABLE {s}.history_record DISABLE TRIGGER ALL", "trigger history_record.pgtrigger_append_only"),
        ("ALTER FUNCTION {s}.{function} COST 7", "function pgtrigger_append_only"),
        ("DELETE FROM {s}.django_migrations WHERE app = 'orders'", "migration orders.0001_initial"),
    ],
)
def test_the_comparison_finds_a_planted_difference(migrated_copy, planted, found):
    functions = [name.split()[1] for name in objects_of("replayed_again") if name.startswith("function ")]
    function = next(name for name in functions if "append_only" in name)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(planted.format(s="replayed_again", function=function))
        lines = differences("replayed_again", "migrated_again")
        assert any(found in line for line in lines), lines
        transaction.set_rollback(True)
    assert differences("replayed_again", "migrated_again") == []
