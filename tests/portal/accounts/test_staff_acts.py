"""What staff do against somebody: never without a reason, which history keeps and the owners read."""

import pytest

from marketplace.activation.models import Agent
from marketplace.catalog.models import Offer, Pool, Provider
from marketplace.orders.models import Order
from portal.accounts import actions, tasks
from portal.accounts.models import ApiKey, OrganisationState
from portal.accounts.notices import message_of
from portal.ledger.actions import record_top_up, refuse_top_up
from portal.staff.sites import national_site, province_site
from tenants.context import NATION, in_province
from tenants.history.models import Record
from tenants.outbox.models import Letter
from tests.market import buyer, on_sale
from tests.portal.accounts.people import member, organisation, person, sign_in, staff
from tests.portal.checkout.running import activated, bought

pytestmark = pytest.mark.django_db

REASON, OBJECTIONS = "价格与备案不符", "objections@portal.localhost"
AGAINST = {"suspend", "pause", "retire", "reject", "revoke", "refuse", "deactivate", "end", "close"}
"""Verbs that take something from somebody."""
ACTS = [
    (shown, act)
    for site in (national_site, province_site)
    for shown in site._registry.values()
    for act in getattr(shown, "acts", ())
]


def test_every_act_against_somebody_asks_for_a_reason():
    against = [(shown.label, act.verb, act.asks_reason) for shown, act in ACTS if act.verb in AGAINST]
    assert len(against) > 10
    assert [one for one in against if not one[2]] == []


def test_an_act_with_a_reason_is_not_done_by_an_undo_button():
    reasons = {(shown.label, act.verb) for shown, act in ACTS if act.asks_reason}
    assert [act.verb for shown, act in ACTS if (shown.label, act.inverse) in reasons] == []


@pytest.fixture
def sale():
    lot = on_sale("shanxi", 4)
    member(person("owner"), lot.provider.organisation, "owner")
    return lot


@pytest.fixture
def local(client_at):
    return sign_in(client_at("shanxi"), staff("local", province="shanxi"), second_factor=True)


def letters() -> list[dict]:
    with in_province(NATION):
        return [one.payload for one in Letter.objects.filter(payload__notice="staff_act").order_by("id")]


def page_of(model, verb: str) -> str:
    with in_province("shanxi"):
        row = model.objects.get()
    return f"/staff/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/act/{verb}/"


@pytest.mark.parametrize(
    ("model", "verb", "act"),
    [
        (Provider, "pause", "provider.paused"),
        (Pool, "pause", "pool.paused"),
        (Offer, "pause", "offer.paused"),
        (Agent, "pause", "agent.paused"),
        (Agent, "revoke", "agent.revoked"),
    ],
)
def test_the_owners_read_why_and_history_keeps_it(sale, local, model, verb, act):
    local.post(page_of(model, verb), {"reason": " "})
    with in_province("shanxi"):
        assert not Record.objects.filter(act=act).exists()
    local.post(page_of(model, verb), {"reason": REASON})
    with in_province("shanxi"):
        assert Record.objects.get(act=act).facts["reason"] == REASON
    (letter,) = letters()
    assert (letter["facts"]["act"], letter["facts"]["reason"]) == (act, REASON)
    address, facts, language = tasks.addressee(letter)
    mail = message_of("staff_act", address, facts, language)
    assert mail.to == ["owner@example.test"]
    assert (mail.body.count(REASON), mail.body.count(OBJECTIONS)) == (2, 2), "in both languages"
    assert "山西省" in mail.body
    assert "Staff (Shanxi)" in mail.body


@pytest.mark.parametrize(("model", "page"), [(Provider, ""), (Pool, "pools/{pool}/"), (Offer, "offers/{offer}/")])
def test_the_workspace_says_why_sales_were_stopped_and_where_to_object(sale, local, client_at, model, page):
    mine = sign_in(client_at("shanxi"), sale.provider.organisation.memberships.get().user)
    address = "/provider/" + page.format(pool=sale.pool.pk, offer=sale.offer.pk)
    assert OBJECTIONS not in mine.get(address).content.decode()
    local.post(page_of(model, "pause"), {"reason": REASON})
    html = mine.get(address).content.decode()
    assert REASON in html
    assert OBJECTIONS in html


def test_ending_an_order_and_revoking_a_key_tell_their_owners(local, client_at):
    who = buyer(name="boss", role="owner")
    on_sale("shanxi", 4)
    activated(bought(who, 1))
    local.post(page_of(Order, "end"), {"reason": REASON})
    key, _text = actions.create_api_key(who.organisation, name="robot", scopes=["wallet:read"], by=who.user)
    national = sign_in(client_at(), staff("operator"), second_factor=True)
    national.post(f"/staff/accounts/apikey/{key.pk}/act/revoke/", {"reason": REASON})
    assert ApiKey.objects.get().revoked_at is not None
    assert [one["facts"]["act"] for one in letters()] == ["order.ended", "key.revoked"]


def test_a_suspended_organisation_reads_why_and_where_to_object_until_it_is_resumed(sale, client_at):
    company, officer = sale.provider.organisation, staff("operator")
    owner = company.memberships.get().user
    actions.suspend_organisation(company, reason=REASON, by=officer)
    national, province = sign_in(client_at(), owner), sign_in(client_at("shanxi"), owner)
    for client, page in ((national, "/organisation/"), (province, "/provider/")):
        client.cookies["django_language"] = "en"
        html = client.get(page).content.decode()
        assert REASON in html
        assert OBJECTIONS in html
        assert "not verified" not in html
    company.refresh_from_db()
    assert (company.state, company.suspension_reason) == (OrganisationState.SUSPENDED, REASON)
    assert actions.resume_organisation(company, by=officer).suspension_reason == ""
    assert REASON not in national.get("/organisation/").content.decode()


def test_a_refused_transfer_is_told_to_its_payer(settings):
    settings.TOP_UP_FOUR_EYES_U = 1
    owner = person("owner")
    top_up = record_top_up(organisation("测试付款方", owner), 2, "bank-1", by=staff("first", "finance"))
    refuse_top_up(top_up, reason=REASON, by=staff("second", "finance"))
    assert [(one["facts"]["act"], one["user"]) for one in letters()] == [("top_up.refused", owner.pk)]
