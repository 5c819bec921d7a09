"""The agents' doors: who may knock, what is refused, and that a refusal is seen."""

import base64
import json
import re
import time
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.settings import api_settings

from marketplace.activation.agents import actions
from marketplace.activation.agents.reporting import reports
from marketplace.activation.agents.reporting.reports import Counted, Report
from marketplace.activation.fulfilment import actions as activation
from marketplace.activation.fulfilment import commands
from marketplace.activation.models import Agent, CapacityReport, Command, EnrolmentCode, Resource, ResourceState, Verb
from marketplace.activation.tasks import retry
from marketplace.catalog.models import Card
from marketplace.orders import actions as orders
from marketplace.orders.models import Order, OrderState
from marketplace.site_agent import signing
from portal.directory.models import Availability, OrderIndex
from tenants.context import in_province
from tenants.outbox.models import Letter
from tests.market import OnSale, buyer, on_sale, somebody
from tests.portal.checkout.running import bought

pytestmark = pytest.mark.django_db


@dataclass
class Knocker:
    """An agent without a process: it signs as the real one does, and can be made to sign wrongly."""

    client: Client
    key_id: str
    private_key: str
    lot: OnSale
    pools: list[dict[str, Any]] = field(default_factory=list)

    def post(self, door: str, body: Any, **replaced: str):
        return self.send(door, json.dumps(body).encode(), **replaced)

    def send(self, door: str, content: bytes, *, signed: str = "", **replaced: str):
        """Send these bytes; `signed` is the address that is signed, by default the one asked."""
        path = f"/agent/v1/{door}"
        headers = {**signing.headers_for(self.private_key, self.key_id, "POST", signed or path, content), **replaced}
        return self.client.post(path, content, content_type="application/json", headers=headers)

    def report(self, cards: int = 8, *, pool: str = "", **more: Any):
        capacity = [{"pool": pool or self.lot.pool.slug, "cards": cards, **more}]
        return self.post("lease", {"health": {"ok": True}, "capacity": capacity, "wait_seconds": 0})


@pytest.fixture
def lot(shanxi, henan) -> OnSale:
    lot = on_sale("shanxi", 8)
    with in_province("shanxi"):
        Agent.objects.update(revoked_at=timezone.now())
    return lot


@pytest.fixture
def enrolling(client_at, lot):
    """Exchange a code for a key, as `suanli-agent enrol` does."""

    def enrol(code: str = "", **more: Any):
        if not code:
            with in_province("shanxi"):
                code = actions.create_enrolment_code(lot.provider)
        private, public = signing.new_key_pair()
        body = {"code": code, "public_key": public, "name": "hall-1", "agent_version": "0.1.0", **more}
        return client_at().post("/agent/v1/enrol", body, content_type="application/json"), private

    return enrol


@pytest.fixture
def knocker(client_at, lot, enrolling) -> Knocker:
    answer, private = enrolling()
    assert answer.status_code == 201, answer.content
    facts = answer.json()
    return Knocker(client_at(), facts["key_id"], private, lot, facts["pools"])


