"""Each pool has one agent: orders go to it alone, only its reports count, and its provider chooses another one."""

import re

import pytest

from marketplace.activation.agents import actions, codes, serving, standing
from marketplace.activation.fulfilment import actions as activation
from marketplace.activation.models import Agent, Command, RefusedRows, Verb
from marketplace.orders.models import Order
from marketplace.site_agent import signing
from portal.accounts.roles import MembershipRole
from portal.directory.models import Availability, OrderIndex
from tenants.acts import Refusal
from tenants.context import in_province
from tenants.history.models import Record
from tests.market import OnSale, buyer, on_sale, quote_for
from tests.marketplace.activation.test_doors import Knocker, answering
from tests.portal.accounts import people
from tests.portal.api.knocking import key_of, post, problem, program
from tests.portal.checkout.running import bought

pytestmark = pytest.mark.django_db
PAGE = "/provider/agents/"


@pytest.fixture
def lot(shanxi, henan) -> OnSale:
    lot = on_sale("shanxi", 8)
    with in_province("shanxi"):
        Agent.objects.all().update(revoked_at="2026-01-01T00:00Z")
    return lot


@pytest.fixture
def enrol(client_at, lot):
    def enrol(name: str, code: str = "") -> Knocker:
        private, public = signing.new_key_pair()
        with in_province("shanxi"):
            code = code or actions.create_enrolment_code(lot.provider)
        body = {"code": code, "public_key": public, "name": name, "agent_version": "1"}
        answer = client_at().post("/agent/v1/enrol", body, content_type="application/json")
        assert answer.status_code == 201, answer.content
        return Knocker(client_at(), answer.json()["key_id"], private, lot, answer.json()["pools"])

    return enrol


@pytest.fixture
def first(enrol) -> Knocker:
    """The only agent when the pool was registered."""
    return enrol("hall-1")


@pytest.fixture
def second(first, enrol) -> Knocker:
    return enrol("hall-2")


@pytest.fixture
def new_lot(second, lot) -> OnSale:
    """Registered when the provider had two agents."""
    made = on_sale("shanxi", 2, provider=lot.provider, price_u=1_000_000)
    with in_province("shanxi"):
        Agent.objects.exclude(pk__in=[second.key_id]).filter(name=lot.provider.slug).delete()
    return made


def slugs(knocker: Knocker) -> list[str]:
    """Pools that the answer to a poll names."""
    return [pool["slug"] for pool in knocker.post("lease", {"wait_seconds": 0}).json()["pools"]]


def choose(lot: OnSale, knocker: Knocker) -> None:
    with in_province("shanxi"):
        serving.choose_agent(lot.pool, Agent.objects.get(pk=knocker.key_id), by=None)


def fresh(lot: OnSale) -> bool:
    return Availability.objects.fresh().filter(pool=lot.pool.pk, sellable=True).exists()


def asked_for(purchase) -> list[str]:
    """Keys of the agents that were asked to set the purchase up."""
    order = OrderIndex.objects.get(purchase_id=purchase.pk)
    with in_province("shanxi"):
        activation.start_activation(Order.objects.get(pk=order.pk))
        return list(Command.objects.filter(line__order=order.pk, verb=Verb.APPLY).values_list("agent", flat=True))


# Who serves what --------------------------------------------------------------------------------


def test_the_only_agent_serves_all_pools_also_later_ones(first, lot):
    assert [pool["slug"] for pool in first.pools] == [lot.pool.slug]
    with in_province("shanxi"):
        known = {agent.pk for agent in Agent.objects.all()}
    later = on_sale("shanxi", 2, provider=lot.provider)
    with in_province("shanxi"):
        Agent.objects.exclude(pk__in=known).update(revoked_at="2026-01-01T00:00Z")
    assert slugs(first) == sorted([lot.pool.slug, later.pool.slug])


def test_a_second_agent_takes_nothing_from_the_first(first, second, lot):
    assert (second.pools, slugs(first), slugs(second)) == ([], [lot.pool.slug], [])


def test_a_pool_registered_beside_two_agents_waits_for_a_choice(first, second, new_lot):
    (refused,) = first.report(2, pool=new_lot.pool.slug).json()["refused"]
    assert (refused["pool"], refused["code"]) == (new_lot.pool.slug, "no_agent_chosen")
    choose(new_lot, second)
    assert second.report(2, pool=new_lot.pool.slug).json()["refused"] == []
    assert fresh(new_lot)


