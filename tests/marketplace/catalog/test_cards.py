"""Cards: registered once, moved out of service and back, never from under a lease."""

import pytest
from django.db import IntegrityError, transaction

from marketplace.catalog import actions
from marketplace.catalog.models import Card, CardState
from marketplace.orders.models import Lease, LeaseState
from portal.checkout.actions import place_purchase
from portal.directory.models import Availability
from tenants.acts import Refusal
from tenants.context import in_province
from tenants.history.models import Record
from tests import market
from tests.portal.accounts import people


@pytest.fixture
def lot(db, shanxi):
    """Four cards on sale in Shanxi."""
    return market.on_sale("shanxi", 4)


def cards_of(lot) -> list[Card]:
    with in_province("shanxi"):
        return list(lot.pool.cards.order_by("pk"))


def stock(lot) -> tuple[int, int]:
    row = Availability.objects.get(pool=lot.pool.pk)
    return row.cards, row.free


def refused(act, *args) -> Refusal:
    with in_province("shanxi"), pytest.raises(Refusal) as refusal:
        act(*args)
    return refusal.value


def leased(lot, cards: int = 1) -> list[Lease]:
    """Cards of the lot that a buyer has just taken."""
    buyer = market.buyer()
    place_purchase(market.quote_for(buyer, cards), organisation=buyer.organisation, by=buyer.user)
    with in_province("shanxi"):
        return list(Lease.objects.occupying().select_related("card"))


def test_cards_are_registered_in_service_and_counted(lot):
    guo = people.person("guo")
    with in_province("shanxi"):
        made = actions.add_cards(lot.pool, [("node-9", "SN-1"), ("node-9", "SN-2")], by=guo)
        assert [(one.node, one.serial, one.state) for one in made] == [
            ("node-9", "SN-1", CardState.IN_SERVICE),
            ("node-9", "SN-2", CardState.IN_SERVICE),
        ]
        assert Record.objects.get(act="cards.added", actor_id=str(guo.pk)).facts == {"cards": 2}
    assert stock(lot) == (6, 6)


@pytest.mark.parametrize(
    "rows",
    [
        [("n", "SN-1"), ("n", "SN-1")],
        [("n", "SN-1"), ("n", "TAKEN")],
        [("n", "SN-1"), ("n", "sn-1")],
        [("n", "SN-1"), ("n", "taken")],
    ],
)
def test_a_serial_is_registered_once_and_nothing_of_the_rest(lot, rows):
    with in_province("shanxi"):
        actions.add_cards(lot.pool, [("n", "TAKEN")])
    assert refused(actions.add_cards, lot.pool, rows).code == "serial_taken"
    assert len(cards_of(lot)) == 5


def test_the_database_knows_a_serial_in_capital_and_in_small_letters(lot):
    with in_province("shanxi"):
        actions.add_cards(lot.pool, [("n", "TAKEN")])
        with pytest.raises(IntegrityError, match="serial_once_in_any_case"), transaction.atomic():
            Card.objects.create(pool=lot.pool, node="n", serial="taken")


def test_cards_under_maintenance_are_not_counted_and_come_back(lot):
    first, second = [card.pk for card in cards_of(lot)][:2]
    with in_province("shanxi"):
        moved = actions.move_cards(lot.pool, [first, second], CardState.MAINTENANCE)
        assert (moved.cards, stock(lot)) == (2, (2, 2))
        actions.move_cards(lot.pool, [first], CardState.IN_SERVICE)
        assert stock(lot) == (3, 3)
        assert [one.act for one in Record.objects.filter(subject_id=str(lot.pool.pk))[:2]] == [
            "cards.returned",
            "cards.maintenance",
        ]


def test_a_move_can_be_taken_back_but_not_twice_and_not_from_another_pool(lot):
    other = market.on_sale("shanxi", 1)
    first = cards_of(lot)[0].pk
    with in_province("shanxi"):
        moved = actions.move_cards(lot.pool, [first], CardState.MAINTENANCE)
    assert refused(actions.take_back, other.pool, moved.record).code == "wrong_state"
    with in_province("shanxi"):
        actions.take_back(lot.pool, moved.record)
        assert Card.objects.get(pk=first).state == CardState.IN_SERVICE
    assert refused(actions.take_back, lot.pool, moved.record).code == "wrong_state"


def test_retiring_is_for_good(lot):
    first = cards_of(lot)[0].pk
    with in_province("shanxi"):
        moved = actions.move_cards(lot.pool, [first], CardState.RETIRED)
    assert refused(actions.move_cards, lot.pool, [first], CardState.IN_SERVICE).code == "wrong_state"
    assert refused(actions.take_back, lot.pool, moved.record).code == "wrong_state"


@pytest.mark.parametrize("state", [CardState.MAINTENANCE, CardState.RETIRED])
def test_a_leased_card_is_not_moved_nor_any_other_with_it(lot, state):
    lease = leased(lot)[0]
    refusal = refused(actions.move_cards, lot.pool, [card.pk for card in cards_of(lot)], state)
    assert (refusal.code, lease.card.serial in refusal.sentence) == ("card_in_use", True)
    assert {card.state for card in cards_of(lot)} == {CardState.IN_SERVICE}
    assert stock(lot) == (4, 3)


def test_leased_cards_are_not_counted_free_when_others_are_moved(lot):
    lease = leased(lot)[0]
    others = [card.pk for card in cards_of(lot) if card.pk != lease.card_id]
    with in_province("shanxi"):
        actions.move_cards(lot.pool, others[:1], CardState.MAINTENANCE)
        assert stock(lot) == (3, 2)
        actions.add_cards(lot.pool, [("n", "SN-9")])
    assert stock(lot) == (4, 3)


def test_a_card_whose_lease_has_ended_can_be_moved(lot):
    lease = leased(lot)[0]
    with in_province("shanxi"):
        Lease.objects.filter(pk=lease.pk).update(state=LeaseState.EXPIRED, hold_until=None)
        assert actions.move_cards(lot.pool, [lease.card_id], CardState.MAINTENANCE).cards == 1


def test_cards_of_another_pool_are_not_moved(lot):
    other = market.on_sale("shanxi", 1)
    with in_province("shanxi"):
        foreign = other.pool.cards.get().pk
    mine = cards_of(lot)[0].pk
    assert refused(actions.move_cards, lot.pool, [mine, foreign], CardState.MAINTENANCE).code == "no_cards"
    assert refused(actions.move_cards, lot.pool, [], CardState.MAINTENANCE).code == "no_cards"
    assert cards_of(lot)[0].state == CardState.IN_SERVICE
