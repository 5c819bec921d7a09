"""Offers side by side: what is best where, what is not compared, and what an address may ask for."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.catalog import actions
from portal.directory.browse.comparison import Comparison, marks, with_unit
from portal.directory.models import Unit
from tenants.actions import suspend_province
from tenants.context import in_province
from tests.marketplace.catalog import supply


@pytest.fixture
def near(shanxi):
    """Ten cards at ¥2 in Shanxi, 5 ms from Beijing."""
    return offer("shanxi", 10, 2_000_000, rtt_ms_beijing="5.0", pue="1.18", name_en="Near")


@pytest.fixture
def cheap(henan):
    """Two cards of 96 GB at ¥1.50 in Henan, 9 ms from Beijing."""
    model = supply.card_model("kunlunxin-p800", name_en="P800", memory_gb=96, fp16_dense_tflops=345)
    return offer("henan", 2, 1_500_000, model=model, rtt_ms_beijing="9.0", pue="1.12", name_en="Cheap")


def offer(province, cards, price_u, *, model=None, name_en, **site):
    place = supply.site(supply.provider(province), province, **site)
    pool = supply.pool(place, province, cards, model)
    with in_province(province):
        made = actions.publish_offer(supply.draft(place.provider, province, pool, price_u, name_en=name_en))
        supply.counted(pool, cards, cards)
    return made


def row(label: str, *offers):
    rows = Comparison([str(one.pk) for one in offers]).rows
    return next(one for one in rows if one.label == label)


def bests(label: str, *offers) -> list[str]:
    return [cell.best for cell in row(label, *offers).cells]


def address(*offers) -> str:
    return "/catalogue/compare/?" + "&".join(f"offer={one.pk}" for one in offers)


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("Price", ["", "lowest"]),
        ("¥ per rated TFLOPS-hour, FP16 dense", ["", "lowest"]),
        ("FP16, dense, rated", ["", "highest"]),
        ("Memory", ["", "largest"]),
        ("Free cards", ["most", ""]),
        ("Round trip to Beijing", ["shortest", ""]),
        ("Round trip to Shanghai", ["", ""]),
        ("PUE", ["", "lowest"]),
        ("Green power", ["", ""]),
        ("Provider", ["", ""]),
    ],
)
def test_the_best_of_a_row_has_its_word(near, cheap, english, label, words):
    assert bests(label, near, cheap) == words


def test_the_columns_stand_in_the_order_of_the_address(near, cheap, english):
    assert [one.name_en for one in Comparison([str(cheap.pk), str(near.pk)]).offers] == ["Cheap", "Near"]


def test_prices_in_different_units_are_shown_and_not_compared(near, cheap, english):
    with in_province("henan"):
        actions.set_price(cheap, Unit.SERVER_MONTH, 1_000_000)
    prices = row("Price", near, cheap)
    assert [cell.text for cell in prices.cells] == ["¥2.00 / card-hour", "¥1.00 / server-month"]
    assert [cell.best for cell in prices.cells] == ["", ""]
    assert prices.note == "different units, not compared"
    assert [cell.text for cell in row("¥ per rated TFLOPS-hour, FP16 dense", near, cheap).cells][1] == "no data"


def test_a_stale_stock_is_not_the_best(near, cheap, english):
    with in_province("shanxi"):
        supply.counted(near.pool, 10, 10, seconds_ago=61)
    stock = row("Free cards", near, cheap)
    assert [cell.text for cell in stock.cells] == ["to be confirmed", "2"]
    assert [cell.best for cell in stock.cells] == ["", ""]


def test_equal_and_single_values_have_no_best():
    assert marks([3, 3, None], min, "least") == ["", "", ""]
    assert marks([3], min, "least") == [""]
    assert marks([3, 1, 1, None], min, "least") == ["", "least", "least", ""]


@pytest.mark.parametrize(
    ("value", "unit", "text"), [("88.000", "%", "88%"), ("5.0", "ms", "5 ms"), (1728, "TFLOPS", "1,728 TFLOPS")]
)
def test_numbers_carry_their_unit(value, unit, text):
    assert with_unit(value, unit) == text


def test_visitors_compare_and_see_the_way_to_buy(client_at, near, cheap):
    page = client_at().get(address(near, cheap), headers={"accept-language": "en"}).content.decode()
    assert "¥1.50 / card-hour lowest" in page
    assert "/cards/?card_model=ascend-910b3&amp;provinces=shanxi" in page
    assert f'href="?offer={cheap.pk}"' in page


def test_five_offers_are_refused_with_a_sentence(client_at, near):
    ids = "&".join(f"offer={uuid.uuid4()}" for _number in range(4))
    answer = client_at().get(f"{address(near)}&{ids}", headers={"accept-language": "en"})
    assert answer.status_code == 422
    assert "5 offers are ticked; at most 4 can be compared" in answer.content.decode()


@pytest.mark.parametrize("nonsense", ["offer=nonsense", f"offer={uuid.UUID(int=7)}", "offer=%00"])
def test_what_is_not_on_sale_is_left_out_with_a_sentence(client_at, near, nonsense):
    page = client_at().get(f"{address(near)}&{nonsense}", headers={"accept-language": "en"}).content.decode()
    assert "1 of the chosen offers is not on sale any more and is left out" in page
    assert "¥2.00 / card-hour" in page


def test_a_paused_offer_is_left_out(client_at, near, cheap):
    with in_province("shanxi"):
        actions.pause_offer(near)
    comparison = Comparison([str(near.pk), str(cheap.pk)])
    assert [one.pk for one in comparison.offers] == [cheap.pk]
    assert comparison.gone == 1


def test_the_same_offer_twice_is_one(near):
    comparison = Comparison([str(near.pk), str(near.pk).upper(), near.pk.hex, f"{{{near.pk}}}", near.pk.urn])
    assert (len(comparison.offers), comparison.gone) == (1, 0)


@pytest.mark.parametrize("query", ["", "offer="])
def test_nothing_ticked_leads_to_the_catalogue(client_at, db, query):
    page = client_at().get(f"/catalogue/compare/?{query}").content.decode()
    assert 'href="/catalogue/"' in page


def test_the_drawer_gets_only_its_part(client_at, near, cheap):
    part = client_at().get(address(near, cheap), headers={"hx-request": "true"}).content.decode()
    assert "<html" not in part
    assert 'id="compare-count"' in part


def test_comparing_costs_the_same_for_one_and_for_four(client_at, near, cheap):
    client = client_at()
    more = [supply.offer("shanxi"), supply.offer("henan")]
    client.get(address(near))
    assert queries(client, address(near)) == queries(client, address(near, cheap, *more)) == 1


def queries(client, path: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(path).status_code == 200
    return sum(not one["sql"].startswith("SET ") for one in caught.captured_queries)


def test_the_catalogue_offers_a_tick_for_each_offer(client_at, near, cheap):
    page = client_at().get("/catalogue/").content.decode()
    for one in (near, cheap):
        assert f'name="offer" value="{one.pk}" form="compare"' in page


def test_programs_ask_for_offers_by_id(client_at, near, cheap):
    answer = client_at().get(f"/api/v1/offers/?id={near.pk}&id={cheap.pk}&id={uuid.uuid4()}")
    assert {one["id"] for one in answer.json()["results"]} == {str(near.pk), str(cheap.pk)}
    assert client_at().get("/api/v1/offers/?id=nonsense").status_code == 422


@pytest.mark.parametrize("stop", ["offer", "province"])
def test_programs_are_not_told_that_a_stopped_offer_can_be_bought(client_at, near, stop):
    address = f"/api/v1/offers/shanxi/{near.slug}/"
    assert client_at().get(address).json()["on_sale_now"] is True
    with in_province("shanxi"):
        actions.pause_offer(near) if stop == "offer" else suspend_province("shanxi")
    assert client_at().get(address).json()["on_sale_now"] is False