def test_an_agent_that_replaces_a_revoked_one_serves_everything(first, enrol, lot):
    with in_province("shanxi"):
        actions.revoke_agent(Agent.objects.get(pk=first.key_id), by=people.person("operator"))
    assert [pool["slug"] for pool in enrol("hall-3").pools] == [lot.pool.slug]


def test_a_revoked_agents_pools_are_not_taken_over_while_it_gets_a_new_key(first, second, enrol, lot):
    with in_province("shanxi"):
        actions.revoke_agent(Agent.objects.get(pk=first.key_id), by=people.person("operator"))
        code = codes.create_code(lot.provider, renews=Agent.objects.get(pk=first.key_id))
    assert slugs(second) == []
    again = enrol("", code)
    assert (again.key_id, slugs(again)) == (first.key_id, [lot.pool.slug])


# Reports and orders -----------------------------------------------------------------------------


def test_a_row_on_another_agents_pool_is_refused_by_name_and_counted(first, second, lot):
    first.report(8)
    before = Availability.objects.get(pool=lot.pool.pk).measured_at
    (refused,) = second.report(3).json()["refused"]
    assert (refused["pool"], refused["code"]) == (lot.pool.slug, "other_agents_pool")
    assert "hall-1" in refused["sentence"]
    assert Availability.objects.get(pool=lot.pool.pk).measured_at == before
    with in_province("shanxi"):
        rows = RefusedRows.objects.values_list("agent", "code", "rows")
        assert list(rows) == [(second.key_id, "other_agents_pool", 1)]


def test_ten_orders_of_one_agents_pool_go_to_it_alone(first, second, lot):
    first.report(8)
    second.report(0, pool=lot.pool.slug)  # the newest report, of the agent that has none of the cards
    asked = [key for _order in range(8) for key in asked_for(bought(buyer(), 1))]
    assert asked == [first.key_id] * 8
    assert len(first.report(8).json()["commands"]) == 8
    assert second.post("lease", {"wait_seconds": 0}).json()["commands"] == []


def test_each_agent_sells_its_own_pool(first, second, new_lot, lot):
    choose(new_lot, second)
    first.report(8)
    second.report(2, pool=new_lot.pool.slug)
    for cards, knocker in ((2, second), (8, first)):
        purchase = bought(buyer(), cards)
        assert asked_for(purchase) == [knocker.key_id]


def test_a_paused_agents_orders_are_not_given_to_another_one(first, second, lot):
    first.report(8)
    purchase = bought(buyer(), 1)
    with in_province("shanxi"):
        actions.pause_agent(Agent.objects.get(pk=first.key_id), by=people.person("operator"))
    second.post("lease", {"wait_seconds": 0})
    with pytest.raises(activation.NoAgent):
        asked_for(purchase)


# Moving -----------------------------------------------------------------------------------------


def test_a_moved_pool_is_not_sold_before_its_new_agent_reports_it(first, second, lot):
    first.report(8)
    choose(lot, second)
    assert not fresh(lot)
    assert quote_for(buyer(), 1).lines == []
    (refused,) = first.report(8).json()["refused"]
    assert (refused["code"], fresh(lot)) == ("other_agents_pool", False)
    second.report(8)
    assert fresh(lot)
    with in_province("shanxi"):
        record = Record.objects.get(act="pool.agent_chosen")
        assert record.facts == {"agent": second.key_id, "was": first.key_id}


def test_a_pool_does_not_move_while_its_agent_holds_a_lease_of_it(first, second, lot):
    first.report(8)
    purchase = bought(buyer(), 1)
    assert asked_for(purchase) == [first.key_id]
    number = OrderIndex.objects.get(purchase_id=purchase.pk).number
    with pytest.raises(Refusal) as refused:
        choose(lot, second)
    assert (refused.value.code, number in str(refused.value)) == ("agent_holds_leases", True)
    with in_province("shanxi"):
        command = Command.objects.get(verb=Verb.APPLY)
    first.report(8)
    first.post("results", answering(command, "failed", code="hardware", retryable=False, endpoint=None))
    with in_province("shanxi"):
        activation.revoke_order(Order.objects.get())
        command = Command.objects.get(verb=Verb.REVOKE)
    first.post("results", answering(command, "revoked", endpoint=None))
    choose(lot, second)


