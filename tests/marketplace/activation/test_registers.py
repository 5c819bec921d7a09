"""The register in the answer to a poll: sent with the first one, and whenever it changed."""

import re

import pytest
from rest_framework.settings import api_settings

from marketplace.activation.agents import waiting
from marketplace.activation.agents.reporting import reports
from marketplace.catalog import actions as catalog
from marketplace.catalog.models import Card, CardState
from portal.accounts.roles import MembershipRole
from tenants.context import in_province
from tests.market import OnSale
from tests.marketplace.activation.test_doors import enrolling, knocker, lot  # noqa: F401  fixtures
from tests.portal.accounts import people

pytestmark = pytest.mark.django_db


def polled(knocker, register: str | None = None, *, cards: int = 8, wait: int = 0) -> dict:  # noqa: F811
    capacity = [{"pool": knocker.lot.pool.slug, "cards": cards}]
    return knocker.post("lease", {"capacity": capacity, "wait_seconds": wait, "register": register}).json()


def add_cards(lot: OnSale, number: int) -> None:  # noqa: F811
    with in_province(lot.province):
        catalog.add_cards(lot.pool, catalog.numbered([(f"later-{lot.pool.slug}", number)]))


def test_the_register_is_sent_until_the_agent_has_it(knocker):  # noqa: F811
    first = polled(knocker)
    (pool,) = first["pools"]
    assert (pool["slug"], pool["registered_cards"], len(pool["serials"])) == (knocker.lot.pool.slug, 8, 8)
    assert "pools" not in polled(knocker, first["register"])
    assert polled(knocker, "")["register"] == first["register"]


def test_an_agent_with_an_old_register_is_answered_at_once(knocker, monkeypatch):  # noqa: F811
    monkeypatch.setattr(waiting, "place", lambda: pytest.fail("the poll waits"))
    known = polled(knocker)["register"]
    add_cards(knocker.lot, 7)
    answer = polled(knocker, known, wait=25)
    assert (answer["register"] != known, len(answer["pools"][0]["serials"])) == (True, 15)
    assert "pools" not in polled(knocker, answer["register"], cards=15)
    assert knocker.lot.free() == 15


def test_a_card_that_leaves_service_leaves_the_register(knocker):  # noqa: F811
    known = polled(knocker)["register"]
    with in_province("shanxi"):
        card = Card.objects.filter(pool=knocker.lot.pool)[0]
        catalog.move_cards(knocker.lot.pool, [card.pk], CardState.MAINTENANCE)
    answer = polled(knocker, known)
    assert card.serial not in answer["pools"][0]["serials"]
    assert len(answer["pools"][0]["serials"]) == 7


def uncounted(knocker) -> dict[str, int]:  # noqa: F811
    with in_province("shanxi"):
        return reports.uncounted(knocker.lot.provider)


def test_cards_that_no_agent_counts_are_named_in_the_workspace(knocker, client_at):  # noqa: F811
    polled(knocker)
    assert uncounted(knocker) == {}
    add_cards(knocker.lot, 7)
    slug = knocker.lot.pool.slug
    assert uncounted(knocker) == {slug: 7}
    owner = people.person("owner-of-cards")
    people.member(owner, knocker.lot.provider.organisation, MembershipRole.OWNER)
    client = people.sign_in(client_at("shanxi"), owner)
    client.cookies["django_language"] = "en"
    sentence = f"7 cards cannot be sold, no agent has counted them: {slug} (7)"
    assert sentence in re.sub(r"\s+", " ", client.get("/provider/").content.decode())
    polled(knocker, cards=15)
    assert uncounted(knocker) == {}
    assert sentence not in re.sub(r"\s+", " ", client.get("/provider/").content.decode())


def test_cards_out_of_order_are_counted(knocker):  # noqa: F811
    with in_province("shanxi"):
        serials = list(Card.objects.filter(pool=knocker.lot.pool).values_list("serial", flat=True)[:2])
    knocker.report(6, faulty=serials)
    assert uncounted(knocker) == {}


def test_cards_of_a_refused_report_are_told_of_elsewhere(knocker):  # noqa: F811
    knocker.report(9)
    assert uncounted(knocker) == {}


def test_counts_of_usage_are_limited_by_the_hour(knocker, monkeypatch):  # noqa: F811
    monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "agent_usage", "2/hour")
    statuses = [knocker.post("usage", {"usage": []}).status_code for _time in range(3)]
    assert statuses == [200, 200, 429]
    assert knocker.report(8).status_code == 200
