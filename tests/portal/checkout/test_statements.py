"""How many statements a purchase costs: the budget of the hottest act. Setting the search path does not count."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.checkout.actions import place_purchase
from tests.market import buyer, on_sale, quote_for

pytestmark = pytest.mark.django_db


def statements(who, quote) -> int:
    with CaptureQueriesContext(connection) as captured:
        place_purchase(quote, organisation=who.organisation, by=who.user)
    return len([one for one in captured if not one["sql"].startswith("SET search_path")])


def test_one_card_and_thirty_cards_of_a_pool_cost_the_same():
    who, _lot = buyer(), on_sale("shanxi", 40)
    assert statements(who, quote_for(who, 1)) == 17
    assert statements(who, quote_for(who, 30)) == 17


def test_a_second_province_costs_its_own_order_only():
    who, _four, _two = buyer(), on_sale("shanxi", 4), on_sale("henan", 2)
    assert statements(who, quote_for(who, 6)) == 24
