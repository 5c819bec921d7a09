"""kill -9 in the middle of an activation: real web, worker, beat and agent; the order becomes active, once."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from portal.runtime import processes
from portal.runtime.processes import Part
from tests.database import PROJECT
from tests.live import LivePortal

pytestmark = pytest.mark.processes

AGENT = [sys.executable, "-m", "marketplace.site_agent"]
MARKET = """
import json
from django.utils import timezone
from marketplace.activation.agents import actions as agents
from marketplace.activation.models import Agent
from tenants.context import in_province
from tests.market import buyer, on_sale
lot = on_sale("shanxi", 8)
with in_province("shanxi"):
    Agent.objects.filter(provider=lot.provider).update(revoked_at=timezone.now())
    code = agents.create_enrolment_code(lot.provider)
who = buyer()
print(json.dumps({"code": code, "buyer": who.user.pk}))
"""
BUY = """
import json
from portal.directory.models import OrderIndex
from portal.accounts.models import User
from tests.market import Buyer
from tests.portal.checkout.running import bought
user = User.objects.get(pk={buyer})
purchase = bought(Buyer(user.memberships.get().organisation, user), 2)
print(json.dumps(str(OrderIndex.objects.get(purchase_id=purchase.pk).pk)))
"""
END = """
from marketplace.orders.models import Order
from marketplace.settlement import actions
from tenants.context import in_province
with in_province("shanxi"):
    order = Order.objects.get(pk="{order}")
    actions.end_order(order, by=order.requested_by)
print("null")
"""


@dataclass
class Province:
    """A live portal in which one provider of Shanxi sells through one real agent."""

    portal: LivePortal
    buyer: int
    agent: Part

    def ask(self, code: str) -> Any:
        return json.loads(self.portal.manage("shell", "-v", "0", "-c", code).strip().splitlines()[-1])

    def buy(self) -> str:
        """Place an order for two cards; returns its id."""
        return str(self.ask(BUY.format(buyer=self.buyer)))

    def one(self, query: str, *values: Any) -> Any:
        with psycopg.connect(self.portal.database_url, autocommit=True) as connection:
            connection.execute("SET search_path TO shanxi, public")
            row = connection.execute(query, values).fetchone()
            return row[0] if row else None

    def state(self, order: str) -> str:
        return str(self.one("SELECT state FROM orders_order WHERE id = %s", order))

    def has_commands(self, order: str) -> bool:
        query = "SELECT count(*) FROM activation_command c JOIN orders_orderline l ON l.id = c.line_id"
        return bool(self.one(f"{query} WHERE l.order_id = %s", order))

    def taken(self, order: str) -> bool:
        query = "SELECT count(taken_at) FROM activation_resource r JOIN orders_orderline l ON l.id = r.line_id"
        return bool(self.one(f"{query} WHERE l.order_id = %s", order))

    def counts(self, order: str) -> tuple[int, int, int]:
        """Resources, meters, and times the order became active."""
        lines = "JOIN orders_orderline l ON l.id = t.line_id WHERE l.order_id = %s"
        return (
            self.one(f"SELECT count(*) FROM activation_resource t {lines}", order),
            self.one(f"SELECT count(*) FROM settlement_meter t {lines}", order),
            self.one("SELECT count(*) FROM history_record WHERE act = 'order.active' AND subject_id = %s", order),
        )

    def endpoint(self, order: str) -> str:
        query = "SELECT endpoint FROM activation_resource r JOIN orders_orderline l ON l.id = r.line_id"
        return str(self.one(f"{query} WHERE l.order_id = %s", order))


def eventually(fact: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if fact():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture(scope="module")
def province(live_portal: LivePortal, tmp_path_factory) -> Iterator[Province]:
    state = tmp_path_factory.mktemp("agent") / "state"
    facts = json.loads(live_portal.manage("shell", "-v", "0", "-c", MARKET).strip().splitlines()[-1])
    words = ["enrol", "--portal", f"http://127.0.0.1:{live_portal.port}", "--code", facts["code"]]
    subprocess.run([*AGENT, *words, "--state", str(state)], cwd=PROJECT, check=True)
    agent = Part("agent-kill", [*AGENT, "run", "--state", str(state)], {"PATH": "/usr/bin:/bin"})
    live_portal.start(agent)
    sale = Province(live_portal, facts["buyer"], agent)
    assert eventually(lambda: fresh(sale))
    yield sale
    live_portal.kill("agent-kill")
    subprocess.run([*AGENT, "stop", "--state", str(state)], cwd=PROJECT, check=True)


def fresh(sale: Province) -> bool:
    """A real agent stands behind the pool: the market's own was revoked."""
    return bool(sale.one("SELECT count(*) FROM activation_agent WHERE revoked_at IS NULL AND reported_at IS NOT NULL"))


def active_once(sale: Province, order: str) -> None:
    assert eventually(lambda: sale.state(order) == "active"), (sale.state(order), log(sale))
    assert sale.counts(order) == (1, 1, 1)
    assert httpx.get(sale.endpoint(order), trust_env=False).status_code in (200, 302)


def log(sale: Province) -> str:
    path = Path(sale.portal.data) / "agent-kill.log"
    return path.read_text()[-3000:] + sale.portal.log("worker")[-3000:]


def test_an_agent_killed_during_the_activation(province: Province):
    order = province.buy()
    assert eventually(lambda: province.taken(order))
    province.portal.kill("agent-kill")
    province.portal.start(province.agent)
    active_once(province, order)


def test_a_worker_killed_during_the_activation(province: Province):
    province.portal.kill("worker")
    order = province.buy()
    worker = province.portal.start(processes.worker())
    assert eventually(lambda: province.has_commands(order) or worker.poll() is not None)
    province.portal.kill("worker")
    assert province.state(order) in ("placed", "activating")
    province.portal.start(processes.worker())
    active_once(province, order)


def test_the_sale_ends_with_the_cards_free_though_the_agent_was_killed_meanwhile(province: Province):
    order = province.buy()
    assert eventually(lambda: province.state(order) == "active"), log(province)
    endpoint = province.endpoint(order)
    province.portal.kill("agent-kill")
    province.ask(END.format(order=order))
    province.portal.start(province.agent)
    assert eventually(lambda: province.state(order) == "ended"), log(province)
    with pytest.raises(httpx.ConnectError):
        httpx.get(endpoint, trust_env=False)
