"""The activation record: what counts, who is ranked by the median, and where it decides and is shown."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from marketplace.activation.fulfilment import record
from marketplace.activation.models import Command, Resource, Verb
from marketplace.activation.tasks import keep_records
from marketplace.orders.models import Order
from portal.checkout.actions import cancel_purchase
from portal.directory.index.record_models import ENOUGH, ActivationRecord, Records
from tenants.context import in_province
from tests.market import buyer, on_sale, quote_for
from tests.portal.checkout.running import activated, bought, failed, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def lot(shanxi, henan):
    return on_sale("shanxi", 40)


def counted(lot) -> tuple[int, int]:
    """Activations of the lot's provider, and those that worked the first time."""
    with in_province("shanxi"):
        (row,) = [one for one in record.count() if one.organisation_id == lot.provider.organisation_id]
    return row.activations, row.first_time


def test_what_works_at_once_counts_with_its_seconds(lot):
    activated(bought(buyer()))
    with in_province("shanxi"):
        Order.objects.update(placed_at=Resource.objects.get().ready_at - timedelta(seconds=4))
        (row,) = record.count()
    assert (row.activations, row.first_time, row.median_seconds, row.share) == (1, 1, 4.0, 1.0)


def test_what_worked_at_the_second_try_counts_without_being_first(lot):
    activated(bought(buyer()))
    with in_province("shanxi"):
        asked = Command.objects.get(verb=Verb.APPLY)
        Command.objects.create(line=asked.line, agent=asked.agent, verb=Verb.APPLY, attempt=2)
    assert counted(lot) == (1, 0)


def test_what_the_provider_refused_counts_as_failed(lot):
    failed(bought(buyer()), "shanxi")
    assert counted(lot) == (1, 0)


def test_another_lots_failure_and_a_cancelled_order_say_nothing(lot):
    other = on_sale("shanxi", 2)
    purchase = bought(buyer(), 42)
    with in_province("shanxi"):
        order = Order.objects.get(purchase_id=purchase.pk)
        start(order.pk)
        resource = Resource.objects.get(line__pool=other.pool)
        Resource.objects.filter(pk=resource.pk).update(failure_code="hardware", taken_at=timezone.now())
    assert (counted(lot), counted(other)) == ((0, 0), (1, 0))
    cancel_purchase(purchase, by=purchase.requested_by)
    assert counted(lot) == (0, 0)


def test_an_order_no_agent_took_counts_as_failed(lot):
    purchase = bought(buyer())
    with in_province("shanxi"):
        Order.objects.filter(purchase_id=purchase.pk).update(state="failed", failure_code="network")
    assert counted(lot) == (1, 0)


def test_after_90_days_nothing_is_counted_any_more(lot):
    activated(bought(buyer()))
    with in_province("shanxi"):
        Order.objects.update(placed_at=timezone.now() - timedelta(days=91))
    assert counted(lot) == (0, 0)


def test_the_task_keeps_a_row_for_each_provider_of_each_province(lot):
    theirs = on_sale("henan", 2)
    activated(bought(buyer(), provinces=("shanxi",)))
    keep_records()
    keep_records()
    rows = {(row.province, row.organisation_id): row.activations for row in ActivationRecord.objects.all()}
    assert rows == {("shanxi", lot.provider.organisation_id): 1, ("henan", theirs.provider.organisation_id): 0}


def known(lot, activations: int, first_time: int) -> None:
    ActivationRecord.objects.create(
        organisation=lot.provider.organisation, province=lot.province, activations=activations, first_time=first_time
    )


def test_too_few_activations_count_as_the_median_of_the_others(lot):
    good, bad, new = (on_sale("shanxi", 2) for _one in range(3))
    assert Records().ranked("shanxi", lot.provider.organisation_id) == 1.0
    known(good, 100, 100)
    known(lot, 40, 36)
    known(bad, 50, 25)
    known(new, ENOUGH - 1, 0)
    records = Records()
    ranked = [records.ranked("shanxi", one.provider.organisation_id) for one in (good, lot, bad, new)]
    assert ranked == [1.0, 0.9, 0.5, 0.9]
    assert records.ranked("henan", good.provider.organisation_id) == 0.9


def test_between_equal_lots_the_better_record_is_chosen_and_the_quote_says_so(lot):
    better = on_sale("shanxi", 40)
    known(lot, 100, 90)
    known(better, 100, 97)
    for _time in range(5):
        quote = quote_for(None, 2)
        assert [line["pool"] for line in quote.lines] == [str(better.pool.pk)]
        assert "the better activation record" in quote.left_out[0]["reason_en"]
        assert (quote.rule_version, quote.lines[0]["record"], quote.lines[0]["activations"]) == (2, 0.97, 100)


def test_differences_below_one_per_cent_take_turns(lot):
    other = on_sale("shanxi", 40)
    known(lot, 1000, 971)
    known(other, 1000, 968)
    chosen = {quote_for(None, 2).lines[0]["pool"] for _time in range(30)}
    assert chosen == {str(lot.pool.pk), str(other.pool.pk)}


def test_the_record_stands_on_the_offers_page_and_in_the_quote_and_the_rule_defines_it(client_at, lot):
    known(lot, 120, 118)
    ActivationRecord.objects.update(median_seconds=4.2)
    client = client_at()
    client.cookies["django_language"] = "en"

    def page(path: str) -> str:
        return re.sub(r"\s+", " ", client.get(path).content.decode())

    assert "98% of 120" in page(f"/catalogue/shanxi/{lot.offer.slug}/")
    assert "98% of 120" in page(f"/quotes/{quote_for(None, 2).pk}/")
    rule = page("/ranking/")
    assert "Ranking rule, version 2" in rule
    assert "fewer than 20 activations" in rule
