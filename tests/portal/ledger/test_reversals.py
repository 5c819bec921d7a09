"""A wrong booking is reversed by two people; a transfer is known by the normal form of its reference."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from portal.ledger import actions, invariants, statement
from portal.ledger.actions import reversing
from portal.ledger.models import Account, AccountKind, Posting, TopUp, TopUpState, Transaction, TransactionKind
from portal.web.sheets.reading import Row
from tenants.acts import Refusal
from tenants.context import in_province
from tenants.history.models import Record
from tests.market import YUAN, somebody
from tests.portal.accounts import people
from tests.portal.accounts.people import organisation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def rows_of(*cells: dict[str, str]) -> list[Row]:
    return [Row(number, one) for number, one in enumerate(cells, start=2)]


def code_of(act) -> str:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value.code


@pytest.fixture
def officers():
    return somebody("finance-1"), somebody("finance-2")


@pytest.fixture
def wrong(officers):
    """A booking for the wrong payer."""
    return actions.record_top_up(organisation("wrong"), 500 * YUAN, "WALKS-small", by=officers[0])


def reversed_by(officers, top_up: TopUp) -> TopUp:
    return reversing.confirm_reversal(
        reversing.ask_reversal(top_up, reason="wrong payer", by=officers[0]), by=officers[1]
    )


# Normal form -----------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["walks-small", " WALKS-SMALL ", "ＷＡＬＫＳ－small", "WALKS- small"])
def test_a_reference_written_otherwise_is_the_same_transfer(officers, wrong, written):
    assert code_of(lambda: actions.record_top_up(wrong.organisation, YUAN, written, by=officers[0])) == "known_transfer"
    row = {"reference": written, "credit_code": wrong.organisation.uscc, "amount": "500"}
    assert statement.plan(rows_of(row)).same == 1
    twice = statement.plan(rows_of(*({**row, "reference": one} for one in ("new-1", "NEW-1"))))
    assert [(fault.row, fault.column) for fault in twice.faults] == [(3, "reference")]
    with pytest.raises(IntegrityError, match="transfer_recorded_once"), transaction.atomic():
        TopUp.objects.create(
            organisation=wrong.organisation,
            amount_u=1,
            bank_reference=written,
            reference_key=actions.reference_key(written),
            recorded_by=officers[0],
        )


# Reversal --------------------------------------------------------------------------------------


def test_a_reversal_mirrors_the_postings_and_changes_none(officers, wrong):
    before = list(Posting.objects.order_by("pk").values_list("pk", "account", "amount_u"))
    done = reversed_by(officers, wrong)
    assert (done.state, actions.balances(wrong.organisation)) == (TopUpState.REVERSED, (0, 0))
    assert list(Posting.objects.order_by("pk").values_list("pk", "account", "amount_u"))[:2] == before
    booked = Transaction.objects.get(kind=TransactionKind.REVERSAL)
    mirrored = {(account, -amount) for _pk, account, amount in before}
    assert set(booked.postings.values_list("account", "amount_u")) == mirrored
    assert Account.objects.get(kind=AccountKind.BANK_CLEARING).balance_u == 0
    assert list(invariants.findings()) == []
    with pytest.raises(DatabaseError, match="Cannot update or delete rows"), transaction.atomic():
        booked.postings.all()._raw_delete("default")


def test_it_needs_a_reason_and_another_officer(officers, wrong):
    first, second = officers
    assert code_of(lambda: reversing.ask_reversal(wrong, reason=" ", by=first)) == "reason_missing"
    assert code_of(lambda: reversing.confirm_reversal(wrong, by=second)) == "wrong_state"
    asked = reversing.ask_reversal(wrong, reason="wrong payer", by=first)
    assert code_of(lambda: reversing.confirm_reversal(asked, by=first)) == "four_eyes"
    assert actions.balances(wrong.organisation) == (500 * YUAN, 0)
    reversing.confirm_reversal(asked, by=second)
    assert code_of(lambda: reversing.confirm_reversal(asked, by=second)) == "wrong_state"
    assert code_of(lambda: reversing.ask_reversal(asked, reason="again", by=first)) == "wrong_state"
    with in_province("nation"):
        acts = Record.objects.filter(subject_type="ledger.topup").order_by("id").values_list("act", "actor_id")
        assert list(acts)[-2:] == [("top_up.reversal_asked", str(first.pk)), ("top_up.reversed", str(second.pk))]
    with pytest.raises(IntegrityError, match="reversed_by_another"), transaction.atomic():
        TopUp.objects.filter(pk=wrong.pk).update(reversed_by=first)


def test_a_dropped_reversal_leaves_the_booking(officers, wrong):
    asked = reversing.ask_reversal(wrong, reason="wrong payer", by=officers[0])
    kept = reversing.drop_reversal(asked, reason="it was right", by=officers[1])
    assert (kept.state, kept.reversal_asked_by, kept.reversal_reason) == (TopUpState.BOOKED, None, "")
    assert actions.balances(wrong.organisation) == (500 * YUAN, 0)


def test_money_that_is_spent_is_not_taken(officers, wrong):
    purse = actions.lock_wallet(wrong.organisation)
    actions.book(TransactionKind.RESERVE, "an order", {purse.wallet: -1, purse.reserved: 1})
    asked = reversing.ask_reversal(wrong, reason="wrong payer", by=officers[0])
    with pytest.raises(Refusal, match=r"short by ¥0\.000001") as told:
        reversing.confirm_reversal(asked, by=officers[1])
    assert told.value.code == "wallet_short"
    assert actions.balances(wrong.organisation) == (500 * YUAN - 1, 1)


def test_the_transfer_is_recorded_anew_for_the_right_payer_as_often_as_it_takes(officers, wrong):
    right = organisation("right")
    reversed_by(officers, wrong)
    again = actions.record_top_up(right, 500 * YUAN, "WALKS-small", by=officers[0])
    assert (again.state, actions.balances(right)) == (TopUpState.BOOKED, (500 * YUAN, 0))
    reversed_by(officers, again)
    third = actions.record_top_up(wrong.organisation, 500 * YUAN, "WALKS-small", by=officers[0])
    reversed_by(officers, third)
    assert Transaction.objects.filter(kind=TransactionKind.REVERSAL).count() == 3
    assert (actions.balances(right), actions.balances(wrong.organisation)) == ((0, 0), (0, 0))
    assert list(invariants.findings()) == []


def test_a_statement_read_again_does_not_book_what_was_reversed(officers, wrong):
    reversed_by(officers, wrong)
    row = {"reference": "walks-small", "credit_code": wrong.organisation.uscc, "amount": "500"}
    plan = statement.plan(rows_of(row))
    assert (plan.new, plan.same, plan.faults) == (0, 1, [])
    assert statement.plan(rows_of({**row, "credit_code": organisation("right").uscc})).new == 1


def test_the_way_through_the_pages_shows_what_is_signed(client_at):
    first, second = (
        people.sign_in(client_at(), people.staff(name, "finance"), second_factor=True) for name in ("first", "second")
    )
    owner = people.person("owner")
    payer = organisation("测试付款方", owner)
    form = {"credit_code": payer.uscc, "amount": "5", "bank_reference": "A-1"}
    first.post("/staff/ledger/topup/add/", form)
    page = f"/staff/ledger/topup/{TopUp.objects.get().pk}/act"
    first.post(f"{page}/reverse/", {"reason": "wrong payer"})
    assert "¥5.00" in second.get("/staff/").content.decode()
    asked = second.get(f"{page}/confirm/").content.decode()
    assert all(word in asked for word in (payer.uscc, "¥5.00", "A-1", "First", "wrong payer"))
    first.post(f"{page}/confirm/")
    assert actions.balances(payer) == (5 * YUAN, 0)
    second.post(f"{page}/confirm/")
    assert actions.balances(payer) == (0, 0)
    rows = people.sign_in(client_at(), owner).get("/wallet/").context["rows"]
    assert [(row.transaction.kind, row.wallet_u) for row in rows] == [("reversal", -5 * YUAN), ("top_up", 5 * YUAN)]
