"""What a process reads from the database for all its requests, and keeps for seconds."""

import math
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")

PATIENCE_SECONDS = 1.0


class Remembered(Generic[Value]):
    """A value that is read anew when it is older than `seconds`, at most `seconds` later than that.

    While one thread reads, the others go on with the value there is. Where there is none they wait, but never for
    long: a thread that waits may hold the database connection that the reader needs. Then they read for themselves.
    """

    def __init__(self, read: Callable[[Value | None], Value], seconds: float) -> None:
        """`read` is given the value that it replaces."""
        self.seconds = seconds
        self._read = read
        self._reading = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Read anew at the next question of this process; what is being read now is not kept."""
        self._era = object()
        self._known: tuple[float, Value | None] = (-math.inf, None)

    def get(self) -> Value:
        age, value = self._aged()
        if age < self.seconds:
            return value
        usable = age < 2 * self.seconds
        first = self._reading.acquire(timeout=0 if usable else PATIENCE_SECONDS)
        try:
            age, value = self._aged()
            return value if age < self.seconds or (usable and not first) else self._read_anew(value)
        finally:
            if first:
                self._reading.release()

    def _aged(self) -> tuple[float, Value]:
        """How old the value is; without one the age is infinite."""
        read_at, value = self._known
        return time.monotonic() - read_at, value  # type: ignore[return-value]

    def _read_anew(self, replaced: Value | None) -> Value:
        at, era = time.monotonic(), self._era
        value = self._read(replaced)
        if era is self._era and at > self._known[0]:  # another may have begun later and ended earlier
            self._known = at, value
        return value
