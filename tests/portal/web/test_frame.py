"""The frame of every page: navigation by person and place, language, appearance, and the content policy."""

import re
from itertools import pairwise

import pytest
from django.conf import settings
from django.urls import reverse

from tests.portal.accounts.people import member, organisation, person, sign_in, staff

NATION = settings.PUBLIC_SCHEMA_URLCONF
OPEN_PAGES = ["/", "/provinces/", "/ranking/", "/about/data/", "/about/accessibility/", "/about/privacy/"]


def nav(html: str) -> list[str]:
    strip = html[html.index('class="mast-nav"') :].split("</nav>")[0]
    return re.findall(r'<li><a href="([^"]+)"', strip)


def test_a_visitor_is_offered_what_visitors_can_open(db, client_at):
    html = client_at().get("/ranking/").content.decode()
    assert nav(html) == ["/", "/cards/", "/catalogue/", "/provinces/"]
    assert 'href="http://portal.localhost:8000/accounts/login/?next=%2Franking%2F"' in html


def test_a_member_is_offered_orders_organisation_and_wallet(db, client_at):
    user = person("li")
    organisation("星野", user)
    html = sign_in(client_at(), user).get("/").content.decode()
    assert nav(html) == ["/", "/cards/", "/catalogue/", "/provinces/", "/purchases/", "/organisation/", "/wallet/"]
    assert "星野" in html


def test_a_provider_is_led_to_the_workspace_of_its_province(shanxi, client_at):
    user, seller = person("guo"), organisation("砚舟")
    seller.kind = "provider"
    seller.save()
    member(user, seller)
    html = sign_in(client_at(), user).get("/").content.decode()
    assert nav(html)[-1] == "http://shanxi.portal.localhost:8000/provider/"


def test_no_provider_is_led_to_a_province_that_is_not_open(db, client_at):
    user, seller = person("guo"), organisation("砚舟")
    seller.kind, seller.province = "provider", "guizhou"
    seller.save()
    member(user, seller)
    html = sign_in(client_at(), user).get("/").content.decode()
    assert nav(html)[-1] == "/wallet/"


def test_staff_are_led_to_their_desk_and_not_to_a_wallet(nation, shanxi, client_at):
    client = sign_in(client_at(), staff("tang"))
    assert nav(client.get("/ranking/").content.decode())[4:] == ["/staff/"]
    client = sign_in(client_at(), staff("yan", province="shanxi"))
    assert nav(client.get("/ranking/").content.decode())[4:] == ["http://shanxi.portal.localhost:8000/staff/"]


def test_somebody_without_role_or_organisation_is_not_offered_a_desk(db, client_at):
    client = sign_in(client_at(), person("new"))
    assert nav(client.get("/ranking/").content.decode())[4:] == ["/purchases/", "/organisation/", "/wallet/"]


def test_in_a_province_the_nations_places_carry_the_nations_host(shanxi, client_at):
    html = client_at("shanxi").get("/").content.decode()
    assert nav(html) == [
        f"http://portal.localhost:8000{path}" for path in ("/", "/cards/", "/catalogue/", "/provinces/")
    ]
    assert "?next=http%3A%2F%2Fshanxi.portal.localhost%3A8000%2F" in html


@pytest.mark.parametrize(
    ("path", "current"),
    [("/", "/"), ("/provinces/", "/provinces/"), ("/ranking/", None), ("/catalogue/", "/catalogue/")],
)
def test_the_rod_stands_under_the_current_place_only(db, client_at, path, current):
    html = client_at().get(path).content.decode()
    strip = html[html.index('class="mast-nav"') :].split("</nav>")[0]
    assert re.findall(r'href="([^"]+)" aria-current="page"', strip) == ([current] if current else [])


def test_the_switch_names_open_provinces_and_not_the_nations_own(shanxi, henan, client_at):
    html = client_at().get("/ranking/").content.decode()
    switch = html[html.index('class="tenant') :].split("</details>")[0]
    assert re.findall(r'href="([^"]+)"', switch) == [
        "/",
        "http://shanxi.portal.localhost:8000/",
        "http://henan.portal.localhost:8000/",
    ]


