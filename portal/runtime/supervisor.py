"""honcho, with two habits more: a part that dies is started again, and no part outlives a killed quickstart."""

import contextlib
import ctypes
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.synchronize import Event
from typing import Any

from honcho.manager import Manager
from honcho.printer import Printer
from honcho.process import Popen, Process

from portal.runtime.processes import Part

WAIT_BEFORE_RESTART_SECONDS = (0.5, 1, 2, 5, 10)
LIVED_WELL_SECONDS = 60
STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1


class Supervisor(Manager):  # type: ignore[misc]
    """Runs the parts until it is told to stop.

    Each function of `beside` runs in a thread next to them and gets the event that tells it to end.
    """

    def __init__(self, parts: list[Part], beside: Sequence[Callable[[Event], None]]) -> None:
        super().__init__(Printer(sys.stdout))
        self.stopping = multiprocessing.Event()
        self._beside = beside
        self._process_ctor = lambda *args, **more: _KeptAlive(self.stopping, *args, **more)
        for part in parts:
            process = self.add_process(part.name, part.line, env=part.environment)
            process.after_port = part.after_port

    def _start(self) -> None:
        super()._start()
        for act in self._beside:  # not before honcho has forked
            threading.Thread(target=act, args=[self.stopping], daemon=True).start()

    def loop(self) -> None:
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
        super().loop()

    def terminate(self) -> None:
        self.stopping.set()
        super().terminate()

    def _system_print(self, data: str) -> None:
        """honcho's own remarks on process ids say nothing to the person who waits for an address."""


class _KeptAlive(Process):  # type: ignore[misc]
    def __init__(self, stopping: Any, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._stopping = stopping
        self._child_ctor = _Child
        self.after_port: int | None = None
        self._ended = False

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        _end_with_parent(signal.SIGKILL)
        for number in STOPPING_SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # a terminal sends Ctrl-C to everybody; the supervisor decides
        restarts, returncode = 0, 0
        self._events = events
        self._send_message({"pid": os.getpid()}, type="start")  # honcho waits for a number before it can stop
        while not self._stopping.is_set() and not self._may_start():
            self._stopping.wait(0.2)
        while not self._stopping.is_set():
            began = time.monotonic()
            returncode = self._run_once(events, ignore_signals)
            if self._stopping.is_set():
                break
            restarts = 0 if time.monotonic() - began > LIVED_WELL_SECONDS else restarts
            wait = WAIT_BEFORE_RESTART_SECONDS[min(restarts, len(WAIT_BEFORE_RESTART_SECONDS) - 1)]
            restarts += 1
            self._send_message(f"{self.name} ended ({_how(returncode)}) and is started again in {wait} s\n")
            if self._stopping.wait(wait):
                break
        self._ended = True
        self._send_message({"returncode": returncode}, type="stop")

    def _may_start(self) -> bool:
        if self.after_port is None:
            return True
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.after_port)) == 0

    def _run_once(self, events: Any, ignore_signals: bool) -> int:
        super().run(events, ignore_signals)
        _end_group(self._child.pid)
        return int(self._child.returncode)

    def _send_message(self, data: Any, type: str = "line") -> None:
        """The end of a child is not the end of the part: honcho hears of an end only when it is the last."""
        if type != "stop" or self._ended:
            super()._send_message(data, type)


class _Child(Popen):  # type: ignore[misc]
    def __init__(self, cmd: str, **kwargs: Any) -> None:
        super().__init__(cmd, stdin=subprocess.DEVNULL, preexec_fn=_end_softly_with_parent, **kwargs)


def _end_group(leader: int) -> None:
    """A killed granian leaves its workers behind, and with them the port."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _end_softly_with_parent() -> None:
    for number in STOPPING_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    _end_with_parent(signal.SIGTERM)


def _end_with_parent(how: signal.Signals) -> None:
    """Linux sends the signal when the parent is gone, however it went; elsewhere a kill -9 leaves parts behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, how)


def _how(returncode: int) -> str:
    return f"signal {signal.Signals(-returncode).name}" if returncode < 0 else f"exit {returncode}"
