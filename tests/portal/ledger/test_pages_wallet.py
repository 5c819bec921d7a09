"""The wallet page: exact balances and bookings, for those who may see money."""

import pytest

from portal.accounts.roles import MembershipRole
from portal.ledger.actions import record_top_up
from tests.market import YUAN, buyer, fund, on_sale, somebody
from tests.portal.accounts.people import member
from tests.portal.checkout.running import activated, bought, queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client_at):
    def client(user=None):
        made = client_at()
        made.cookies["django_language"] = "en"
        if user is not None:
            made.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return made

    return client


def test_balances_and_bookings_to_the_micro_yuan(signed_in):
    who, other = buyer(0), buyer(500)
    fund(who.organisation, 100 * YUAN + 1)
    on_sale("shanxi", 4)
    purchase = bought(who, 2, hours=3)
    page = signed_in(who.user).get("/wallet/")
    assert (page.context["free_u"], page.context["reserved_u"]) == (88 * YUAN + 1, 12 * YUAN)
    rows = [(row.transaction.kind, row.wallet_u, row.reserved_u) for row in page.context["rows"]]
    assert rows == [("reserve", -12 * YUAN, 12 * YUAN), ("top_up", 100 * YUAN + 1, 0)]
    assert page.context["rows"][0].purchase_id == purchase.pk
    assert "¥88.000001" in page.content.decode()
    foreign = signed_in(other.user).get("/wallet/").context["rows"]
    assert [(row.transaction.kind, row.wallet_u) for row in foreign] == [("top_up", 500 * YUAN)]


def test_a_charge_and_a_release_name_their_order(signed_in):
    from marketplace.orders.models import Order
    from marketplace.settlement.actions import end_order
    from tenants.context import in_province
    from tests.portal.checkout.running import released

    who, _lot = buyer(100), on_sale("shanxi", 4)
    purchase = activated(bought(who, 2))
    with in_province("shanxi"):
        end_order(Order.objects.get(), by=who.user)
    released(purchase)
    page = signed_in(who.user).get("/wallet/")
    rows = page.context["rows"]
    assert sorted(row.transaction.kind for row in rows) == ["capture", "release", "reserve", "top_up"]
    assert {row.purchase_id for row in rows if row.transaction.kind != "top_up"} == {purchase.pk}
    assert page.context["reserved_u"] == 0
    assert sum(row.wallet_u + row.reserved_u for row in rows) == page.context["free_u"]


def test_a_viewer_does_not_see_money_and_a_visitor_signs_in(signed_in):
    who = buyer(100)
    viewer = somebody("viewer")
    member(viewer, who.organisation, MembershipRole.VIEWER)
    assert signed_in(viewer).get("/wallet/").status_code == 403
    assert signed_in(somebody("alone")).get("/wallet/").status_code == 403
    assert signed_in().get("/wallet/").status_code == 302


def test_a_large_transfer_says_that_it_waits_for_a_second_officer(signed_in, settings):
    who = buyer(0)
    record_top_up(who.organisation, settings.TOP_UP_FOUR_EYES_U + 1, "large-one", by=somebody("finance-large"))
    page = signed_in(who.user).get("/wallet/")
    assert [one.bank_reference for one in page.context["top_ups"]] == ["large-one"]
    assert "waits for a second finance officer" in page.content.decode()
    assert page.context["free_u"] == 0


def test_the_page_costs_the_same_with_one_purchase_and_with_three(signed_in):
    who, _lot = buyer(100), on_sale("shanxi", 4)
    client = signed_in(who.user)
    bought(who, 1)
    assert queries(client, "/wallet/") == 10
    bought(who, 1), bought(who, 1)
    assert queries(client, "/wallet/") == 10


def test_a_transfer_has_payee_bank_account_and_reference(signed_in, settings):
    who = buyer(0)
    settings.TRANSFERS_TO = {"payee": "Payee Ltd", "bank": "Bank of Tests", "account": "6222-0001"}
    page = signed_in(who.user).get("/wallet/").content.decode()
    assert [word in page for word in ("Payee Ltd", "Bank of Tests", "6222-0001", who.organisation.uscc)] == [True] * 4
    settings.TRANSFERS_TO = {"payee": "Payee Ltd", "bank": "", "account": ""}
    page = signed_in(who.user).get("/wallet/").content.decode()
    assert ("Payee Ltd" in page, "has not named its bank account yet" in page) == (False, True)
