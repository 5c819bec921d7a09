"""The running agent: one thread polls for each enrolment, one sends results, one watches the workspaces."""

import fcntl
import logging
import os
import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from marketplace.site_agent import VERSION, enrolments, layout
from marketplace.site_agent.client import MOST_WAIT_SECONDS, Portal, Refused, Unreachable, is_loopback
from marketplace.site_agent.complaints import Complaints
from marketplace.site_agent.drivers import Driver, Health
from marketplace.site_agent.drivers.host import HostDriver
from marketplace.site_agent.enrolments import Enrolment
from marketplace.site_agent.files import make_private
from marketplace.site_agent.inventory import Inventory
from marketplace.site_agent.ledger import Ledger
from marketplace.site_agent.problems import Problem
from marketplace.site_agent.runner import Runner

BACK_OFF_SECONDS = (0.5, 1.0, 2.0, 5.0)
ASK_AGAIN_SECONDS = 60.0
"""After a refusal that waiting does not cure, such as a revoked key."""
WATCH_EVERY_SECONDS = 5.0
USAGE_EVERY_SECONDS = 3600.0
COUNT_EVERY_SECONDS = 60.0
MOST_FILES = 16_384
"""Open files of the agent, where the machine allows more than the usual 1,024: two for each relayed connection."""
MOST_FAILING = 200
"""So many are named in a report at most."""

log = logging.getLogger("suanli-agent")


