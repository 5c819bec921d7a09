"""Quickstart from nothing to a running portal, through a kill -9, back to nothing running."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.runtime import kept
from tests.database import PROJECT
from tests.live import free_port
from tests.portal.runtime.started import FIRST_START_SECONDS, Started, clean, eventually, room

pytestmark = pytest.mark.processes
LATER_START_SECONDS = 10


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with room() as folder:
        yield folder


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
