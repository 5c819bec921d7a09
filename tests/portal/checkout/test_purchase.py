"""A purchase: what it writes, over one and over two provinces."""

import re

import pytest

from marketplace.orders.models import Lease, LeaseState, Order, OrderState
from portal.checkout.actions import place_purchase
from portal.checkout.models import Purchase, PurchaseState
from portal.directory.models import Availability, OrderIndex
from portal.ledger.actions import balances
from portal.ledger.models import Reservation
from tenants.acts import Refusal
from tenants.context import current_province, in_province
from tenants.history.models import Record
from tenants.outbox.models import Letter
from tests.market import YUAN, buyer, on_sale, quote_for

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def test_six_cards_come_from_the_last_four_and_the_last_two_of_two_provinces():
    who, four, two = buyer(), on_sale("shanxi", 4), on_sale("henan", 2, price_u=3 * YUAN)

    purchase = place_purchase(quote_for(who, 6, hours=2), organisation=who.organisation, by=who.user)

    assert (purchase.state, purchase.total_u) == (PurchaseState.PLACED, (4 * 2 + 2 * 3) * 2 * YUAN)
    assert (four.free(), two.free()) == (0, 0)
    index = OrderIndex.objects.filter(purchase_id=purchase.pk).order_by("province")
    assert list(index.values_list("province", "cards", "total_u", "state")) == [
        ("henan", 2, 12 * YUAN, "placed"),
        ("shanxi", 4, 16 * YUAN, "placed"),
    ]
    assert balances(who.organisation) == ((10_000 - 28) * YUAN, 28 * YUAN)
    assert current_province() == "public"


def test_everything_an_order_needs_is_written_in_its_province():
    who, lot = buyer(), on_sale("shanxi", 8)
    purchase = place_purchase(quote_for(who, 3, hours=5), organisation=who.organisation, by=who.user)
    with in_province("shanxi"):
        order = Order.objects.get(purchase_id=purchase.pk)
        assert (order.state, order.hours, order.total_u) == (OrderState.PLACED, 5, 30 * YUAN)
        assert re.fullmatch(r"14-\d{8}-[0-9A-Z]{6}", order.number)
        (line,) = order.lines.all()
        assert (line.cards, line.price_u, line.position, line.pool_id) == (3, 2 * YUAN, 0, lot.pool.pk)
        assert [lease.state for lease in line.leases.all()] == [LeaseState.HELD] * 3
        letter = Letter.objects.get(topic="activation.start")
        assert letter.subject_id == str(order.pk)
        assert Record.objects.filter(act="order.placed", subject_id=str(order.pk), actor_id=str(who.user.pk)).exists()
    with in_province("nation"):
        assert Record.objects.get(act="purchase.placed").subject_id == str(purchase.pk)
    assert Reservation.objects.get(purchase_id=purchase.pk).order_id == order.pk
    assert Availability.objects.get(pool=lot.pool.pk).free == 5


def test_a_quote_is_bought_once():
    who, lot = buyer(), on_sale("shanxi", 8)
    quote = quote_for(who, 2)
    purchase = place_purchase(quote, organisation=who.organisation, by=who.user)
    with pytest.raises(Refusal, match=purchase.number) as refused:
        place_purchase(quote, organisation=who.organisation, by=who.user)
    assert refused.value.code == "quote_used"
    assert lot.free() == 6


def test_a_visitors_quote_can_be_bought_by_whoever_signs_in():
    who = buyer()
    on_sale("shanxi", 8)
    place_purchase(quote_for(None, 2), organisation=who.organisation, by=who.user)
    assert Purchase.objects.get().organisation == who.organisation


def test_the_cards_an_agent_reported_faulty_are_not_sold():
    from tests.market import report

    who, lot = buyer(), on_sale("shanxi", 4)
    with in_province("shanxi"):
        serials = list(lot.pool.cards.values_list("serial", flat=True))
    report(lot, faulty=(serials[0], serials[2]))
    place_purchase(quote_for(who, 2), organisation=who.organisation, by=who.user)
    with in_province("shanxi"):
        sold = set(Lease.objects.values_list("card__serial", flat=True))
    assert sold == {serials[1], serials[3]}