class Service:
    def __init__(self, state: Path) -> None:
        """Raises `Problem` if the state folder holds nothing to work with."""
        layout.check(state)
        self._enrolments = {one.key_id: one for one in enrolments.load_all(state)}
        if not self._enrolments:
            raise Problem(f"Nobody is enrolled in {state}. Run `suanli-agent enrol` with a code of the portal first.")
        addresses = {one.portal for one in self._enrolments.values()}
        self._portals = {url: Portal(url, connections=2 * len(self._enrolments) + 10) for url in addresses}
        self._driver: Driver = HostDriver(state, loopback_only=all(is_loopback(url) for url in addresses))
        self._ledger = Ledger(state)
        self._inventory = Inventory(self._enrolments, self._driver.devices)
        self._runner = Runner(self._enrolments, self._ledger, self._driver, self._inventory)
        self._complaints = Complaints(log)
        self._stopping = threading.Event()
        self._health = Health(False, "The agent is starting.", "starting")

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop. Workspaces go on running: they belong to their leases, not to this process."""
        self._stopping = stop
        _allow_files()
        self._health = self._driver.preflight()
        log.log(logging.INFO if self._health.ok else logging.WARNING, "%s", self._health.sentence)
        self._inventory.count()
        log.info("%s cards of this machine are counted by their drivers.", self._inventory.size)
        self._spawn(self._count, "count")
        self._spawn(self._send_results, "results")
        self._spawn(self._watch, "watch")
        self._runner.start()
        for number, one in enumerate(self._enrolments.values()):
            self._spawn(partial(self._poll, one, number), f"poll-{one.key_id}")
        log.info("Version %s serves %s enrolments.", VERSION, len(self._enrolments))
        stop.wait()
        for portal in self._portals.values():
            portal.close()
        log.info("Stopped; workspaces go on running.")

    def _spawn(self, target: Callable[[], None], name: str) -> None:
        threading.Thread(target=self._keep_going, args=(target, name), name=name, daemon=True).start()

    def _keep_going(self, target: Callable[[], None], name: str) -> None:
        """A thread that ended by a full disk, say, would leave its provider silent for as long as the agent runs."""
        while not self._stopping.is_set():
            try:
                target()
            except Exception as error:  # noqa: BLE001 - whatever it was: the next round may go well
                self._complaints.note(f"A round of {name}", error)
                self._stopping.wait(BACK_OFF_SECONDS[-1])

    def _poll(self, enrolment: Enrolment, number: int) -> None:
        """Report and wait for commands, again and again; the first report does not wait, so that stock is fresh."""
        failures, wait = 0, 0
        self._stopping.wait(number * 0.01)  # fifty enrolments do not knock in the same instant
        while not self._stopping.is_set():
            try:
                news = self._poll_once(enrolment, wait)
                failures, wait = 0, 0 if news else MOST_WAIT_SECONDS  # a new register is counted at once
            except Unreachable as reason:
                self._note(enrolment, reason, failures)
                self._stopping.wait(max(reason.after, BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS) - 1)]))
                failures, wait = failures + 1, 0
            except Refused as refusal:
                self._note(enrolment, refusal, 0)
                if _took_register(enrolment, refusal.register):
                    continue
                self._stopping.wait(ASK_AGAIN_SECONDS if refusal.status in (401, 403) else BACK_OFF_SECONDS[-1])
                wait = 0

    def _poll_once(self, enrolment: Enrolment, wait: int) -> bool:
        """Report, and take the commands; whether the portal sent another register than the agent had."""
        enrolment.take_new_key()
        portal, occupied = self._portals[enrolment.portal], self._runner.occupied(enrolment.key_id)
        capacity = self._inventory.capacity(enrolment)
        answer = portal.lease(enrolment, self._report(), capacity, occupied, wait)
        for refused in answer.get("refused", []):
            log.warning("%s, %s: %s", enrolment.provider, refused.get("pool"), refused.get("sentence"))
        news = _took_register(enrolment, answer)  # first: the commands may name its newest cards
        for command in answer.get("commands", []):
            self._runner.take(enrolment.key_id, command)
        return news

    def _report(self) -> dict[str, Any]:
        own = self._health
        words = {name: word[:200] for name, word in own.words.items()}
        return {
            "ok": own.ok,
            "sentence": own.sentence[:300],
            "code": own.code,
            "words": words,
            "failing": list(self._driver.failing()[:MOST_FAILING]),
        }

    def _note(self, enrolment: Enrolment, reason: Exception, failures: int) -> None:
        if failures == 0 and not self._stopping.is_set():
            log.warning("%s (%s): %s", enrolment.provider, enrolment.province, reason)

    def _send_results(self) -> None:
        """Those of each enrolment by themselves: one whose key is refused keeps no other one's back."""
        failures: dict[str, int] = {}
        again: dict[str, float] = {}
        while not self._stopping.is_set():
            self._runner.results_wait.wait(BACK_OFF_SECONDS[0 if failures else -1])
            self._runner.results_wait.clear()
            for key_id in self._ledger.keys_with_results():
                if key_id in failures and time.monotonic() < again[key_id]:
                    continue
                try:
                    self._send(key_id)
                    failures.pop(key_id, None)
                except (Unreachable, Refused) as reason:
                    if key_id not in failures:
                        log.warning("Results of %s wait to be sent: %s", key_id, reason)
                    count = failures[key_id] = failures.get(key_id, 0) + 1
                    again[key_id] = time.monotonic() + BACK_OFF_SECONDS[min(count, len(BACK_OFF_SECONDS)) - 1]

    def _send(self, key_id: str) -> None:
        enrolment = self._enrolments.get(key_id)
        rows = self._ledger.to_send(key_id)
        if enrolment is None:
            self._ledger.sent([number for number, _result in rows])
            return
        answer = self._portals[enrolment.portal].results(enrolment, [result for _number, result in rows])
        refused = {str(row["command"]): str(row.get("sentence", "")) for row in answer.get("refused", [])}
        for command, sentence in refused.items():
            log.warning("The portal refused a result of command %s: %s", command, sentence)
        settled = {str(command) for command in answer.get("taken", [])} | set(refused)
        self._ledger.sent([number for number, result in rows if result["command"] in settled])
        if len(rows) == 50:
            self._runner.results_wait.set()

    def _count(self) -> None:
        """Cards come and go while the agent runs: a fault, a repair, a register that has grown."""
        while not self._stopping.wait(COUNT_EVERY_SECONDS):
            self._inventory.count()

    def _watch(self) -> None:
        """Take over workspaces of a former life, then keep them running and report their use once an hour."""
        self._driver.adopt()
        rounds = 0
        while not self._stopping.wait(WATCH_EVERY_SECONDS):
            rounds += 1
            self._driver.keep()
            if rounds % int(USAGE_EVERY_SECONDS / WATCH_EVERY_SECONDS) == 0:
                self._report_usage()

    def _report_usage(self) -> None:
        """The provider's own count, for disputes; the portal's clock is the meter."""
        running = {row["token"] for row in self._driver.list()}
        for key_id, enrolment in self._enrolments.items():
            tokens = [lease["token"] for lease in self._runner.occupied(key_id) if lease["token"] in running]
            usage = [{"token": token, "card_seconds": f"{self._driver.usage(token):.3f}"} for token in tokens]
            if not usage:
                continue
            try:
                self._portals[enrolment.portal].usage(enrolment, usage)
            except (Unreachable, Refused) as reason:
                log.warning("Usage of %s was not reported: %s", key_id, reason)


def _took_register(enrolment: Enrolment, answer: dict[str, Any]) -> bool:
    """Follow the register in a portal's answer, if there is one; whether it was news."""
    if "pools" not in answer:
        return False
    news = enrolment.take_register(str(answer.get("register", "")), answer["pools"])
    if news:
        cards = sum(len(pool.serials) for pool in enrolment.pools.values())
        log.info("%s (%s): %s pools, %s cards.", enrolment.provider, enrolment.province, len(enrolment.pools), cards)
    return news


def _allow_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextmanager
def alone(state: Path) -> Iterator[None]:
    """One agent per state folder; the lock goes with the process, however it ends. Raises `Problem`."""
    try:
        lock = os.open(make_private(state) / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Problem(f"The state folder {state} cannot be used: {error.strerror}.") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Problem(f"Another agent works in {state} already.") from None
    finally:
        os.close(lock)


def park(state: Path) -> None:
    """Stop every workspace of the state folder and keep its data: the next run starts them again."""
    with alone(state):
        HostDriver(state, loopback_only=True).park()
