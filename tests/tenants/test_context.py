"""Entering and leaving provinces: the connection and the database always agree on where they are."""

import random
import threading

import pytest
from django.db import ProgrammingError, connection, connections, transaction
from django.db.backends.postgresql.base import DatabaseWrapper
from structlog.testing import capture_logs

from marketplace.catalog.models import Provider
from tenants.context import current_province, for_each_province, in_province, in_public
from tenants.models import Province

PLACES = ("public", "nation", "shanxi", "henan")


def schema_of_the_database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str(cursor.fetchone()[0])


def test_a_block_works_in_its_province_and_returns_to_where_it_was(db):
    with in_province("shanxi"):
        assert (current_province(), schema_of_the_database()) == ("shanxi", "shanxi")
        with in_province("henan"):
            assert (current_province(), schema_of_the_database()) == ("henan", "henan")
        with in_public():
            assert (current_province(), schema_of_the_database()) == ("public", "public")
        assert (current_province(), schema_of_the_database()) == ("shanxi", "shanxi")
    assert (current_province(), schema_of_the_database()) == ("public", "public")


def test_an_error_leaves_the_province_too(db):
    with in_province("shanxi"):
        with pytest.raises(ValueError, match="in Henan"), in_province("henan"):
            raise ValueError("in Henan")
        assert schema_of_the_database() == "shanxi"
    assert schema_of_the_database() == "public"


def test_a_province_can_be_entered_by_its_row(shanxi):
    with in_province(shanxi):
        assert connection.tenant == shanxi
        assert schema_of_the_database() == "shanxi"


def test_a_provinces_table_fails_loudly_on_public(db):
    with pytest.raises(ProgrammingError, match="catalog_provider"), transaction.atomic():
        Provider.objects.exists()


def test_each_province_is_visited_and_one_failure_stops_nobody(db):
    def act(province: Province) -> str:
        if province.slug == "shanxi":
            raise RuntimeError("Shanxi is ill")
        return schema_of_the_database()

    with capture_logs() as logged:
        outcomes = for_each_province(act)
    assert [(line["event"], line["province"]) for line in logged] == [("province_failed", "shanxi")]
    assert [(one.province.slug, one.value, str(one.error or "")) for one in outcomes] == [
        ("shanxi", None, "Shanxi is ill"),
        ("henan", "henan", ""),
        ("nation", "nation", ""),
    ]
    assert schema_of_the_database() == "public"


class _Undone(Exception):
    pass


def walk(dice: random.Random, depth: int, seen: list[tuple[str, str]]) -> None:
    """Enter provinces, open savepoints and roll them back in random nesting; note what code and database say."""
    for _step in range(dice.randint(1, 3)):
        act = dice.choice(["look", "enter", "keep", "undo", "fail"]) if depth else "look"
        if act == "look":
            seen.append((current_province(), schema_of_the_database()))
        elif act == "enter":
            with in_province(dice.choice(PLACES)):
                walk(dice, depth - 1, seen)
        elif act == "keep":
            with transaction.atomic():
                walk(dice, depth - 1, seen)
        elif act == "undo":
            try:
                with transaction.atomic():
                    walk(dice, depth - 1, seen)
                    raise _Undone
            except _Undone:
                pass
        else:
            with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT * FROM there_is_no_such_table")
        seen.append((current_province(), schema_of_the_database()))


def test_savepoints_rolled_back_never_leave_the_database_in_another_province(race_database, settings):
    """What TENANT_LIMIT_SET_CALLS saves is only saved where it is safe (proof for our set-up)."""
    assert settings.TENANT_LIMIT_SET_CALLS is True
    seen: list[tuple[str, str]] = []
    dice = random.Random(1)
    for _round in range(120):
        walk(dice, 6, seen)
        if dice.random() < 0.1:
            connection.close()  # the next query opens a session that knows of no province
    assert len(seen) > 800
    assert {place for place, _schema in seen} == set(PLACES)
    assert [pair for pair in seen if pair[0] != pair[1]] == []


def test_the_walk_finds_a_connection_that_trusts_what_was_rolled_back(race_database, monkeypatch):
    """The control: when the remembered search path outlives a rollback, the same walk sees wrong provinces."""
    backend = type(connections["default"])
    monkeypatch.setattr(backend, "savepoint_rollback", DatabaseWrapper.savepoint_rollback)
    monkeypatch.setattr(backend, "rollback", DatabaseWrapper.rollback)
    seen: list[tuple[str, str]] = []
    dice = random.Random(0)
    for _round in range(60):
        walk(dice, 6, seen)
    assert [pair for pair in seen if pair[0] != pair[1]] != []


def test_two_threads_in_two_provinces_never_swap(race_database):
    wrong: list[tuple[str, str, str]] = []
    meet = threading.Barrier(4)

    def stay(slug: str) -> None:
        try:
            meet.wait(10)
            for _round in range(150):
                with in_province(slug), transaction.atomic():
                    before = schema_of_the_database()
                    with in_province("henan" if slug == "shanxi" else "shanxi"):
                        schema_of_the_database()
                    wrong.extend(
                        [(slug, before, here)] for here in [schema_of_the_database()] if {before, here} != {slug}
                    )
        finally:
            connection.close()

    threads = [threading.Thread(target=stay, args=[slug]) for slug in ("shanxi", "henan") * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []
