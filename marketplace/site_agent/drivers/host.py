"""One JupyterLab workspace per order line on this machine, behind walls of its own (see `isolation`).

A workspace outlives its agent: it is found again by pid and start time. One that ended by itself, or with the machine,
is started again with the same data, secret and address for as long as its lease lasts.
"""

import contextlib
import logging
import secrets
import signal
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from marketplace.site_agent.drivers import (
    DriverError,
    Endpoint,
    Health,
    Objects,
    Running,
    Say,
    Wanted,
    jupyter,
    processes,
)
from marketplace.site_agent.drivers.isolation import Walls
from marketplace.site_agent.drivers.preflight import look
from marketplace.site_agent.drivers.restarts import Restarts
from marketplace.site_agent.drivers.start import NotStarted, last_words, start
from marketplace.site_agent.drivers.workspaces import REVOKING, RUNNING, SUSPENDED, Shelf, Workspace, numbers_for
from marketplace.site_agent.relay import PORT, AddressTaken, Relay

READY_WITHIN_SECONDS = 40.0
LOOK_EVERY_SECONDS = 0.03

log = logging.getLogger("suanli-agent.host")


class HostDriver:
    def __init__(self, state: Path, *, loopback_only: bool) -> None:
        """`loopback_only`: every portal served is on this machine, so a sale cannot reach a stranger."""
        self._shelf = Shelf(state)
        self._relay = Relay()
        self._loopback_only = loopback_only
        self._locks: dict[str, threading.RLock] = defaultdict(threading.RLock)
        self._restarts = Restarts()
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self.walls, self._reason = Walls.NONE, "not tried yet"

    # -- the contract -------------------------------------------------------------------------------------------

    def preflight(self) -> Health:
        self.walls, self._reason, health = look(self._shelf.folders("").root, loopback_only=self._loopback_only)
        return health

    def adopt(self) -> None:
        for workspace in self._shelf.all():
            if workspace.state == REVOKING:
                continue  # the runner has the command and finishes it
            self._open_door(workspace)
        self.keep()

    def keep(self) -> None:
        """Start again what should run and does not; the runner calls it every few seconds."""
        for workspace in self._shelf.all():
            lock = self._locks[workspace.token]
            if workspace.state == RUNNING and not _runs(workspace) and lock.acquire(blocking=False):
                try:
                    if self._restarts.may_start(workspace.token):
                        self._start_again(workspace.token)
                finally:
                    lock.release()

    def failing(self) -> Sequence[str]:
        return self._restarts.given_up()

    def apply(self, wanted: Wanted, say: Say, stop: threading.Event) -> Running:
        with self._locks[wanted.token]:
            workspace = self._shelf.find(wanted.token)
            if workspace is not None and workspace.attempt == wanted.attempt and workspace.state == RUNNING:
                if not _runs(workspace):
                    self._restarts.forget(wanted.token)
                    self._start_again(wanted.token)
                return self.verify(wanted.token)
            if workspace is not None:
                self._remove(workspace)
            say("isolate", 20, "Preparing an isolated workspace.")
            workspace = self._prepare(wanted)
            try:
                say("start", 50, "Starting JupyterLab.")
                self._start(workspace)
                self._wait_until_ready(workspace, stop)
            except DriverError:
                self._remove(workspace)
                raise
            workspace.state, workspace.ready_at = RUNNING, datetime.now(UTC).isoformat()
            self._shelf.keep(workspace)
            return _as_running(workspace)

    def verify(self, token: str) -> Running:
        with self._locks[token]:
            workspace = self._find(token)
            sentence = "The workspace has ended." if not _runs(workspace) else self._missing(workspace)
            if sentence:
                raise DriverError("internal", sentence, retryable=True)
            return _as_running(workspace)

    def credentials(self, token: str) -> Endpoint:
        return _endpoint(self._find(token))

    def usage(self, token: str) -> float:
        workspace = self._find(token)
        if not workspace.ready_at:
            return 0.0
        seconds = (datetime.now(UTC) - datetime.fromisoformat(workspace.ready_at)).total_seconds()
        return max(0.0, seconds) * len(workspace.serials)

    def suspend(self, token: str) -> None:
        with self._locks[token]:
            workspace = self._find(token)
            workspace.state = SUSPENDED
            self._shelf.keep(workspace)
            processes.send(self._inside(workspace), signal.SIGSTOP)
            self._relay.close(workspace.address)

    def resume(self, token: str) -> None:
        with self._locks[token]:
            workspace = self._find(token)
            workspace.state = RUNNING
            self._shelf.keep(workspace)
            self._open_door(workspace)
            processes.send(self._inside(workspace), signal.SIGCONT)
            if not _runs(workspace):
                self._restarts.forget(token)
                self._start_again(token)

    def revoke(self, token: str) -> None:
        with self._locks[token]:
            workspace = self._shelf.find(token)
            if workspace is not None:
                self._remove(workspace)
            elif left := processes.end_all(token, ""):
                raise _not_free(left)
            else:
                self._shelf.drop(token)

    def list(self) -> Objects:
        return [
            {
                "token": one.token,
                "attempt": one.attempt,
                "state": one.state,
                "serials": one.serials,
                "card_model": one.card_model,
            }
            for one in self._shelf.all()
        ]

    def park(self) -> None:
        for workspace in self._shelf.all():
            with self._locks[workspace.token]:
                processes.end_all(workspace.token, workspace.namespace)
                self._relay.close(workspace.address)
                self._reap(workspace.token)

    # -- steps ---------------------------------------------------------------------------------------------------

    def _prepare(self, wanted: Wanted) -> Workspace:
        """Record, folders and an address nobody else on this machine listens at."""
        for number in numbers_for(wanted.token):
            workspace = Workspace(
                token=wanted.token,
                attempt=wanted.attempt,
                pool=wanted.pool,
                card_model=wanted.card_model,
                serials=sorted(wanted.serials),
                devices=wanted.devices,
                number=number,
                secret=secrets.token_urlsafe(24),
            )
            try:
                self._relay.open(workspace.address, self._shelf.folders(wanted.token).run)
            except AddressTaken:
                continue
            self._shelf.keep(workspace)
            return workspace
        raise DriverError("network", "No loopback address is free for another workspace.", retryable=True)

    def _start(self, workspace: Workspace) -> None:
        if self.walls is Walls.NONE and not self._loopback_only:
            raise DriverError("policy", f"This machine cannot isolate: {self._reason}.", retryable=False)
        try:
            child = start(workspace, self._shelf.folders(workspace.token), self.walls)
        except (NotStarted, OSError) as error:
            raise DriverError("internal", f"The workspace could not be started: {error}", retryable=True) from None
        self._children[workspace.token] = child
        self._shelf.keep(workspace)

    def _wait_until_ready(self, workspace: Workspace, stop: threading.Event) -> None:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not stop.wait(LOOK_EVERY_SECONDS):
            sentence = self._missing(workspace)
            if not sentence:
                return
            if not _runs(workspace):
                raise DriverError(
                    "internal",
                    f"The workspace ended while starting. {last_words(self._shelf.folders(workspace.token))}",
                    retryable=True,
                )
            if time.monotonic() > deadline:
                raise DriverError("internal", sentence, retryable=True)
        raise DriverError("policy", "The lease was withdrawn while its workspace was starting.", retryable=False)

    def _missing(self, workspace: Workspace) -> str:
        run = self._shelf.folders(workspace.token).run
        return jupyter.missing(run, workspace.secret, card_model=workspace.card_model, serials=workspace.serials)

    def _start_again(self, token: str) -> None:
        workspace = self._shelf.find(token)
        if workspace is None or workspace.state != RUNNING or _runs(workspace):
            return
        log.warning("Workspace %s had ended and is started again with its data.", token)
        processes.end_all(token, workspace.namespace)
        self._reap(token)
        self._open_door(workspace)
        try:
            self._start(workspace)
            self._wait_until_ready(workspace, threading.Event())
        except DriverError as error:
            log.warning("Workspace %s could not be started again: %s", token, error)

    def _open_door(self, workspace: Workspace) -> None:
        if workspace.state == SUSPENDED:
            return
        try:
            self._relay.open(workspace.address, self._shelf.folders(workspace.token).run)
        except AddressTaken as error:
            log.warning("Workspace %s cannot be reached: %s", workspace.token, error)

    def _remove(self, workspace: Workspace) -> None:
        """Door, processes, data; the cards are free only when the kernel knows of no process any more."""
        workspace.state = REVOKING
        self._restarts.forget(workspace.token)
        self._shelf.keep(workspace)
        self._relay.close(workspace.address)
        left = processes.end_all(workspace.token, workspace.namespace)
        self._reap(workspace.token)
        if left:
            raise _not_free(left)
        try:
            self._shelf.drop(workspace.token)
        except OSError as error:
            raise DriverError(
                "internal", f"The workspace's data could not be deleted: {error.strerror}.", retryable=True
            ) from None

    def _reap(self, token: str) -> None:
        child = self._children.pop(token, None)
        if child is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(1)

    def _inside(self, workspace: Workspace) -> Sequence[int]:
        return sorted(processes.belonging_to(workspace.token, workspace.namespace))

    def _find(self, token: str) -> Workspace:
        workspace = self._shelf.find(token)
        if workspace is None:
            raise DriverError("policy", "There is no workspace for this lease.", retryable=False)
        return workspace


def _runs(workspace: Workspace) -> bool:
    return processes.is_running(workspace.pid, workspace.started)


def _as_running(workspace: Workspace) -> Running:
    return Running(_endpoint(workspace), workspace.serials, workspace.card_model, workspace.ready_at)


def _endpoint(workspace: Workspace) -> Endpoint:
    return Endpoint(jupyter.KIND, f"http://{workspace.address}:{PORT}/lab", workspace.secret)


def _not_free(left: Sequence[int]) -> DriverError:
    return DriverError("internal", f"{len(left)} processes of the workspace could not be ended.", retryable=True)
