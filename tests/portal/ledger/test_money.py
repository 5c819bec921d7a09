"""Double entry: what the database refuses, top-ups with four eyes, and invariants that name each fault."""

import uuid

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, connection, transaction

from portal.ledger import actions, invariants
from portal.ledger.models import (
    Account,
    AccountKind,
    Posting,
    Reservation,
    TopUp,
    TopUpState,
    Transaction,
    TransactionKind,
)
from tenants.acts import Refusal
from tenants.context import in_province
from tenants.history.models import Record
from tests.market import YUAN, buyer, somebody
from tests.portal.accounts.people import organisation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]
LIMIT_U = 100_000 * YUAN


@pytest.fixture
def rich():
    return buyer(yuan=10)


def reserve(who, amount_u: int) -> uuid.UUID:
    order = uuid.uuid4()
    purse = actions.lock_wallet(who.organisation)
    actions.reserve(purse, uuid.uuid4(), {("shanxi", order): amount_u}, by=who.user)
    return order


# What the database refuses ---------------------------------------------------------------------


def now() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_postings_that_do_not_sum_to_zero(rich):
    with pytest.raises(IntegrityError, match="do not sum to zero"), transaction.atomic():
        _unbalanced(rich)
    assert Transaction.objects.filter(reference="bad").count() == 0


def _unbalanced(who) -> None:
    booked = Transaction.objects.create(kind=TransactionKind.TOP_UP, reference="bad")
    Posting.objects.create(transaction=booked, account=actions.wallet_of(who.organisation), amount_u=1)
    now()


@pytest.mark.parametrize("model", [Transaction, Posting])
def test_what_is_booked_can_be_neither_changed_nor_deleted_nor_emptied(rich, model):
    for act in (
        lambda: _execute(f"UPDATE {model._meta.db_table} SET id = id"),
        lambda: model.objects.all()._raw_delete("default"),
        lambda: _execute(f"TRUNCATE {model._meta.db_table} CASCADE"),
    ):
        with pytest.raises(DatabaseError, match=r"Cannot (update or delete|truncate) rows"), transaction.atomic():
            act()


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)


@pytest.mark.parametrize("kind", [AccountKind.WALLET, AccountKind.RESERVED])
def test_a_guarded_balance_below_zero(rich, kind):
    with pytest.raises(IntegrityError, match="guarded_balance_not_negative"), transaction.atomic():
        Account.objects.filter(organisation=rich.organisation, kind=kind).update(balance_u=-1)


def test_the_same_thing_booked_twice(rich):
    with pytest.raises(IntegrityError, match="booked_once"), transaction.atomic():
        Transaction.objects.create(kind=TransactionKind.TOP_UP, reference=TopUp.objects.get().bank_reference)


def test_more_captured_than_reserved(rich):
    order = reserve(rich, 5)
    with pytest.raises(IntegrityError, match="reservation_within_bounds"), transaction.atomic():
        actions.capture(order, 6, "too much", provider=organisation("seller"), province="shanxi")


# Reserve, capture, release -----------------------------------------------------------------------


def test_money_moves_from_wallet_to_reserved_to_provider_and_back(rich):
    seller, order = organisation("seller"), reserve(rich, 4 * YUAN)
    assert actions.balances(rich.organisation) == (6 * YUAN, 4 * YUAN)
    first = actions.capture(order, 1_000_001, "hour 1", provider=seller, province="shanxi")
    assert actions.capture(order, 1_000_001, "hour 1", provider=seller, province="shanxi") == first
    assert actions.capture(order, 0, "hour 2", provider=seller, province="shanxi") is None
    assert actions.release(order) == 2_999_999
    assert actions.release(order) == 0
    assert actions.balances(rich.organisation) == (10 * YUAN - 1_000_001, 0)
    assert Account.objects.get(organisation=seller).balance_u == 1_000_001
    assert Reservation.objects.get().closed_at is not None
    assert list(invariants.findings()) == []


def test_the_last_micro_yuan_can_be_reserved_and_not_one_more(rich):
    with pytest.raises(Refusal, match=r"short by ¥0\.000001"):
        reserve(rich, 10 * YUAN + 1)
    reserve(rich, 10 * YUAN)
    assert actions.balances(rich.organisation) == (0, 10 * YUAN)


# Top-ups ---------------------------------------------------------------------------------------


def test_a_transfer_up_to_the_limit_is_booked_at_once():
    who, officer = organisation("buyer"), somebody("finance")
    top_up = actions.record_top_up(who, LIMIT_U, " bank-1 ", by=officer)
    assert (top_up.state, top_up.bank_reference, actions.balances(who)) == (TopUpState.BOOKED, "bank-1", (LIMIT_U, 0))
    with in_province("nation"):
        acts = Record.objects.filter(subject_type="ledger.topup").order_by("id").values_list("act", flat=True)
        assert list(acts) == ["top_up.recorded", "top_up.booked"]


