"""Cards a driver counted are confirmed; others are declared, and outside a sample world sold by quote only."""

import re

import pytest
from django.utils.translation import override

from marketplace.activation.fulfilment import actions as activation
from marketplace.activation.fulfilment.probe import Finding
from marketplace.activation.models import CapacityReport, Resource, ResourceState, Verb
from marketplace.activation.models import Command as AgentCommand
from marketplace.catalog.models import Card
from marketplace.orders.models import Lease, Order, OrderState
from portal.accounts.roles import MembershipRole
from portal.checkout.actions import place_purchase
from portal.checkout.models import Purchase
from portal.directory.models import Availability, OfferIndex
from tenants.acts import Refusal
from tenants.context import in_province
from tests.market import buyer, fund, quote_for
from tests.marketplace.activation.test_doors import code_of, enrolling, knocker, lot  # noqa: F401  fixtures
from tests.portal.accounts import people
from tests.portal.checkout import running

pytestmark = pytest.mark.django_db


@pytest.fixture
def in_earnest(settings) -> None:
    """Not a sample world."""
    settings.SAMPLE_WORLD = False


def stock(knocker) -> Availability:  # noqa: F811
    return Availability.objects.get(pool=knocker.lot.pool.pk)


def serials(knocker) -> list[str]:  # noqa: F811
    with in_province("shanxi"):
        return list(Card.objects.filter(pool=knocker.lot.pool).order_by("node", "id").values_list("serial", flat=True))


# Reports ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample_world", [True, False])
def test_the_portal_tells_at_enrolment_whether_cards_may_be_declared(enrolling, settings, sample_world):  # noqa: F811
    settings.SAMPLE_WORLD = sample_world
    answer, _key = enrolling()
    assert answer.json()["may_declare"] is sample_world


def test_counted_cards_are_confirmed_and_sold(knocker, in_earnest):  # noqa: F811
    knocker.report(8, counting="counted")
    found = stock(knocker)
    assert (found.counted, found.sellable, found.free) == (True, True, 8)
    assert found.confirmed_at == found.measured_at
    assert OfferIndex.objects.in_stock().filter(pool=found.pool).exists()


@pytest.mark.parametrize("said", [{"counting": "declared"}, {}])
def test_declared_cards_are_not_confirmed_and_not_sold_at_once(knocker, in_earnest, said):  # noqa: F811
    knocker.report(8, **said)
    found = stock(knocker)
    assert (found.counted, found.sellable, found.confirmed_at) == (False, False, None)
    assert not OfferIndex.objects.in_stock().filter(pool=found.pool).exists()


def test_a_sample_world_sells_declared_cards_and_does_not_confirm_them(knocker):  # noqa: F811
    knocker.report(8, counting="declared")
    found = stock(knocker)
    assert (found.counted, found.sellable, found.confirmed_at) == (False, True, None)


def test_a_host_without_devices_confirms_none(knocker, in_earnest):  # noqa: F811
    knocker.report(0, counting="counted", missing=serials(knocker))
    found = stock(knocker)
    assert (found.free, found.confirmed_at) == (0, None)


def test_another_way_of_counting_is_refused(knocker):  # noqa: F811
    assert code_of(knocker.report(8, counting="guessed")) == (422, "invalid")


def test_missing_cards_that_are_not_registered_are_forgotten(knocker):  # noqa: F811
    known = serials(knocker)[0]
    assert knocker.report(7, counting="counted", missing=[known, "unknown"]).json()["refused"] == []
    with in_province("shanxi"):
        assert CapacityReport.objects.get(pool=knocker.lot.pool).missing == [known]


# Sales -----------------------------------------------------------------------------------------


def test_neither_a_quote_nor_a_purchase_gets_declared_cards(knocker, settings):  # noqa: F811
    who = buyer()
    knocker.report(8)
    quote = quote_for(who, 2)
    assert [line["counted"] for line in quote.lines] == [False]
    settings.SAMPLE_WORLD = False
    knocker.report(8)
    with override("en"), pytest.raises(Refusal, match="declared, not measured; they are sold by quote only") as refused:
        place_purchase(quote, organisation=who.organisation, by=who.user)
    assert refused.value.code == "declared_cards"
    assert Purchase.objects.count() == 0
    asked = quote_for(who, 2)
    assert asked.lines == []
    assert [one["reason_en"] for one in asked.left_out] == [
        "Its cards are declared, not measured: they are sold by quote only."
    ]
    knocker.report(8, counting="counted")
    counted = quote_for(who, 2)
    assert [line["counted"] for line in counted.lines] == [True]
    place_purchase(counted, organisation=who.organisation, by=who.user)


