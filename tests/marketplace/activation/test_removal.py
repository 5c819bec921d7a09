"""Removals that nobody proves: the buyer's money does not wait for them, the cards do, and then a person looks."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from marketplace.activation import invariants as activation_invariants
from marketplace.activation.fulfilment import actions as activation
from marketplace.activation.fulfilment import removal
from marketplace.activation.models import Command, Resource, ResourceState, Verb
from marketplace.activation.tasks import _watch_province
from marketplace.catalog import actions as catalog
from marketplace.catalog.models import Card, CardState
from marketplace.orders import actions as orders
from marketplace.orders import invariants, queues
from marketplace.orders.models import Lease, LeaseState, Order
from marketplace.settlement.actions import end_order
from portal.accounts.roles import Role
from portal.checkout.actions import cancel_purchase, place_purchase
from portal.checkout.models import Purchase
from portal.directory.models import Availability
from portal.ledger.actions import balances
from tenants.acts import Refusal
from tenants.context import in_province, in_public
from tenants.history.models import Record
from tenants.outbox.models import Letter
from tests.market import YUAN, Buyer, OnSale, buyer, on_sale, quote_for, somebody
from tests.portal.accounts.people import sign_in, staff
from tests.portal.checkout.running import activated, answer, bought, failed, released, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]
START = datetime(2026, 8, 24, 6, 0, tzinfo=UTC)
FUNDS = 10_000 * YUAN
DAY = timedelta(hours=24)


@dataclass
class Sold:
    """Two of four cards, bought for two hours; the test is in the province."""

    who: Buyer
    lot: OnSale
    purchase: Purchase
    clock: time_machine.Traveller

    @property
    def order(self) -> Order:
        return Order.objects.get()

    def after(self, span: timedelta) -> None:
        """The clock goes on, and the watcher has looked."""
        self.clock.shift(span)
        _watch_province(None)

    def cards(self) -> list[str]:
        """States of the two cards of the order."""
        return sorted(Card.objects.filter(leases__line__order=self.order).values_list("state", flat=True))

    def stock(self) -> tuple[int, int]:
        row = Availability.objects.get(pool=self.lot.pool.pk)
        return row.cards, row.free


@pytest.fixture
def sold():
    with time_machine.travel(START, tick=False) as clock:
        who, lot = buyer(), on_sale("shanxi", 4)
        purchase = bought(who, 2)
        with in_province("shanxi"):
            yield Sold(who, lot, purchase, clock)


def removing(sold: Sold) -> None:
    activation.revoke_order(orders.lock(sold.order.pk))
    Command.objects.filter(verb=Verb.REVOKE).update(sent_at=datetime.now(UTC))


def cancelled(sold: Sold) -> None:
    start(sold.order.pk)
    with in_public():
        cancel_purchase(sold.purchase, by=sold.who.user)
    removing(sold)


def ended(sold: Sold) -> None:
    with in_public():
        activated(sold.purchase)
    end_order(sold.order, by=sold.who.user)
    removing(sold)


def refused(sold: Sold) -> None:
    with in_public():
        failed(sold.purchase, "shanxi")
    removing(sold)


def waiting() -> list[str]:
    return [item.title for item in queues.quarantined(None).items]


def said_by_doctor() -> list[str]:
    return [*invariants.findings_in_province(), *activation_invariants.findings_in_province()]


@pytest.mark.parametrize(("end", "state"), [(cancelled, "cancelled"), (ended, "ended"), (refused, "failed")])
def test_a_silent_agent_keeps_the_cards_for_a_day_and_never_the_money(sold, end, state):
    end(sold)
    assert balances(sold.who.organisation) == (FUNDS, 0)
    sold.after(DAY - timedelta(seconds=1))
    assert (sold.cards(), waiting(), said_by_doctor()) == (["in_service"] * 2, [], [])
    assert set(Lease.objects.values_list("state", flat=True)) == {LeaseState.RELEASING}

    sold.after(timedelta(seconds=1))
    order = sold.order
    assert (order.state, sold.cards(), sold.stock()) == (state, ["quarantined"] * 2, (2, 2))
    assert set(Lease.objects.values_list("state", flat=True)) == {LeaseState.UNPROVEN}
    serials = list(Card.objects.filter(state="quarantined").order_by("pk").values_list("serial", flat=True))
    assert waiting() == [f"{order.number} · {serial}" for serial in serials]
    assert said_by_doctor() == [
        f"Card {serial} is in quarantine since 2026-08-25 06:00 UTC: nobody could prove that the workspace of order "
        f"{order.number} is gone. An operator looks after it and lifts the quarantine."
        for serial in serials
    ]
    assert Record.objects.get(act="order.unproven").facts == {"cards": 2}
    assert Record.objects.get(act="cards.quarantined").facts["order"] == order.number
    assert balances(sold.who.organisation) == (FUNDS, 0)


def test_cards_in_quarantine_are_not_sold(sold):
    cancelled(sold)
    sold.after(DAY)
    who = buyer()
    with in_public():
        Availability.objects.update(measured_at=datetime.now(UTC))
        assert quote_for(who, 3).lines == []
        place_purchase(quote_for(who, 2), organisation=who.organisation, by=who.user)
    assert not Lease.objects.occupying().filter(card__state=CardState.QUARANTINED).exists()


def test_a_driver_that_fails_is_asked_again_ever_more_seldom_and_then_once_an_hour(sold):
    ended(sold)
    waits = []

    def fails() -> None:
        command = Command.objects.filter(verb=Verb.REVOKE, answered_at=None).latest("attempt")
        answer(command, "failed", code="internal", sentence="RecursionError", retryable=True)
        letter = Letter.objects.filter(topic="activation.retry").latest("pk")
        waits.append((letter.due_at - datetime.now(UTC)).total_seconds())
        sold.clock.move_to(letter.due_at)
        activation.retry(Resource.objects.select_related("line__order").get())

    for _attempt in range(5):
        fails()
    assert waits == [15, 60, 180, 300, 300]
    assert (sold.order.state, sold.cards()) == ("ending", ["in_service"] * 2)
    sold.after(DAY)
    assert (sold.order.state, sold.cards()) == ("ended", ["quarantined"] * 2)
    fails()
    assert waits[-1] == 3600


def test_a_proof_that_comes_late_is_taken_and_the_quarantine_waits_for_the_operator(sold):
    cancelled(sold)
    sold.after(DAY)
    answer(Command.objects.get(verb=Verb.REVOKE), "revoked")
    activation.finish(sold.order)
    assert Resource.objects.get().state == ResourceState.RELEASED
    assert (sold.order.state, sold.cards(), sold.stock()) == ("cancelled", ["quarantined"] * 2, (2, 2))
    sold.after(DAY)
    assert Record.objects.filter(act="order.unproven").count() == 1


def test_what_is_proven_in_time_is_never_put_into_quarantine(sold):
    ended(sold)
    sold.clock.shift(timedelta(hours=23))
    with in_public():
        released(sold.purchase)
    sold.after(DAY)
    assert (sold.order.state, sold.cards(), sold.stock()) == ("ended", ["in_service"] * 2, (4, 4))


def test_the_doctor_names_cards_that_nobody_gave_up(sold):
    cancelled(sold)
    sold.clock.shift(removal.PROVEN_WITHIN + activation_invariants.GIVEN_UP_WITHIN)
    assert said_by_doctor() == [
        f"I2: cards of order {sold.order.number} wait longer than a day for the proof that they are free."
    ]


# Lifting ---------------------------------------------------------------------------------------


@pytest.fixture
def lease(sold):
    """One of the two in quarantine."""
    cancelled(sold)
    sold.after(DAY)
    return Lease.objects.select_related("card").earliest("card")


def test_an_operator_lifts_the_quarantine_of_one_card_and_history_keeps_why(sold, lease):
    operator = somebody("operator")
    orders.lift_quarantine(lease, by=operator, reason=" The provider has cleaned it. ")
    assert (sold.cards(), sold.stock()) == (["in_service", "quarantined"], (3, 3))
    assert len(waiting()) == len(said_by_doctor()) == 1
    told = Record.objects.get(act="cards.quarantine_lifted", actor_id=str(operator.pk)).facts
    assert told == {"cards": [lease.card_id], "reason": "The provider has cleaned it."}
    assert Record.objects.get(act="lease.quarantine_lifted").facts["order"] == sold.order.number
    with pytest.raises(Refusal, match="is not in quarantine"):
        orders.lift_quarantine(lease, by=operator, reason="again")


def test_without_a_reason_nothing_is_lifted(sold, lease):
    with pytest.raises(Refusal, match="Say why") as refusal:
        orders.lift_quarantine(lease, by=somebody("operator"), reason="  ")
    assert (refusal.value.code, sold.cards()) == ("reason_missing", ["quarantined"] * 2)


@pytest.mark.parametrize("state", [CardState.IN_SERVICE, CardState.MAINTENANCE, CardState.RETIRED])
def test_its_provider_can_neither_lift_nor_go_round_it(sold, lease, state):
    with pytest.raises(Refusal, match="is in quarantine") as refusal:
        catalog.move_cards(sold.lot.pool, [lease.card_id], state)
    assert (refusal.value.code, sold.cards()) == ("card_quarantined", ["quarantined"] * 2)


def test_the_page_of_the_lease_is_for_operators_of_the_province(client_at, sold, lease):
    address = f"/staff/orders/lease/{lease.pk}/act/lift/"
    with in_public():
        operator, regulator = staff("local", province="shanxi"), staff("regulator", Role.REGULATOR, "shanxi")
        elsewhere = staff("elsewhere", province="henan")
        for person, status in ((regulator, 403), (elsewhere, 302)):  # to the sign-in for staff of this province
            client = sign_in(client_at("shanxi"), person, second_factor=True)
            assert client.post(address, {"reason": "clean"}).status_code == status
        client = sign_in(client_at("shanxi"), operator, second_factor=True)
        client.cookies["django_language"] = "en"
        desk = client.get("/staff/").content.decode()
        assert lease.card.serial in desk
        assert f"/staff/orders/lease/{lease.pk}/change/" in desk
        client.post(address, {"reason": "clean"})
    assert sold.cards() == ["in_service", "quarantined"]  # one act, the operator's
    assert Record.objects.get(act="lease.quarantine_lifted").actor_id == str(operator.pk)
