"""A province's home shows its own register and nothing of another's."""

import re

import pytest

from portal.accounts.roles import MembershipRole
from portal.directory.models import Availability
from portal.overview.home import national
from portal.overview.links import state
from tenants.actions import suspend_province
from tests.market import on_sale
from tests.portal.accounts.people import member, person, sign_in
from tests.portal.overview.counting import queries_of


@pytest.fixture(autouse=True)
def fresh_memory():
    state.forget()
    yield
    state.forget()


def page(client, path="/") -> str:
    client.cookies["django_language"] = "en"
    return client.get(path).content.decode()


def test_it_shows_its_own_sites_pools_and_offers_only(shanxi, henan, client_at):
    here, there = on_sale("shanxi", 8), on_sale("henan", 5)
    html = page(client_at("shanxi"))
    assert here.offer.name_zh in html
    assert here.pool.slug not in html
    assert there.offer.name_zh not in html
    assert f"http://portal.localhost:8000/catalogue/shanxi/{here.offer.slug}/" in html
    assert re.search(r"<dt>Cards registered</dt><dd class=\"value\">8</dd>", html)
    assert re.search(r"<dt>Cards free now</dt><dd class=\"value\">8</dd>", html)


def test_the_seal_and_the_link_state_stand_at_its_head(shanxi, client_at):
    on_sale("shanxi", 8)
    head = page(client_at("shanxi")).split('class="tabs"')[0]
    assert '<span class="seal" aria-hidden="true">SX</span>' in head
    assert 'class="state is-ok"' in head
    assert "Connected: its agents report." in head


def test_a_pool_without_a_report_shows_no_number_of_free_cards(shanxi, client_at):
    on_sale("shanxi", 8)
    Availability.objects.update(measured_at=None)
    html = page(client_at("shanxi"))
    reports = html[html.index('id="reports"') : html.index('id="sale"')]
    assert "no report" in reports
    assert "no data" in reports


def test_an_empty_province_says_what_fills_it(shanxi, client_at):
    html = page(client_at("shanxi"))
    assert "No site is registered yet" in html
    assert "Nothing is on sale here yet" in html


def test_the_nations_own_province_leads_to_the_nation(nation, client_at):
    answer = client_at("nation").get("/")
    assert (answer.status_code, answer["Location"]) == (302, "http://portal.localhost:8000/")


def test_it_costs_the_same_with_one_pool_and_with_three(shanxi, client_at):
    on_sale("shanxi", 8)
    assert queries_of(client_at("shanxi"), "/") == 8
    on_sale("shanxi", 4)
    on_sale("shanxi", 2, card="mlu590")
    assert queries_of(client_at("shanxi"), "/") == 8


def test_a_suspended_province_has_nothing_for_sale(shanxi, client_at):
    on_sale("shanxi", 8)
    suspend_province("shanxi")
    html = page(client_at("shanxi"))
    assert re.search(r"<dt>Cards registered</dt><dd class=\"value\">8</dd>", html)
    assert re.search(r"<dt>Cards free now</dt><dd class=\"value\">0</dd>", html)
    assert "Buy cards in Shanxi" not in html
    picture = national.picture()
    assert (picture.stock.cards, picture.stock.free) == (8, 0)


def test_its_providers_are_led_to_their_workspace_and_others_to_the_application(shanxi, henan, client_at):
    ours, other = person("guo"), person("he")
    member(ours, on_sale("shanxi").provider.organisation, MembershipRole.VIEWER)
    member(other, on_sale("henan").provider.organisation, MembershipRole.OWNER)
    links = [
        [word in page(client) for word in ("Become a provider", "Provider workspace")]
        for client in (client_at("shanxi"), sign_in(client_at("shanxi"), other), sign_in(client_at("shanxi"), ours))
    ]
    assert links == [[True, False], [True, False], [False, True]]
