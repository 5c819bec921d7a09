"""Brings the embedded PostgreSQL back when it ends while the portal runs.

The server is no part of the supervisor: it starts before all parts, and it ends after them.
"""

import threading
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event

from portal.runtime.database.files import PostgresProblem
from portal.runtime.database.server import Server

LOOK_EVERY_SECONDS = 0.5
TRY_AGAIN_AFTER_SECONDS = 2.0


class Keeper:
    """Watches one server until the portal stops."""

    def __init__(self, server: Server, say: Callable[[str], object]) -> None:
        self._server, self._say = server, say
        self._changing = threading.Lock()

    def watch(self, stopping: Event) -> None:
        """Start the server again whenever it has ended. Returns when the portal stops."""
        wait = LOOK_EVERY_SECONDS
        while not stopping.wait(wait):
            with self._changing:
                ended = not stopping.is_set() and not self._server.running()
                wait = LOOK_EVERY_SECONDS if not ended or self._start_again() else TRY_AGAIN_AFTER_SECONDS

    def stop(self) -> None:
        """Stop the server, after a start that is under way."""
        with self._changing:
            self._server.stop()

    def _start_again(self) -> bool:
        self._say("PostgreSQL ended and is started again")
        began = time.monotonic()
        try:
            self._server.start()
        except PostgresProblem as problem:
            self._say(str(problem))
            return False
        self._say(f"PostgreSQL answers again after {time.monotonic() - began:.1f} s")
        return True
