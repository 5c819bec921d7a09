"""The quote page and the buy: who may read a quote, who may buy it, and what every refusal says."""

import re

import pytest
from django.utils import timezone

from portal.accounts.models import OrganisationState
from portal.accounts.roles import MembershipRole
from portal.checkout.models import Purchase, Quote
from portal.ledger.actions import balances
from tests.market import YUAN, buyer, fund, on_sale, quote_for, somebody
from tests.portal.accounts.people import member, organisation
from tests.portal.checkout.running import queries

pytestmark = pytest.mark.django_db


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_a_visitor_reads_her_quote_and_is_led_back_to_it_after_signing_in(signed_in):
    on_sale("shanxi", 4)
    quote = quote_for(None, 2)
    page = signed_in().get(f"/quotes/{quote.pk}/")
    assert page.status_code == 200
    assert f"/accounts/login/?next=%2Fquotes%2F{quote.pk}%2F" in page.content.decode()
    assert "/buy/" not in page.content.decode()


def test_an_organisations_quote_is_for_its_members(signed_in):
    who, stranger = buyer(), buyer()
    on_sale("shanxi", 4)
    address = f"/quotes/{quote_for(who, 2).pk}/"
    assert signed_in(who.user).get(address).status_code == 200
    assert signed_in(stranger.user).get(address).status_code == 404
    assert signed_in(stranger.user).post(f"{address}buy/").status_code == 404
    visitor = signed_in().get(address)
    assert (visitor.status_code, visitor.url.rpartition("?")[2]) == (302, f"next={address}")


def test_a_quote_that_does_not_exist(signed_in):
    address = "/quotes/00000000-0000-4000-8000-000000000000/"
    assert signed_in(buyer().user).get(address).status_code == 404
    assert signed_in().get(address).status_code == 302


def test_the_page_says_the_money_before_and_after(signed_in):
    who, _lot = buyer(100), on_sale("shanxi", 4)
    quote = quote_for(who, 2, hours=3)
    page = signed_in(who.user).get(f"/quotes/{quote.pk}/")
    assert (page.context["free_u"], page.context["after_u"]) == (100 * YUAN, 88 * YUAN)
    assert "Reserve and activate 2 cards" in text_of(page)
    assert "Data on the cards is deleted when they are released" in text_of(page)


def test_buying_leads_to_the_purchase(signed_in):
    who, lot = buyer(100), on_sale("shanxi", 4)
    answer = signed_in(who.user).post(f"/quotes/{quote_for(who, 2).pk}/buy/")
    purchase = Purchase.objects.get()
    assert answer.url == f"/purchases/{purchase.pk}/"
    assert (purchase.organisation, purchase.requested_by, lot.free()) == (who.organisation, who.user, 2)


def test_a_second_press_leads_to_the_same_purchase_and_buys_nothing(signed_in):
    who, lot = buyer(100), on_sale("shanxi", 4)
    client, address = signed_in(who.user), f"/quotes/{quote_for(who, 2).pk}/buy/"
    assert client.post(address).url == client.post(address).url
    assert (Purchase.objects.count(), lot.free()) == (1, 2)
    assert balances(who.organisation) == (92 * YUAN, 8 * YUAN)


def test_a_viewer_reads_but_may_not_buy(signed_in):
    who, lot = buyer(100), on_sale("shanxi", 4)
    viewer = somebody("viewer")
    member(viewer, who.organisation, MembershipRole.VIEWER)
    quote = quote_for(who, 2)
    page = signed_in(viewer).get(f"/quotes/{quote.pk}/")
    assert "Your role may not buy" in text_of(page)
    assert "free_u" not in page.context
    assert "Wallet now" not in text_of(page)
    assert "/buy/" not in page.content.decode()
    answer = signed_in(viewer).post(f"/quotes/{quote.pk}/buy/")
    assert answer.status_code == 403
    assert "does not allow this" in text_of(answer)
    assert (Purchase.objects.count(), lot.free()) == (0, 4)


def test_a_visitor_cannot_buy(signed_in):
    on_sale("shanxi", 4)
    answer = signed_in().post(f"/quotes/{quote_for(None, 2).pk}/buy/")
    assert answer.status_code == 302
    assert "/accounts/login/" in answer.url
    assert not Purchase.objects.exists()


def test_somebody_without_an_organisation_is_told_what_is_missing(signed_in):
    on_sale("shanxi", 4)
    page = signed_in(somebody("alone")).get(f"/quotes/{quote_for(None, 2).pk}/")
    assert 'href="/organisation/new/"' in page.content.decode()


