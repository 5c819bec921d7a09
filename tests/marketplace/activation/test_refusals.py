"""Rows of reports that are refused are counted by hour and reason, in the agent's own province."""

from datetime import timedelta

import pytest
from django.utils import timezone

from marketplace.activation.agents.reporting import refusals
from marketplace.activation.models import Agent, RefusedRows
from tenants.context import in_province
from tests.market import on_sale
from tests.marketplace.activation.test_doors import enrolling, knocker, lot  # noqa: F401  fixtures of the doors

pytestmark = pytest.mark.django_db


def counted(province: str = "shanxi") -> dict[str, int]:
    with in_province(province):
        return dict(RefusedRows.objects.in_24_hours().values_list("code", "rows"))


def test_a_right_report_counts_nothing(knocker):  # noqa: F811
    knocker.report(8)
    assert counted() == {}


def test_ten_times_the_cards_and_an_unknown_pool_are_counted_by_reason(knocker):  # noqa: F811
    for _poll in range(3):
        knocker.report(80)
    knocker.report(8, pool="no-such-pool")
    assert counted() == {"too_many_cards": 3, "unknown_pool": 1}
    assert counted("henan") == {}
    with in_province("shanxi"):
        row = RefusedRows.objects.get(code="too_many_cards")
    assert (row.agent_id, "80" in row.sentence) == (knocker.key_id, True)


@pytest.mark.parametrize("door", ["lease", "results", "usage"])
def test_a_body_that_cannot_be_read_is_counted_and_the_agent_told(knocker, door):  # noqa: F811
    body = {"capacity": "many", "results": "none", "usage": [{"token": 4}]}
    assert knocker.post(door, body).status_code == 422
    assert counted() == {"malformed": 1}


def test_what_is_no_json_is_counted_with_the_sentence_the_agent_got(knocker, client_at):  # noqa: F811
    from marketplace.site_agent import signing

    path, content = "/agent/v1/lease", b'{"capacity": ['
    headers = signing.headers_for(knocker.private_key, knocker.key_id, "POST", path, content)
    answer = client_at().post(path, content, content_type="application/json", headers=headers)
    assert answer.status_code == 400
    with in_province("shanxi"):
        assert RefusedRows.objects.get().sentence == answer.json()["detail"]


def test_a_request_with_a_wrong_signature_counts_for_nobody(knocker):  # noqa: F811
    knocker.post("lease", {"capacity": "many"}, **{"Suanli-Signature": "not base64"})
    assert counted() == {}


def test_each_hour_is_counted_by_itself_and_old_ones_are_forgotten(shanxi):
    on_sale("shanxi", 1)
    with in_province("shanxi"):
        agent = Agent.objects.get()
        for _time in range(2):
            refusals.note(agent, [{"code": "too_many_cards", "sentence": "Nine of eight."}] * 2)
        now = RefusedRows.objects.get()
        assert now.rows == 4
        for hours in (23, 24, 24 * 32):
            RefusedRows.objects.create(
                agent=agent, hour=now.hour - timedelta(hours=hours), code="too_many_cards", rows=1
            )
        assert sum(row.rows for row in RefusedRows.objects.in_24_hours()) == 5
        assert refusals.forget_old() == 1
        assert RefusedRows.objects.filter(hour__gt=timezone.now() - refusals.KEPT_FOR).count() == 3