def code_of(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def availability(lot: OnSale) -> Availability:
    return Availability.objects.get(pool=lot.pool.pk)


# -- enrolling ---------------------------------------------------------------------------------------------------


def test_a_code_gives_a_key_of_its_province_and_the_providers_pools(knocker, lot):
    assert knocker.key_id.startswith("shanxi.")
    (pool,) = knocker.pools
    assert (pool["slug"], pool["registered_cards"], len(pool["serials"])) == (lot.pool.slug, 8, 8)
    with in_province("shanxi"):
        agent = Agent.objects.get(pk=knocker.key_id)
    assert bytes(agent.public_key) != base64.b64decode(knocker.private_key)


def test_a_code_works_once(enrolling, lot):
    with in_province("shanxi"):
        code = actions.create_enrolment_code(lot.provider)
    assert enrolling(code)[0].status_code == 201
    assert code_of(enrolling(code)[0]) == (409, "bad_code")


def test_an_expired_code_enrols_nobody(enrolling, lot):
    with in_province("shanxi"):
        code = actions.create_enrolment_code(lot.provider)
        EnrolmentCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert code_of(enrolling(code)[0]) == (409, "bad_code")


def test_a_code_is_good_in_its_own_province_only(enrolling, lot):
    with in_province("shanxi"):
        code = actions.create_enrolment_code(lot.provider)
    assert code_of(enrolling(code.replace("shanxi.", "henan."))[0]) == (409, "bad_code")


def test_what_is_no_key_is_not_enrolled_and_leaves_the_code_unused(enrolling, lot):
    with in_province("shanxi"):
        code = actions.create_enrolment_code(lot.provider)
    assert code_of(enrolling(code, public_key="bm90IGEga2V5")[0]) == (409, "bad_key")
    assert enrolling(code)[0].status_code == 201


# -- signatures --------------------------------------------------------------------------------------------------


def test_a_replayed_request_is_refused(knocker):
    path, content = "/agent/v1/results", b'{"results": []}'
    headers = signing.headers_for(knocker.private_key, knocker.key_id, "POST", path, content)
    first = knocker.client.post(path, content, content_type="application/json", headers=headers)
    again = knocker.client.post(path, content, content_type="application/json", headers=headers)
    assert first.status_code == 200
    assert code_of(again) == (401, "replayed")


@pytest.mark.parametrize(
    ("replaced", "code"),
    [
        ({"Suanli-Signature": base64.b64encode(b"0" * 64).decode()}, "signature"),
        ({"Suanli-Signature": "not base64"}, "signature"),
        ({"Suanli-Nonce": "0" * 32}, "signature"),
        ({"Suanli-Timestamp": str(int(time.time()) - 301)}, "clock"),
        ({"Suanli-Timestamp": "yesterday"}, "clock"),
        ({"Suanli-Timestamp": "\N{SUPERSCRIPT TWO}"}, "clock"),
        ({"Suanli-Timestamp": "9" * 5000}, "clock"),
        ({"Suanli-Key": "shanxi.000000000000000000000000"}, "unknown_key"),
        ({"Suanli-Key": "atlantis.000000000000000000000000"}, "unknown_key"),
    ],
)
def test_a_wrong_signature_opens_nothing(knocker, replaced, code):
    assert code_of(knocker.post("results", {"results": []}, **replaced)) == (401, code)


def test_a_body_changed_on_the_way_is_refused(knocker):
    path = "/agent/v1/results"
    headers = signing.headers_for(knocker.private_key, knocker.key_id, "POST", path, b'{"results": []}')
    changed = b'{"results":  []}'
    answer = knocker.client.post(path, changed, content_type="application/json", headers=headers)
    assert code_of(answer) == (401, "signature")


def test_a_query_added_to_a_signed_address_is_refused(knocker):
    body = b'{"wait_seconds": 0}'
    assert code_of(knocker.send("lease?more=1", body, signed="/agent/v1/lease")) == (401, "signature")
    answer = knocker.send("lease?more=1", body)
    assert code_of(answer) == (422, "unknown_field")
    assert "more" in answer.json()["detail"]


def test_without_a_signature_there_is_no_door(client_at, lot):
    for door in ("lease", "results", "usage"):
        assert client_at().post(f"/agent/v1/{door}", {}, content_type="application/json").status_code == 401


def test_an_agent_gone_wild_is_slowed_down_and_its_neighbour_is_not(knocker, enrolling, client_at, monkeypatch):
    answer, private = enrolling()
    other = Knocker(client_at(), answer.json()["key_id"], private, knocker.lot)
    monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "agent", "2/min")
    assert [knocker.report().status_code for _poll in range(3)] == [200, 200, 429]
    assert other.report().status_code == 200


