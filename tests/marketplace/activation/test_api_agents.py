"""`agents/` of the API: the same standing and the same acts as the pages, for programs."""

import pytest

from marketplace.activation.models import Agent
from portal.accounts.roles import MembershipRole
from tenants.context import in_province
from tests.market import on_sale, report
from tests.portal.accounts.people import member, person
from tests.portal.api.knocking import key_of, post, problem, program, visitor
from tests.portal.api.knocking import member as signed_in

pytestmark = pytest.mark.django_db
PATH = "/api/v1/agents/"


@pytest.fixture
def lot(shanxi, henan):
    return on_sale("shanxi", 8)


@pytest.fixture
def agent(lot) -> Agent:
    return report(lot)


@pytest.fixture
def key(lot):
    owner = person("owner-by-key")
    member(owner, lot.provider.organisation, MembershipRole.OWNER)
    return program(key_of(lot.provider.organisation, owner)[1])


def paused(agent: Agent) -> bool:
    with in_province("shanxi"):
        return Agent.objects.get(pk=agent.pk).paused


def test_a_key_lists_its_own_agents_of_all_provinces(key, agent, lot):
    there = report(on_sale("henan", 2))
    with in_province("henan"):
        there.provider.organisation = lot.provider.organisation
        there.provider.save(update_fields=["organisation"])
    report(on_sale("shanxi", 2))
    found = {one["key_id"]: one for one in key.get(PATH).json()}
    assert set(found) == {agent.pk, there.pk}
    own = found[agent.pk]
    assert (own["province"], own["state"], own["paused"]) == ("shanxi", "working", False)
    (pool,) = own["pools"]
    assert (pool["pool"], pool["reported"], pool["registered"], pool["refused"]) == (lot.pool.slug, 8, 8, "")


def test_pausing_and_resuming_happen_once_under_a_key(key, agent):
    address = f"{PATH}shanxi/{agent.pk}/"
    first = post(key, f"{address}pause/", key="one")
    again = post(key, f"{address}pause/", key="one")
    assert (first.status_code, again.status_code, first.json()) == (200, 200, again.json())
    assert (first.json()["state"], paused(agent)) == ("paused", True)
    assert problem(post(key, f"{address}pause/", key="two")) == (409, "same_state")
    assert post(key, f"{address}resume/", key="three").json()["state"] == "working"
    assert not paused(agent)


def test_scope_right_and_belonging_are_asked_for(agent, lot):
    address = f"{PATH}shanxi/{agent.pk}/pause/"
    owner, viewer, stranger = person("o"), person("v"), person("s")
    member(owner, lot.provider.organisation, MembershipRole.OWNER)
    member(viewer, lot.provider.organisation, MembershipRole.VIEWER)
    other = on_sale("henan").provider.organisation
    member(stranger, other, MembershipRole.OWNER)
    reader = program(key_of(lot.provider.organisation, owner, ["agents:read"])[1])
    assert reader.get(PATH).status_code == 200
    assert problem(post(reader, address, key="k")) == (403, "scope_missing")
    assert post(signed_in(viewer), address, key="k").status_code == 403
    assert post(signed_in(stranger), address, key="k").status_code == 404
    assert post(program(key_of(other, stranger)[1]), address, key="k").status_code == 404
    assert visitor().get(PATH).status_code == 401
    assert post(signed_in(owner), f"{PATH}nowhere/{agent.pk}/pause/", key="k").status_code == 404
    assert not paused(agent)