def test_a_larger_transfer_waits_for_a_second_officer():
    who, first, second = organisation("buyer"), somebody("finance-1"), somebody("finance-2")
    top_up = actions.record_top_up(who, LIMIT_U + 1, "bank-1", by=first)
    assert (top_up.state, actions.balances(who)) == (TopUpState.AWAITING_SECOND, (0, 0))
    with pytest.raises(Refusal, match="another finance officer must book it") as told:
        actions.book_top_up(top_up, by=first)
    assert told.value.code == "four_eyes"
    actions.book_top_up(top_up, by=second)
    assert actions.balances(who) == (LIMIT_U + 1, 0)
    with pytest.raises(Refusal, match="decided already"):
        actions.book_top_up(top_up, by=second)


def test_the_limit_counts_what_one_officer_books_alone_on_a_day_for_all_organisations():
    officer, other = somebody("finance-1"), somebody("finance-2")
    third = LIMIT_U // 3
    states = [
        actions.record_top_up(organisation(f"buyer {number}"), third, f"bank-{number}", by=officer).state
        for number in range(4)
    ]
    assert states == [*[TopUpState.BOOKED] * 3, TopUpState.AWAITING_SECOND]
    last = actions.record_top_up(organisation("buyer 5"), LIMIT_U - 3 * third, "bank-5", by=officer)
    assert last.state == TopUpState.BOOKED, "to the micro-yuan"
    assert actions.record_top_up(organisation("buyer 6"), 1, "bank-6", by=officer).state == TopUpState.AWAITING_SECOND
    assert actions.record_top_up(organisation("buyer 7"), 1, "bank-7", by=other).state == TopUpState.BOOKED


def test_the_limit_counts_what_all_officers_book_alone_for_one_organisation():
    who, first, second = organisation("buyer"), somebody("finance-1"), somebody("finance-2")
    assert actions.record_top_up(who, LIMIT_U - 1, "bank-1", by=first).state == TopUpState.BOOKED
    waiting = actions.record_top_up(who, 2, "bank-2", by=second)
    assert waiting.state == TopUpState.AWAITING_SECOND
    actions.book_top_up(waiting, by=first)
    assert actions.record_top_up(who, 1, "bank-3", by=second).state == TopUpState.BOOKED, "two people saw the other"
    assert actions.balances(who) == (LIMIT_U + 2, 0)


def test_the_day_of_the_limit_is_that_of_beijing():
    who, officer = organisation("buyer"), somebody("finance")
    states = []
    for number, moment in enumerate(("2026-12-01T15:59:59Z", "2026-12-01T16:00:00Z", "2026-12-02T15:59:59Z")):
        with time_machine.travel(moment, tick=False):
            states.append(actions.record_top_up(who, LIMIT_U, f"bank-{number}", by=officer).state)
    assert states == [TopUpState.BOOKED, TopUpState.BOOKED, TopUpState.AWAITING_SECOND]


def test_a_refused_transfer_is_not_booked_and_its_reason_is_kept():
    who, first, second = organisation("buyer"), somebody("finance-1"), somebody("finance-2")
    top_up = actions.record_top_up(who, LIMIT_U + 1, "bank-1", by=first)
    with pytest.raises(Refusal, match="Say why"):
        actions.refuse_top_up(top_up, by=second, reason=" ")
    actions.refuse_top_up(top_up, by=second, reason="Sent back by the bank")
    assert actions.balances(who) == (0, 0)
    with in_province("nation"):
        assert Record.objects.get(act="top_up.refused").facts == {"reason": "Sent back by the bank"}


@pytest.mark.parametrize(
    ("amount_u", "reference", "code"), [(0, "x", "bad_amount"), (-1, "x", "bad_amount"), (1, "  ", "no_reference")]
)
def test_a_transfer_that_cannot_be(amount_u, reference, code):
    with pytest.raises(Refusal) as told:
        actions.record_top_up(organisation("buyer"), amount_u, reference, by=somebody("finance"))
    assert told.value.code == code
    assert TopUp.objects.count() == 0


def test_a_transfer_that_was_recorded_before(rich):
    known = TopUp.objects.get().bank_reference
    with pytest.raises(Refusal, match="was recorded before") as told:
        actions.record_top_up(rich.organisation, 1, known, by=somebody("finance"))
    assert told.value.code == "known_transfer"


# Invariants ------------------------------------------------------------------------------------


def test_invariants_name_a_balance_that_is_not_its_postings(rich):
    reserve(rich, 3 * YUAN)
    assert list(invariants.findings()) == []
    Account.objects.filter(organisation=rich.organisation).update(balance_u=1)
    found = "\n".join(invariants.findings())
    assert "shows 1 u, its postings sum to 7000000 u" in found
    assert "has 1 u reserved, its orders need 3000000 u" in found


def test_invariants_name_a_transaction_without_postings(rich):
    empty = Transaction.objects.create(kind=TransactionKind.TOP_UP, reference="empty")
    assert list(invariants.findings()) == [f"I4: transaction {empty.pk} has no postings."]
