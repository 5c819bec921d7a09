"""Waking the polls of agents without holding a database connection for each.

An agent's poll waits on an event of this process. One thread per process LISTENs on a connection of its own
and sets the event of the agent named in a NOTIFY. Without that connection the polls simply look again
when their time is up.
"""

import threading
import time
from collections import defaultdict

import psycopg
import structlog
from django.db import connection

CHANNEL = "agent_commands"
RECONNECT_AFTER_SECONDS = 2.0

log = structlog.get_logger(__name__)
_lock = threading.Lock()
_events: dict[str, threading.Event] = defaultdict(threading.Event)
_listener: threading.Thread | None = None


def announce(key_id: str) -> None:
    """Wake the agent's poll, in whichever process it waits, when the transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, key_id])


def prepare(key_id: str) -> threading.Event:
    """The agent's event, cleared: call it before looking for commands, so that none is missed."""
    _start_listener()
    event = _events[key_id]
    event.clear()
    return event


def _start_listener() -> None:
    global _listener
    if _listener is not None and _listener.is_alive():
        return
    with _lock:
        if _listener is None or not _listener.is_alive():
            params = {**connection.get_connection_params()}
            _listener = threading.Thread(target=_listen, args=(params,), name="agent-commands", daemon=True)
            _listener.start()


def _listen(params: dict[str, object]) -> None:
    wanted = {name: params[name] for name in ("host", "port", "user", "password", "dbname") if params.get(name)}
    while True:
        try:
            with psycopg.connect(**wanted, autocommit=True) as listening:  # type: ignore[arg-type]
                listening.execute(f"LISTEN {CHANNEL}")
                for notice in listening.notifies():
                    _events[notice.payload].set()
        except psycopg.Error as error:
            log.warning("agent_listener_lost", error=str(error))
            time.sleep(RECONNECT_AFTER_SECONDS)
