"""Who signs in, or signs up, on the way comes back to the page with what was chosen."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.utils import timezone

from portal.accounts import actions, tokens
from tests import market
from tests.portal.accounts.people import PASSWORD, organisation, person, sign_in
from tests.portal.accounts.post import deliver

pytestmark = pytest.mark.django_db
NEW = {"email": "new@example.test", "name": "New", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def quote(shanxi):
    market.on_sale("shanxi", 4)
    return market.quote_for(None, 2)


def wanted(answer) -> str:
    """The page that the sign-in an answer leads to comes back to."""
    address = urlsplit(answer.headers.get("HX-Redirect") or answer.url)
    assert address.path == "/accounts/login/"
    return parse_qs(address.query)["next"][0]


def sign_up(client, next_page: str) -> str:
    """Sign up with a next page and follow the mail in the same browser; where the confirmation leads to."""
    assert client.post("/accounts/signup/", NEW | {"next": next_page}).status_code == 302
    [sent] = deliver()
    link = urlsplit(re.search(r"http://\S+/accounts/confirm-email/\S+", sent.body)[0])
    page = client.get(f"{link.path}?{link.query}").content.decode()
    action = re.search(r'method="post" action="(/accounts/confirm-email/[^"]+)"', page)[1].replace("&amp;", "&")
    return wanted(client.post(action))


class TestSigningUp:
    def test_a_visitor_comes_back_to_the_quote(self, client_at, quote):
        client, page = client_at(), f"/quotes/{quote.pk}/"
        entrance = client.get(f"/accounts/login/?next={page}").content.decode()
        assert f"/accounts/signup/?next={page.replace('/', '%2F')}" in entrance
        assert sign_up(client, page) == page
        signed_in = client.post("/accounts/login/", {"login": NEW["email"], "password": PASSWORD, "next": page})
        assert signed_in.url == page
        assert client.get(page).status_code == 200

    def test_the_link_in_the_mail_knows_the_way_in_another_browser_too(self, client_at, quote):
        page = f"/quotes/{quote.pk}/"
        client_at().post("/accounts/signup/", NEW | {"next": page})
        [sent] = deliver()
        link = urlsplit(re.search(r"http://\S+/accounts/confirm-email/\S+", sent.body)[0])
        assert wanted(client_at().post(f"{link.path}?{link.query}")) == page

    def test_an_invited_person_comes_back_to_the_invitation(self, client_at):
        anna = person("anna")
        one = actions.invite(organisation("测试", anna), email=NEW["email"], role="buyer", by=anna)
        deliver()
        page = f"/organisation/invitations/{tokens.invitation_token(one)}/"
        client = client_at()
        assert wanted(client.get(page)) == page
        assert sign_up(client, page) == page

    def test_asking_for_the_mail_again_keeps_the_way(self, client_at, quote):
        page, client = f"/quotes/{quote.pk}/", client_at()
        client.post("/accounts/signup/", NEW)
        deliver()
        with time_machine.travel(timezone.now() + timedelta(minutes=4)):
            client.post("/accounts/login/", {"login": NEW["email"], "password": PASSWORD, "next": page})
            [sent] = deliver()
        assert f"?then={page.replace('/', '%2F')}" in sent.body

    @pytest.mark.parametrize("page", ["http://evil.example.cn/", "//evil.example.cn/", "http://portal.localhost:6666/"])
    def test_no_way_leads_out_of_the_portal(self, client_at, page):
        client = client_at()
        client.post("/accounts/signup/", NEW | {"next": page})
        [sent] = deliver()
        link = urlsplit(re.search(r"http://\S+/accounts/confirm-email/\S+", sent.body)[0])
        assert link.query == ""
        answer = client.post(link.path, query_params={"then": page})
        assert answer.url == "http://portal.localhost:8000/accounts/login/"


class TestSessionGone:
    def test_buying_leads_by_the_sign_in_back_to_the_quote(self, client_at, quote):
        page = f"/quotes/{quote.pk}/"
        assert wanted(client_at().post(f"{page}buy/")) == page
        person("li")
        answer = client_at().post("/accounts/login/", {"login": "li@example.test", "password": PASSWORD, "next": page})
        assert answer.url == page

    def test_a_form_leads_back_to_its_page_with_what_was_chosen(self, client_at):
        headers = {"referer": "http://portal.localhost:8000/catalogue/?province=shanxi"}
        answer = client_at().post("/catalogue/saved/new/?province=shanxi", headers=headers)
        assert wanted(answer) == "/catalogue/?province=shanxi"

    def test_a_page_of_another_site_is_no_way_back(self, client_at, quote):
        headers = {"referer": "http://evil.example.cn/"}
        assert wanted(client_at().post(f"/quotes/{quote.pk}/buy/", headers=headers)) == f"/quotes/{quote.pk}/"

    def test_a_part_that_refreshes_itself_leads_the_whole_page_to_the_sign_in(self, client_at):
        page = "http://portal.localhost:8000/purchases/?page=2"
        answer = client_at().get("/purchases/", headers={"hx-request": "true", "hx-current-url": page})
        assert (answer.status_code, wanted(answer)) == (200, "/purchases/?page=2")

    @pytest.mark.parametrize("host", ["shanxi.portal.localhost:8000", "shanxi.portal.localhost"])
    def test_a_page_of_a_province_is_come_back_to_at_its_host(self, client_at, shanxi, host):
        answer = client_at("shanxi").post("/provider/sites/new/", headers={"host": host})
        assert wanted(answer) == "http://shanxi.portal.localhost:8000/provider/sites/"

    @pytest.mark.parametrize(
        ("slug", "path", "back"),
        [
            (None, "/organisation/members/7/role/", "/organisation/members/"),
            (None, "/purchases/3f2f6e0e-0000-4000-8000-000000000000/orders/shanxi/A-1/end/",
             "/purchases/3f2f6e0e-0000-4000-8000-000000000000/"),
            (None, "/organisation/submit/", "/organisation/"),
        ],
    )  # fmt: skip
    def test_without_a_referrer_the_page_above_is_the_way_back(self, client_at, slug, path, back):
        assert wanted(client_at(slug).post(path)) == back


def test_people_who_are_signed_in_stay_where_they_are(client_at, quote):
    client = sign_in(client_at(), person("li"))
    assert client.get(f"/quotes/{quote.pk}/").status_code == 200
