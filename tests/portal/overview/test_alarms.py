"""Alarms over links: raised when trouble lasts, told once, closed by themselves."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from marketplace.activation.agents.reporting import refusals
from marketplace.activation.models import Agent
from portal.accounts.roles import MembershipRole, Role
from portal.accounts.tasks import send_notice
from portal.overview.links import actions, state
from portal.overview.links.watching import check_links
from portal.overview.models import Alarm, AlarmKind, AlarmState, LinkCheck
from portal.staff.desk import lines_for
from tenants.acts import Refusal
from tenants.context import in_province
from tenants.history.models import Record
from tenants.outbox.models import Letter
from tests.market import OnSale, on_sale, report
from tests.portal.accounts.people import member, person, sign_in, staff

pytestmark = pytest.mark.django_db
START = timezone.now().replace(microsecond=0)


@pytest.fixture(autouse=True)
def fresh_memory():
    state.forget()
    yield
    state.forget()


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as moving:
        yield moving


@pytest.fixture
def look(clock) -> Callable[[float], list[str]]:
    """Look at the links so many seconds after the last look; the alarms raised."""

    def after(seconds: float) -> list[str]:
        clock.shift(timedelta(seconds=seconds))
        return [str(alarm) for alarm in check_links()]

    return after


@pytest.fixture
def lot(shanxi, henan, clock) -> OnSale:
    return on_sale("shanxi", 8)


def key_of(lot: OnSale) -> str:
    with in_province(lot.province):
        return Agent.objects.get(provider=lot.provider).pk


def open_alarms() -> list[str]:
    return [str(one) for one in Alarm.objects.open().order_by("province", "kind")]


def test_a_link_in_order_raises_nothing(lot, look):
    for _look in range(4):
        report(lot)
        assert look(30) == []
    check = LinkCheck.objects.get(province="shanxi")
    assert (check.agents, check.agents_reporting, check.refused_rows, check.behind) == (1, 1, 0, 0)


def test_an_agent_that_stops_raises_alarms_after_the_settled_time_and_once(lot, look):
    agent = key_of(lot)
    assert look(61) == []
    assert look(30) == []
    assert sorted(look(30)) == [f"shanxi agent {agent}", "shanxi late"]
    assert set(open_alarms()) == {f"shanxi agent {agent}", "shanxi late"}
    assert look(30) == []
    late = Alarm.objects.get(kind=AlarmKind.LATE)
    assert (late.seen_at, late.opened_at) == (START + timedelta(seconds=61), START + timedelta(seconds=121))
    assert late.state == AlarmState.OPEN


def test_a_break_shorter_than_that_raises_none(lot, look):
    assert look(61) == []
    report(lot)
    assert look(30) == []
    assert look(61) == []
    assert open_alarms() == []


def test_an_hour_of_silence_is_one_more_alarm_and_everything_closes_when_reports_return(lot, look):
    look(61)
    look(60)
    look(3600)
    assert look(60) == ["shanxi silent"]
    assert len(open_alarms()) == 3
    report(lot)
    look(1)
    assert len(open_alarms()) == 3  # it may break again at once
    report(lot)
    look(30)
    report(lot)
    look(30)
    assert open_alarms() == []
    assert {one.state for one in Alarm.objects.all()} == {AlarmState.CLOSED}


def test_a_link_that_comes_and_goes_keeps_its_one_alarm(lot, look):
    look(61)
    look(60)
    for _time in range(3):
        report(lot)
        look(30)
        assert look(31) == []
    assert Alarm.objects.filter(kind=AlarmKind.LATE).count() == 1


def test_refusals_that_go_on_raise_an_alarm_and_a_single_one_does_not(lot, look):
    def refuse() -> None:
        with in_province("shanxi"):
            refusals.note(Agent.objects.get(), [{"code": "too_many_cards", "sentence": "80 of 8."}])

    refuse()
    for _look in range(4):
        report(lot)
        assert look(30) == []
    raised = []
    for _look in range(4):
        report(lot)
        refuse()
        raised += look(25)
    assert raised == ["shanxi refused"]
    alarm = Alarm.objects.get()
    assert alarm.facts["reasons"] == {"too_many_cards": 5}
    for _look in range(4):
        report(lot)
        look(30)
    assert open_alarms() == []


def test_a_schema_behind_the_code_raises_an_alarm_and_the_others_are_looked_at(lot, henan, look):
    on_sale("henan", 2)
    with in_province("henan"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'orders'")
    look(0)
    raised = []
    for _look in range(3):
        report(lot)
        raised += [one for one in look(30) if "agent" not in one]
    assert raised == ["henan behind"]
    lacking = sum(app == "orders" for app, _name in state.migrations_in_code())
    assert Alarm.objects.get(kind=AlarmKind.BEHIND).facts["migrations"] == lacking


def test_a_province_nobody_sells_in_yet_raises_no_alarm(shanxi, henan, look):
    for seconds in (0, 60, 3601, 60, 60):
        assert look(seconds) == []


def test_a_revoked_or_paused_agent_is_not_missed(lot, look):
    with in_province("shanxi"):
        Agent.objects.update(paused=True)
    look(61)
    assert look(60) == []


def test_the_nation_is_told_of_links_and_the_province_of_its_agents(lot, look, django_capture_on_commit_callbacks):
    nation, province = staff("operator"), staff("operator-shanxi", province="shanxi")
    staff("operator-henan", province="henan")
    staff("regulator", Role.REGULATOR)
    look(61)
    look(60)
    look(60)
    with in_province("nation"):
        letters = list(Letter.objects.filter(topic="accounts.notice").order_by("pk"))
        for letter in letters:
            send_notice("nation", letter.pk)
    sent = {mail_.to[0]: mail_ for mail_ in mail.outbox}
    assert set(sent) == {nation.email, province.email}
    assert len(mail.outbox) == 2
    assert "山西省" in sent[nation.email].subject
    assert "Shanxi: no report for more than a minute" in sent[nation.email].body
    assert lot.provider.slug in sent[province.email].body
    assert "/staff/links/" in sent[province.email].body


def test_the_owners_of_a_silent_agent_are_told_before_staff(lot, look):
    staff("operator"), staff("operator-shanxi", province="shanxi")
    owner, viewer = person("guo"), person("chen")
    member(owner, lot.provider.organisation, MembershipRole.OWNER)
    member(viewer, lot.provider.organisation, MembershipRole.VIEWER)
    for _look in range(3):
        look(61)
    with in_province("nation"):
        for letter in Letter.objects.filter(topic="accounts.notice").order_by("pk"):
            send_notice("nation", letter.pk)
    told = [one.to[0] for one in mail.outbox]
    assert told[0] == owner.email
    assert told.count(owner.email) == 1
    assert viewer.email not in told
    assert "1 agent in Shanxi has stopped reporting" in mail.outbox[0].subject + mail.outbox[0].body
    assert "/provider/agents/" in mail.outbox[0].body


@pytest.mark.usefixtures("english")
def test_desk_list_alarms_and_provider_say_the_same_of_a_stopped_agent(lot, look, client_at):
    look(61)
    operator, nation, owner = staff("operator-shanxi", province="shanxi"), staff("operator"), person("guo")
    member(owner, lot.provider.organisation, MembershipRole.OWNER)

    def read(user, path: str, *, at: str | None = None) -> str:
        client = sign_in(client_at(at), user, second_factor=user != owner)
        client.cookies["django_language"] = "en"
        return client.get(path).content.decode()

    with in_province("shanxi"):
        (item,) = [one for line in lines_for(operator) if line.queue.name == "agents" for one in line.waiting.items]
    assert "silent" in item.note
    assert ">silent<" in read(operator, "/staff/activation/agent/", at="shanxi")
    assert "Agents that do not report" in read(nation, "/staff/links/")
    assert "All links and agents report as they should." not in read(nation, "/staff/links/")
    assert "silent" in read(owner, "/provider/agents/", at="shanxi")
    report(lot)
    look(1)
    with in_province("shanxi"):
        assert [line.waiting.count for line in lines_for(operator) if line.queue.name == "agents"] == [0]
    assert ">works<" in read(operator, "/staff/activation/agent/", at="shanxi")
    assert "Agents that do not report" not in read(nation, "/staff/links/")


def test_acknowledging_names_who_follows_it_and_happens_once(lot, look):
    operator = staff("operator")
    look(61)
    look(60)
    alarm = Alarm.objects.get(kind=AlarmKind.LATE)
    assert actions.acknowledge_alarm(alarm, by=operator, note="calling the site").state == AlarmState.ACKNOWLEDGED
    with pytest.raises(Refusal) as refused:
        actions.acknowledge_alarm(alarm, by=staff("second"))
    assert refused.value.code == "acknowledged"
    for _look in range(3):
        report(lot)
        look(30)
    alarm.refresh_from_db()
    assert alarm.state == AlarmState.CLOSED
    with pytest.raises(Refusal):
        actions.acknowledge_alarm(alarm, by=operator)
    with in_province("nation"):
        acts = Record.objects.filter(subject_type="overview.alarm", subject_id=str(alarm.pk)).order_by("id")
        assert [one.act for one in acts] == ["link.alarm_raised", "link.alarm_acknowledged", "link.alarm_closed"]


def test_the_database_refuses_a_second_open_alarm_of_a_kind(lot, look):
    look(61)
    look(60)
    alarm = Alarm.objects.get(kind=AlarmKind.LATE)
    alarm.pk = None
    with pytest.raises(IntegrityError, match="one_open_alarm"), transaction.atomic():
        alarm.save(force_insert=True)


def test_a_province_that_cannot_be_looked_into_stops_nobody(lot, look):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE henan.activation_agent RENAME TO gone")
    report(lot)
    look(30)
    assert LinkCheck.objects.get(province="shanxi").agents == 1
    assert "activation_agent" in LinkCheck.objects.get(province="henan").fault


def test_an_agent_nobody_can_look_at_keeps_its_alarm_until_it_is_seen_to_report(lot, look):
    look(61)
    look(60)
    assert "shanxi agent" in open_alarms()[0]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE shanxi.activation_agent RENAME TO gone")
    for _look in range(3):
        look(60)
    assert "shanxi agent" in open_alarms()[0]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE shanxi.gone RENAME TO activation_agent")
    for _look in range(2):
        report(lot)
        look(60)
    assert [one for one in open_alarms() if "agent" in one] == []
