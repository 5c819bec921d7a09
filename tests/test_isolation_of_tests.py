"""The test set-up itself: what one test writes, another must not see, and copies are real databases."""

import threading

import pytest
from django.db import connection

from tenants import history
from tenants.context import current_province, for_each_province, in_province
from tenants.history.models import Record
from tenants.models import Province


@pytest.mark.parametrize("round_", [1, 2])
def test_a_row_of_the_previous_test_is_gone(round_, shanxi):
    with in_province("shanxi"):
        assert Record.objects.filter(act="test.left").count() == 0
        history.record("test.left", shanxi)
        assert Record.objects.filter(act="test.left").count() == 1


def test_the_session_has_the_nation_and_two_provinces(db):
    assert [outcome.province.slug for outcome in for_each_province(lambda province: None)] == [
        "shanxi",
        "henan",
        "nation",
    ]


@pytest.mark.parametrize("round_", [1, 2])
def test_a_copy_shows_commits_to_other_threads_and_starts_fresh(round_, race_database):
    shanxi = Province.objects.get(schema_name="shanxi")
    seen = []

    def look() -> None:
        with in_province("shanxi"):
            seen.append(Record.objects.filter(act="test.committed").count())
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_database()")
            seen.append(cursor.fetchone()[0])
        connection.close()

    with in_province("shanxi"):
        history.record("test.committed", shanxi)
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [1, race_database.name]


def test_every_test_begins_in_public():
    assert current_province() == "public"
    connection.set_schema("henan")
