"""Agents by the hundred, and one that is hostile, beside pages: over HTTP, with the real threads of a web process."""

import asyncio
import base64
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection, connections

from marketplace.activation.agents.bounds import gate
from marketplace.activation.models import Agent
from marketplace.site_agent import signing
from portal.runtime import broker, processes
from portal.runtime.web import serving
from tenants.context import in_province
from tests.live import LivePortal, free_port
from tests.market import OnSale, on_sale

AGENTS = 140
"""More than a web process has threads."""
WAIT_SECONDS = 6
pytestmark = pytest.mark.processes


@dataclass(frozen=True)
class Speaker:
    key_id: str
    private_key: str

    def request(self, body: bytes, door: str = "lease") -> bytes:
        path = f"/agent/v1/{door}"
        headers = signing.headers_for(self.private_key, self.key_id, "POST", path, body)
        headers |= {"Host": "portal.localhost", "Content-Type": "application/json", "Connection": "close"}
        headers["Content-Length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body

    def poll(self, seconds: int = WAIT_SECONDS) -> bytes:
        return self.request(json.dumps({"wait_seconds": seconds}).encode())


@contextmanager
def web(database_url: str, folder: Path, **environment: str) -> Iterator[int]:
    """One web process on the database copy."""
    portal = LivePortal(free_port(), database_url, folder)
    part = processes.web(portal.port, workers=1)
    try:
        portal.start(replace(part, environment={**part.environment, **environment}))
        portal.wait_until_ready()
        yield portal.port
    finally:
        portal.stop_all()


@pytest.fixture
def lot(race_database) -> OnSale:
    broker.install(connections.settings["default"])
    return on_sale("shanxi", 8)


def speakers(lot: OnSale, count: int) -> list[Speaker]:
    keys = [Ed25519PrivateKey.generate() for _agent in range(count)]
    with in_province("shanxi"):
        Agent.objects.update(revoked_at="2026-01-01T00:00Z")
        made = Agent.objects.bulk_create(
            Agent(
                key_id=f"shanxi.{number:024x}",
                provider=lot.provider,
                name=f"hall-{number}",
                public_key=key.public_key().public_bytes_raw(),
            )
            for number, key in enumerate(keys)
        )
    raw = [base64.b64encode(key.private_bytes_raw()).decode() for key in keys]
    return [Speaker(agent.pk, key) for agent, key in zip(made, raw, strict=True)]


async def asked(port: int, request: bytes) -> tuple[int, str]:
    """Status and code of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        head, _blank, body = (await reader.read()).partition(b"\r\n\r\n")
    finally:
        writer.close()
    status = int(head.split(b" ", 2)[1])
    return status, json.loads(body).get("code", "") if b"json" in head else ""


PAGE = b"GET / HTTP/1.1\r\nHost: portal.localhost\r\nConnection: close\r\n\r\n"


async def slowest_page(port: int, seconds: float) -> float:
    """Of pages asked for one after another, for this time; a page that does not come counts as the time it is due."""
    slowest, until = 0.0, time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        began = time.monotonic()
        try:
            status, _code = await asyncio.wait_for(asked(port, PAGE), left + 1)
            assert status == 200
        except TimeoutError:
            pass
        slowest = max(slowest, time.monotonic() - began)
        await asyncio.sleep(0.05)
    return slowest


def beside_pages(port: int, requests: list[bytes], seconds: float) -> tuple[Counter[tuple[int, str]], float]:
    """What the agents were told, and the slowest page meanwhile."""

    async def run() -> tuple[Counter[tuple[int, str]], float]:
        await asked(port, PAGE)  # what a process makes once is made
        agents: list[Awaitable[Any]] = [asyncio.ensure_future(asked(port, request)) for request in requests]
        await asyncio.sleep(1.0)
        slowest = await slowest_page(port, seconds)
        return Counter(await asyncio.gather(*agents)), slowest

    return asyncio.run(run())


def test_pages_go_on_beside_more_agents_than_there_are_threads(lot, race_database, tmp_path):
    crowd = speakers(lot, AGENTS)
    with web(race_database.url, tmp_path) as port:
        told, slowest = beside_pages(port, [one.poll() for one in crowd], WAIT_SECONDS - 2)
    assert told[(200, "")] <= settings.AGENT_POLLS
    assert set(told) <= {(200, ""), (503, "no_place_to_wait"), (503, "too_many_agents")}
    assert told[(200, "")] > settings.AGENT_POLLS / 2
    assert slowest < 1


def test_without_the_bound_no_page_answers_while_they_wait(lot, race_database, tmp_path):
    """Negative control."""
    crowd = speakers(lot, AGENTS)
    with web(race_database.url, tmp_path, AGENT_POLLS="10000") as port:
        _told, slowest = beside_pages(port, [one.poll() for one in crowd], WAIT_SECONDS - 2)
    assert slowest > 2


def test_five_hundred_polls_of_one_agent_leave_one(lot, race_database, tmp_path):
    hostile, honest = speakers(lot, 2)
    polls = [hostile.poll() for _poll in range(500)]
    with web(race_database.url, tmp_path) as port:
        told, slowest = beside_pages(port, [*polls, honest.poll(3)], WAIT_SECONDS - 2)
    assert 1 <= told[(200, "")] <= 2, "one poll of the one agent stays; the other agent may be asked to come back"
    assert set(told) <= {
        (200, ""),
        *((409, "newer_poll"), (409, "report_under_way"), (503, "too_many_agents"), (429, "throttled")),
        (408, "request_timeout"),  # of five hundred at once, what did not arrive whole in time
    }
    assert slowest < 1


def test_a_hostile_report_eight_times_at_once_costs_pages_nothing(lot, race_database, tmp_path):
    (hostile,) = speakers(lot, 1)
    body = json.dumps({"capacity": [{"pool": lot.pool.slug, "cards": 8}] * 20_000}).encode()
    with web(race_database.url, tmp_path) as port:
        began = time.monotonic()
        told, slowest = beside_pages(port, [hostile.request(body) for _report in range(8)], 1)
        took = time.monotonic() - began
    assert told == {(422, "invalid"): 8}
    assert (slowest < 1, took < 4) == (True, True)


def test_reports_that_are_held_up_take_no_connection_from_pages(lot, race_database, tmp_path):
    """Two of them wait for a lock in the database as long as they like; more wait for a connection of the agents."""
    crowd = speakers(lot, 6)
    with web(race_database.url, tmp_path) as port, in_province("shanxi"), connection.cursor() as cursor:
        connection.set_autocommit(False)
        cursor.execute("LOCK TABLE activation_refusedrows, activation_agent IN EXCLUSIVE MODE")
        try:
            polls = [one.poll(0) for one in crowd]
            told, slowest = held_up(port, polls, connection.rollback)
        finally:
            connection.rollback()
            connection.set_autocommit(True)
    assert told == {(200, ""): len(crowd)}
    assert slowest < 1


def held_up(port: int, requests: list[bytes], let_go: Callable[[], None]) -> tuple[Counter[tuple[int, str]], float]:
    async def run() -> tuple[Counter[tuple[int, str]], float]:
        await asked(port, PAGE)
        agents = [asyncio.ensure_future(asked(port, request)) for request in requests]
        await asyncio.sleep(0.5)
        slowest = await slowest_page(port, 3)
        assert not any(one.done() for one in agents)
        let_go()
        return Counter(await asyncio.gather(*agents)), slowest

    return asyncio.run(run())


def test_a_web_process_has_threads_left_for_pages():
    assert gate.AT_ONCE_UNDER_ONE_KEY < settings.AGENT_REQUESTS < serving.THREADS
