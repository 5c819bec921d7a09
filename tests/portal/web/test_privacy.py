"""What browsers may keep: nothing, unless the page is public and nobody is signed in."""

import pytest

from tests.portal.accounts.people import organisation, person, sign_in

pytestmark = pytest.mark.django_db

PRIVATE, PUBLIC = "private, no-store", "private, no-cache"


@pytest.fixture
def anna():
    user = person("anna")
    organisation("测试公司", user)
    return user


@pytest.mark.parametrize(
    "path", ["/wallet/", "/organisation/", "/purchases/", "/organisation/members/", "/accounts/data/"]
)
def test_private_pages_are_kept_by_no_browser(client_at, anna, path):
    page = sign_in(client_at(), anna).get(path)
    assert (page.status_code, page.headers["Cache-Control"]) == (200, PRIVATE)


@pytest.mark.parametrize("path", ["/", "/catalogue/", "/cards/", "/provinces/", "/notices/", "/about/privacy/"])
def test_public_pages_say_otherwise_to_visitors_and_not_with_somebodys_name_on_them(client_at, anna, path):
    assert client_at().get(path).headers["Cache-Control"] == PUBLIC
    assert sign_in(client_at(), anna).get(path).headers["Cache-Control"] == PRIVATE


def test_an_answer_that_no_view_gave_is_private(client_at):
    assert client_at().get("/no/such/page/").headers["Cache-Control"] == PRIVATE
    assert client_at().get("/wallet/").headers["Cache-Control"] == PRIVATE, "the way to the sign-in"


def test_a_view_that_says_what_may_be_kept_is_left_alone(client_at):
    assert client_at().get("/readyz").headers["Cache-Control"] == "no-store"