def test_cards_that_the_driver_does_not_find_are_neither_counted_as_free_nor_sold(knocker):  # noqa: F811
    who, known = buyer(), serials(knocker)
    missing = known[:5]
    knocker.report(3, counting="counted", missing=missing)
    place_purchase(quote_for(who, 3), organisation=who.organisation, by=who.user)
    with in_province("shanxi"):
        assert set(Lease.objects.values_list("card__serial", flat=True)) == set(known) - set(missing)
    knocker.report(3, counting="counted", missing=missing)
    assert stock(knocker).free == 0


def test_a_workspace_whose_cards_nobody_counted_is_no_delivery(knocker, in_earnest):  # noqa: F811
    who = buyer()
    fund(who.organisation, 10**12)
    knocker.report(8, counting="counted")
    purchase = running.bought(who)
    with in_province("shanxi"), override("en"):
        order = Order.objects.get(purchase_id=purchase.pk)
        running.start(order.pk)
        for command in AgentCommand.objects.filter(line__order=order, verb=Verb.APPLY):
            running.answer(command, "ready", endpoint=running._endpoint(1))
            resource = Resource.objects.get(line=command.line_id)
            activation.take_finding(resource.pk, resource.attempt, Finding(passed=True, measured=False))
        resource.refresh_from_db()
        assert (resource.state, resource.failure_code) == (ResourceState.FAILED, "hardware")
        assert resource.failure == "No driver counted the cards of the workspace. They are declared, not measured."
        assert Order.objects.get(pk=order.pk).state == OrderState.FAILED


# Pages -----------------------------------------------------------------------------------------


@pytest.fixture
def owner(client_at, knocker):  # noqa: F811
    user = people.person("owner-of-counted-cards")
    people.member(user, knocker.lot.provider.organisation, MembershipRole.OWNER)
    client = people.sign_in(client_at("shanxi"), user)
    client.cookies["django_language"] = "en"
    return client


def text(client, path: str) -> str:
    return re.sub(r"\s+", " ", client.get(path, headers={"accept-language": "en"}).content.decode())


def test_the_provider_reads_which_cards_the_driver_does_not_find(knocker, owner):  # noqa: F811
    known = serials(knocker)
    knocker.report(6, counting="counted", missing=known[:2])
    page = text(owner, "/provider/agents/")
    assert f"not found by the driver: {known[0]}, {known[1]}" in page
    assert "counted by the driver" in page
    assert "“suanli-agent devices” lists those of a machine" in page
    assert f"2 cards cannot be sold, no agent has counted them: {knocker.lot.pool.slug} (2)" in text(
        owner, "/provider/"
    )


def test_the_provider_reads_that_declared_cards_are_sold_by_quote_only(knocker, owner, in_earnest):  # noqa: F811
    knocker.report(8)
    page = text(owner, "/provider/agents/")
    assert "declared, not measured" in page
    assert "Outside a sample world they are sold by quote only." in page
    assert "1 pool is sold by quote only: no driver counts its cards" in text(owner, "/provider/")
    pools = text(owner, "/provider/pools/")
    assert "sold by quote only</span>" in pools
    assert "declared, not measured" in pools


def test_an_offer_says_whether_its_cards_were_counted(knocker, client_at, owner):  # noqa: F811
    shown = knocker.lot.offer
    path = f"/catalogue/shanxi/{shown.slug}/"
    knocker.report(8)
    assert "declared, not measured" in text(client_at(), path)
    assert "declared, not measured" in text(owner, f"/provider/offers/{shown.pk}/")
    knocker.report(8, counting="counted")
    from portal.directory.browse import shelf

    shelf.forget()
    assert "declared, not measured" not in text(client_at(), path)
    assert "counted by the driver at the provider's site" in text(client_at(), path)
    assert "counted by the driver" in text(owner, f"/provider/offers/{shown.pk}/")


def test_programs_read_it_too(knocker, client_at):  # noqa: F811
    path = f"/api/v1/offers/shanxi/{knocker.lot.offer.slug}/"
    for counting, counted in (("declared", False), ("counted", True)):
        knocker.report(8, counting=counting)
        assert client_at().get(path).json()["counted"] is counted
