"""The cards page: what is on sale, what a request would cost, and why."""

import pytest
from django.utils import timezone

from portal.checkout.models import Quote
from portal.directory.models import Availability
from tests.market import YUAN, buyer, card_model, on_sale
from tests.portal.checkout.running import queries

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "preview"}


def test_a_visitor_sees_models_with_lowest_price_and_free_stock(signed_in):
    on_sale("shanxi", 4, price_u=3 * YUAN)
    on_sale("henan", 2, price_u=2 * YUAN)
    on_sale("henan", 5, price_u=7 * YUAN, card="other")
    page = signed_in().get("/cards/")
    facts = [(one.model.slug, one.price_u, one.cards, one.free) for one in page.context["shown"]]
    assert facts == [("ascend-910b3", 2 * YUAN, 6, 6), ("other", 7 * YUAN, 5, 5)]


def test_stock_that_nobody_confirmed_for_a_minute_is_not_free(signed_in):
    lot = on_sale("shanxi", 4)
    Availability.objects.filter(pool=lot.pool.pk).update(measured_at=timezone.now() - timezone.timedelta(seconds=61))
    page = signed_in().get("/cards/")
    assert [(one.free, one.cards) for one in page.context["shown"]] == [(0, 4)]
    assert page.context["quoted"].lots == []
    assert [lot["reason_en"] for lot in page.context["quoted"].left_out] == [
        "Its stock was not confirmed within the last 60 s."
    ]


def test_two_offers_of_one_pool_do_not_count_its_cards_twice(signed_in):
    from marketplace.catalog import actions as catalog
    from marketplace.catalog.models import Offer
    from tenants.context import in_province

    lot = on_sale("shanxi", 4)
    with in_province("shanxi"):
        again = Offer.objects.get(pk=lot.offer.pk)
        again.pk, again.slug, again.state, again.published_at = None, "again", "draft", None
        again._state.adding = True
        again.save()
        catalog.set_price(again, "card-hour", 5 * YUAN)
        catalog.publish_offer(again)
    page = signed_in().get("/cards/")
    assert [(one.free, one.price_u) for one in page.context["shown"]] == [(4, 2 * YUAN)]


def test_the_preview_is_filled_over_provinces_and_writes_nothing(signed_in):
    on_sale("shanxi", 4), on_sale("henan", 2, price_u=3 * YUAN), on_sale("henan", 9, price_u=9 * YUAN)
    page = signed_in().get("/cards/", {"cards": 6, "hours": 2})
    quoted = page.context["quoted"]
    assert [(lot["letter"], lot["province"], lot["cards"]) for lot in quoted.lots] == [
        ("A", "shanxi", 4),
        ("B", "henan", 2),
    ]
    assert quoted.quote.total_u == 28 * YUAN
    assert [lot["price_u"] for lot in quoted.left_out] == [9 * YUAN]
    assert ", from 2 lots in 2 provinces" in page.content.decode()
    assert not Quote.objects.exists()


def test_htmx_gets_the_quote_alone(signed_in):
    on_sale("shanxi", 4)
    answer = signed_in().get("/cards/", {"cards": 3}, headers=HTMX)
    text = answer.content.decode()
    assert text.lstrip().startswith("<section")
    assert "<html" not in text
    assert answer.context["quoted"].quote.cards == 3


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"cards": "0"}, "Ensure this value is greater than or equal to 1."),
        ({"cards": "many"}, "Give a whole number of cards."),
        ({"hours": ""}, "Say for how many hours you need the cards."),
        ({"card_model": "abacus"}, "This card model is not on sale now. Choose one of the list."),
    ],
)
def test_a_wrong_answer_is_named_and_gives_no_quote(signed_in, asked, sentence):
    on_sale("shanxi", 4)
    page = signed_in().get("/cards/", asked)
    assert page.context["quoted"] is None
    assert sentence in page.content.decode()


def test_a_foreign_card_is_not_taken_for_a_domestic_one(signed_in):
    card_model("import", domestic=False)
    on_sale("shanxi", 4, card="import")
    page = signed_in().get("/cards/", {"card_model": "import", "domestic": "on"})
    assert page.context["form"].errors == {
        "card_model": ["This is not a domestic card. Choose another, or allow all cards."]
    }


def test_what_cannot_be_filled_is_said_with_links_to_what_can(signed_in):
    on_sale("shanxi", 4), on_sale("henan", 3)
    page = signed_in().get("/cards/", {"cards": 6, "spread": "province"})
    quoted = page.context["quoted"]
    assert quoted.lots == []
    assert [one["text"] for one in quoted.alternatives] == ["Take 4 cards", "Allow any provinces"]
    for one in quoted.alternatives:
        assert signed_in().get(one["url"]).context["quoted"].lots


def test_conditions_reach_the_rule(signed_in):
    on_sale("shanxi", 4, green_share="0.3", rtt_ms_beijing="5.0")
    on_sale("henan", 4, green_share="0.9", rtt_ms_beijing="19.0", price_u=3 * YUAN)
    page = signed_in().get("/cards/", {"cards": 2, "green_share": "0.5", "latency_ms": "20"})
    assert [lot["province"] for lot in page.context["quoted"].lots] == ["henan"]
    page = signed_in().get("/cards/", {"cards": 2, "price": "2.50"})
    assert [lot["province"] for lot in page.context["quoted"].lots] == ["shanxi"]
    page = signed_in().get("/cards/", {"cards": 2, "provinces": "henan"})
    assert [lot["province"] for lot in page.context["quoted"].lots] == ["henan"]


def test_asking_for_a_quote_keeps_it_and_shows_it(signed_in):
    on_sale("shanxi", 4)
    who = buyer()
    asked = signed_in().get("/cards/", {"cards": 3, "hours": 5}).context["quoted"].asked
    for client, organisation in [(signed_in(), None), (signed_in(who.user), who.organisation)]:
        answer = client.post("/quotes/", dict(asked))
        quote = Quote.objects.latest("created_at")
        assert answer.url == f"/quotes/{quote.pk}/"
        assert (quote.cards, quote.hours, quote.organisation) == (3, 5, organisation)
        assert client.get(answer.url).status_code == 200


def test_the_page_costs_the_same_with_one_lot_and_with_three(signed_in):
    on_sale("shanxi", 4)
    client = signed_in()
    client.get("/cards/")
    assert queries(client, "/cards/") == 11
    on_sale("shanxi", 4), on_sale("shanxi", 4, price_u=9 * YUAN)
    assert queries(client, "/cards/") == 11


def test_too_many_quotes_are_put_off_with_a_sentence(signed_in, monkeypatch):
    from rest_framework.settings import api_settings

    monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "quote", "2/min")
    on_sale("shanxi", 4)
    client = signed_in()
    assert [client.get("/cards/").status_code for _time in range(3)] == [200, 200, 429]
    assert "Too many quotes in a short time. Nothing was bought." in client.get("/cards/").content.decode()
    assert not Quote.objects.exists()
