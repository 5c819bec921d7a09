"""What a public page costs, with 2,000+ offers of 31 provinces and no page cache.

Two servers of the same kind stand on one database: the portal as quickstart runs it, and bare Django with one query and
one word. wrk asks them in turn, in every round, so that a machine that is slow for a minute is slow for both.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

CLIENTS, SECONDS = 8, 5
SCRIPT = """
local paths, turn = {%s}, 0
request = function() turn = turn + 1; return wrk.format("GET", paths[turn %% #paths + 1]) end
done = function(summary, latency) io.write(string.format("p95_us=%%.0f\\n", latency:percentile(95))) end
"""


@dataclass(frozen=True)
class Answered:
    requests: int
    per_second: float
    cpu_ms: float
    """CPU of web and PostgreSQL together, per request."""
    p95_ms: float


def measure(
    choose: Callable[[], Sequence[str]], rounds: int, *, quiet: bool, more: Mapping[str, Sequence[str]] | None = None
) -> dict[str, float]:
    """Figures of the pages that `choose` names once Django and the wide world stand; of `more` only the CPU."""
    with wide_world() as name:
        from tests.benchmarks import tenancy

        tenancy.prepare(name)
        paths = choose()
        figures = _compare(paths, rounds, more or {}, quiet=quiet)
        return {**figures, "queries": max(map(queries, paths)), "rounds": rounds}


@contextmanager
def wide_world() -> Iterator[str]:
    """Django, and a database of its own with the sample world of 31 provinces; its name."""
    import tests.conftest  # noqa: F401  # sets the environment of tests and starts Django
    from tests import database

    name = os.environ["DATABASE_URL"].rpartition("/")[2]
    database.copy(name, database.template("wide"))
    try:
        confirm_stock()
        yield name
    finally:
        from django.db import connections

        connections.close_all()
        database.drop(name)


def confirm_stock() -> None:
    """Every pool was counted just now, as in a portal whose agents are at work."""
    from django.utils import timezone

    from portal.directory.models import Availability

    Availability.objects.update(measured_at=timezone.now())


def queries(path: str) -> int:
    """Queries of one answer to a visitor, after the process has warmed up."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "portal.localhost:8000"})
    assert client.get(path).status_code == 200, path
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    return len(captured)


def _compare(paths: Sequence[str], rounds: int, more: Mapping[str, Sequence[str]], *, quiet: bool) -> dict[str, float]:
    with server("portal.rsgi:application") as page, server("tests.benchmarks.bare:application") as bare:
        ask(page, paths, seconds=3)
        ask(bare, ["/"], seconds=1)
        found: dict[str, list[float]] = {}
        for turn in range(rounds):
            confirm_stock()
            sides = [("page", page, paths), ("bare", bare, ["/"])]
            told = {name: ask(asked, what) for name, asked, what in (sides if turn % 2 else reversed(sides))}
            figures = {
                "rps": told["page"].per_second,
                "rps_bare": told["bare"].per_second,
                "rps_ratio": told["page"].per_second / told["bare"].per_second,
                "cpu_ms": told["page"].cpu_ms,
                "cpu_ms_bare": told["bare"].cpu_ms,
                "p95_ms": told["page"].p95_ms,
                **{f"cpu_ms_{name}": ask(page, asked).cpu_ms for name, asked in more.items()},
            }
            for name, value in figures.items():
                found.setdefault(name, []).append(value)
            if not quiet:
                print({name: round(value, 3) for name, value in figures.items()}, file=sys.stderr)
    middle = {name: round(statistics.median(values), 3) for name, values in found.items()}
    spread = {"cpu_ms_lowest": round(min(found["cpu_ms"]), 3), "cpu_ms_highest": round(max(found["cpu_ms"]), 3)}
    return {**middle, **spread}


@dataclass(frozen=True)
class Served:
    port: int
    process: psutil.Process


@contextmanager
def server(application: str) -> Iterator[Served]:
    from portal.runtime import processes
    from tests.live import free_port

    port = free_port()
    part = processes.web(port)
    environment = {**part.environment, "DATABASE_URL": os.environ["DATABASE_URL"]}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    running = subprocess.Popen([*part.command[:-1], application], env=environment)
    try:
        _wait(port)
        yield Served(port, psutil.Process(running.pid))
    finally:
        running.terminate()
        running.wait()


def _wait(port: int) -> None:
    import http.client

    for _try in range(300):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/", headers={"Host": "portal.localhost:8000"})
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("A measured server did not answer. Nothing was measured.")


def ask(asked: Served, paths: Sequence[str], seconds: int = SECONDS) -> Answered:
    """Let wrk ask for the paths in turn."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "paths.lua"
        script.write_text(SCRIPT % ", ".join(json.dumps(path) for path in paths))
        command = ["wrk", "-t", "1", "-c", str(CLIENTS), "-d", f"{seconds}s", "-s", str(script)]
        command += ["-H", "Host: portal.localhost:8000", "-H", "Accept-Encoding: gzip"]
        watched = [asked.process, _postmaster()]
        before = sum(map(_cpu_seconds, watched))
        said = subprocess.run([*command, f"http://127.0.0.1:{asked.port}"], capture_output=True, text=True).stdout
        spent = sum(map(_cpu_seconds, watched)) - before
    if "Non-2xx" in said:
        raise SystemExit(f"Not every request was answered with a page:\n{said}")
    number, took = re.search(r"(\d+) requests in ([\d.]+)s", said), re.search(r"p95_us=(\d+)", said)
    if number is None or took is None:
        raise SystemExit(f"wrk did not measure:\n{said}")
    requests = int(number[1])
    return Answered(requests, requests / float(number[2]), spent / requests * 1000, int(took[1]) / 1000)


def _postmaster() -> psutil.Process:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = psutil.Process(cursor.fetchone()[0])
    return backend.parent() or backend


def _cpu_seconds(process: psutil.Process) -> float:
    """Of a process, what it started, and what of it has ended."""
    total = 0.0
    for one in [process, *process.children(recursive=True)]:
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
        if one == process:
            total += times.children_user + times.children_system
    return total
