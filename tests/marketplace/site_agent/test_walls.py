"""The host driver behind each kind of wall, without an agent around it; and what it does where no wall can be built."""

import json
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketplace.site_agent.drivers import DriverError, Wanted, isolation, processes
from marketplace.site_agent.drivers.host import HostDriver
from marketplace.site_agent.drivers.isolation import Walls
from tests.marketplace.site_agent import inside

pytestmark = pytest.mark.processes

WANTED = Wanted(token="a-lease", attempt=1, pool="cards", card_model="ascend-910b", serials=["n1-c1"])
KINDS = [Walls.OWN_NAMESPACE, Walls.NONE] + ([Walls.OWN_USER] if os.geteuid() == 0 else [])


def told_nothing(step: str, percent: int, sentence: str) -> None:
    pass


def driver(state: Path, walls: Walls, *, loopback_only: bool = True) -> HostDriver:
    state.mkdir(mode=0o700, exist_ok=True)
    made = HostDriver(state, loopback_only=loopback_only)
    made.walls = walls
    return made


@pytest.fixture
def near() -> Iterator[Path]:
    """A folder with a short name: without walls the workspace's socket has its whole path, at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="w") as folder:
        yield Path(folder)


@pytest.mark.parametrize("walls", KINDS)
def test_a_workspace_works_and_leaves_nothing(near, walls):
    host = driver(near / "state", walls)
    running = host.apply(WANTED, told_nothing, threading.Event())
    endpoint = {"url": running.endpoint.url, "secret": running.endpoint.secret}
    manifest = json.loads(inside.get(endpoint, "/api/contents/suanli/cards.json").json()["content"])
    assert (manifest["card_model"], manifest["serials"], manifest["measured"]) == ("ascend-910b", ["n1-c1"], False)
    assert inside.run(endpoint, "print(6 * 7)") == "42"
    assert host.usage(WANTED.token) > 0
    assert host.credentials(WANTED.token) == running.endpoint

    host.revoke(WANTED.token)

    assert host.list() == []
    assert list(processes.belonging_to(WANTED.token, "")) == []
    assert not inside.answers(endpoint)


def test_this_machine_isolates(tmp_path):
    host = driver(tmp_path / "state", Walls.NONE)
    assert host.preflight().ok
    assert host.walls is (Walls.OWN_USER if os.geteuid() == 0 else Walls.OWN_NAMESPACE)


def test_where_nothing_isolates_only_loopback_samples_are_served_and_health_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))  # no bubblewrap here
    sample = driver(tmp_path / "sample", Walls.NONE).preflight()
    earnest = driver(tmp_path / "earnest", Walls.NONE, loopback_only=False)
    health = earnest.preflight()
    assert sample.ok
    assert sample.sentence.endswith("It serves sample sales on loopback only.")
    assert not health.ok
    assert health.sentence.endswith("It sells nothing.")
    with pytest.raises(DriverError, match="cannot isolate") as refused:
        earnest.apply(WANTED, told_nothing, threading.Event())
    assert (refused.value.code, refused.value.retryable) == ("policy", False)
    assert earnest.list() == []


def test_a_state_folder_that_workspaces_can_read_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(isolation, "readable_paths", lambda: [tmp_path])
    health = driver(tmp_path / "state", Walls.OWN_NAMESPACE).preflight()
    assert not health.ok
    assert str(tmp_path) in health.sentence


def test_two_agents_on_one_machine_never_share_an_address(tmp_path):
    """Both derive it from the token: the second finds the first's address taken and moves on."""
    first, second = (driver(tmp_path / name, Walls.OWN_NAMESPACE) for name in ("one", "two"))
    a, b = (host.apply(WANTED, told_nothing, threading.Event()).endpoint.url for host in (first, second))
    try:
        assert a != b
    finally:
        first.revoke(WANTED.token)
        second.revoke(WANTED.token)