def test_guessing_codes_is_slowed_down(enrolling, monkeypatch):
    monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "enrolment", "2/min")
    assert [enrolling("shanxi.guessed")[0].status_code for _guess in range(3)] == [409, 409, 429]


def test_a_revoked_key_is_refused_at_once_and_its_cards_are_not_sold(knocker):
    knocker.report()
    with in_province("shanxi"):
        actions.revoke_agent(Agent.objects.get(pk=knocker.key_id), by=somebody("operator"))
    assert code_of(knocker.report()) == (401, "unknown_key")
    assert not availability(knocker.lot).sellable


# -- reports -----------------------------------------------------------------------------------------------------


def test_a_report_renews_the_stock_with_its_time(knocker):
    before = timezone.now()
    assert knocker.report(8).json()["refused"] == []
    stock = availability(knocker.lot)
    assert (stock.cards, stock.free, stock.sellable) == (8, 8, True)
    assert stock.measured_at >= before


def test_more_cards_than_registered_are_refused_visibly_and_the_pool_is_not_sold(knocker):
    (refused,) = knocker.report(9).json()["refused"]

    assert (refused["pool"], refused["code"]) == (knocker.lot.pool.slug, "too_many_cards")
    assert "9" in refused["sentence"]
    assert "8" in refused["sentence"]
    assert not availability(knocker.lot).sellable
    with in_province("shanxi"):
        assert CapacityReport.objects.get(pool=knocker.lot.pool).refused == refused["sentence"]

    assert knocker.report(8).json()["refused"] == []
    assert availability(knocker.lot).sellable


@pytest.mark.parametrize("stop", [actions.pause_agent, actions.revoke_agent])
def test_a_report_that_was_on_its_way_does_not_overrule_who_stopped_the_agent(knocker, stop):
    knocker.report()
    with in_province("shanxi"):
        known = Agent.objects.select_related("provider").get(pk=knocker.key_id)
        stop(Agent.objects.get(pk=knocker.key_id), by=somebody("operator"))
        reports.accept_report(known, Report([Counted(knocker.lot.pool.slug, 8)]))
    assert not availability(knocker.lot).sellable


def test_cards_out_of_order_are_not_sold(knocker):
    with in_province("shanxi"):
        serials = list(Card.objects.filter(pool=knocker.lot.pool).values_list("serial", flat=True)[:2])
    knocker.report(6, faulty=serials)
    assert availability(knocker.lot).free == 6


# -- results -----------------------------------------------------------------------------------------------------


@pytest.fixture
def command(knocker) -> Command:
    """A purchase of two cards, and what the agent is asked to do for it."""
    knocker.report()
    purchase = bought(buyer(), 2)
    row = OrderIndex.objects.get(purchase_id=purchase.pk)
    with in_province("shanxi"):
        activation.start_activation(Order.objects.get(pk=row.pk))
        return Command.objects.select_related("line__resource").get(verb=Verb.APPLY)


def answering(asked: Command, status: str = "ready", **more: Any) -> dict[str, Any]:
    endpoint = {"kind": "jupyterlab", "url": "http://127.77.0.1:8888/lab", "secret": "first"}
    facts = {"command": str(asked.pk), "token": str(asked.line_id), "attempt": asked.attempt, "status": status}
    return {"results": [{**facts, "endpoint": endpoint, **more}]}


def test_a_poll_brings_the_command_with_token_attempt_and_serials(knocker, command):
    (given,) = knocker.report().json()["commands"]
    assert (given["id"], given["verb"], given["token"]) == (str(command.pk), "apply", str(command.line_id))
    assert (given["attempt"], given["pool"], len(given["serials"])) == (1, knocker.lot.pool.slug, 2)


def test_a_command_is_given_once_and_again_only_after_a_while(knocker, command):
    assert len(knocker.report().json()["commands"]) == 1
    assert knocker.report().json()["commands"] == []
    with in_province("shanxi"):
        Command.objects.update(given_at=timezone.now() - commands.REPEAT_AFTER)
    assert len(knocker.report().json()["commands"]) == 1


