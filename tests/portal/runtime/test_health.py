"""The two doors that load balancers ask."""

import pytest
from django.db import connection
from django.test import Client

from portal.runtime import health


@pytest.fixture(autouse=True)
def forget_that_it_was_migrated(monkeypatch):
    monkeypatch.setattr(health, "_migrated_at", float("-inf"))
    health.seen.forget()
    yield
    health.seen.forget()


@pytest.mark.parametrize("host", ["portal.localhost", "shanxi.portal.localhost", "10.0.0.7", "unknown.example"])
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_both_doors_answer_on_every_host_name(race_database, host, path):
    assert Client(headers={"host": host}).get(path).status_code == 200


def test_alive_asks_no_database(client_at):
    answer = client_at().get("/healthz")  # pytest-django refuses the database to this test
    assert (answer.status_code, answer.content) == (200, b"alive\n")


def test_however_many_ask_the_database_is_asked_once_a_second(race_database, client_at, monkeypatch):
    looks, trouble = [], health.broker.trouble
    monkeypatch.setattr(health.broker, "trouble", lambda *place: looks.append(place) or trouble(*place))
    assert [client_at().get("/readyz").status_code for _request in range(5)] == [200] * 5
    assert len(looks) == 1


def test_a_schema_behind_the_code_is_not_ready(race_database, client_at):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM henan.django_migrations WHERE app = 'orders'")
    answer = client_at().get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "not_ready": ["migrations"]})


def test_a_province_whose_migration_failed_does_not_stop_the_others(race_database, client_at):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM henan.django_migrations WHERE app = 'orders'")
        cursor.execute("UPDATE tenants_province SET migration_failure = 'why' WHERE schema_name = 'henan'")
    assert client_at().get("/readyz").status_code == 200


def test_a_missing_broker_is_not_ready(race_database, client_at):
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA pgmq CASCADE")
    answer = client_at().get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "not_ready": ["broker"]})


def test_a_database_that_is_gone_is_named_without_its_address(gone_database, client_at):
    answer = client_at().get("/readyz")
    assert (answer.status_code, answer.json()["not_ready"]) == (503, ["broker", "database"])
    assert gone_database.encode() not in answer.content
