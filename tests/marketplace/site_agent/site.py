"""A provider's site for tests: a state folder and a real agent process in it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from marketplace.site_agent.drivers import processes
from marketplace.site_agent.drivers.workspaces import Shelf
from tests.marketplace.site_agent.doors import CODE, Doors

AGENT = [sys.executable, "-m", "marketplace.site_agent"]
PROJECT = Path(__file__).resolve().parents[3]


class Site:
    def __init__(self, folder: Path, doors: Doors) -> None:
        self.state, self.doors, self._folder = folder / "state", doors, folder
        self._process: subprocess.Popen[bytes] | None = None

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*AGENT, *words], cwd=PROJECT, capture_output=True, text=True, timeout=60, env=self._environment()
        )

    def enrol(self, *more: str) -> subprocess.CompletedProcess[str]:
        words = ["enrol", "--portal", self.doors.url, "--code", CODE, "--state", str(self.state)]
        return self.command(*words, *more)

    def start(self) -> None:
        with (self._folder / "agent.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*AGENT, "run", "--state", str(self.state)],
                cwd=PROJECT,
                env=self._environment(),
                stdout=log,
                stderr=log,
            )

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(20)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()
        if self.state.is_dir():
            assert self.command("stop", "--state", str(self.state)).returncode == 0

    def log(self) -> str:
        return (self._folder / "agent.log").read_text()

    def workspace(self, token: str) -> Any:
        return Shelf(self.state).find(token)

    def processes(self, token: str) -> list[int]:
        return sorted(processes.belonging_to(token, ""))

    def _environment(self) -> dict[str, str]:
        return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
