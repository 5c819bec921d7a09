"""The workspace's pages of agents, seen by owner, colleague and stranger; the codes they make really work."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from marketplace.activation.agents import actions, codes
from marketplace.activation.models import Agent, CapacityReport, EnrolmentCode
from portal.accounts.roles import MembershipRole
from tenants.context import in_province
from tenants.history.models import Record
from tests.market import on_sale, report
from tests.marketplace.activation.test_doors import Knocker, code_of
from tests.portal.accounts import people

pytestmark = pytest.mark.django_db
PAGE = "/provider/agents/"


@pytest.fixture
def lot(shanxi, henan):
    return on_sale("shanxi", 8)


@pytest.fixture
def agent(lot) -> Agent:
    return report(lot)


@pytest.fixture
def came_as(client_at, lot):
    """A client of somebody with this role in the provider's organisation; without a role, a stranger."""

    def come(role: str | None):
        user = people.person(f"{role or 'stranger'}-at-agents")
        if role is None:
            people.member(user, on_sale("henan").provider.organisation, MembershipRole.OWNER)
        else:
            people.member(user, lot.provider.organisation, role)
        client = people.sign_in(client_at("shanxi"), user)
        client.cookies["django_language"] = "en"
        return client

    return come


@pytest.fixture
def owner(came_as):
    return came_as(MembershipRole.OWNER)


def text(answer) -> str:
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def command_in(answer) -> str:
    return re.search(r'<code id="agent-command">(.*?)</code>', answer.content.decode())[1]


def enrolling(client_at, code: str):
    """Exchange the code for a key; the answer and a knocker that signs with it."""
    from marketplace.site_agent import signing

    private, public = signing.new_key_pair()
    body = {"code": code, "public_key": public, "name": "hall-1", "agent_version": "0.1.0"}
    answer = client_at().post("/agent/v1/enrol", body, content_type="application/json")
    return answer, private


def test_the_page_shows_how_an_agent_stands(owner, agent, lot):
    page = text(owner.get(PAGE))
    assert f">{agent.name}</h2>" in page
    assert "works</span>" in page
    assert lot.pool.slug in page


def test_health_is_said_in_the_readers_language_where_the_agent_names_its_sentence(owner, agent):
    facts = {"healthy": False, "health": "Move it.", "health_code": "state_exposed"}
    with in_province("shanxi"):
        Agent.objects.update(**facts, health_facts={"words": {"folder": "/usr/x"}})
    assert "The state folder lies in /usr/x, which every workspace can read." in text(owner.get(PAGE))
    with in_province("shanxi"):
        Agent.objects.update(health_code="of-another-make")
    assert "Move it." in text(owner.get(PAGE))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"paused": True}, "paused"),
        ({"reported_at": None}, "has not reported yet"),
        ({"reported_at": timezone.now() - timedelta(minutes=5)}, "silent"),
        ({"healthy": False}, "reports a fault"),
        ({"revoked_at": timezone.now()}, "revoked"),
    ],
)
def test_each_standing_has_its_word(owner, agent, change, word):
    with in_province("shanxi"):
        Agent.objects.update(**change)
    assert f"{word}</span>" in text(owner.get(PAGE))


def test_a_refused_report_and_faulty_cards_stand_beside_their_pool(owner, agent, lot):
    with in_province("shanxi"):
        CapacityReport.objects.update(cards=9, refused="refused")
    assert f"The agent reports 9 cards in {lot.pool.slug}, but only 8 are registered." in text(owner.get(PAGE))
    with in_province("shanxi"):
        CapacityReport.objects.update(cards=7, refused="", faulty=["card-x"])
    assert "out of order: card-x" in text(owner.get(PAGE))