def test_an_organisation_that_waits_for_verification_cannot_buy(signed_in):
    person, waiting = somebody("waiting"), organisation("waiting", state=OrganisationState.PENDING)
    member(person, waiting, MembershipRole.OWNER)
    on_sale("shanxi", 4)
    quote = quote_for(None, 2)
    assert "is not verified yet" in text_of(signed_in(person).get(f"/quotes/{quote.pk}/"))
    answer = signed_in(person).post(f"/quotes/{quote.pk}/buy/")
    assert answer.status_code == 409
    assert not Purchase.objects.exists()


def test_a_wallet_one_micro_yuan_short(signed_in):
    who, _lot = buyer(0), on_sale("shanxi", 4)
    fund(who.organisation, 8 * YUAN - 1)
    quote = quote_for(who, 2)
    page = signed_in(who.user).get(f"/quotes/{quote.pk}/")
    assert "¥0.000001 short" in text_of(page)
    answer = signed_in(who.user).post(f"/quotes/{quote.pk}/buy/")
    assert answer.status_code == 409
    assert "The balance is short by ¥0.000001" in text_of(answer)
    assert balances(who.organisation) == (8 * YUAN - 1, 0)


def test_stock_that_is_gone_is_told_first_with_a_way_on(signed_in):
    who, other, lot = buyer(), buyer(), on_sale("shanxi", 4)
    quote = quote_for(who, 4)
    signed_in(other.user).post(f"/quotes/{quote_for(other, 1).pk}/buy/")
    answer = signed_in(who.user).post(f"/quotes/{quote.pk}/buy/")
    assert answer.status_code == 409
    assert "Nothing was bought and nothing was charged" in text_of(answer)
    assert 'action="/quotes/"' in answer.content.decode()
    assert lot.free() == 3
    assert balances(who.organisation) == (10_000 * YUAN, 0)


def test_an_expired_quote_says_the_price_now_and_offers_a_new_one(signed_in):
    who, _lot = buyer(), on_sale("shanxi", 4)
    fresh = quote_for(who, 2)
    then = timezone.now() - timezone.timedelta(minutes=31)
    facts = {field.attname: getattr(fresh, field.attname) for field in Quote._meta.fields}
    facts |= {"id": "10000000-0000-4000-8000-000000000000", "number": "Q-old", "created_at": then}
    quote = Quote.objects.create(**facts | {"valid_until": then + timezone.timedelta(minutes=30)})
    page = signed_in(who.user).get(f"/quotes/{quote.pk}/")
    assert "The quote has expired. Nothing was bought." in text_of(page)
    answer = signed_in(who.user).post(f"/quotes/{quote.pk}/buy/")
    assert answer.status_code == 409
    assert "The quote has expired; no order was placed." in text_of(answer)


def test_a_quote_that_was_bought_leads_to_its_purchase(signed_in):
    who, _lot = buyer(), on_sale("shanxi", 4)
    quote = quote_for(who, 2)
    bought = signed_in(who.user).post(f"/quotes/{quote.pk}/buy/").url
    page = signed_in(who.user).get(f"/quotes/{quote.pk}/")
    assert f'href="{bought}"' in page.content.decode()
    assert "/buy/" not in page.content.decode()


def test_the_page_costs_the_same_with_one_lot_and_with_three(signed_in):
    who, _lot = buyer(), on_sale("shanxi", 2)
    client = signed_in(who.user)
    assert queries(client, f"/quotes/{quote_for(who, 2).pk}/") == 6
    on_sale("henan", 2), on_sale("henan", 2, price_u=3 * YUAN)
    quote = quote_for(who, 6)
    assert len(quote.lines) == 3
    assert queries(client, f"/quotes/{quote.pk}/") == 6


@pytest.mark.parametrize("asked_in", ["zh-hans", "en"])
def test_reasons_are_kept_in_both_languages_whoever_asks(asked_in):
    from django.utils.translation import override

    on_sale("shanxi", 4), on_sale("henan", 2, price_u=3 * YUAN), on_sale("henan", 2, price_u=9 * YUAN)
    on_sale("henan", 2, min_hours=24)
    with override(asked_in):
        quote = quote_for(None, 5)
    assert [(line["reason_en"], line["reason_zh"]) for line in quote.lines] == [
        (
            "The lowest price that meets every condition; all 4 free cards are taken.",
            "满足全部条件的批次里单价最低，4 张空闲卡全部取用。",
        ),
        ("Next in the ranking; fills the rest with 1 of its 2 free cards.", quote.lines[1]["reason_zh"]),
    ]
    for lot in [*quote.lines, *quote.left_out]:
        assert re.search(r"[\u4e00-\u9fff]", lot["reason_zh"]), lot["reason_zh"]
        assert not re.search(r"[\u4e00-\u9fff]", lot["reason_en"]), lot["reason_en"]
