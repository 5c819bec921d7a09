"""Cards of a pool in pages: registering, finding among many, moving many at once, taking back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from marketplace.catalog import actions
from marketplace.catalog.models import Card, CardState
from marketplace.orders.models import Lease
from portal.accounts.roles import MembershipRole
from portal.checkout.actions import place_purchase
from tenants.context import in_province
from tests import market
from tests.portal.accounts import people


@pytest.fixture
def lot(shanxi):
    """Four cards on sale in Shanxi."""
    return market.on_sale("shanxi", 4)


@pytest.fixture
def path(lot):
    return f"/provider/pools/{lot.pool.pk}/"


@pytest.fixture
def owner(client_at, lot):
    user = people.person("guo")
    people.member(user, lot.provider.organisation, MembershipRole.OWNER)
    return people.sign_in(client_at("shanxi"), user)


@pytest.fixture
def viewer(client_at, lot):
    user = people.person("chen")
    people.member(user, lot.provider.organisation, MembershipRole.VIEWER)
    return people.sign_in(client_at("shanxi"), user)


def cards(lot) -> list[Card]:
    with in_province("shanxi"):
        return list(lot.pool.cards.order_by("pk"))


def states(lot) -> list[str]:
    return [card.state for card in cards(lot)]


def test_cards_are_registered_all_or_none(lot, path, owner):
    answer = owner.post(f"{path}cards/", {"rows": "n-1 SN-1\nn-1 SN-1"})
    assert (answer.status_code, len(cards(lot))) == (422, 4)
    assert "n-1 SN-1\nn-1 SN-1" in answer.content.decode()
    assert owner.post(f"{path}cards/", {"rows": "n-1 SN-1\nn-2 SN-2"}).url == path
    assert [card.serial for card in cards(lot)[4:]] == ["SN-1", "SN-2"]


def test_cards_go_to_maintenance_and_the_move_is_taken_back(lot, path, owner):
    chosen = [card.pk for card in cards(lot)[:2]]
    answer = owner.post(f"{path}cards/maintenance/", {"card": chosen})
    assert states(lot) == ["maintenance", "maintenance", "in_service", "in_service"]
    page = owner.get(answer.url.partition("#")[0]).content.decode()
    undo = page.partition(f'action="{path}undo/')[2].partition('"')[0]
    owner.post(f"{path}undo/{undo}")
    assert states(lot) == ["in_service"] * 4


def test_cards_come_back_into_service(lot, path, owner):
    first = cards(lot)[0].pk
    with in_province("shanxi"):
        actions.move_cards(lot.pool, [first], CardState.MAINTENANCE)
    owner.post(f"{path}cards/service/", {"card": [first]})
    assert states(lot) == ["in_service"] * 4


def test_retiring_asks_first(lot, path, owner):
    first = cards(lot)[0].pk
    page = owner.post(f"{path}cards/retire/", {"card": [first]}).content.decode()
    assert states(lot) == ["in_service"] * 4
    assert f'name="cards" value="{first}"' in page
    answer = owner.post(f"{path}cards/retire/", {"cards": str(first), "confirmed": "1"})
    assert states(lot)[0] == CardState.RETIRED
    assert "/undo/" not in owner.get(answer.url.partition("#")[0]).content.decode()


def test_all_found_are_moved_after_a_question_without_those_that_cannot(lot, path, owner):
    buyer = market.buyer()
    place_purchase(market.quote_for(buyer, 1), organisation=buyer.organisation, by=buyer.user)
    with in_province("shanxi"):
        leased = Lease.objects.occupying().get().card_id
    page = owner.post(f"{path}cards/maintenance/", {"everything": "1", "q": "node"}).content.decode()
    free = sorted(card.pk for card in cards(lot) if card.pk != leased)
    assert f'name="cards" value="{",".join(map(str, free))}"' in page
    owner.post(f"{path}cards/maintenance/", {"cards": ",".join(map(str, free)), "confirmed": "1"})
    assert {card.pk for card in cards(lot) if card.state == "maintenance"} == set(free)


def test_a_leased_card_stays_and_the_page_says_why(lot, path, owner):
    buyer = market.buyer()
    place_purchase(market.quote_for(buyer, 1), organisation=buyer.organisation, by=buyer.user)
    with in_province("shanxi"):
        leased = Lease.objects.occupying().get().card
    answer = owner.post(f"{path}cards/maintenance/", {"card": [leased.pk]})
    assert states(lot) == ["in_service"] * 4
    page = owner.get(answer.url.partition("#")[0]).content.decode()
    assert 'class="notice is-bad"' in page
    assert page.count(leased.serial) >= 2


@pytest.mark.parametrize("said", [{}, {"card": ["x"]}, {"cards": "1e3,²"}, {"everything": "1", "q": "no-such"}])
def test_nothing_chosen_is_nothing_moved(lot, path, owner, said):
    assert owner.post(f"{path}cards/maintenance/", said).status_code == 302
    assert states(lot) == ["in_service"] * 4


def test_cards_of_another_pool_are_not_touched(lot, path, owner):
    other = market.on_sale("shanxi", 1)
    owner.post(f"{path}cards/maintenance/", {"card": [cards(other)[0].pk]})
    assert states(other) == ["in_service"]


def test_a_colleague_moves_and_takes_back_nothing(lot, path, owner, viewer):
    first = cards(lot)[0].pk
    assert viewer.post(f"{path}cards/maintenance/", {"card": [first]}).status_code == 403
    assert viewer.post(f"{path}undo/1/").status_code == 403
    assert viewer.post(f"{path}sale/pause/").status_code == 403
    assert states(lot) == ["in_service"] * 4


def test_five_thousand_cards_are_found_by_serial_state_and_use(lot, path, owner):
    with in_province("shanxi"):
        actions.add_cards(lot.pool, actions.numbered([(f"gpu-{n:04}", 8) for n in range(625)]))
    begun = timezone.now()
    page = owner.get(path).content.decode()
    assert page.count('name="card"') == 50
    assert "5,004" in page
    last = owner.get(f"{path}?page=101").content.decode()
    assert last.count('name="card"') == 4
    assert owner.get(f"{path}?q=gpu-0311-c7").content.decode().count('name="card"') == 1
    assert owner.get(f"{path}?state=maintenance").content.decode().count('name="card"') == 0
    assert owner.get(f"{path}?use=in_use").content.decode().count('name="card"') == 0
    assert timezone.now() - begun < timedelta(seconds=15)
    cards_of_pages = owner.post(f"{path}cards/maintenance/", {"everything": "1"}).context["cards"]
    owner.post(f"{path}cards/maintenance/", {"cards": cards_of_pages, "confirmed": "1"})
    assert set(states(lot)) == {CardState.MAINTENANCE}
