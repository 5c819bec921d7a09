"""200 concurrent buyers for 8 cards, through HTTP: exactly 8 are sold. Without lock and constraint more are."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection, connections

from marketplace.orders.models import Lease
from portal.ledger import invariants as ledger_invariants
from portal.ledger.models import Reservation
from portal.runtime import broker, processes
from tenants.context import in_province
from tests.live import LivePortal, free_port
from tests.market import on_sale
from tests.races.shoppers import all_at_once, shoppers

BUYERS, CARDS = 200, 8
pytestmark = pytest.mark.processes


@contextmanager
def web(database_url: str, folder: Path, application: str) -> Iterator[int]:
    """The web part alone, serving this application on the database copy."""
    portal = LivePortal(free_port(), database_url, folder)
    part = processes.web(portal.port)
    try:
        portal.start(replace(part, command=[*part.command[:-1], application]))
        portal.wait_until_ready()
        yield portal.port
    finally:
        portal.stop_all()


@pytest.fixture
def shop(race_database) -> str:
    broker.install(connections.settings["default"])
    on_sale("shanxi", CARDS)
    return race_database.url


def leases() -> tuple[int, int]:
    """Leases that occupy a card, and different cards among them."""
    with in_province("shanxi"):
        occupying = Lease.objects.occupying()
        return occupying.count(), occupying.values("card").distinct().count()


def test_200_buyers_for_8_cards_buy_exactly_8(shop, tmp_path):
    crowd = shoppers(BUYERS)
    with web(shop, tmp_path, "portal.rsgi:application") as port:
        told = all_at_once(port, crowd)
    assert told == {(201, ""): CARDS, (409, "no_longer_free"): BUYERS - CARDS}
    assert leases() == (CARDS, CARDS)
    assert Reservation.objects.count() == CARDS
    assert list(ledger_invariants.findings()) == []


def test_without_lock_and_constraint_the_same_crowd_buys_more(shop, tmp_path):
    crowd = shoppers(BUYERS)
    with in_province("shanxi"), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE orders_lease DROP CONSTRAINT card_leased_once")
    with web(shop, tmp_path, "tests.races.unguarded:application") as port:
        told = all_at_once(port, crowd)
    sold, cards = leases()
    assert told[(201, "")] == sold
    assert sold > CARDS >= cards, f"{sold} leases on {cards} cards: the test could not see an oversale"
