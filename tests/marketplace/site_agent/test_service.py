"""An agent that serves several enrolments: one's trouble is not another's, and no trouble ends a thread."""

import json
import threading
import uuid

import pytest

from marketplace.site_agent.drivers import preflight
from marketplace.site_agent.drivers.isolation import Walls
from marketplace.site_agent.ledger import Ledger
from marketplace.site_agent.service import Service

pytestmark = pytest.mark.processes


@pytest.fixture
def working(site, monkeypatch):
    """Start the agent of the site in this process."""
    monkeypatch.setattr(preflight.isolation, "choose_walls", lambda: (Walls.NONE, "not asked for"))
    stop = threading.Event()

    def start() -> Service:
        service = Service(site.state)
        threading.Thread(target=service.run, args=(stop,), daemon=True).start()
        return service

    yield start
    stop.set()


def test_results_of_a_refused_key_keep_no_other_ones_back(site, doors, working):
    (revoked,) = doors.keys
    assert site.enrol().returncode == 0
    del doors.keys[revoked]
    Ledger(site.state).post(revoked, {"command": str(uuid.uuid4()), "status": "accepted"})
    working()
    assert doors.final(doors.order("list", str(uuid.uuid4())), 15)["status"] == "listed"
    assert revoked in Ledger(site.state).keys_with_results()


def test_a_poll_that_stumbled_begins_again(site, doors, working, monkeypatch):
    service, seen = working(), []
    take = service._runner.take

    def first_stumble(key_id: str, command: dict) -> None:
        seen.append(json.dumps(command))
        if len(seen) == 1:
            raise OSError("disk full")
        take(key_id, command)

    monkeypatch.setattr(service._runner, "take", first_stumble)
    assert doors.final(doors.order("list", str(uuid.uuid4())), 25)["status"] == "listed"
    assert len(seen) == 2
