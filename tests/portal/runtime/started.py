"""A quickstart of its own for a test: started, watched, and ended with everything it left."""

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
from contextlib import contextmanager
from pathlib import Path

import psutil

from portal.runtime.broker import JOBS
from tests.database import PROJECT

FIRST_START_SECONDS = 60


class Started:
    def __init__(self, data: Path, port: int, **environment: str) -> None:
        self.data, self.port = data, port
        self.log = data.parent / "quickstart.log"
        command = [sys.executable, "manage.py", "quickstart", "--data", str(data), "--port", str(port)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--without-sample"], cwd=PROJECT, env={**clean(), **environment},
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

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
        return self.ask(path)[0]

    def ask(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and text of the national host's answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers={"Host": f"portal.localhost:{self.port}", **headers})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def parts(self) -> list[psutil.Process]:
        """Name and command in `info`: a part may end while the others are looked at."""
        found = psutil.process_iter(["name", "cmdline"])
        return [process for process in found if belongs_to(process, self.data)]

    def workers(self) -> list[psutil.Process]:
        """Of the queue of jobs."""
        found = [(process, process.info["cmdline"]) for process in self.parts()]
        return [process for process, words in found if "worker" in words and JOBS in words[words.index("worker") :]]


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


@contextmanager
def room() -> Iterator[Path]:
    """A folder for a quickstart, whose data go to `data` in it; nothing of it runs afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="suanli-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for process in psutil.process_iter():
            if belongs_to(process, folder / "data"):
                process.kill()
        shutil.rmtree(folder, ignore_errors=True)
