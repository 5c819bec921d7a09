"""A page that is asked in a way that cannot be read is a short page, never a fault of ours."""

import pytest
from django.conf import settings

from tests.market import buyer
from tests.portal.accounts.people import sign_in, staff

pytestmark = pytest.mark.django_db
MANY = "&".join(f"a{number}=1" for number in range(1_001))
LARGE = "a=" + "a" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def visitor(client_at):
    """Visitors whose faults are answered as in production."""
    client = client_at(raise_request_exception=False)
    client.cookies["django_language"] = "en"
    return client


@pytest.mark.parametrize("path", ["/", "/catalogue/", "/cards/", "/provinces/", "/identifiers/", "/accounts/login/"])
def test_more_parameters_than_are_read(visitor, path):
    answer = visitor.get(f"{path}?{MANY}")
    if answer.status_code != 200:  # a page that does not look at its query does not read it
        assert (answer.status_code, "This request could not be understood" in answer.content.decode()) == (400, True)


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/language/", "/theme/", "/quotes/"])
@pytest.mark.parametrize(
    ("body", "kind", "status", "words"),
    [
        (MANY, FORM, 400, "This request could not be understood"),
        (LARGE, FORM, 413, "What you sent is too large"),
        ("x", "multipart/form-data", 400, "This request could not be understood"),
        ("a=1", f"{FORM}; charset=latin-1", 400, "This request could not be understood"),
    ],
)
def test_a_form_that_cannot_be_read(visitor, path, body, kind, status, words):
    answer = visitor.post(path, body, content_type=kind)
    if path in ("/theme/", "/language/", "/quotes/") and answer.status_code in (302, 405, 204):
        return  # such a page does not look at the form
    assert (answer.status_code, words in answer.content.decode()) == (status, True)


def test_the_same_on_a_provinces_host(client_at):
    answer = client_at("shanxi", raise_request_exception=False).post("/theme/", LARGE, content_type=FORM)
    assert answer.status_code in (302, 413)


@pytest.mark.parametrize(
    "path",
    [
        "/catalogue/?q=%00&province=%00&sort=%00&price=%00&page=%00",
        "/catalogue/compare/?offer=%00",
        "/catalogue/models/?q=%00&vendor=%00&kind=%00",
        "/catalogue/shanxi/%00/",
        "/cards/?card_model=%00&provinces=%00&cards=%00",
        "/identifiers/?identifier=%00",
        "/provinces/?q=%00&state=%00",
        "/accounts/login/?next=%00",
        "/accounts/password/reset/key/%00-%00/",
        "/%00",
    ],
)
def test_a_character_that_cannot_be_stored_in_an_address(visitor, path):
    assert visitor.get(path).status_code < 500


@pytest.mark.parametrize("field", ["login", "password"])
def test_a_character_that_cannot_be_stored_in_a_form(visitor, field):
    said = {"login": "a@example.test", "password": "x" * 12, field: "a\0b@example.test"}
    answer = visitor.post("/accounts/login/", said)
    assert answer.status_code < 500


def test_what_the_database_refuses_is_the_callers_fault_on_pages_too(client_at, monkeypatch):
    """For whatever form does not look: no field of ours is expected to come so far."""
    from django.db import DataError

    from portal.ledger import views

    def refuse(*_arguments, **_facts):
        raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")

    monkeypatch.setattr(views, "balances", refuse)
    client = sign_in(client_at(raise_request_exception=False), buyer(0).user)
    client.cookies["django_language"] = "en"
    answer = client.get("/wallet/")
    assert (answer.status_code, "cannot be stored. Nothing was changed." in answer.content.decode()) == (400, True)


def test_staff_lists_and_forms_do_not_fail_either(client_at):
    client = sign_in(client_at(raise_request_exception=False), staff("operator"), second_factor=True)
    for path in ("accounts/organisation/", "directory/cardmodel/", "history/"):
        for query in ("q=%00", "subject_id=%00", MANY):
            assert client.get(f"/staff/{path}?{query}").status_code < 500
    names = {"slug": "a\0", "name_zh": "\0", "memory_gb": "\0", "domestic": "\0"}
    assert client.post("/staff/directory/cardmodel/add/", names).status_code < 500