@pytest.mark.parametrize("path", OPEN_PAGES)
def test_open_pages_obey_the_content_policy_and_have_one_heading(db, client_at, path):
    answer = client_at().get(path)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert not re.search(r"\sstyle=|\son\w+=|<style|javascript:", html)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))
    assert all(address.startswith("/static/") for address in re.findall(r'(?:src|<link[^>]*href)="([^"]+)"', html))
    assert html.count("<h1") == 1
    assert html.index('class="skip"') < html.index("<header")
    assert "default-src 'none'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("path", OPEN_PAGES)
def test_headings_do_not_skip_a_level(db, client_at, path):
    levels = [int(level) for level in re.findall(r"<h([1-6])", client_at().get(path).content.decode())]
    assert levels[0] == 1
    assert all(later <= before + 1 for before, later in pairwise(levels))


def test_the_language_is_switched_by_a_form_and_holds_on_every_host(shanxi, client_at):
    client = client_at()
    assert 'lang="zh-CN"' in client.get("/ranking/").content.decode()
    answer = client.post("/language/", {"language": "en", "next": "/ranking/"})
    assert (answer.status_code, answer["Location"]) == (302, "/ranking/")
    assert answer.cookies["django_language"]["domain"] == "portal.localhost"
    assert '<html lang="en"' in client.get("/ranking/").content.decode()


@pytest.mark.parametrize(
    ("chosen", "mark"), [("dark", ' data-theme="dark"'), ("light", ' data-theme="light"'), ("", "")]
)
def test_the_appearance_is_kept_in_a_cookie_for_all_hosts(db, client_at, chosen, mark):
    client = client_at()
    answer = client.post("/theme/", {"theme": chosen, "next": "/ranking/"})
    assert (answer.status_code, answer["Location"]) == (302, "/ranking/")
    assert answer.cookies["theme"]["domain"] == "portal.localhost"
    html = client.get("/ranking/").content.decode()
    assert re.search(r"<html[^>]*>", html)[0] == f'<html lang="zh-CN"{mark}>'
    assert f'name="theme" value="{chosen}" aria-pressed="true"' in html


def test_an_unknown_appearance_is_the_systems(db, client_at):
    client = client_at()
    client.post("/theme/", {"theme": "sepia"})
    client.cookies["theme"] = '"><script>'
    assert re.search(r"<html[^>]*>", client.get("/ranking/").content.decode())[0] == '<html lang="zh-CN">'


def test_pages_of_hosts_that_are_not_ours_keep_the_rules_for_browsers(db, client_at):
    answer = client_at("nowhere").get("/")
    assert answer.status_code == 404
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("next_page", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", ""])
def test_the_appearance_form_leads_nowhere_else(db, client_at, next_page):
    assert client_at().post("/theme/", {"theme": "dark", "next": next_page})["Location"] == "/"


def test_a_word_is_no_name_of_a_page_to_go_back_to(db, client_at):
    assert client_at().post("/theme/", {"theme": "dark", "next": "word"}).status_code == 302


def test_a_frame_costs_a_visitor_no_query(db, client_at, django_assert_num_queries):
    client = client_at()
    client.get("/about/accessibility/")
    with django_assert_num_queries(0):
        client.get("/about/accessibility/")


def test_pages_that_answer_only_to_forms_are_not_offered_as_a_way_back(db, client_at):
    answer = client_at().post("/accounts/password/reset/", {"email": "not an address"})
    assert 'name="next" value="/"' in answer.content.decode()


@pytest.mark.parametrize("name", ["account_login", "account_signup", "account_reset_password"])
def test_sign_in_pages_stand_in_the_entrance(db, client_at, name):
    html = client_at().get(reverse(name, NATION)).content.decode()
    assert 'class="entrance-form"' in html
    assert "mast-nav" not in html
    assert "placeholder" not in html
