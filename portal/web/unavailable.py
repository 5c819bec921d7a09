"""A database that cannot serve just now is overload, not a fault: 503, and one line a minute in the log."""

import threading

import structlog
from django.db import OperationalError

log = structlog.get_logger(__name__)
PASSING_STATES = ("08", "53", "57P")
"""Classes of SQLSTATE: the connection failed, resources are short, the server stops or starts."""
RETRY_AFTER_SECONDS = 5


def is_unavailable(error: BaseException | None) -> bool:
    """Whether the database could not be reached or went away. A statement that it refused is something else."""
    if not isinstance(error, OperationalError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(PASSING_STATES)


def was_sent(error: BaseException) -> bool:
    """Whether the server may have carried out what the request wanted (see tenants.postgresql.base.NoConnection)."""
    return not getattr(error, "nothing_sent", False)


class Tally:
    """Logs the first request that failed at once, and those of each minute after it as one number."""

    def __init__(self, event: str, *, seconds: float) -> None:
        self._event, self._seconds = event, seconds
        self._lock = threading.Lock()
        self._waiting = False
        self._count, self._reason = 0, ""

    def note(self, reason: object) -> None:
        with self._lock:
            self._count += 1
            self._reason = str(reason).strip().partition("\n")[0]
            if self._waiting:
                return
            self._waiting = True
        self._tell()

    def _tell(self) -> None:
        with self._lock:
            count, self._count = self._count, 0
            self._waiting = count > 0
        if count:
            log.warning(self._event, requests=count, reason=self._reason)
            timer = threading.Timer(self._seconds, self._tell)
            timer.daemon = True
            timer.start()


tally = Tally("database_unavailable", seconds=60)
