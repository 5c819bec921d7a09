"""Errors nobody foresaw: the portal is answered, the other leases are served, the log stays short."""

import logging
import sqlite3
import time
import uuid

import pytest

from marketplace.site_agent import runner
from marketplace.site_agent.drivers import DriverError, Endpoint, Running
from marketplace.site_agent.enrolments import Enrolment, Pool
from marketplace.site_agent.inventory import Inventory
from marketplace.site_agent.ledger import Ledger

KEY = "shanxi.key"
SERIALS = ["n1-c1", "n1-c2"]


class Moody:
    """A driver that does what it is asked, except where a token has a trouble of its own."""

    def __init__(self) -> None:
        self.troubles: dict[str, Exception] = {}
        self.asked: list[str] = []

    def _one(self, token: str) -> Running:
        self.asked.append(token)
        if token in self.troubles:
            raise self.troubles[token]
        return Running(Endpoint("jupyterlab", "http://127.77.0.1:8888/lab", "secret"), SERIALS[:1], "model", "now")

    def apply(self, wanted, say, stop) -> Running:
        return self._one(wanted.token)

    def verify(self, token: str) -> Running:
        return self._one(token)

    def revoke(self, token: str) -> None:
        self._one(token)

    def list(self) -> list:
        return []


@pytest.fixture
def driver() -> Moody:
    return Moody()


@pytest.fixture
def agent(tmp_path, driver):
    pools = {"cards": Pool("model", SERIALS)}
    enrolled = {KEY: Enrolment(KEY, "", "shanxi", "sample", "http://127.0.0.1", pools, may_declare=True)}
    made = runner.Runner(enrolled, Ledger(tmp_path), driver, Inventory(enrolled, list))
    made.start()
    return made


def command(verb: str, token: str, attempt: int = 1) -> dict:
    return {
        "id": str(uuid.uuid4()),
        "verb": verb,
        "token": token,
        "attempt": attempt,
        "pool": "cards",
        "serials": SERIALS[:1],
        "card_model": "model",
    }


def final(agent, asked: dict, seconds: float = 10) -> dict:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for _number, row in agent.ledger.to_send(KEY, 1000):
            if row["command"] == asked["id"] and row["status"] not in ("accepted", "progress"):
                return row
        time.sleep(0.01)
    raise AssertionError("no final answer")


@pytest.mark.parametrize("trouble", [RecursionError("too deep"), MemoryError(), AttributeError("x"), OSError(5, "io")])
@pytest.mark.parametrize("verb", ["apply", "verify", "revoke"])
def test_any_error_of_a_driver_is_an_answer(agent, driver, verb, trouble):
    asked = command(verb, "ours")
    driver.troubles["ours"] = trouble
    agent.take(KEY, asked)
    answer = final(agent, asked)
    assert (answer["status"], answer["code"], answer["retryable"]) == ("failed", "internal", True)
    assert answer["sentence"] == f"The agent failed ({type(trouble).__name__})."


def test_the_driver_s_own_reason_is_passed_on(agent, driver):
    asked = command("verify", "ours")
    driver.troubles["ours"] = DriverError("hardware", "A card is gone.", retryable=False)
    agent.take(KEY, asked)
    answer = final(agent, asked)
    assert (answer["code"], answer["sentence"], answer["retryable"]) == ("hardware", "A card is gone.", False)


def test_one_lease_s_trouble_is_one_line_and_no_other_lease_s(agent, driver, caplog):
    driver.troubles["ours"] = RecursionError("too deep")
    for attempt in range(1, 11):
        asked = command("revoke", "ours", attempt)
        agent.take(KEY, asked)
        final(agent, asked)
    theirs = command("verify", "theirs")
    agent.take(KEY, theirs)
    assert final(agent, theirs)["status"] == "verified"
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 1
    assert errors[0].message.startswith("revoke of lease ours failed: RecursionError: too deep, ")
    assert errors[0].exc_info is None


def test_a_card_is_free_again_after_a_setup_that_failed_in_an_unforeseen_way(agent, driver):
    driver.troubles["ours"] = RecursionError()
    for token, status in (("ours", "failed"), ("theirs", "ready")):
        asked = command("apply", token)
        agent.take(KEY, asked)
        assert final(agent, asked)["status"] == status


def test_a_command_that_cannot_be_answered_is_tried_again_ever_more_rarely(agent, driver, monkeypatch, caplog):
    """A full disk, say: the portal repeats the command every few seconds, and each try would fail again."""
    monkeypatch.setattr(runner, "BACK_OFF_SECONDS", (0.2, 0.6))
    finish, full = agent.ledger.finish, [True]

    def finish_unless_full(*words) -> None:
        if full[0]:
            raise sqlite3.OperationalError("database or disk is full")
        finish(*words)

    monkeypatch.setattr(agent.ledger, "finish", finish_unless_full)
    asked, until = command("verify", "ours"), time.monotonic() + 1.2
    while time.monotonic() < until:
        agent.take(KEY, asked)
        time.sleep(0.02)
    assert driver.asked == ["ours"] * 3  # at once, after 0.2 s and 0.6 s later
    assert [record.levelno for record in caplog.records].count(logging.ERROR) == 1
    full[0] = False
    while time.monotonic() < until + 1:
        agent.take(KEY, asked)
        time.sleep(0.05)
    assert final(agent, asked)["status"] == "verified"


def test_removals_that_take_long_delay_no_other_order(agent, driver, monkeypatch):
    slow = time.monotonic() + 3

    def revoke(token: str) -> None:
        time.sleep(max(0, slow - time.monotonic()))

    monkeypatch.setattr(driver, "revoke", revoke)
    for number in range(20):
        agent.take(KEY, command("revoke", f"left-{number}"))
    asked = command("apply", "ours")
    agent.take(KEY, asked)
    assert final(agent, asked, seconds=2)["status"] == "ready"
