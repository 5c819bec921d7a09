"""A workspace that crashes again and again is started ever more rarely, then left alone and reported."""

import time
import uuid
from threading import Event

import pytest

from marketplace.site_agent.drivers import Wanted, processes, restarts
from marketplace.site_agent.drivers.host import HostDriver
from marketplace.site_agent.drivers.restarts import BACK_OFF_SECONDS, STEADY_AFTER_SECONDS, Restarts
from marketplace.site_agent.drivers.workspaces import RUNNING, Shelf, Workspace
from tests.marketplace.site_agent.doors import RENEWAL


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_starts_wait_ever_longer_and_then_stop():
    clock, started = Clock(), []
    tries = Restarts(clock)
    for second in range(2000):
        clock.now = 1000.0 + second
        if tries.may_start("a"):
            started.append(second)
    assert started == [0, 5, 20, 80]
    assert tries.given_up() == ["a"]
    tries.forget("a")
    assert (tries.may_start("a"), tries.given_up()) == (True, [])


def test_one_that_ran_for_ten_minutes_counts_as_sound():
    clock = Clock()
    tries = Restarts(clock)
    for _time in range(20):
        assert tries.may_start("a")
        clock.now += STEADY_AFTER_SECONDS
    assert tries.given_up() == []
    assert max(BACK_OFF_SECONDS) < STEADY_AFTER_SECONDS


@pytest.mark.processes
def test_a_real_workspace_that_crashes_is_left_alone_and_named_until_it_is_asked_for_again(tmp_path, monkeypatch):
    monkeypatch.setattr(restarts, "BACK_OFF_SECONDS", (0.0, 0.0))
    driver = HostDriver(tmp_path / "state", loopback_only=True)
    driver.preflight()
    token = str(uuid.uuid4())
    wanted = Wanted(token, 1, "cards", "ascend-910b", ["n1-c1"])
    try:
        driver.apply(wanted, lambda *_words: None, Event())
        for _crash in range(3):
            assert driver.failing() == []
            assert processes.end_all(token, namespace(tmp_path, token)) == []
            driver.keep()
        assert driver.failing() == [token]
        assert list(processes.belonging_to(token, namespace(tmp_path, token))) == []
        assert driver.apply(wanted, lambda *_words: None, Event()).serials == ["n1-c1"]
        assert driver.failing() == []
    finally:
        driver.revoke(token)


def test_one_workspaces_trouble_keeps_no_other_one_down(tmp_path, monkeypatch, caplog):
    driver, shelf, started = HostDriver(tmp_path / "state", loopback_only=True), Shelf(tmp_path / "state"), []
    for number, token in enumerate(("a", "b", "c")):
        shelf.keep(Workspace(token, 1, "cards", "ascend-910b", [], {}, number, "secret", state=RUNNING))

    def begin(token: str) -> None:
        started.append(token)
        if token == "b":
            raise RecursionError("too deep")

    monkeypatch.setattr(driver, "_begin_again", begin)
    monkeypatch.setattr(restarts, "BACK_OFF_SECONDS", (0.0, 0.0, 0.0))
    for _round in range(3):
        driver.keep()
    assert started == ["a", "b", "c"] * 3
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def namespace(folder, token: str) -> str:
    return Shelf(folder / "state").find(token).namespace


@pytest.mark.processes
def test_an_agent_that_runs_takes_its_new_key_by_itself(site, doors):
    site.start()
    wait_for(lambda: doors.polls)
    (key_id, old), *_none = doors.keys.items()
    words = ["rotate", "--portal", doors.url, "--code", RENEWAL, "--state", str(site.state)]
    answer = site.command(*words)
    assert answer.returncode == 0, answer.stderr
    assert doors.keys[key_id] != old
    seen = len(doors.polls)
    wait_for(lambda: len(doors.polls) > seen + 1)


def wait_for(fact, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline
        time.sleep(0.05)
