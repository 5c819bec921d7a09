"""What happens to an order, to its leases, to the national index and to the count of free cards."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from marketplace.orders import actions, invariants
from marketplace.orders.models import Lease, LeaseState, Order, OrderState
from marketplace.orders.tasks import expire_holds
from marketplace.settlement import actions as settlement
from portal.checkout.actions import cancel_purchase, place_purchase
from portal.checkout.models import Purchase
from portal.directory.models import Availability, OrderIndex
from portal.ledger.actions import balances
from tenants.acts import IllegalMove, Refusal
from tenants.context import in_province, in_public
from tenants.history.models import Record
from tenants.outbox.models import Letter
from tests.market import YUAN, buyer, on_sale, quote_for

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def lot():
    return on_sale("shanxi", 8)


@pytest.fixture
def who():
    return buyer()


@pytest.fixture
def order(lot, who):
    """Three cards for two hours, placed; the test goes on in the province."""
    purchase = place_purchase(quote_for(who, 3), organisation=who.organisation, by=who.user)
    with in_province("shanxi"):
        yield Order.objects.get(purchase_id=purchase.pk)


def leases() -> set[str]:
    return set(Lease.objects.values_list("state", flat=True))


def told(order: Order) -> list[str]:
    return list(Record.objects.filter(subject_id=str(order.pk)).order_by("id").values_list("act", flat=True))


def indexed(order: Order) -> str:
    return OrderIndex.objects.get(pk=order.pk).state


def activated(order: Order, at=None) -> Order:
    actions.start_activation(order)
    return actions.mark_active(order, at or timezone.now())


def test_from_placing_to_the_end(order, who, lot):
    at = timezone.now()
    activated(order, at)
    assert (order.state, indexed(order), leases()) == (OrderState.ACTIVE, "active", {LeaseState.LEASED})
    assert (order.started_at, order.ends_at) == (at, at + timedelta(hours=2))
    assert list(invariants.findings_in_province()) == []

    order = settlement.end_order(order, by=who.user)
    assert (order.state, indexed(order), leases()) == (OrderState.ENDING, "ending", {LeaseState.RELEASING})
    assert Letter.objects.get(topic="activation.revoke").subject_id == str(order.pk)
    assert lot.free() == 5

    assert actions.release_leases(order.lines.get()) == 3
    assert (lot.free(), Availability.objects.get(pool=lot.pool.pk).free) == (8, 8)
    actions.finish_ending(order)
    assert (order.state, indexed(order), leases()) == (OrderState.ENDED, "ended", {LeaseState.RELEASED})
    assert told(order) == [
        "order.placed",
        "order.activating",
        "order.active",
        "order.ending",
        "order.settled",
        "order.ended",
    ]


def test_a_released_card_can_be_sold_again_at_once(order, who):
    activated(order)
    settlement.end_order(order, by=who.user)
    actions.release_leases(order.lines.get())
    place_purchase(quote_for(who, 8), organisation=who.organisation, by=who.user)
    assert Lease.objects.occupying().count() == 8


def test_releasing_twice_changes_nothing(order, lot):
    activated(order)
    actions.release_leases(order.lines.get())
    assert actions.release_leases(order.lines.get()) == 0
    assert Availability.objects.get(pool=lot.pool.pk).free == 8


def test_an_order_that_is_not_running_cannot_be_ended(order, who):
    with pytest.raises(Refusal, match="is not running") as told:
        settlement.end_order(order, by=who.user)
    assert told.value.code == "not_running"
    assert indexed(order) == "placed"


def test_a_failed_activation_frees_the_money_and_keeps_the_cards_until_they_are_proven_free(order, who, lot):
    actions.start_activation(order)
    actions.mark_failed(order, "network")
    assert (order.failure_code, indexed(order), leases(), lot.free()) == ("network", "failed", {"releasing"}, 5)
    assert balances(who.organisation) == (10_000 * YUAN, 0)
    assert list(invariants.findings_in_province()) == []


def test_what_nobody_was_asked_to_set_up_is_cancelled_at_once(order, who, lot):
    assert cancel_purchase(Purchase.objects.get(), by=who.user) == 1
    order.refresh_from_db()
    assert (order.state, indexed(order), leases()) == (OrderState.CANCELLED, "cancelled", {LeaseState.RELEASED})
    assert (lot.free(), Availability.objects.get(pool=lot.pool.pk).free) == (8, 8)
    assert balances(who.organisation) == (10_000 * YUAN, 0)
    assert not Letter.objects.filter(topic="activation.revoke").exists()
    assert list(invariants.findings_in_province()) == []


@pytest.mark.parametrize("state", [OrderState.ACTIVATING, OrderState.UNKNOWN])
def test_cancelling_frees_the_money_at_once_and_the_cards_when_they_are_proven_free(order, who, lot, state):
    actions.start_activation(order)
    Order.objects.update(state=state)
    OrderIndex.objects.update(state=state)
    assert cancel_purchase(Purchase.objects.get(), by=who.user) == 1
    order.refresh_from_db()
    assert (order.state, indexed(order), leases()) == (OrderState.CANCELLING, "cancelling", {LeaseState.RELEASING})
    assert balances(who.organisation) == (10_000 * YUAN, 0)
    assert Record.objects.get(act="order.settled").facts == {"charged_u": 0, "released_u": 12 * YUAN}
    assert lot.free() == 5
    assert Letter.objects.filter(topic="activation.revoke").count() == 1
    assert list(invariants.findings_in_province()) == []
    actions.release_leases(order.lines.get())
    actions.finish_ending(order)
    assert (indexed(order), lot.free()) == ("cancelled", 8)


def test_a_running_order_is_ended_not_cancelled(order, who):
    activated(order)
    with pytest.raises(Refusal, match="nothing was cancelled"):
        cancel_purchase(Purchase.objects.get(), by=who.user)
    with pytest.raises(Refusal, match="cannot be cancelled"):
        actions.cancel_order(order, by=who.user)


def test_a_move_that_the_table_does_not_have_is_a_fault(order):
    with pytest.raises(IllegalMove):
        actions.mark_active(order, timezone.now())


# The sweeper of holds --------------------------------------------------------------------------


def overdue() -> None:
    Lease.objects.update(hold_until=timezone.now() - timedelta(seconds=1))


def test_a_hold_that_ended_before_the_order_started_frees_its_cards_at_once(order, lot):
    overdue()
    assert expire_holds() == 1
    order.refresh_from_db()
    assert (order.state, order.failure_code, indexed(order)) == (OrderState.FAILED, "hold_expired", "failed")
    assert (leases(), lot.free(), Availability.objects.get(pool=lot.pool.pk).free) == ({LeaseState.EXPIRED}, 8, 8)
    assert "order.hold_expired" in told(order)
    assert Letter.objects.filter(topic="activation.revoke").count() == 1
    assert expire_holds() == 0


def test_cards_an_agent_was_asked_to_set_up_wait_for_its_proof_and_the_money_does_not(order, who, lot):
    actions.start_activation(order)
    overdue()
    assert expire_holds() == 1
    assert (leases(), lot.free()) == ({LeaseState.RELEASING}, 5)
    assert balances(who.organisation) == (10_000 * YUAN, 0)


def test_an_order_that_cannot_be_given_up_keeps_no_other_one_waiting(order, who, monkeypatch):
    with in_public():
        place_purchase(quote_for(who, 1), organisation=who.organisation, by=who.user)
    overdue()
    expire, stuck = actions.expire_hold, []

    def first_fails(one: Order) -> bool:
        stuck.append(one.pk)
        if len(stuck) == 1:
            raise OperationalError
        return expire(one)

    monkeypatch.setattr(actions, "expire_hold", first_fails)
    assert expire_holds() == 1
    assert Order.objects.get(state=OrderState.PLACED).pk == stuck[0]


def test_a_hold_of_two_hours_is_left_alone(order):
    assert expire_holds() == 0
    held = Lease.objects.first()
    assert held.hold_until - held.during.lower == settings.HOLD_FOR == timedelta(hours=2)


# Invariants find what is wrong -----------------------------------------------------------------


def test_invariants_name_each_fault(order, who):
    activated(order)
    assert list(invariants.findings_in_province()) == []
    Lease.objects.filter(pk=Lease.objects.first().pk).update(state=LeaseState.RELEASED)
    OrderIndex.objects.update(state="ended", total_u=1)
    found = "\n".join(invariants.findings_in_province())
    assert "is active with 2 of 3 cards leased" in found
    assert f"I7: order {order.number} differs" in found


def test_invariants_name_holds_that_were_not_swept(order):
    Lease.objects.update(hold_until=timezone.now() - timedelta(minutes=11))
    assert all(one.startswith("I2: order") for one in invariants.findings_in_province())
    assert len(list(invariants.findings_in_province())) == 3


def test_invariants_name_a_card_leased_twice_and_money_that_is_missing(order):
    from django.db import connection

    from portal.ledger.models import Reservation

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE shanxi.orders_lease DROP CONSTRAINT card_leased_once")
        cursor.execute(
            "INSERT INTO shanxi.orders_lease (card_id, line_id, during, state, hold_until) "
            "SELECT card_id, line_id, during, state, hold_until FROM shanxi.orders_lease LIMIT 1"
        )
    Reservation.objects.all().delete()
    found = [one[:2] for one in invariants.findings_in_province()]
    assert sorted(set(found)) == ["I1", "I8"]
