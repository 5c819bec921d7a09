"""What visitors and programs are told, and what the log says, when the database cannot serve."""

import json
import time

import pytest
from django.db import OperationalError, connection
from django.test import RequestFactory

from portal.web import errors
from portal.web.middleware import RefusalMiddleware
from portal.web.unavailable import Tally, is_unavailable, was_sent
from tenants import hosts
from tests.market import buyer
from tests.pools import connection_held, pooled, visit

WAIT = 0.5
NOTHING_DONE = "nothing was bought or charged"
CANNOT_SAY = "We cannot say whether your last step was carried out"


@pytest.fixture
def pool_of_one(race_database):
    with pooled(1, timeout=WAIT):
        yield


@pytest.fixture
def signed_in(pool_of_one, client_at):
    client = client_at()
    client.force_login(buyer().user)
    connection.close()
    return client


def timed(path, **more):
    began = time.monotonic()
    return visit(path, **more), time.monotonic() - began


class TestNoFreeConnection:
    @pytest.mark.parametrize("path", ["/", "/catalogue/", "/accounts/login/"])
    def test_a_visitor_gets_a_short_page_after_one_wait(self, pool_of_one, path):
        assert visit(path).status_code == 200
        hosts.forget()
        with connection_held():
            answer, took = timed(path)
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert "The portal cannot answer just now" in answer.content.decode()
        assert took < 2 * WAIT
        assert visit(path).status_code == 200

    def test_somebody_signed_in_waits_once_too(self, pool_of_one, signed_in):
        assert visit("/", by=signed_in).status_code == 200
        with connection_held():
            answer, took = timed("/", by=signed_in)
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert took < 2 * WAIT

    def test_an_unknown_host_waits_once_too(self, pool_of_one):
        with connection_held():
            answer, took = timed("/", host="unknown.portal.localhost:8000")
        assert (answer.status_code, took < 2 * WAIT) == (503, True)

    def test_a_program_gets_problem_details(self, pool_of_one):
        with connection_held():
            answer, took = timed("/api/v1/offers/")
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert (answer["Content-Type"], json.loads(answer.content)["status"]) == ("application/problem+json", 503)
        assert took < 2 * WAIT

    def test_a_form_that_was_not_read_says_that_nothing_was_done(self, pool_of_one, signed_in):
        with connection_held():
            answer = visit("/accounts/logout/", method="POST", by=signed_in)
        assert (answer.status_code, NOTHING_DONE in answer.content.decode()) == (503, True)

    def test_the_log_has_one_line_a_minute_and_no_traceback(self, pool_of_one, capfd, monkeypatch):
        monkeypatch.setattr(errors, "tally", Tally("database_unavailable", seconds=2 * WAIT))
        with connection_held():
            assert [visit("/").status_code for _request in range(6)] == [503] * 6
        time.sleep(2 * WAIT)
        said = "".join(capfd.readouterr())
        lines = [line for line in said.splitlines() if "database_unavailable" in line]
        assert 2 <= len(lines) <= 4
        assert sum(int(line.split("requests=")[1].split()[0]) for line in lines) == 6
        assert "Traceback" not in said
        assert "Service Unavailable" not in said


class TestDatabaseDown:
    @pytest.mark.parametrize("path", ["/", "/catalogue/", "/api/v1/offers/"])
    def test_it_is_503_with_a_time_to_come_back(self, gone_database, client_at, path):
        answer = client_at(raise_request_exception=False).get(path)
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")


class TestLostInTheMiddle:
    def test_a_page_can_be_asked_for_again(self, race_database, english):
        answer = after_loss(RequestFactory().get("/"))
        assert (answer.status_code, NOTHING_DONE in answer.content.decode()) == (503, True)

    def test_of_a_form_nobody_can_say_what_became(self, race_database, english):
        answer = after_loss(RequestFactory().post("/"))
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert CANNOT_SAY in answer.content.decode()
        assert NOTHING_DONE not in answer.content.decode()

    def test_for_htmx_it_is_a_notice(self, race_database, english):
        answer = after_loss(RequestFactory().post("/", headers={"HX-Request": "true"}))
        assert (answer.status_code, answer["HX-Retarget"]) == (503, "#notices")
        assert CANNOT_SAY in answer.content.decode()


def after_loss(request):
    """What becomes of a request whose session the server ends."""
    with pytest.raises(OperationalError) as lost, connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    connection.close()
    return RefusalMiddleware(lambda request: None).process_exception(request, lost.value)


def test_a_statement_that_the_server_refuses_is_no_overload(race_database):
    with pytest.raises(OperationalError) as refused, connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '10ms'; SELECT pg_sleep(1)")
    assert not is_unavailable(refused.value)
    assert was_sent(refused.value)