def test_a_code_is_shown_once_with_the_command_and_enrols_an_agent(owner, client_at, lot, agent):
    answer = owner.post(f"{PAGE}enrol/")
    command = command_in(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert command.startswith("suanli-agent enrol --portal http://portal.localhost:8000 --code shanxi.")
    code = command.split()[5]
    assert code not in text(owner.get(PAGE))
    assert enrolling(client_at, code)[0].status_code == 201
    assert code_of(enrolling(client_at, code)[0]) == (409, "bad_code")


def test_a_withdrawn_code_enrols_nobody(owner, client_at, lot, agent):
    code = command_in(owner.post(f"{PAGE}enrol/")).split()[5]
    with in_province("shanxi"):
        row = EnrolmentCode.objects.get()
    assert owner.post(f"{PAGE}codes/{row.pk}/withdraw/").status_code == 302
    assert code_of(enrolling(client_at, code)[0]) == (409, "bad_code")
    assert owner.post(f"{PAGE}codes/{row.pk}/withdraw/").status_code == 409


def test_a_new_key_takes_over_with_its_first_request_and_both_work_until_then(owner, client_at, lot, agent):
    with in_province("shanxi"):
        first = actions.create_enrolment_code(lot.provider)
    answer, old = enrolling(client_at, first)
    key_id = answer.json()["key_id"]
    command = command_in(owner.post(f"{PAGE}{key_id}/rotate/"))
    assert command.startswith("suanli-agent rotate ")
    answer, new = enrolling(client_at, command.split()[5])
    assert (answer.status_code, answer.json()["key_id"]) == (201, key_id)

    with_old, with_new = (Knocker(client_at(), key_id, key, lot) for key in (old, new))
    assert with_old.report().status_code == 200
    assert "A new key waits for its first use" in text(owner.get(PAGE))
    assert with_new.report().status_code == 200
    assert code_of(with_old.report()) == (401, "signature")
    assert with_new.report().status_code == 200
    with in_province("shanxi"):
        told = Record.objects.filter(subject_id=key_id).order_by("id").values_list("act", flat=True)
        assert list(told) == ["agent.enrolled", "agent.key_renewed", "agent.key_switched"]


def test_an_old_key_works_for_24_hours_beside_an_unused_new_one(client_at, lot, agent):
    with in_province("shanxi"):
        code = actions.create_enrolment_code(lot.provider)
    answer, old = enrolling(client_at, code)
    with in_province("shanxi"):
        mine = Agent.objects.get(pk=answer.json()["key_id"])
        renewal = codes.create_code(lot.provider, renews=mine)
    assert enrolling(client_at, renewal)[0].status_code == 201
    knocker = Knocker(client_at(), mine.pk, old, lot)
    with in_province("shanxi"):
        Agent.objects.filter(pk=mine.pk).update(next_key_at=timezone.now() - codes.OVERLAP + timedelta(minutes=1))
    assert knocker.report().status_code == 200
    with in_province("shanxi"):
        Agent.objects.filter(pk=mine.pk).update(next_key_at=timezone.now() - codes.OVERLAP)
    assert code_of(knocker.report()) == (401, "signature")


def test_a_revoked_agent_is_admitted_again_with_a_new_key_only(owner, client_at, lot, agent):
    with in_province("shanxi"):
        code = actions.create_enrolment_code(lot.provider)
    answer, old = enrolling(client_at, code)
    key_id = answer.json()["key_id"]
    assert "Revoke the key of" in text(owner.get(f"{PAGE}{key_id}/revoke/"))
    assert owner.post(f"{PAGE}{key_id}/revoke/").status_code == 302
    assert code_of(Knocker(client_at(), key_id, old, lot).report()) == (401, "unknown_key")
    code = command_in(owner.post(f"{PAGE}{key_id}/rotate/")).split()[5]
    _answer, new = enrolling(client_at, code)
    assert Knocker(client_at(), key_id, new, lot).report().status_code == 200
    assert code_of(Knocker(client_at(), key_id, old, lot).report()) == (401, "signature")


def test_pausing_and_resuming(owner, agent):
    for verb, paused in (("pause", True), ("resume", False)):
        assert owner.post(f"{PAGE}{agent.pk}/{verb}/").status_code == 302
        with in_province("shanxi"):
            assert Agent.objects.get(pk=agent.pk).paused is paused
    assert owner.post(f"{PAGE}{agent.pk}/explode/").status_code == 404


def addresses(agent: Agent, code: EnrolmentCode) -> list[str]:
    acts = [f"{agent.pk}/{verb}/" for verb in ("rotate", "pause", "resume", "revoke")]
    return [f"{PAGE}{rest}" for rest in ["enrol/", f"codes/{code.pk}/withdraw/", *acts]]


def test_colleagues_without_the_right_see_and_are_told_and_strangers_find_nothing(came_as, agent, lot):
    with in_province("shanxi"):
        codes.create_code(lot.provider)
        code = EnrolmentCode.objects.get()
    viewer, stranger = came_as(MembershipRole.VIEWER), came_as(None)
    assert "Make an enrolment code" not in text(viewer.get(PAGE))
    assert stranger.get(PAGE).status_code == 404
    for address in addresses(agent, code):
        assert viewer.post(address).status_code == 403
        assert stranger.post(address).status_code == 404
    with in_province("shanxi"):
        agent.refresh_from_db()
        code.refresh_from_db()
        assert EnrolmentCode.objects.count() == 1
    assert (agent.paused, agent.revoked_at, code.withdrawn_at) == (False, None, None)


def queries(client) -> int:
    client.get(PAGE)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(PAGE).status_code == 200
    return sum(not one["sql"].startswith("SET ") for one in captured)


def test_the_page_costs_the_same_with_one_agent_and_with_three(owner, agent, lot):
    assert queries(owner) == 13
    with in_province("shanxi"):
        for number in range(2):
            Agent.objects.create(key_id=f"shanxi.{number}", provider=lot.provider, name="x", public_key=b"k" * 32)
    report(on_sale("shanxi", 2, provider=lot.provider))
    assert queries(owner) == 13
