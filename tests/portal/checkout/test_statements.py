"""How many statements a purchase costs: the budget of the hottest act. SETs do not count."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.checkout.actions import place_purchase
from tests.market import buyer, on_sale, quote_for
from tests.portal.api.knocking import key_of, post, program

pytestmark = pytest.mark.django_db


def statements(act) -> int:
    with CaptureQueriesContext(connection) as captured:
        act()
    return len([one for one in captured if not one["sql"].startswith("SET ")])


def placed(who, quote) -> int:
    return statements(lambda: place_purchase(quote, organisation=who.organisation, by=who.user))


def test_one_card_and_thirty_cards_of_a_pool_cost_the_same():
    who, _lot = buyer(), on_sale("shanxi", 40)
    assert placed(who, quote_for(who, 1)) == 16
    assert placed(who, quote_for(who, 30)) == 16


def test_a_second_province_costs_its_own_order_only():
    who, _four, _two = buyer(), on_sale("shanxi", 4), on_sale("henan", 2)
    assert placed(who, quote_for(who, 6)) == 23


def test_four_cards_over_the_api_cost_twenty_statements():
    """Key, allowance, idempotency and the transaction's begin and end are among them; a first request is not."""
    who, _lot = buyer(), on_sale("shanxi", 40)
    client = program(key_of(who.organisation, who.user)[1])
    client.get("/api/v1/purchases/")
    quote = {"quote": str(quote_for(who, 4).pk)}
    assert statements(lambda: post(client, "/api/v1/purchases/", quote, key="buy-4")) == 20