def test_a_pool_moves_when_its_agent_is_revoked_whatever_it_holds(first, second, lot):
    first.report(8)
    asked_for(bought(buyer(), 1))
    with in_province("shanxi"):
        actions.revoke_agent(Agent.objects.get(pk=first.key_id), by=people.person("operator"))
    choose(lot, second)
    answer = second.report(8).json()
    assert [pool["slug"] for pool in answer["pools"]] == [lot.pool.slug]
    assert [(command["verb"], command["pool"]) for command in answer["commands"]] == [("apply", lot.pool.slug)]


@pytest.mark.parametrize(
    ("which", "code"), [("first", "same_agent"), ("revoked", "revoked"), ("foreign", "foreign_agent")]
)
def test_a_choice_that_makes_no_sense_is_refused(first, second, lot, which, code):
    foreign = on_sale("shanxi", 1)
    with in_province("shanxi"):
        agent = {
            "first": Agent.objects.filter(pk=first.key_id),
            "revoked": Agent.objects.filter(provider=lot.provider).exclude(revoked_at=None),
            "foreign": Agent.objects.filter(provider=foreign.provider),
        }[which].get()
        with pytest.raises(Refusal) as refused:
            serving.choose_agent(lot.pool, agent, by=None)
    assert refused.value.code == code


# Pages and API ----------------------------------------------------------------------------------


@pytest.fixture
def came_as(client_at, lot):
    def come(role: str):
        user = people.person(f"{role}-of-pools")
        people.member(user, lot.provider.organisation, role)
        client = people.sign_in(client_at("shanxi"), user)
        client.cookies["django_language"] = "en"
        return client

    return come


def text(answer) -> str:
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_page_shows_and_changes_who_serves_a_pool(came_as, first, second, new_lot, lot):
    owner = came_as(MembershipRole.OWNER)
    page = text(owner.get(PAGE))
    assert "Which agent serves which pool" in page
    assert f"<code>{new_lot.pool.slug}</code>" in page.partition("Pools that wait for an agent")[2]
    address = f"{PAGE}pools/{new_lot.pool.pk}/"
    answer = owner.post(address, {"agent": second.key_id}, follow=True)
    assert f"“hall-2” serves {new_lot.pool.slug} from now on." in text(answer)
    assert "Pools that wait for an agent" not in text(owner.get(PAGE))
    with in_province("shanxi"):
        assert serving.agent_of(new_lot.pool).pk == second.key_id
        found = {one.agent.name: [row.pool.slug for row in one.served] for one in standing.of_provider(lot.provider)[0]}
    assert (found["hall-1"], found["hall-2"]) == ([lot.pool.slug], [new_lot.pool.slug])


def test_with_one_agent_there_is_nothing_to_choose(came_as, first):
    assert "Which agent serves which pool" not in text(came_as(MembershipRole.OWNER).get(PAGE))


def test_who_may_not_choose_is_told_and_unknown_agents_are_not_found(came_as, first, second, lot):
    address = f"{PAGE}pools/{lot.pool.pk}/"
    assert came_as(MembershipRole.VIEWER).post(address, {"agent": second.key_id}).status_code == 403
    owner = came_as(MembershipRole.OWNER)
    foreign = on_sale("shanxi", 1)
    with in_province("shanxi"):
        strange = Agent.objects.get(provider=foreign.provider).pk
    assert [owner.post(address, {"agent": key}).status_code for key in (strange, "x", "", "\0")] == [404, 404, 422, 422]
    assert slugs(first) == [lot.pool.slug]


def test_a_program_chooses_once_under_a_key(first, second, lot):
    owner = people.person("owner-by-key")
    people.member(owner, lot.provider.organisation, MembershipRole.OWNER)
    key = program(key_of(lot.provider.organisation, owner)[1])
    address = f"/api/v1/agents/shanxi/{second.key_id}/serve/"
    answers = [post(key, address, {"pool": lot.pool.slug}, key="one") for _time in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [pool["pool"] for pool in answers[0].json()["pools"]] == [lot.pool.slug]
    assert answers[0].json()["pools"][0]["reported"] is None
    assert problem(post(key, address, {"pool": lot.pool.slug}, key="two")) == (409, "same_agent")
    assert post(key, address, {"pool": on_sale("shanxi", 1).pool.slug}, key="three").status_code == 404
