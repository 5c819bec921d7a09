"""Quickstart from nothing to a running portal, through a kill -9, back to nothing running."""

import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from portal.runtime import kept
from tests.database import PROJECT
from tests.live import free_port

pytestmark = pytest.mark.processes
FIRST_START_SECONDS, LATER_START_SECONDS = 60, 10


class Started:
    def __init__(self, data: Path, port: int) -> None:
        self.data, self.port = data, port
        self.log = data.parent / "quickstart.log"
        command = [sys.executable, "manage.py", "quickstart", "--data", str(data), "--port", str(port)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--without-sample"], cwd=PROJECT, env=clean(), stdout=log, stderr=log, start_new_session=True
            )

    def wait_until_ready(self) -> float:
        """Seconds until the addresses were printed."""
        deadline = time.monotonic() + 2 * FIRST_START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if said := re.search(r"\[ *([0-9.]+) s\] The portal is ready", self.log.read_text()):
                return float(said[1])
            time.sleep(0.1)
        raise AssertionError(self.log.read_text())

    def press_ctrl_c(self) -> int:
        """A terminal sends it to the whole group; the parts are in groups of their own."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(30)

    def get(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def parts(self) -> list[psutil.Process]:
        """Name and command in `info`: a part may end while the others are looked at."""
        found = psutil.process_iter(["name", "cmdline"])
        return [process for process in found if belongs_to(process, self.data)]

    def workers(self) -> list[psutil.Process]:
        return [process for process in self.parts() if {"celery", "worker"} <= set(process.info["cmdline"])]


def belongs_to(process: psutil.Process, data: Path) -> bool:
    try:
        return str(data) in " ".join(process.cmdline()) or process.environ().get("PORTAL_DATA") == str(data)
    except psutil.Error:
        return False


def clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}


def eventually(fact, seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if fact():
            return True
        time.sleep(0.1)
    return False


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="suanli-test-"))
    folder.chmod(0o755)
    yield folder
    for process in psutil.process_iter():
        if belongs_to(process, folder / "data"):
            process.kill()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


def test_first_start_then_ctrl_c_leaves_no_process(folder, port):
    started = Started(folder / "data", port)
    assert started.wait_until_ready() <= FIRST_START_SECONDS
    assert (started.get("/healthz"), started.get("/readyz")) == (200, 200)
    assert "create_staff" in started.log.read_text()
    assert started.press_ctrl_c() == 0
    assert started.parts() == []


def test_a_later_start_is_quick_keeps_its_data_and_survives_killed_parts(folder, port):
    secrets = kept.read(folder / "data")
    started = Started(folder / "data", port)
    assert started.wait_until_ready() <= LATER_START_SECONDS
    assert "Migrating" not in started.log.read_text()
    assert kept.read(folder / "data") == secrets
    assert eventually(started.workers)  # pages come first
    (killed,) = started.workers()
    killed.kill()
    assert eventually(lambda: "worker ended (signal SIGKILL) and is started again" in started.log.read_text())
    assert eventually(lambda: [worker.pid for worker in started.workers()] not in ([], [killed.pid]))
    assert started.press_ctrl_c() == 0
    assert started.parts() == []


def test_no_part_outlives_a_killed_quickstart_and_the_next_start_finds_its_database(folder, port):
    started = Started(folder / "data", port)
    started.wait_until_ready()
    started.process.kill()
    started.process.wait()
    assert eventually(lambda: {process.info["name"] for process in started.parts()} <= {"postgres"})
    again = Started(folder / "data", port)
    again.wait_until_ready()
    assert again.get("/readyz") == 200
    assert again.press_ctrl_c() == 0
    assert again.parts() == []


def test_a_taken_port_and_a_taken_folder_are_told_in_one_sentence(folder, port):
    started = Started(folder / "data", port)
    started.wait_until_ready()
    for data, answer in (
        (folder / "data", f"A quickstart with the data of {folder / 'data'} runs already. Nothing was started.\n"),
        (folder / "other", f"Port {port} is in use. Choose another with --port. Nothing was started.\n"),
    ):
        command = [sys.executable, "manage.py", "quickstart", "--data", str(data), "--port", str(port)]
        ended = subprocess.run([*command, "--without-sample"], cwd=PROJECT, env=clean(), capture_output=True, text=True)
        assert (ended.returncode, ended.stderr) == (1, answer)
    assert started.press_ctrl_c() == 0
