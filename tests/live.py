"""A running portal for tests: the processes of quickstart, against a database copy of their own."""

import http.client
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from portal.runtime import processes
from portal.runtime.processes import Part
from tests import database
from tests.database import PROJECT

READY_WITHIN_SECONDS = 60


@dataclass
class LivePortal:
    port: int
    database_url: str
    data: Path
    running: dict[str, subprocess.Popen] = field(default_factory=dict)

    def url(self, province: str | None = None) -> str:
        """Address of the national host or of a province's, without the closing slash; browsers resolve it."""
        host = "portal.localhost" if province is None else f"{province}.portal.localhost"
        return f"http://{host}:{self.port}"

    def manage(self, *arguments: str) -> str:
        """Run a management command against this portal's database; returns what it printed."""
        command = [sys.executable, "manage.py", *arguments]
        ended = subprocess.run(command, cwd=PROJECT, env=self.environment(), capture_output=True, text=True)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def environment(self) -> dict[str, str]:
        own = {"DATABASE_URL": self.database_url, "PORTAL_PORT": str(self.port), "PORTAL_DATA": str(self.data)}
        return {**os.environ, **own}

    def log(self, name: str) -> str:
        return (self.data / f"{name}.log").read_text()

    def start(self, part: Part) -> subprocess.Popen:
        """Start one part (again); its output goes to `<name>.log` in the data folder."""
        environment = part.environment
        if "DATABASE_URL" in environment:
            environment = {**environment, **self.environment(), "DATABASE_POOL_SIZE": environment["DATABASE_POOL_SIZE"]}
        with (self.data / f"{part.name}.log").open("ab") as log:
            self.running[part.name] = subprocess.Popen(
                part.command, cwd=PROJECT, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        return self.running[part.name]

    def kill(self, name: str) -> None:
        """kill -9 of the part and of what it started in its session."""
        process = self.running.pop(name)
        os.killpg(process.pid, 9)
        process.wait()

    def start_all(self) -> None:
        workers = (processes.worker(), processes.prober())
        for part in [processes.web(self.port, workers=1), *workers, processes.beat(self.data)]:
            self.start(part)
        self.wait_until_ready()

    def start_agents(self) -> None:
        for part in processes.agents(self.data, self.port):
            self.start(part)

    def start_agents_of(self, folder: str) -> None:
        """Start the agent of one state folder (again)."""
        self.start(next(part for part in processes.agents(self.data, self.port) if part.name == f"agent-{folder}"))

    def stop_agents(self) -> None:
        """Agents, and the workspaces that would go on running without them."""
        for name in [name for name in self.running if name.startswith("agent-")]:
            self.kill(name)
        for folder in processes.agent_folders(self.data):
            subprocess.run(
                [*processes.agent_command(), "stop", "--state", str(folder)], check=True, capture_output=True
            )

    def stop_all(self) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while time.monotonic() < deadline:
            if self._ready():
                return
            time.sleep(0.1)
        raise AssertionError("The portal did not become ready:\n" + self.log("web") + self.log("worker"))

    def _ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


@contextmanager
def live(database_url: str, data: Path) -> Iterator[LivePortal]:
    """Web, worker and beat until the block ends; agents when the test starts them."""
    portal = LivePortal(free_port(), database_url, data)
    try:
        portal.start_all()
        yield portal
    finally:
        portal.stop_all()


@contextmanager
def live_copy(kind: str, data: Path) -> Iterator[LivePortal]:
    """The same on a copy of a template of `tests.database`, which is dropped in the end."""
    name = f"test_live_{kind}_{uuid.uuid4().hex[:12]}"
    database.copy(name, database.template(kind))
    try:
        with live(database.address(name), data) as portal:
            yield portal
    finally:
        database.drop(name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
