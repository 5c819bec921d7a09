"""The public page of links and its twin for programs: filters, what was refused, the alarms."""

from datetime import timedelta

import pytest
from django.utils import timezone

from marketplace.activation.agents.reporting import refusals
from marketplace.activation.models import Agent
from portal.directory.models import Availability
from portal.overview.links import state
from portal.overview.links.watching import check_links
from portal.overview.models import Alarm, AlarmKind, LinkCheck
from tenants.context import in_province
from tests.market import on_sale
from tests.portal.overview.counting import SHELF, queries_of
from tests.portal.overview.test_national import english, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_memory():
    state.forget()
    yield
    state.forget()


@pytest.fixture
def market(shanxi, henan):
    """Shanxi reports, but something of it is refused; Henan is late."""
    on_sale("shanxi", 8)
    late = on_sale("henan", 5)
    Availability.objects.filter(pool=late.pool.pk).update(measured_at=timezone.now() - timedelta(minutes=5))
    with in_province("henan"):
        Agent.objects.update(reported_at=timezone.now() - timedelta(minutes=5))
    with in_province("shanxi"):
        refusals.note(Agent.objects.get(), [{"code": "too_many_cards", "sentence": "80 of 8."}] * 3)
    check_links()


def rows_of(html: str) -> list[str]:
    body = html[html.index("<tbody>") :].split("</tbody>")[0]
    return [text_of(row).strip() for row in body.split("</tr>")[:-1]]


def page(client_at, query: str = "") -> str:
    answer = english(client_at()).get(f"/provinces/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_each_row_says_state_age_agents_refused_rows_and_tables(market, client_at):
    html = page(client_at)
    rows = rows_of(html)
    assert len(rows) == 31
    shanxi = next(row for row in rows if row.startswith("Shanxi "))
    for part in ("reports refused", "1 / 1", "more cards than registered 3", "up to date", "8"):
        assert part in shanxi
    henan = next(row for row in rows if row.startswith("Henan "))
    for part in ("5 min late", "5 minutes ago", "0 / 1"):
        assert part in henan
    assert "Connected, but the latest report is older than 60 s: its stock is not sold meanwhile." in html


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?state=late", ["Henan"]),
        ("?state=late&state=refused", ["Shanxi", "Henan"]),
        ("?q=henan", ["Henan"]),
        ("?q=%E5%B1%B1%E8%A5%BF", ["Shanxi"]),
        ("?q=henan&state=refused", []),
        ("?state=no-such-state&q=%00henan", ["Henan"]),
    ],
)
def test_the_page_and_its_twin_are_filtered_by_state_and_name(market, client_at, query, names):
    html = page(client_at, query)
    if not names:
        assert "No sub-platform fits" in html
    else:
        assert [row.split()[0] for row in rows_of(html)] == names
    if "no-such" not in query:
        told = client_at().get(f"/api/v1/provinces/{query}").json()["results"]
        assert [one["name_en"] for one in told] == names


def test_programs_get_the_same_facts(market, client_at):
    told = client_at().get("/api/v1/provinces/").json()
    assert len(told["results"]) == 31
    shanxi = next(one for one in told["results"] if one["slug"] == "shanxi")
    link = shanxi["link"]
    assert (link["state"], link["agents"], link["agents_reporting"]) == ("refused", 1, 1)
    assert (link["refused_rows_24h"], link["refused_reasons_24h"]) == (3, {"too_many_cards": 3})
    assert (link["migrations_behind"], link["pools"], link["pools_fresh"]) == (0, 1, 1)
    henan = next(one for one in told["results"] if one["slug"] == "henan")
    assert (henan["cards"], henan["free"], henan["link"]["state"]) == (5, 0, "late")
    assert 300 <= henan["link"]["age_seconds"] < 400
    planned = next(one for one in told["results"] if one["slug"] == "hainan")
    assert (planned["url"], planned["link"]["state"], planned["link"]["agents"]) == (None, "planned", None)


def test_an_unknown_state_is_told_to_programs(market, client_at):
    answer = client_at().get("/api/v1/provinces/?state=purple")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/state")


def test_open_alarms_come_first_and_closed_ones_stay_a_week(market, client_at):
    now = timezone.now()
    facts = {"province": "henan", "seen_at": now, "last_seen_at": now}
    Alarm.objects.create(kind=AlarmKind.LATE, **facts)
    Alarm.objects.create(kind=AlarmKind.BEHIND, closed_at=now - timedelta(days=6), **facts)
    Alarm.objects.create(kind=AlarmKind.REFUSED, closed_at=now - timedelta(days=8), **facts)
    Alarm.objects.create(kind=AlarmKind.AGENT, subject="henan.1", name="hall one", **facts)
    html = page(client_at)
    alarms = html[html.index('id="alarms"') :]
    assert [row.split(" 20")[0] for row in rows_of(alarms)] == [
        "Henan open reports late",
        "Henan closed tables behind the portal&#x27;s version",
    ]
    assert "hall one" not in html


def test_a_province_shows_its_own_link_in_detail(market, client_at):
    Alarm.objects.create(province="shanxi", kind=AlarmKind.REFUSED, seen_at=timezone.now(), last_seen_at=timezone.now())
    LinkCheck.objects.filter(pk="shanxi").update(seal=12, sealed_at=timezone.now())
    text = text_of(english(client_at("shanxi")).get("/").content.decode())
    assert "Some reports contradict the register and are refused: those pools are not sold." in text
    assert "Agents reporting 1 of 1" in text
    assert "Refused rows, 24 h 3 more cards than registered 3" in text
    assert "History sealed No. 12" in text
    assert "reports refused alarm raised" in text


def test_lists_cost_the_same_with_one_alarm_and_with_three(market, client_at):
    now = timezone.now()
    for kind in (AlarmKind.LATE, AlarmKind.SILENT, AlarmKind.BEHIND):
        Alarm.objects.create(province="henan", kind=kind, seen_at=now, last_seen_at=now)
        assert queries_of(client_at(), "/provinces/") == 4 + SHELF
        assert queries_of(client_at(), "/api/v1/provinces/") == 3 + SHELF