def test_a_poll_does_not_outwait_a_command_that_a_dead_agents_poll_took(knocker, command):
    knocker.report()
    with in_province("shanxi"):
        agent = Agent.objects.get(pk=knocker.key_id)
        assert 4 < commands.seconds_until_repeat(agent, 25) < 5.1
        Command.objects.update(answered_at=timezone.now())
        assert commands.seconds_until_repeat(agent, 25) == 25


def test_the_same_answer_twice_counts_once(knocker, command):
    first = knocker.post("results", answering(command))
    again = knocker.post("results", answering(command, endpoint={"kind": "x", "url": "http://a.cn", "secret": "new"}))
    assert first.json() == again.json() == {"taken": [str(command.pk)], "refused": []}
    with in_province("shanxi"):
        resource = Resource.objects.get(line=command.line_id)
    assert (resource.state, resource.endpoint) == (ResourceState.PROBING, "http://127.77.0.1:8888/lab")


def test_an_answer_of_an_older_attempt_is_refused(knocker, command):
    with in_province("shanxi"):
        Resource.objects.update(attempt=2)
    (refused,) = knocker.post("results", answering(command)).json()["refused"]
    assert (refused["command"], refused["code"]) == (str(command.pk), "older_attempt")
    with in_province("shanxi"):
        assert Resource.objects.get(line=command.line_id).state == ResourceState.APPLYING


@pytest.mark.parametrize("wrong", [{"status": "listed"}, {"status": "revoked"}, {"status": "ready", "attempt": 2}])
def test_an_answer_to_something_else_is_refused_and_the_command_stays_open(knocker, command, wrong):
    (refused,) = knocker.post("results", answering(command, **wrong)).json()["refused"]
    assert refused["code"] == "wrong_answer"
    with in_province("shanxi"):
        command.refresh_from_db()
        assert (command.answered_at, Resource.objects.get().state) == (None, ResourceState.APPLYING)


def test_an_agent_that_fails_what_the_buyer_has_cancelled_is_heard(knocker, command):
    with in_province("shanxi"):
        orders.cancel_order(Order.objects.get(), by=None)
    answer = knocker.post("results", answering(command, "failed", code="hardware", retryable=False))
    assert answer.json() == {"taken": [str(command.pk)], "refused": []}
    with in_province("shanxi"):
        assert Order.objects.get().state == OrderState.CANCELLING


def test_a_retry_locks_the_order_before_the_resource(knocker, command):
    knocker.post("results", answering(command, "failed", code="network", retryable=True))
    with in_province("shanxi"):
        letter = Letter.objects.get(topic="activation.retry")
        with CaptureQueriesContext(connection) as captured:
            retry("shanxi", letter.pk)
        assert Resource.objects.get().state == ResourceState.APPLYING
    locked = [query["sql"] for query in captured if " FOR UPDATE" in query["sql"]]
    tables = [re.search(r'FROM "(\w+)"', sql)[1] for sql in locked]
    assert tables[:3] == ["outbox_letter", "orders_order", "activation_resource"]


def test_another_agents_command_cannot_be_answered(knocker, command, enrolling, client_at):
    answer, private = enrolling()
    other = Knocker(client_at(), answer.json()["key_id"], private, knocker.lot)
    (refused,) = other.post("results", answering(command)).json()["refused"]
    assert refused["code"] == "unknown_command"
    assert other.post("results", answering(command, command=str(uuid.uuid4()))).json()["taken"] == []


def test_the_secret_is_stored_encrypted_and_nowhere_in_the_commands_answer(knocker, command):
    knocker.post("results", answering(command))
    with in_province("shanxi"):
        resource, kept = Resource.objects.get(line=command.line_id), Command.objects.get(pk=command.pk)
    assert b"first" not in bytes(resource.secret)
    assert "first" not in json.dumps(kept.answer)
