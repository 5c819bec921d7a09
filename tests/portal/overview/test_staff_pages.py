"""Staff pages: alarms are followed by whom the table allows, history is searched with its seals."""

from datetime import timedelta

import pytest
from django.utils import timezone

from marketplace.activation.agents.reporting import refusals
from marketplace.activation.models import Agent
from portal.accounts.roles import Role
from portal.overview.models import Alarm, AlarmKind, AlarmState
from portal.staff import desk
from tenants import history
from tenants.context import in_province
from tests.market import on_sale
from tests.portal.accounts.people import sign_in, staff
from tests.portal.overview.test_national import text_of

pytestmark = pytest.mark.django_db


def entering(client_at, user, place=None):
    client = sign_in(client_at(place), user, second_factor=True)
    client.cookies["django_language"] = "en"
    return client


def read(client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code
    return text_of(answer.content.decode())


# -- alarms ------------------------------------------------------------------------------------------------------


@pytest.fixture
def alarms(shanxi, henan) -> dict[str, Alarm]:
    now = timezone.now()
    facts = {"seen_at": now, "last_seen_at": now}
    return {
        "late": Alarm.objects.create(province="shanxi", kind=AlarmKind.LATE, **facts),
        "agent": Alarm.objects.create(
            province="shanxi", kind=AlarmKind.AGENT, subject="shanxi.1", name="hall one", **facts
        ),
        "elsewhere": Alarm.objects.create(province="henan", kind=AlarmKind.AGENT, name="hall two", **facts),
    }


def test_the_nation_sees_links_and_a_province_its_own_link_and_agents(alarms, client_at):
    nation = read(entering(client_at, staff("operator")), "/staff/links/")
    assert "Shanxi: reports late" in nation
    assert "hall" not in nation
    province = read(entering(client_at, staff("local", province="shanxi"), "shanxi"), "/staff/links/")
    assert "Shanxi: reports late" in province
    assert "hall one" in province
    assert "hall two" not in province


def test_an_operator_follows_an_alarm_with_a_note(alarms, client_at):
    client = entering(client_at, staff("operator"))
    answer = client.post(f"/staff/links/{alarms['late'].pk}/acknowledge/", {"note": "calling the site"}, follow=True)
    text = text_of(answer.content.decode())
    assert "You follow this alarm now." in text
    assert "calling the site" in text
    alarms["late"].refresh_from_db()
    assert alarms["late"].state == AlarmState.ACKNOWLEDGED
    again = client.post(f"/staff/links/{alarms['late'].pk}/acknowledge/", follow=True)
    assert "Somebody has acknowledged this alarm already. Nothing was changed." in text_of(again.content.decode())


def test_a_regulator_reads_without_names_and_may_not_follow(alarms, client_at):
    entering(client_at, staff("operator")).post(f"/staff/links/{alarms['late'].pk}/acknowledge/")
    client = entering(client_at, staff("regulator", Role.REGULATOR))
    text = read(client, "/staff/links/")
    assert "Acknowledged 20" in text
    assert "Operator" not in text
    assert client.post(f"/staff/links/{alarms['late'].pk}/acknowledge/").status_code == 403


def test_a_province_may_not_follow_another_provinces_alarm(alarms, client_at):
    client = entering(client_at, staff("local", province="shanxi"), "shanxi")
    assert client.post(f"/staff/links/{alarms['elsewhere'].pk}/acknowledge/").status_code == 404
    assert client.post(f"/staff/links/{alarms['agent'].pk}/acknowledge/").status_code == 302


def test_finance_has_no_business_there(alarms, client_at):
    assert entering(client_at, staff("finance", Role.FINANCE)).get("/staff/links/").status_code == 403


def test_a_note_that_is_too_long_acknowledges_nothing(alarms, client_at):
    client = entering(client_at, staff("operator"))
    client.post(f"/staff/links/{alarms['late'].pk}/acknowledge/", {"note": "x" * 201})
    alarms["late"].refresh_from_db()
    assert alarms["late"].state == AlarmState.OPEN


def test_what_nobody_follows_waits_on_the_desk(alarms, client_at):
    operator = staff("operator")

    def waiting():
        return {line.queue.name: line.waiting.count for line in desk.lines_for(operator)}["links"]

    assert waiting() == 1
    entering(client_at, operator).post(f"/staff/links/{alarms['late'].pk}/acknowledge/")
    assert waiting() == 0


def test_a_province_reads_what_was_refused_and_what_the_agent_was_told(shanxi, client_at):
    on_sale("shanxi", 8)
    with in_province("shanxi"):
        refusals.note(Agent.objects.get(), [{"code": "too_many_cards", "sentence": "80 of 8 cards."}] * 2)
    text = read(entering(client_at, staff("local", province="shanxi"), "shanxi"), "/staff/links/")
    assert "more cards than registered 2" in text
    assert "80 of 8 cards." in text


# -- history -----------------------------------------------------------------------------------------------------


@pytest.fixture
def recorded(shanxi, henan):
    with in_province("shanxi"):
        for place in range(3):
            history.record("test.first", shanxi, place=place)
        history.record("test.second", henan, by=staff("actor"))
    with in_province("henan"):
        history.record("test.elsewhere", henan)


def found(client, query: str = "") -> list[str]:
    html = client.get(f"/staff/history/{query}").content.decode()
    rows = html[html.index("<tbody>") :].split("</tbody>")[0].split("</tr>")[:-1] if "<tbody>" in html else []
    return [text_of(row.split('<th scope="row">')[1]).split()[0] for row in rows]


def test_history_of_a_place_newest_first_and_of_no_other(recorded, client_at):
    client = entering(client_at, staff("local", province="shanxi"), "shanxi")
    assert found(client)[:4] == ["test.second", "test.first", "test.first", "test.first"]
    assert "test.elsewhere" not in found(client)


def test_it_is_searched_by_act_object_actor_and_day(recorded, client_at, shanxi, henan):
    client = entering(client_at, staff("local", province="shanxi"), "shanxi")
    assert found(client, "?act=test.first") == ["test.first"] * 3
    assert found(client, f"?subject_type=tenants.province&subject_id={henan.pk}") == ["test.second"]
    from portal.accounts.models import User

    assert found(client, f"?actor_id={User.objects.get(email='actor@example.test').pk}") == ["test.second"]
    today = timezone.localdate()
    assert len(found(client, f"?since={today}&until={today}&subject_type=tenants.province")) == 4
    assert found(client, f"?until={today - timedelta(days=1)}") == []
    assert len(found(client, "?since=0001-01-01&until=9999-12-31&subject_type=tenants.province")) == 4


@pytest.mark.parametrize(
    "query", ["?since=yesterday", "?act=no.such", "?since=2026-02-02&until=2026-02-01", "?before=x"]
)
def test_a_question_that_makes_no_sense_is_answered_in_words(recorded, client_at, query):
    client = entering(client_at, staff("local", province="shanxi"), "shanxi")
    assert client.get(f"/staff/history/{query}").status_code == 422


def test_pages_go_on_from_a_record(recorded, client_at, monkeypatch):
    from portal.overview import staff as pages

    monkeypatch.setattr(pages, "RECORDS_PER_PAGE", 2)
    client = entering(client_at, staff("local", province="shanxi"), "shanxi")
    html = client.get("/staff/history/?subject_type=tenants.province").content.decode()
    older = html.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert found(client, "?subject_type=tenants.province") == ["test.second", "test.first"]
    assert found(client, older) == ["test.first", "test.first"]


def test_the_nation_reads_its_own_history_with_seals(recorded, client_at):
    text = read(entering(client_at, staff("bureau", Role.DATA_BUREAU)), "/staff/history/")
    assert "Newest seal no. 1 of" in text
    assert "province.opened" in text


def test_a_broken_chain_is_said_on_the_page(recorded, client_at):
    from tenants.history.models import Anchor

    with in_province("nation"):
        Anchor.objects.filter(province="nation").update(number=9)
    text = read(entering(client_at, staff("operator")), "/staff/history/")
    assert "The newest seal is not the one the nation knows" in text


def test_the_regulator_reads_no_history(recorded, client_at):
    assert entering(client_at, staff("regulator", Role.REGULATOR)).get("/staff/history/").status_code == 403
