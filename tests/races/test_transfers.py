"""Transfers booked while others move money of the same organisations: nobody waits in a ring."""

import pytest
from django.conf import settings
from django.db.models import QuerySet

from portal.accounts.models import User
from portal.checkout import actions as checkout
from portal.ledger import actions, statement
from portal.ledger.models import AccountKind, TopUp, TopUpState
from portal.web.sheets.reading import Row
from tests.market import YUAN, buyer, on_sale, quote_for
from tests.portal.accounts.people import organisation, person
from tests.races.together import after, paused_after, together

LARGE = 1_000_000 * YUAN


@pytest.fixture
def officers(race_database) -> list[User]:
    return [person("first"), person("second")]


def rows(*transfers) -> list[Row]:
    cells = [dict(zip(statement.COLUMNS, (ref, who.uscc, "5"), strict=True)) for ref, who in transfers]
    return [Row(number, one) for number, one in enumerate(cells, start=2)]


def test_the_second_officer_books_while_the_buyer_places_an_order(officers, monkeypatch):
    monkeypatch.setattr("tenants.outbox.nudge.nudge", lambda *letter: None)
    on_sale("shanxi", 2)
    who = buyer()
    quote = quote_for(who, 1)
    top_up = actions.record_top_up(who.organisation, LARGE, "large", by=officers[0])
    begun, tries, place = paused_after(monkeypatch, actions, "_undecided"), [], checkout.place_in_transaction

    def counted(*asked, **who):
        tries.append(asked)
        return place(*asked, **who)

    monkeypatch.setattr(checkout, "place_in_transaction", counted)
    answers = together(
        lambda: actions.book_top_up(top_up, by=officers[1]),
        after(begun, lambda: checkout.place_purchase(quote, organisation=who.organisation, by=who.user)),
    )
    assert [one for one in answers if isinstance(one, Exception)] == []
    assert (TopUp.objects.get(pk=top_up.pk).state, len(tries)) == (TopUpState.BOOKED, 1)


@pytest.mark.parametrize("shared", ["organisation", "officer"])
@pytest.mark.parametrize("locked", [True, False])
def test_two_transfers_at_once_are_added_up_for_the_limit_of_the_day(officers, monkeypatch, shared, locked):
    """Without the locks both are booked by one pair of eyes."""
    if not locked:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *args, **options: self.all())
    payers = [organisation("甲公司"), organisation("乙公司")]
    for payer in payers:
        actions.account(AccountKind.WALLET, payer), actions.account(AccountKind.RESERVED, payer)
    first, second = (0, 0), (0, 1) if shared == "organisation" else (1, 0)
    begun = paused_after(monkeypatch, actions, "_within_limit")

    def record(who: tuple[int, int], reference: str) -> TopUp:
        return actions.record_top_up(payers[who[0]], settings.TOP_UP_FOUR_EYES_U, reference, by=officers[who[1]])

    answers = together(lambda: record(first, "a"), after(begun, lambda: record(second, "b")))
    waiting = TopUpState.AWAITING_SECOND if locked else TopUpState.BOOKED
    assert [one.state for one in answers] == [TopUpState.BOOKED, waiting]


def test_a_statement_and_a_single_transfer_meet_at_the_banks_account(officers, monkeypatch):
    first, second = organisation("甲公司"), organisation("乙公司")
    begun = paused_after(monkeypatch, actions, "book")
    answers = together(
        lambda: statement.take(rows(("a", first), ("b", second)), by=officers[0]),
        after(begun, lambda: actions.record_top_up(second, 5 * YUAN, "c", by=officers[1])),
    )
    assert [one for one in answers if isinstance(one, Exception)] == []
    assert (actions.balances(first), actions.balances(second)) == ((5 * YUAN, 0), (10 * YUAN, 0))


def test_two_statements_name_the_same_payers_in_another_order(officers, monkeypatch):
    first, second = organisation("甲公司"), organisation("乙公司")
    begun = paused_after(monkeypatch, actions, "book")
    answers = together(
        lambda: statement.take(rows(("a", first), ("b", second)), by=officers[0]),
        after(begun, lambda: statement.take(rows(("c", second), ("d", first)), by=officers[1])),
    )
    assert [one for one in answers if isinstance(one, Exception)] == []
    assert (actions.balances(first), actions.balances(second)) == ((10 * YUAN, 0), (10 * YUAN, 0))
