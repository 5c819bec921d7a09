"""Commands in, results out: what is asked is written down, done once, and answered until the portal has taken it."""

import logging
import queue
import threading
import time
from collections import defaultdict
from typing import Any

from marketplace.site_agent.complaints import Complaints
from marketplace.site_agent.drivers import Driver, DriverError, Running, Wanted
from marketplace.site_agent.enrolments import Enrolment
from marketplace.site_agent.inventory import Cards, Inventory
from marketplace.site_agent.ledger import IDLE, RELEASED, Ledger

WORKERS, REMOVERS = 8, 4
"""Threads that set up and look; threads that remove. What a workspace leaves to be deleted delays no other order."""
BACK_OFF_SECONDS = (5.0, 15.0, 60.0, 300.0)
"""Before a command that could not even be answered is tried again, however often the portal repeats it."""
APPLY, VERIFY, SUSPEND, RESUME, REVOKE, LIST = "apply", "verify", "suspend", "resume", "revoke", "list"
VERBS = (APPLY, VERIFY, SUSPEND, RESUME, REVOKE, LIST)

log = logging.getLogger("suanli-agent")


class Runner:
    """Works off commands in threads of its own, one at a time for each token."""

    def __init__(self, enrolments: dict[str, Enrolment], ledger: Ledger, driver: Driver, inventory: Inventory) -> None:
        self.ledger, self.driver, self._inventory = ledger, driver, inventory
        self.results_wait = threading.Event()
        """Set whenever there is something to send."""
        self._enrolments = enrolments
        self._complaints = Complaints(log)
        self._queue: queue.SimpleQueue[tuple[str, dict[str, Any]]] = queue.SimpleQueue()
        self._removals: queue.SimpleQueue[tuple[str, dict[str, Any]]] = queue.SimpleQueue()
        self._unanswered: dict[str, tuple[int, float]] = {}
        """Command → how often it could not be answered, and not before when it is tried again."""
        self._guard = threading.Lock()
        self._cards = threading.Lock()
        self._begun: set[str] = set()
        self._withdrawn: dict[str, threading.Event] = defaultdict(threading.Event)
        self._tokens: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def start(self) -> None:
        """Finish first what a former life of this agent had begun."""
        lanes = [("worker", self._queue)] * WORKERS + [("remover", self._removals)] * REMOVERS
        for number, (name, lane) in enumerate(lanes):
            threading.Thread(target=self._work, args=(lane,), name=f"{name}-{number}", daemon=True).start()
        for key_id, command in self.ledger.unanswered():
            if key_id in self._enrolments:
                self._begin(key_id, command)

    def take(self, key_id: str, command: dict[str, Any]) -> None:
        """One command from a poll; it may come twice, late, or after a newer one."""
        refusal = self._refusal(command)
        answer = self.ledger.answer_to(command["token"], command["verb"], command["attempt"])
        if refusal:
            self.post(key_id, _failed(command, "policy", refusal, retryable=False))
        elif answer is not None and command["verb"] != LIST:
            self.post(key_id, {**answer, "command": command["id"]})
        else:
            self.ledger.note_command(key_id, command)
            if command["verb"] == REVOKE:
                self._withdrawn[command["token"]].set()
            self._begin(key_id, command)

    def post(self, key_id: str, result: dict[str, Any]) -> None:
        self.ledger.post(key_id, result)
        self.results_wait.set()

    def occupied(self, key_id: str) -> list[dict[str, Any]]:
        return [
            {"token": lease.token, "pool": lease.pool, "cards": len(lease.serials)}
            for lease in self.ledger.open_leases()
            if lease.key_id == key_id
        ]

    def _refusal(self, command: dict[str, Any]) -> str:
        if command["verb"] not in VERBS:
            return f"This agent does not know the verb {command['verb']}."
        lease = self.ledger.lease(command["token"])
        if lease is None:
            return ""
        if command["attempt"] < lease.attempt:
            return f"Attempt {command['attempt']} is older than attempt {lease.attempt}, which this agent has seen."
        if command["verb"] == APPLY and (lease.released or self._withdrawn[lease.token].is_set()):
            return "This lease was revoked; it is not set up again."
        return ""

    def _begin(self, key_id: str, command: dict[str, Any]) -> None:
        with self._guard:
            _count, not_before = self._unanswered.get(command["id"], (0, 0.0))
            if command["id"] in self._begun or time.monotonic() < not_before:
                return
            self._begun.add(command["id"])
        lane = self._removals if command["verb"] == REVOKE else self._queue
        lane.put((key_id, command))

    def _work(self, lane: queue.SimpleQueue[tuple[str, dict[str, Any]]]) -> None:
        while True:
            key_id, command = lane.get()
            try:
                with self._tokens[command["token"]]:
                    self._carry_out(key_id, command)
            except Exception as error:  # noqa: BLE001 - a worker that dies would leave every later command unanswered
                self._complaints.note(f"Answering {command['verb']} of lease {command['token']}", error)
                self._put_off(command["id"])
            else:
                self._unanswered.pop(command["id"], None)
            finally:
                with self._guard:
                    self._begun.discard(command["id"])

    def _put_off(self, command_id: str) -> None:
        with self._guard:
            count, _not_before = self._unanswered.get(command_id, (0, 0.0))
            wait = BACK_OFF_SECONDS[min(count, len(BACK_OFF_SECONDS) - 1)]
            self._unanswered[command_id] = (count + 1, time.monotonic() + wait)

    def _carry_out(self, key_id: str, command: dict[str, Any]) -> None:
        if command["verb"] in (APPLY, REVOKE):
            self.post(key_id, _result(command, "accepted", sentence="The provider's agent took the order."))
        answer = self._answer(key_id, command)
        self.ledger.finish(key_id, command, answer, self._state_after(command, answer))
        self.results_wait.set()
        level = logging.WARNING if answer["status"] == "failed" else logging.INFO
        order = command.get("order_number", "")
        log.log(level, "%s %s: %s %s", command["verb"], order, answer["status"], answer.get("sentence", ""))

    def _answer(self, key_id: str, command: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._do(key_id, command)
        except DriverError as error:
            return _failed(command, error.code, str(error), retryable=error.retryable)
        except Exception as error:  # noqa: BLE001 - the portal is told of it and decides what follows
            self._complaints.note(f"{command['verb']} of lease {command['token']}", error)
            return _failed(command, "internal", f"The agent failed ({type(error).__name__}).", retryable=True)

    def _state_after(self, command: dict[str, Any], answer: dict[str, Any]) -> str | None:
        if answer["status"] == "revoked":
            return RELEASED
        if (command["verb"], answer["status"]) != (APPLY, "failed"):
            return None
        left = any(row["token"] == command["token"] for row in self.driver.list())
        return None if left else IDLE

    def _do(self, key_id: str, command: dict[str, Any]) -> dict[str, Any]:
        token = command["token"]
        match command["verb"]:
            case "apply":
                return _running(command, "ready", self._apply(key_id, command))
            case "verify":
                return _running(command, "verified", self.driver.verify(token))
            case "suspend":
                self.driver.suspend(token)
                return _result(command, "suspended")
            case "resume":
                self.driver.resume(token)
                return _result(command, "resumed")
            case "revoke":
                self.driver.revoke(token)
                return _result(command, "revoked", sentence="The workspace and its data are gone; the cards are free.")
            case _:
                return _result(command, "listed", objects=self.driver.list())

    def _apply(self, key_id: str, command: dict[str, Any]) -> Running:
        with self._cards:
            wanted = self._wanted(key_id, command)
            self.ledger.occupy(wanted.token, wanted.pool, wanted.serials)

        def say(step: str, percent: int, sentence: str) -> None:
            self.post(key_id, _result(command, "progress", step=step, percent=percent, sentence=sentence))

        return self.driver.apply(wanted, say, self._withdrawn[command["token"]])

    def _wanted(self, key_id: str, command: dict[str, Any]) -> Wanted:
        """Raises `DriverError` where these cards cannot be had here."""
        pool = self._enrolments[key_id].pools.get(command["pool"])
        serials = list(command["serials"])
        if pool is None or not set(serials) <= set(pool.serials):
            raise DriverError("capacity_gone", "The wanted cards are not at this site.", retryable=False)
        if pool.card_model != command["card_model"]:
            raise DriverError("capacity_gone", "The pool holds another card model.", retryable=False)
        if set(serials) & set(pool.faulty):
            raise DriverError("hardware", "One of the wanted cards is out of order.", retryable=False)
        for lease in self.ledger.open_leases():
            same_place = lease.key_id == key_id and lease.pool == command["pool"]
            if same_place and lease.token != command["token"] and set(lease.serials) & set(serials):
                raise DriverError("capacity_gone", "One of the wanted cards serves another lease.", retryable=True)
        found = self._found(key_id, command["pool"], serials)
        files = {serial: list(device.files) for serial, device in found.items()}
        return Wanted(
            token=command["token"],
            attempt=command["attempt"],
            pool=command["pool"],
            card_model=command["card_model"],
            serials=serials,
            order_number=str(command.get("order_number", "")),
            devices=files | {serial: pool.devices[serial] for serial in serials if serial in pool.devices},
            counted=found,
        )

    def _found(self, key_id: str, slug: str, serials: list[str]) -> Cards:
        """The wanted cards that are there. Raises `DriverError` if one is not and may not be declared either."""
        cards = self._inventory.found(key_id, slug)
        missing = [serial for serial in serials if serial not in cards]
        if missing and not self._enrolments[key_id].may_declare:
            raise DriverError("hardware", f"No card {missing[0]} is found in this machine.", retryable=False)
        return {serial: cards[serial] for serial in serials if serial in cards}


def _result(command: dict[str, Any], status: str, **facts: Any) -> dict[str, Any]:
    same = {"command": command["id"], "verb": command["verb"], "token": command["token"]}
    return {**same, "attempt": command["attempt"], "status": status, **facts}


def _failed(command: dict[str, Any], code: str, sentence: str, *, retryable: bool) -> dict[str, Any]:
    return _result(command, "failed", code=code, sentence=sentence[:500], retryable=retryable)


def _running(command: dict[str, Any], status: str, running: Running) -> dict[str, Any]:
    endpoint = running.endpoint
    return _result(
        command,
        status,
        endpoint={"kind": endpoint.kind, "url": endpoint.url, "secret": endpoint.secret},
        serials=running.serials,
        card_model=running.card_model,
        ready_at=running.ready_at,
    )
