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
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from marketplace.site_agent.complaints import Complaints
from marketplace.site_agent.drivers import (
    Device,
    DriverError,
    Endpoint,
    Health,
    Objects,
    Running,
    Say,
    Wanted,
    cards,
    jupyter,
    makers,
    processes,
    readiness,
)
from marketplace.site_agent.drivers.deletion import NotDeleted, delete
from marketplace.site_agent.drivers.isolation import Walls
from marketplace.site_agent.drivers.preflight import look
from marketplace.site_agent.drivers.restarts import Restarts
from marketplace.site_agent.drivers.start import NotStarted, start
from marketplace.site_agent.drivers.workspaces import REVOKING, RUNNING, SUSPENDED, Shelf, Workspace, numbers_for
from marketplace.site_agent.relay import PORT, AddressTaken, Relay

log = logging.getLogger("suanli-agent.host")


class HostDriver:
    def __init__(self, state: Path, *, loopback_only: bool) -> None:
        """`loopback_only`: every portal served is on this machine, so a sale cannot reach a stranger."""
        self._shelf = Shelf(state)
        self._relay = Relay()
        self._loopback_only = loopback_only
        self._locks: dict[str, threading.RLock] = defaultdict(threading.RLock)
        self._restarts, self._complaints = Restarts(), Complaints(log)
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self.walls, self._reason = Walls.NONE, "not tried yet"

    # -- the contract -------------------------------------------------------------------------------------------

    def preflight(self) -> Health:
        self.walls, self._reason, health = look(self._shelf.folders("").root, loopback_only=self._loopback_only)
        return health

    def devices(self) -> Sequence[Device]:
        return makers.found(self._complaints.note)

    def adopt(self) -> None:
        for workspace in self._shelf.all():
            if workspace.state != REVOKING:  # the runner has the command and finishes it
                self._open_door(workspace)
        self.keep()

    def keep(self) -> None:
        """Start again what should run and does not; the service calls it every few seconds."""
        for workspace in self._shelf.all():
            try:
                self._keep(workspace)
            except Exception as error:  # noqa: BLE001 - one workspace's trouble is not another's
                self._complaints.note(f"Keeping workspace {workspace.token} running", error)

    def _keep(self, workspace: Workspace) -> None:
        lock = self._locks[workspace.token]
        if workspace.state == RUNNING and not workspace.runs and lock.acquire(blocking=False):
            try:
                if self._restarts.may_start(workspace.token):
                    self._begin_again(workspace.token)
            except DriverError as error:
                log.warning("Workspace %s could not be started again: %s", workspace.token, error)
            finally:
                lock.release()

    def failing(self) -> Sequence[str]:
        return self._restarts.given_up()

    def apply(self, wanted: Wanted, say: Say, stop: threading.Event) -> Running:
        with self._locks[wanted.token]:
            workspace = self._shelf.find(wanted.token)
            if workspace is not None and workspace.attempt == wanted.attempt and workspace.state == RUNNING:
                self._start_again(wanted.token)
                return self.verify(wanted.token)
            if workspace is not None:
                self._remove(workspace)
            cards.require_free(wanted, self._shelf.all())
            say("isolate", 20, "Preparing an isolated workspace.")
            workspace = self._prepare(wanted)
            try:
                say("start", 50, "Starting JupyterLab.")
                self._start(workspace)
                readiness.wait(workspace, self._shelf.folders(workspace.token), stop)
            except Exception:
                self._remove(workspace)
                raise
            workspace.state, workspace.ready_at = RUNNING, datetime.now(UTC).isoformat()
            self._shelf.keep(workspace)
            return _as_running(workspace)

    def verify(self, token: str) -> Running:
        with self._locks[token]:
            workspace = self._find(token)
            folders = self._shelf.folders(token)
            sentence = readiness.missing(workspace, folders) if workspace.runs else "The workspace has ended."
            if sentence:
                raise DriverError("internal", sentence, retryable=True)
            if workspace.counted:
                cards.require_there(workspace, self.devices())
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
            self._start_again(token)

    def revoke(self, token: str) -> None:
        with self._locks[token]:
            workspace = self._shelf.find(token)
            if workspace is not None:
                self._remove(workspace)
            elif left := processes.end_all(token, ""):
                raise _not_free(left)
            else:
                self._delete(token)

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
                counted=cards.counted(wanted),
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

    def _start_again(self, token: str) -> None:
        """Somebody asks for it, so what happened before no longer counts. What it cannot do `verify` will find."""
        if self._find(token).runs:
            return
        self._restarts.forget(token)
        try:
            workspace = self._begin_again(token)
            if workspace is not None:
                readiness.wait(workspace, self._shelf.folders(token), threading.Event())
        except DriverError as error:
            log.warning("Workspace %s could not be started again: %s", token, error)

    def _begin_again(self, token: str) -> Workspace | None:
        """Start it with its data, without a wait until it works; None if nothing is to start. Raises `DriverError`."""
        workspace = self._shelf.find(token)
        if workspace is None or workspace.state != RUNNING or workspace.runs:
            return None
        log.warning("Workspace %s had ended and is started again with its data.", token)
        processes.end_all(token, workspace.namespace)
        self._reap(token)
        self._open_door(workspace)
        self._start(workspace)
        return workspace

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
        with contextlib.suppress(OSError):  # the workspace may have filled the disk: deleting it is the cure
            self._shelf.keep(workspace)
        self._relay.close(workspace.address)
        left = processes.end_all(workspace.token, workspace.namespace)
        self._reap(workspace.token)
        if left:
            raise _not_free(left)
        self._delete(workspace.token)

    def _delete(self, token: str) -> None:
        try:
            delete(self._shelf.folders(token), self.walls)
        except NotDeleted as reason:
            sentence = f"The workspace's data could not be deleted ({reason})."
            raise DriverError("internal", sentence, retryable=True) from None

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


def _as_running(workspace: Workspace) -> Running:
    return Running(_endpoint(workspace), workspace.serials, workspace.card_model, workspace.ready_at)


def _endpoint(workspace: Workspace) -> Endpoint:
    return Endpoint(jupyter.KIND, f"http://{workspace.address}:{PORT}/lab", workspace.secret)


def _not_free(left: Sequence[int]) -> DriverError:
    return DriverError("internal", f"{len(left)} processes of the workspace could not be ended.", retryable=True)
