"""Acts that end one order at the same moment: one of them happens, and its money moves once."""

from types import SimpleNamespace

import pytest
from django.db import OperationalError, transaction
from django.db.models import QuerySet

from marketplace.activation import invariants as activation_invariants
from marketplace.activation.fulfilment import actions as activation
from marketplace.activation.fulfilment import removal
from marketplace.activation.fulfilment.probe import Finding
from marketplace.activation.models import Command, Resource, Verb
from marketplace.catalog import actions as catalog
from marketplace.catalog.models import Card, CardState
from marketplace.orders import actions as orders
from marketplace.orders import invariants as order_invariants
from marketplace.orders.models import Lease, Order
from marketplace.settlement import actions as settlement
from marketplace.settlement import invariants
from marketplace.settlement.models import Meter
from portal.checkout.actions import cancel_purchase
from portal.checkout.models import Purchase
from portal.ledger import actions as ledger
from portal.ledger import invariants as ledger_invariants
from portal.ledger.actions import balances
from portal.ledger.models import Reservation, Transaction, TransactionKind
from tenants.acts import Refusal
from tenants.context import in_province, in_public
from tenants.history.models import Record
from tests.market import YUAN, buyer, on_sale
from tests.portal.checkout.running import activated, answer, bought, start
from tests.races.together import after, paused_after, together

FUNDS = 10_000 * YUAN
PRICE = 2 * 2 * 2 * YUAN
"""Two cards for two hours."""


@pytest.fixture
def who(race_database, monkeypatch):
    monkeypatch.setattr("tenants.outbox.nudge.nudge", lambda *letter: None)
    on_sale("shanxi", 2)
    return buyer()


@pytest.fixture
def purchase(who) -> Purchase:
    return bought(who, 2)


@pytest.fixture
def unlocked(monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *args, **options: self.all())


def here(act):
    """The act in the province."""

    def there():
        with in_province("shanxi"):
            return act()

    return there


def findings() -> list[str]:
    with in_province("shanxi"):
        modules = (order_invariants, invariants, activation_invariants)
        found = [one for module in modules for one in module.findings_in_province()]
    return found + list(ledger_invariants.findings())


def state() -> str:
    with in_province("shanxi"):
        return str(Order.objects.get().state)


# The buyer cancels while the probe says that it works -----------------------------------------


@pytest.fixture
def probed(purchase):
    """The agent says that it works; the probe's finding is at the door."""
    with in_province("shanxi"):
        start(Order.objects.get().pk)
        command = Command.objects.get()
        answer(command, "ready", endpoint={"kind": "jupyter", "url": "http://127.66.2.1:8888/lab", "secret": "s"})
        resource = Resource.objects.get()
    return here(lambda: activation.take_finding(resource.pk, resource.attempt, Finding(passed=True)))


@pytest.fixture
def cancel(who, purchase):
    return lambda: cancel_purchase(purchase, by=who.user)


def test_what_works_before_the_buyer_cancels_runs_and_keeps_its_money(who, probed, cancel, monkeypatch):
    metered = paused_after(monkeypatch, settlement, "start_meter")
    _none, told = together(probed, after(metered, cancel))
    assert isinstance(told, Refusal)
    assert (state(), balances(who.organisation)) == ("active", (FUNDS - PRICE, PRICE))
    assert findings() == []


def test_what_works_after_the_buyer_cancelled_is_never_metered_nor_billed(who, probed, cancel, monkeypatch):
    freed = paused_after(monkeypatch, ledger, "release")
    cancelled, _none = together(cancel, after(freed, probed))
    assert (cancelled, state(), balances(who.organisation)) == (1, "cancelling", (FUNDS, 0))
    with in_province("shanxi"):
        assert not Meter.objects.exists()
    assert findings() == []


def test_without_locks_a_cancelled_order_runs_without_money(who, probed, cancel, monkeypatch, unlocked):
    """Negative control."""
    metered = paused_after(monkeypatch, settlement, "start_meter")
    _none, told = together(probed, after(metered, cancel))
    assert (told, balances(who.organisation)) == (1, (FUNDS, 0))
    assert any("can still be charged, but its reservation is closed" in one for one in findings())


# The buyer ends at the term -------------------------------------------------------------------


