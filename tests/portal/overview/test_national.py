"""The national pages: counted from our own registers, in a constant number of queries."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from marketplace.catalog import actions as catalog
from portal.directory.browse import shelf
from portal.directory.models import Availability, NoticeIndex
from portal.overview.home import national
from portal.overview.links import state
from tenants.context import in_province
from tenants.models import Province, ProvinceState
from tests.market import YUAN, on_sale
from tests.portal.overview.counting import SHELF, queries_of


@pytest.fixture(autouse=True)
def fresh_memory():
    state.forget()
    yield
    state.forget()


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def english(client):
    client.cookies["django_language"] = "en"
    return client


def test_free_cards_count_only_where_an_agent_confirmed_them(shanxi, henan):
    on_sale("shanxi", 8)
    late = on_sale("henan", 5)
    Availability.objects.filter(pool=late.pool.pk).update(measured_at=timezone.now() - timedelta(seconds=61))
    picture = national.picture()
    rows = {row.province.slug: row.stock for row in picture.connected}
    assert (rows["shanxi"].cards, rows["shanxi"].free) == (8, 8)
    assert (rows["henan"].cards, rows["henan"].free) == (5, 0)
    assert (picture.stock.cards, picture.stock.free) == (13, 8)


def test_cards_of_a_paused_pool_are_registered_but_not_free(shanxi):
    lot = on_sale("shanxi", 8)
    Availability.objects.filter(pool=lot.pool.pk).update(sellable=False)
    assert national.picture().stock.free == 0
    assert national.picture().stock.cards == 8


def test_a_pool_that_two_offers_sell_counts_once_and_the_lowest_price_is_shown(shanxi):
    lot = on_sale("shanxi", 8, price_u=3 * YUAN)
    with in_province("shanxi"):
        second = lot.offer
        second.pk, second.slug, second.state, second._state.adding = None, "second", "draft", True
        second.id = None
        second = type(second)(
            provider=lot.provider, slug="second", name_zh="第二", category="intelligent", mode="instant", pool=lot.pool
        )
        second.save()
        catalog.set_price(second, "card-hour", 2 * YUAN)
        catalog.publish_offer(second)
    picture = national.picture()
    [row] = picture.cards
    assert picture.offers == 2
    assert (row.stock.cards, row.price_from_u) == (8, 2 * YUAN)


def test_a_paused_offer_takes_its_cards_off_the_supply_table(shanxi):
    lot = on_sale("shanxi", 8)
    with in_province("shanxi"):
        catalog.pause_offer(lot.offer)
    assert national.picture().cards == []


def test_connected_provinces_are_links_and_planned_ones_are_not(shanxi, henan, client_at):
    on_sale("shanxi", 8)
    html = english(client_at()).get("/").content.decode()
    tiles = html[html.index('<ul class="tiles"') :].split("</ul>")[0]
    assert tiles.count("<li") == 31
    assert re.findall(r'<a class="tile ([^"]+)" href="([^"]+)"', tiles) == [
        ("is-ok", "http://shanxi.portal.localhost:8000/"),
        ("is-bad", "http://henan.portal.localhost:8000/"),
    ]
    assert "Shanxi: up, 8 cards free" in text_of(tiles)
    assert "Hainan: planned" in text_of(tiles)


def test_the_tile_says_what_the_table_says(shanxi, henan, client_at):
    on_sale("shanxi", 8)
    text = text_of(english(client_at()).get("/").content.decode())
    assert "Connected, reporting 1" in text
    assert "Connected, disturbed 1" in text
    assert "Planned 29" in text
    assert "Closed" not in text


def test_a_closed_province_is_counted_apart(shanxi, henan, client_at):
    Province.objects.filter(pk=henan.pk).update(state=ProvinceState.CLOSED, closed_at=timezone.now())
    text = text_of(english(client_at()).get("/").content.decode())
    assert ("Planned 29" in text, "Closed 1" in text, "Connected, disturbed 1" in text) == (True, True, True)


@pytest.mark.parametrize(("path", "cost"), [("/", 4 + SHELF), ("/provinces/", 4 + SHELF)])
def test_pages_cost_the_same_with_one_pool_and_with_three(shanxi, henan, client_at, path, cost):
    on_sale("shanxi", 8)
    assert queries_of(client_at(), path) == cost
    on_sale("henan", 4)
    on_sale("henan", 2, card="mlu590")
    assert queries_of(client_at(), path) == cost


def test_while_the_count_is_in_memory_the_home_page_asks_nothing(shanxi, client_at, monkeypatch):
    on_sale("shanxi", 8)
    for memory in (national.kept, shelf.kept):
        monkeypatch.setattr(memory, "seconds", 60.0)
    first = client_at().get("/").content
    with CaptureQueriesContext(connection) as captured:
        assert text_of(client_at().get("/").content.decode()) == text_of(first.decode())
    assert captured.captured_queries == []


def test_one_count_is_drawn_in_each_language(shanxi, client_at, monkeypatch):
    on_sale("shanxi", 8)
    monkeypatch.setattr(national.kept, "seconds", 60.0)
    for _time in range(2):
        assert "Shanxi: up, 8 cards free" in text_of(english(client_at()).get("/").content.decode())
        assert "8 cards free" not in client_at().get("/").content.decode()


def test_without_any_supply_the_page_says_why_it_is_empty(shanxi, client_at):
    text = text_of(english(client_at()).get("/").content.decode())
    assert "No cards are on sale yet" in text


def test_models_beyond_the_twelfth_share_a_row_and_are_in_the_total(shanxi):
    for number in range(14):
        on_sale("shanxi", 2, card=f"card-{number:02d}")
    picture = national.picture()
    assert len(picture.shown_cards) == 12
    assert picture.other_cards == 2
    assert picture.other_stock.cards == 4
    assert picture.card_stock.cards == 28


def test_the_list_of_provinces_names_all_and_links_the_connected(shanxi, henan, client_at):
    html = client_at().get("/provinces/").content.decode()
    rows = re.findall(r'<th scope="row">(<a href="([^"]+)">)?', html.split("</tbody>")[0])
    assert len(rows) == 31
    assert [address for _link, address in rows if address] == [
        "http://shanxi.portal.localhost:8000/",
        "http://henan.portal.localhost:8000/",
    ]


def test_no_notice_of_the_last_ninety_days_is_left_out(shanxi, client_at, monkeypatch):
    monkeypatch.setattr("portal.overview.views.NOTICES_ON_A_PAGE", 2)
    ended = timezone.now() - timedelta(days=1)
    for number in range(3):
        facts = {"province": "shanxi", "applicant_zh": f"申请单位{number}", "began_at": ended, "outcome": "approved"}
        NoticeIndex.objects.create(id=uuid.UUID(int=number), ends_at=ended - timedelta(minutes=number), **facts)
    client = english(client_at())
    first, second, odd = (text_of(client.get(f"/notices/?page={page}").content.decode()) for page in (1, 2, "x"))
    assert "1 to 2 of 3" in first
    assert ("申请单位2" in first, "申请单位2" in second) == (False, True)
    assert "1 to 2 of 3" in odd
