"""One log line for a trouble, however often it comes: repetitions are counted, and the count is told now and then."""

import logging
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

TELL_AGAIN_SECONDS = 600.0
MOST_KEPT = 500
"""Troubles that are told apart; more than these push out the oldest."""


@dataclass
class _Trouble:
    told: float
    silent: int = 0


class Complaints:
    def __init__(self, log: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log, self._clock = log, clock
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], _Trouble] = {}

    def note(self, what: str, error: BaseException) -> None:
        """`what` failed in a way nobody foresaw. The line names the place in the program, without a traceback."""
        with self._lock:
            silent = self._silent(what, type(error).__name__)
        if silent is None:
            return
        more = f" ({silent} more times since the last such line)" if silent else ""
        self._log.error("%s failed: %s%s", what, _in_one_line(error), more)

    def _silent(self, what: str, kind: str) -> int | None:
        """How often it came unseen since it was last told; None if it is not told now."""
        now, key = self._clock(), (what, kind)
        trouble = self._known.get(key)
        if trouble is not None and now - trouble.told < TELL_AGAIN_SECONDS:
            trouble.silent += 1
            return None
        self._known.pop(key, None)
        if len(self._known) >= MOST_KEPT:
            del self._known[next(iter(self._known))]
        self._known[key] = _Trouble(now)
        return trouble.silent if trouble else 0


def _in_one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())[:200]
    frames = traceback.extract_tb(error.__traceback__, limit=-1)
    place = f", {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{': ' if text else ''}{text}{place}"
