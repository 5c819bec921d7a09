"""Whatever goes wrong is a problem in JSON: a status, a code, a sentence; never a page, never a traceback."""

import json
from base64 import b64encode

import pytest
from django.db import OperationalError

from portal.ledger import api as ledger_api
from tenants.acts import Refusal
from tests.market import buyer
from tests.portal.api.knocking import key_of, member, post, problem, program, visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def robot():
    who = buyer(0)
    return program(key_of(who.organisation, who.user)[1])


@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/v1",
        "/api/v1/wallet",
        "/api/v1/nothing/",
        "/api/v2/wallet/",
        "/api/v1/orders/shanxi/14-20260101-NOSUCH/",
        "/api/v1/offers/shanxi/no-such-offer/",
        "/api/v1/purchases/00000000-0000-4000-8000-000000000000/",
        "/api/v1/purchases/not-a-uuid/",
        "/api/v1/orders/shanxi/%00/",
    ],
)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_address_that_is_not_there(robot, path, method):
    status, code = problem(getattr(robot, method)(path))
    assert (status, code) in [(404, "not_found"), (405, "method_not_allowed")]
    assert method != "get" or status == 404


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_method_that_is_not_taken(robot, method):
    for client in (robot, member(buyer(0).user)):
        answer = getattr(client, method)("/api/v1/wallet/")
        assert problem(answer) == (405, "method_not_allowed")
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("body", ["{", "[1,", "\x00", "{'a': 1}", '{"a": NaN}', "\xff"])
def test_a_body_that_is_not_json(body):
    answer = visitor().post("/api/v1/quotes/", body.encode("latin-1"), content_type="application/json")
    assert problem(answer) == (400, "parse_error")


def test_a_body_that_is_not_there_lacks_its_fields():
    answer = visitor().post("/api/v1/quotes/", b"", content_type="application/json")
    assert problem(answer) == (422, "invalid")


def test_another_media_type():
    answer = visitor().post("/api/v1/quotes/", "<a/>", content_type="application/xml")
    assert problem(answer) == (415, "unsupported_media_type")


def test_an_answer_nobody_offers():
    answer = visitor().get("/api/v1/offers/", headers={"accept": "text/html"})
    assert problem(answer) == (406, "not_acceptable")


@pytest.mark.parametrize("body", [[], "text", 7, None, True])
def test_json_that_is_no_object(body):
    answer = visitor().post("/api/v1/quotes/", json.dumps(body), content_type="application/json")
    assert problem(answer) == (422, "invalid")


def test_every_field_has_its_sentence_and_pointer():
    answer = post(visitor(), "/api/v1/quotes/", {"card_model": "no-such-card", "cards": 0, "provinces": ["mars"]})
    assert problem(answer) == (422, "invalid")
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
        ("/card_model", "does_not_exist"),
        ("/cards", "min_value"),
        ("/hours", "required"),
        ("/provinces/0", "does_not_exist"),
    ]
    assert all(one["detail"] for one in answer.json()["errors"])
    assert answer.json()["detail"] == "4 fields were not understood. Nothing was done."


def test_a_character_that_cannot_be_stored():
    asked = {"card_model": "a\0b", "cards": 1, "hours": 1, "provinces": ["shanxi\0"]}
    assert problem(post(visitor(), "/api/v1/quotes/", asked)) == (422, "invalid")


def test_sentences_come_in_the_readers_language():
    asked = {"card_model": "no-such-card"}
    chinese = visitor().post(
        "/api/v1/quotes/", asked, content_type="application/json", headers={"accept-language": "zh-CN"}
    )
    assert chinese.headers["Content-Language"] == "zh-hans"
    assert chinese.json()["errors"][1]["detail"] == "这一项必填。"


def test_a_refusal_is_a_409_with_code_sentence_and_alternatives(robot, monkeypatch):
    def refuse(organisation):
        raise Refusal("The cards are gone.", "no_longer_free", alternatives=[{"cards": 3}])

    monkeypatch.setattr(ledger_api, "balances", refuse)
    answer = robot.get("/api/v1/wallet/")
    assert problem(answer) == (409, "no_longer_free")
    assert (answer.json()["detail"], answer.json()["alternatives"]) == ("The cards are gone.", [{"cards": 3}])


def test_a_busy_platform_says_when_to_come_back(robot, monkeypatch):
    def refuse(organisation):
        raise Refusal("Busy.", "busy", status=503)

    monkeypatch.setattr(ledger_api, "balances", refuse)
    answer = robot.get("/api/v1/wallet/")
    assert problem(answer) == (503, "busy")
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ZeroDivisionError("secret detail"), (500, "fault")),
        (OperationalError("secret detail"), (503, "unavailable")),
    ],
)
def test_a_fault_of_ours_shows_nothing_of_itself(robot, monkeypatch, error, expected):
    def fail(organisation):
        raise error

    monkeypatch.setattr(ledger_api, "balances", fail)
    robot.raise_request_exception = False
    answer = robot.get("/api/v1/wallet/")
    assert problem(answer) == expected
    assert "secret detail" not in answer.content.decode()
    assert "Traceback" not in answer.content.decode()


def test_a_fault_of_ours_is_recorded(robot, monkeypatch):
    def fail(organisation):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(ledger_api, "balances", fail)
    with pytest.raises(ZeroDivisionError):
        robot.get("/api/v1/wallet/")


def test_a_fault_before_any_view_is_a_problem_too(monkeypatch):
    from portal.accounts.middleware import OrganisationMiddleware

    def fail(self, request, view, args, kwargs):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(OrganisationMiddleware, "process_view", fail)
    client = visitor(raise_request_exception=False)
    answer = client.get("/api/v1/offers/")
    assert problem(answer)[0] == 500
    assert "secret detail" not in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "position"), [("/api/v1/offers/", "a%00b"), ("/api/v1/orders/", "a%00b"), ("/api/v1/orders/", "no-date")]
)
def test_a_cursor_that_no_list_gave_out(robot, path, position):
    cursor = b64encode(f"p={position}".encode()).decode()
    assert problem(robot.get(path, {"cursor": cursor})) == (404, "not_found")
