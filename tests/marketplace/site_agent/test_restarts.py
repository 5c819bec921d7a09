"""kill -9 at any moment loses nothing: what runs is found again, what was begun is finished once."""

import os
import signal
import time
import uuid
from contextlib import suppress

import pytest

from tests.marketplace.site_agent import inside

pytestmark = pytest.mark.processes


@pytest.fixture
def running_site(site):
    site.start()
    return site


def token() -> str:
    return str(uuid.uuid4())


def eventually(fact, seconds=20.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if fact():
            return True
        time.sleep(0.05)
    return False


def test_a_workspace_outlives_its_agent_and_is_found_again(running_site, doors):
    lease = token()
    endpoint = doors.ready(lease)["endpoint"]
    before = running_site.processes(lease)

    running_site.kill()
    assert running_site.processes(lease) == before
    running_site.start()

    assert eventually(lambda: inside.answers(endpoint))
    assert running_site.processes(lease) == before
    assert doors.final(doors.order("verify", lease))["status"] == "verified"
    assert doors.final(doors.order("revoke", lease))["status"] == "revoked"
    assert running_site.processes(lease) == []


def test_a_command_repeated_after_a_restart_gets_the_same_answer(running_site, doors):
    command = doors.order("apply", token())
    first = doors.final(command)
    running_site.kill()
    running_site.start()
    known = len(doors.polls)
    assert eventually(lambda: len(doors.polls) > known + 1)
    assert answered_again(doors, command) == first


def answered_again(doors, command, tries=4):
    """Ask again as the portal does: the poll a killed agent left behind may take a command with it."""
    for _try in range(tries):
        doors.commands.put(command)
        with suppress(AssertionError):
            return doors.final(command, seconds=10, after=1)
    raise AssertionError(f"No second answer to {command['verb']} in {tries} tries")


def test_an_older_attempt_is_refused_after_a_restart_too(running_site, doors):
    lease = token()
    doors.ready(lease, attempt=2)
    running_site.kill()
    running_site.start()
    late = doors.final(doors.order("apply", lease, attempt=1))
    assert (late["status"], late["code"]) == ("failed", "policy")


@pytest.mark.parametrize("after", [0.05, 0.3, 0.7])
def test_a_setup_cut_off_by_kill_is_finished_once_without_being_asked_again(running_site, doors, after):
    doors.repeats = False
    lease = token()
    command = doors.order("apply", lease)
    assert eventually(lambda: any(row["command"] == command["id"] for row in doors.results))
    time.sleep(after)
    running_site.kill()
    running_site.start()

    ready = doors.final(command)

    assert ready["status"] == "ready"
    assert eventually(lambda: inside.answers(ready["endpoint"]))
    first = running_site.workspace(lease).pid
    assert [pid for pid in running_site.processes(lease) if pid == first] == [first]
    doors.repeats = True  # the killed agent's last poll may still wait, and take what it cannot do
    assert doors.final(doors.order("revoke", lease))["status"] == "revoked"
    assert running_site.processes(lease) == []


def test_a_workspace_that_ended_by_itself_is_started_again_with_its_data(running_site, doors):
    lease = token()
    endpoint = doors.ready(lease)["endpoint"]
    inside.run(endpoint, "open('/home/card/kept', 'w').write('here')")
    os.kill(running_site.workspace(lease).pid, signal.SIGKILL)

    assert eventually(lambda: not inside.answers(endpoint), 2)
    assert eventually(lambda: inside.answers(endpoint))
    assert inside.run(endpoint, "print(open('/home/card/kept').read())") == "here"


def test_stop_ends_every_workspace_and_run_brings_them_back(running_site, doors):
    lease = token()
    endpoint = doors.ready(lease)["endpoint"]
    assert running_site.stop() == 0
    assert inside.answers(endpoint) is False
    assert running_site.processes(lease) != []

    assert running_site.command("stop", "--state", str(running_site.state)).returncode == 0
    assert running_site.processes(lease) == []

    running_site.start()
    assert eventually(lambda: inside.answers(endpoint))
