"""Allowances: counted in the database, for all processes at once, and refilled evenly."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from rest_framework.settings import api_settings

from portal.accounts import allowance
from portal.accounts.allowance import parse, spend
from tests.market import buyer
from tests.portal.api.knocking import key_of, member, post, problem, program, visitor


def shift(caller: str, seconds: float) -> None:
    """Let so much time pass for the caller."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_allowance SET whole_at = whole_at - make_interval(secs => %s) WHERE caller = %s",
            [seconds, caller],
        )


def rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_allowance")
        return int(cursor.fetchone()[0])


@pytest.fixture
def rates(monkeypatch):
    """Small allowances for visitors, members and quotes."""
    small = {"visitor": "3/min", "member": "5/min", "quote": "2/min"}
    monkeypatch.setattr(api_settings, "DEFAULT_THROTTLE_RATES", small, raising=False)


@pytest.mark.parametrize(
    ("rate", "meaning"), [("60/min", (60, 60)), ("5/s", (5, 1)), ("9/hour", (9, 3600)), ("1/d", (1, 86400))]
)
def test_a_rate_is_so_many_requests_in_so_many_seconds(rate, meaning):
    assert parse(rate) == meaning


def test_an_allowance_may_be_spent_at_once_and_refills_evenly(db):
    assert [spend("anna", "6/min") for _request in range(6)] == [None] * 6
    assert timedelta(seconds=9) < spend("anna", "6/min") <= timedelta(seconds=10)
    shift("anna", 10)
    assert spend("anna", "6/min") is None
    assert spend("anna", "6/min") is not None
    shift("anna", 3600)
    assert [spend("anna", "6/min") for _request in range(6)] == [None] * 6
    assert spend("anna", "6/min") is not None


def test_one_callers_allowance_is_nobody_elses(db):
    assert spend("anna", "1/min") is None
    assert spend("anna", "1/min") is not None
    assert spend("bert", "1/min") is None


def test_a_refused_request_costs_nothing(db):
    spend("anna", "1/min")
    waits = [spend("anna", "1/min") for _request in range(20)]
    assert max(waits) <= timedelta(seconds=60)


def test_many_processes_count_together(race_database):
    passed = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait(10)
        for _request in range(10):
            passed.append(spend("anna", "25/h") is None)
        connection.close()

    threads = [threading.Thread(target=ask) for _thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(passed), sum(passed)) == (80, 25)


def test_those_who_have_not_asked_for_a_day_are_forgotten(db):
    for number in range(5):
        spend(f"old-{number}", "1/min")
        shift(f"old-{number}", 2 * 86400)
    spend("anna", "1/min")
    assert rows() == 1


def test_the_counting_writes_no_log_ahead(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'accounts_allowance'")
        assert cursor.fetchone() == ("u",)


def test_visitors_are_counted_by_address_and_told_when_to_come_back(db, rates):
    anna = visitor(REMOTE_ADDR="192.0.2.1")
    assert [anna.get("/api/v1/offers/").status_code for _request in range(3)] == [200] * 3
    refused = anna.get("/api/v1/offers/")
    assert problem(refused) == (429, "throttled")
    assert 1 <= int(refused.headers["Retry-After"]) <= 20
    assert visitor(REMOTE_ADDR="192.0.2.2").get("/api/v1/offers/").status_code == 200


def test_an_address_cannot_be_made_up(db, rates):
    statuses = [
        visitor(REMOTE_ADDR="192.0.2.1").get("/api/v1/offers/", headers={"x-forwarded-for": f"198.51.100.{number}"})
        for number in range(5)
    ]
    assert [one.status_code for one in statuses] == [200, 200, 200, 429, 429]


def test_members_are_counted_by_key_and_by_person(db, rates):
    who = buyer(0)
    robot, other = (program(key_of(who.organisation, who.user)[1]) for _key in range(2))
    assert [robot.get("/api/v1/wallet/").status_code for _request in range(6)] == [200] * 5 + [429]
    assert other.get("/api/v1/wallet/").status_code == 200
    assert member(who.user).get("/api/v1/wallet/").status_code == 200


def test_quotes_have_an_allowance_of_their_own(db, rates):
    anna = visitor(REMOTE_ADDR="192.0.2.1")
    assert [post(anna, "/api/v1/quotes/", {}).status_code for _request in range(3)] == [422, 422, 429]
    assert anna.get("/api/v1/offers/").status_code == 200


def test_no_address_is_kept(db, rates):
    visitor(REMOTE_ADDR="192.0.2.1").get("/api/v1/offers/")
    with connection.cursor() as cursor:
        cursor.execute("SELECT caller FROM accounts_allowance")
        (caller,) = cursor.fetchone()
    assert caller.startswith("visitor:")
    assert "192.0.2.1" not in caller
    assert allowance.SWEPT_AT_ONCE > 0
