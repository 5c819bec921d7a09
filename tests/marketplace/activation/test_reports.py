"""Reports: what is stored, by how many statements, and what is refused by name."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.activation.agents.bounds import shapes
from marketplace.activation.agents.reporting import reports
from marketplace.activation.agents.reporting.reports import Counted, Report
from marketplace.activation.models import Agent, CapacityReport, RefusedRows
from marketplace.catalog.models import Card, CardState
from portal.directory.models import Availability
from tenants.context import in_province
from tests.market import OnSale, on_sale
from tests.marketplace.activation.test_doors import code_of, enrolling, knocker, lot  # noqa: F401  fixtures

pytestmark = pytest.mark.django_db


def serials(lot: OnSale) -> list[str]:  # noqa: F811
    with in_province(lot.province):
        return list(Card.objects.filter(pool=lot.pool).order_by("pk").values_list("serial", flat=True))


def capacity(*rows: tuple[str, int]) -> dict:
    return {"capacity": [{"pool": pool, "cards": cards} for pool, cards in rows], "wait_seconds": 0}


def test_a_pool_is_named_once(knocker):  # noqa: F811
    slug = knocker.lot.pool.slug
    answer = knocker.post("lease", capacity((slug, 8), (slug, 7)))
    assert code_of(answer) == (422, "invalid")
    assert slug in answer.json()["errors"][0]["detail"]


def test_a_report_with_a_pool_that_is_not_registered_is_refused_whole_and_brings_the_register(knocker):  # noqa: F811
    foreign, mine = on_sale("shanxi", 4).pool.slug, knocker.lot.pool.slug
    answer = knocker.post("lease", capacity((mine, 7), (foreign, 4), ("no-such-pool", 4)))
    assert code_of(answer) == (422, "unknown_pool")
    assert all(name in answer.json()["detail"] for name in (foreign, "no-such-pool"))
    (register,) = answer.json()["alternatives"]
    assert [pool["slug"] for pool in register["pools"]] == [mine]
    with in_province("shanxi"):
        assert not CapacityReport.objects.filter(agent=knocker.key_id).exists()
        assert dict(RefusedRows.objects.values_list("code", "rows")) == {"unknown_pool": 1}


def test_unknown_serials_are_refused_by_name_and_known_ones_taken(knocker):  # noqa: F811
    known, neighbour = serials(knocker.lot)[0], serials(on_sale("shanxi", 1))[0]
    unknown = [f"unknown-{number:03}" for number in range(500)]
    refused = knocker.report(7, faulty=[*unknown, neighbour, known, known]).json()["refused"]
    assert [row["code"] for row in refused] == ["unknown_serial"] * 501
    assert all(name in row["sentence"] for name, row in zip(sorted([*unknown, neighbour]), refused, strict=True))
    with in_province("shanxi"):
        assert CapacityReport.objects.get(pool=knocker.lot.pool).faulty == [known]
        assert dict(RefusedRows.objects.values_list("code", "rows")) == {"unknown_serial": 501}
    assert Availability.objects.get(pool=knocker.lot.pool.pk).free == 7


def test_a_card_under_maintenance_is_known_as_faulty(knocker):  # noqa: F811
    with in_province("shanxi"):
        card = Card.objects.filter(pool=knocker.lot.pool)[0]
        card.move_to(CardState.MAINTENANCE)
    assert knocker.report(7, faulty=[card.serial]).json()["refused"] == []


def test_a_time_that_was_confirmed_stays_when_a_later_report_does_not_fit(knocker):  # noqa: F811
    knocker.report(8, counting="counted")
    confirmed = Availability.objects.get(pool=knocker.lot.pool.pk).confirmed_at
    knocker.report(9, counting="counted")
    later = Availability.objects.get(pool=knocker.lot.pool.pk)
    assert confirmed is not None
    assert (later.confirmed_at, later.sellable) == (confirmed, False)
    knocker.report(8, counting="counted")
    assert Availability.objects.get(pool=knocker.lot.pool.pk).confirmed_at > confirmed


def statements(knocker, lots: list[OnSale]) -> int:  # noqa: F811
    with in_province("shanxi"):
        agent = Agent.objects.get(pk=knocker.key_id)
        with CaptureQueriesContext(connection) as captured:
            taken = reports.accept_report(agent, Report([Counted(one.pool.slug, 2) for one in lots]))
    assert taken.refused == []
    return sum(not one["sql"].startswith("SET ") for one in captured)


def test_a_report_takes_as_many_statements_for_twenty_pools_as_for_one(knocker):  # noqa: F811
    lots = [knocker.lot, *(on_sale("shanxi", 2, provider=knocker.lot.provider) for _pool in range(19))]
    with in_province("shanxi"):
        Agent.objects.exclude(pk=knocker.key_id).update(revoked_at="2026-01-01T00:00Z")
    one = statements(knocker, lots[:1])
    assert statements(knocker, lots) == one
    assert one <= 20
    assert Availability.objects.filter(pool__in=[one.pool.pk for one in lots], sellable=True).count() == 20


def test_the_longest_report_is_understood(knocker):  # noqa: F811
    rows = [(f"pool-{number}", 1) for number in range(shapes.MOST_POOLS)]
    assert code_of(knocker.post("lease", capacity(*rows))) == (422, "unknown_pool")
