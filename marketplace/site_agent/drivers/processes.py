"""Processes as the kernel knows them: is it still the same one, what belongs to a workspace, is all of it gone."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

PROC = Path("/proc")
MARK = "SUANLI_WORKSPACE"
"""Set in the environment of everything started for a workspace, to its token."""
MOST_ENVIRONMENT = 256 * 1024
GONE_WITHIN_SECONDS = 5.0
LOOK_EVERY_SECONDS = 0.02


def start_time(pid: int) -> str | None:
    """When the process began, in the kernel's ticks: with the pid it names a process for ever. None if it has ended."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def is_running(pid: int, started: str) -> bool:
    return pid > 0 and start_time(pid) == started


def pid_namespace(pid: int) -> str:
    """The kernel's name for the process's pid namespace; empty if it has ended."""
    try:
        return str((PROC / str(pid) / "ns/pid").readlink())
    except OSError:
        return ""


def belonging_to(token: str, namespace: str) -> Iterator[int]:
    """Processes that were started for the workspace, or that live in its pid namespace."""
    mark, own = f"{MARK}={token}\0".encode(), pid_namespace(os.getpid())
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        pid = int(entry.name)
        inside = namespace not in ("", own) and pid_namespace(pid) == namespace
        if (inside or mark in _environment(pid)) and start_time(pid) is not None:
            yield pid


def end_all(token: str, namespace: str) -> list[int]:
    """Kill them until none is left; returns those that are still there after five seconds."""
    deadline = time.monotonic() + GONE_WITHIN_SECONDS
    while left := list(belonging_to(token, namespace)):
        if time.monotonic() > deadline:
            break
        send(left, signal.SIGKILL)
        time.sleep(LOOK_EVERY_SECONDS)
    return left


def send(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _environment(pid: int) -> bytes:
    """The beginning of the process's environment. It may point the kernel at as much of its memory as it likes."""
    try:
        with (PROC / str(pid) / "environ").open("rb") as file:
            return b"\0" + file.read(MOST_ENVIRONMENT) + b"\0"
    except OSError:
        return b""
