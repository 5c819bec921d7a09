"""What runs on one machine: web, worker, beat and, in the sample world, agents. Quickstart and tests share the list."""

import os
import shlex
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from portal.runtime.broker import JOBS, PROBES

WEB_WORKERS = 2
WEB_CONNECTIONS = 3
"""Of each web process; requests beyond them wait in turn. With six, threads that fight for the interpreter make a
purchase a quarter dearer (`tests.benchmarks.purchase`)."""
WEB_CLIENTS = 4096
"""Connected at once to each web process, whether they ask or not; the next ones wait in the backlog."""
WEB_BACKLOG = 4096
WEB_HEADER_MILLISECONDS = 10_000
"""A client that has sent no request, or half of one, for so long is sent away."""
WEB_ARENAS = 2
"""Of glibc's allocator: with the usual eight for each core, a process kept 170 MB after 10,000 pages, with these 163
(`tests.benchmarks.memory`)."""
JOB_THREADS = 8
PROBE_THREADS = 32
"""Two for each of sixteen agents whose workspaces are all slow."""
PROBE_CONNECTIONS = 6
"""A probe holds no database connection while it waits."""
KEPT_FOR_AGENTS = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")


@dataclass(frozen=True)
class Part:
    """One process of the portal."""

    name: str
    command: list[str]
    environment: dict[str, str]
    after_port: int | None = None
    """Started when something listens there: pages come first, and an agent without a portal only complains."""

    @property
    def line(self) -> str:
        """For a shell that is replaced by the process, so that signals reach it."""
        return "exec " + shlex.join(self.command)


def portal(port: int, data: Path) -> list[Part]:
    """Web on the loopback interface, workers and beat, with the settings of this process's environment."""
    return [web(port), *(replace(part, after_port=port) for part in (worker(), prober(), beat(data)))]


def web(port: int, workers: int = WEB_WORKERS, application: str = "portal.rsgi:application") -> Part:
    command = [sys.executable, "-m", "granian", "--interface", "rsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--http", "1", "--no-ws", "--workers", str(workers), "--backlog", str(WEB_BACKLOG)]
    command += ["--backpressure", str(WEB_CLIENTS), "--http1-header-read-timeout", str(WEB_HEADER_MILLISECONDS)]
    command += ["--respawn-failed-workers", "--workers-kill-timeout", "3", "--log-level", "error"]
    environment = {"MALLOC_ARENA_MAX": str(WEB_ARENAS), **_with_pool(WEB_CONNECTIONS)}
    return Part("web", [*command, application], environment)


def worker(threads: int = JOB_THREADS) -> Part:
    return Part("worker", _worker(JOBS, threads), _for_worker(threads + 2))


def prober() -> Part:
    """Works on the queue of probes alone: its threads wait for strangers' servers."""
    return Part("prober", _worker(PROBES, PROBE_THREADS), _for_worker(PROBE_CONNECTIONS))


def _worker(queue: str, threads: int) -> list[str]:
    command = [*_celery(), "worker", "--queues", queue, "--pool", "threads", "--concurrency", str(threads)]
    return [*command, "--loglevel", "warning", "--without-gossip", "--without-mingle", "--without-heartbeat"]


def _for_worker(connections: int) -> dict[str, str]:
    """`PYTHONWARNINGS` is about being root: tasks are JSON, nothing in them is run as code."""
    return {**_with_pool(connections), "PYTHONWARNINGS": "ignore:You"}


def beat(data: Path) -> Part:
    command = [*_celery(), "beat", "--schedule", str(data / "beat"), "--pidfile", "", "--loglevel", "warning"]
    return Part("beat", command, _with_pool(2))


def agents(data: Path, port: int) -> list[Part]:
    """One agent for each enrolled state folder; they get none of the portal's secrets."""
    environment = {name: os.environ[name] for name in KEPT_FOR_AGENTS if name in os.environ}
    environment["PYTHONUNBUFFERED"] = "1"
    return [
        Part(f"agent-{folder.name}", [*agent_command(), "run", "--state", str(folder)], environment, port)
        for folder in agent_folders(data)
    ]


def agent_folders(data: Path) -> list[Path]:
    return sorted(folder for folder in (data / "agents").glob("*") if folder.is_dir())


def agent_command() -> list[str]:
    return [sys.executable, "-m", "marketplace.site_agent"]


def _celery() -> list[str]:
    return [sys.executable, "-m", "celery", "--quiet", "--app", "portal.celery"]


def _with_pool(connections: int) -> dict[str, str]:
    own = {"DATABASE_POOL_SIZE": str(connections), "PYTHONUNBUFFERED": "1"}
    return {"LOG_LEVEL": "warning", **os.environ, **own}
