"""A running quickstart whose visitors send nothing, and whose PostgreSQL is killed, as one whole and in parts."""

import os
import re
import signal
import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack

import psutil
import pytest

from tests.live import free_port
from tests.portal.runtime.started import Started, eventually, room

pytestmark = pytest.mark.processes
BACK_WITHIN_SECONDS = 15
TOKEN = "for-tests-only"


@pytest.fixture(scope="module")
def portal() -> Iterator[Started]:
    with room() as folder:
        started = Started(folder / "data", free_port(), METRICS_TOKEN=TOKEN, LINK_CHECK_SECONDS="1")
        started.wait_until_ready()
        assert eventually(lambda: links_checked(started) > 0)
        yield started
        assert started.press_ctrl_c() == 0
        assert started.parts() == []


def postmaster(portal: Started) -> psutil.Process:
    lock = portal.data.joinpath("postgres").resolve() / "data" / "postmaster.pid"
    return psutil.Process(int(lock.read_text().split()[0]))


def links_checked(portal: Started) -> float:
    """How often worker and beat did a job together."""
    _status, told = portal.ask("/metrics", Authorization=f"Bearer {TOKEN}")
    found = re.search(r'portal_tasks_total\{outcome="success",task="overview.check_links"\} ([\d.e+]+)', told)
    return float(found[1]) if found else 0


def all_processes(server: psutil.Process) -> list[psutil.Process]:
    return [server, *server.children()]


def one_session(server: psutil.Process) -> list[psutil.Process]:
    return [next(child for child in server.children() if "idle" in " ".join(child.cmdline()))]


def seconds_until_back(portal: Started) -> float:
    """Until the first of thirty pages that come one after another; all others say 503."""
    began, back, good = time.monotonic(), 0.0, 0
    while good < 30:
        assert time.monotonic() - began < 4 * BACK_WITHIN_SECONDS, portal.log.read_text()
        status = portal.get("/")
        assert status in {200, 503}
        good = good + 1 if status == 200 else 0
        back = time.monotonic() if good == 1 else back
        time.sleep(0.05)
    return back - began


def test_pages_answer_while_the_bodies_of_many_requests_do_not_come(portal):
    headers = f"Host: portal.localhost:{portal.port}\r\nContent-Type: application/json\r\nContent-Length: 99\r\n"
    said = f"POST /api/v1/quotes/ HTTP/1.1\r\n{headers}\r\n{{"
    before = seconds_of_pages(portal)
    with ExitStack() as stack:
        for _client in range(300):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", portal.port), 5))
            client.sendall(said.encode())
        during = seconds_of_pages(portal)
    assert statistics.median(during) < 1, (before, during)
    assert max(during) < 3, (before, during)


def seconds_of_pages(portal: Started) -> list[float]:
    took = []
    for _page in range(30):
        began = time.monotonic()
        assert portal.get("/") == 200
        took.append(time.monotonic() - began)
        time.sleep(0.1)
    return took


@pytest.mark.parametrize("chosen", [lambda server: [server], all_processes, one_session], ids=["server", "all", "one"])
def test_what_is_killed_comes_back_with_everything_that_needs_it(portal, chosen):
    before = links_checked(portal)
    for process in chosen(postmaster(portal)):
        os.kill(process.pid, signal.SIGKILL)
    assert seconds_until_back(portal) <= BACK_WITHIN_SECONDS
    assert portal.get("/readyz") == 200
    assert eventually(lambda: links_checked(portal) > before)