@pytest.fixture
def due(purchase):
    """An order whose two hours were over a minute ago."""
    activated(purchase)
    with in_province("shanxi"):
        order, meter = Order.objects.get(), Meter.objects.get()
        started = order.started_at - (order.ends_at - order.started_at) * 61 / 60
        Order.objects.update(started_at=started, ends_at=order.ends_at - (order.started_at - started))
        Meter.objects.update(ready_at=started, captured_until=started)
    assert meter.stopped_at is None


def by_the_buyer(who):
    return here(lambda: settlement.end_order(Order.objects.get(), by=who.user))


by_the_clock = here(lambda: settlement.end_at_term(Order.objects.get()))


def booked() -> dict[str, int]:
    with in_province("shanxi"):
        ending = Record.objects.filter(act="order.ending").count()
    kinds = (TransactionKind.CAPTURE, TransactionKind.RELEASE)
    return {"ending": ending, **{kind: Transaction.objects.filter(kind=kind).count() for kind in kinds}}


@pytest.mark.parametrize("first", ["buyer", "clock"])
def test_an_order_ended_by_its_buyer_and_by_the_clock_ends_once(who, due, first, monkeypatch):
    begun = paused_after(monkeypatch, orders, "begin_ending")
    acts = [by_the_buyer(who), by_the_clock]
    if first == "clock":
        acts.reverse()
    done, late = together(acts[0], after(begun, acts[1]))
    assert (type(done), type(late)) == ((Order, bool) if first == "buyer" else (bool, Refusal))
    assert booked() == {"ending": 1, "capture": 1, "release": 0}
    assert (state(), balances(who.organisation)) == ("ending", (FUNDS - PRICE, 0))
    assert findings() == []


def test_without_locks_the_order_ends_twice(who, due, monkeypatch, unlocked):
    """Negative control."""
    begun = paused_after(monkeypatch, orders, "begin_ending")
    together(by_the_clock, after(begun, by_the_buyer(who)))
    assert booked()["ending"] == 2


# A refusal of the agent while the buyer cancels -----------------------------------------------


@pytest.fixture
def refuse(purchase):
    """The agent's definite refusal is at the door."""
    with in_province("shanxi"):
        start(Order.objects.get().pk)
        command = Command.objects.get(verb=Verb.APPLY)
    return here(lambda: answer(command, "failed", code="hardware", retryable=False))


def test_a_refusal_and_a_cancellation_free_the_money_once(who, refuse, cancel, monkeypatch):
    locked = paused_after(monkeypatch, ledger, "lock_wallet")
    _none, told = together(refuse, after(locked, cancel))
    assert isinstance(told, Refusal)
    assert (state(), balances(who.organisation)) == ("failed", (FUNDS, 0))
    assert findings() == []


def test_with_the_order_locked_before_the_wallet_they_block_each_other_for_good(who, refuse, cancel, monkeypatch):
    """Negative control: PostgreSQL has to end one of them."""
    backwards = SimpleNamespace(**vars(orders) | {"lock_with_wallet": orders.lock})
    locked = paused_after(monkeypatch, backwards, "lock_with_wallet")
    monkeypatch.setattr(activation, "orders", backwards)
    answers = together(refuse, after(locked, cancel))
    assert [type(one) for one in answers].count(OperationalError) == 1


# Quarantine -----------------------------------------------------------------------------------


def test_a_proof_that_comes_as_the_removal_is_given_up_waits_and_changes_nothing(who, purchase, cancel, monkeypatch):
    with in_province("shanxi"):
        start(Order.objects.get().pk)
    cancel()
    with in_province("shanxi"), transaction.atomic():
        order = Order.objects.get()
        activation.revoke_order(order)
        command = Command.objects.get(verb=Verb.REVOKE)
        Command.objects.update(created_at=command.created_at - removal.PROVEN_WITHIN)
    given_up = paused_after(monkeypatch, catalog, "quarantine_cards")
    proof = here(lambda: answer(command, "revoked"))
    done, told = together(here(lambda: removal.give_up(order)), after(given_up, proof))
    assert (done, told, state()) == (True, None, "cancelled")
    with in_province("shanxi"):
        assert set(Lease.objects.values_list("state", flat=True)) == {"unproven"}
        assert set(Card.objects.values_list("state", flat=True)) == {CardState.QUARANTINED}
    with in_public():
        assert Reservation.objects.get().released_u == PRICE
