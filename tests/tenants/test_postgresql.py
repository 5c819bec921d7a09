"""The backend sets the search path only where the session has another one, and never trusts what was undone."""

from datetime import UTC

import psycopg
import pytest
from django.db import DataError, IntegrityError, connection, transaction

from tenants.context import in_province, in_public
from tests.database import address


@pytest.fixture
def statements(race_database):
    """What was sent to the database, statement by statement."""
    sent: list[str] = []

    def note(execute, sql, params, many, context):
        sent.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield sent


def here() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return cursor.fetchone()[0]


def sets(sent: list[str]) -> int:
    return sum(sql.startswith("SET search_path") for sql in sent)


def test_coming_back_to_a_province_without_asking_elsewhere_costs_nothing(statements):
    for _request in range(5):
        with in_province("shanxi"):
            assert here() == "shanxi"
        connection.set_schema_to_public()
    assert sets(statements) == 1


def test_each_real_change_is_set(statements):
    for slug in ("shanxi", "henan", "shanxi"):
        with in_province(slug):
            assert here() == slug
        with in_public():
            assert here() == "public"
    assert sets(statements) == 6


def test_a_new_session_knows_nothing(statements):
    with in_province("shanxi"):
        assert here() == "shanxi"
        connection.close()
        assert here() == "shanxi"
    assert sets(statements) == 2


def test_a_province_without_public_behind_it_is_another_path(statements):
    for include_public in (True, False):
        connection.set_schema("shanxi", include_public)
        with connection.cursor() as cursor:
            cursor.execute("SHOW search_path")
            assert cursor.fetchone()[0] == ("shanxi, public" if include_public else "shanxi")


def fail_in_shanxi() -> None:
    with transaction.atomic(), in_province("shanxi"):
        assert here() == "shanxi"
        raise ZeroDivisionError


def test_what_was_rolled_back_is_set_again(statements):
    with in_province("henan"):
        assert here() == "henan"
    with pytest.raises(ZeroDivisionError):
        fail_in_shanxi()
    with in_province("shanxi"):
        assert here() == "shanxi"


def test_what_a_savepoint_rolled_back_is_set_again(statements):
    with in_province("henan"), transaction.atomic():
        assert here() == "henan"
        with pytest.raises(ZeroDivisionError):
            fail_in_shanxi()
        with in_province("shanxi"):
            assert here() == "shanxi"
        assert here() == "henan"


def test_a_commit_that_fails_undoes_the_search_path_too(statements):
    """A deferred constraint speaks at COMMIT, when the `SET` of the transaction is undone with it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE public.late "
            "(province bigint REFERENCES public.tenants_province DEFERRABLE INITIALLY DEFERRED)"
        )
    with in_province("henan"):
        assert here() == "henan"
    with pytest.raises(IntegrityError), transaction.atomic(), in_province("shanxi"), connection.cursor() as cursor:
        cursor.execute("INSERT INTO public.late VALUES (-1)")
    with in_province("shanxi"):
        assert here() == "shanxi"


@pytest.mark.parametrize(
    "text",
    [
        *("2026-12-01 04:30:43.08669+00", "2026-12-01 04:30:43+08", "0001-01-01 00:00:00+00"),
        *("9999-12-31 23:59:59.999999+00", "1883-11-18 12:00:00+00", "2026-12-01 04:30:43.5+05:45"),
    ],
)
def test_times_are_read_as_the_driver_reads_them(db, text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        (found,) = cursor.fetchone()
    with psycopg.connect(address(connection.settings_dict["NAME"]), options="-c timezone=UTC") as plain:
        assert plain.execute("SELECT %s::timestamptz", [text]).fetchone() == (found,)
    assert found.tzinfo is UTC


@pytest.mark.parametrize("text", ["infinity", "20026-12-01 00:00:00+00", "0044-03-15 00:00:00+00 BC"])
def test_times_that_python_does_not_know_are_refused_with_the_drivers_words(db, text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        with pytest.raises(DataError):
            cursor.fetchone()
