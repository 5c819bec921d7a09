"""Waking the polls of agents without holding a database connection for each.

A poll waits on an event of its own. One thread per process LISTENs on a connection of its own and wakes the polls of
the agent named in a NOTIFY: it has commands, or a newer poll of it came. Without that connection the polls simply look
again when their time is up.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import structlog
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from marketplace.activation.models import Agent
from tenants.acts import Refusal, require

CHANNEL = "agent_commands"
RECONNECT_AFTER_SECONDS = 2.0
ASK_AGAIN_SECONDS = 5
"""When a poll that found no place to wait comes again."""

log = structlog.get_logger(__name__)
_lock = threading.Lock()
_polls: defaultdict[str, set[threading.Event]] = defaultdict(set)
_waiting = 0
_listener: "_Listener | None" = None


def announce(key_id: str) -> None:
    """Wake the agent's polls, in whichever process they wait, when the transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, key_id])


@contextmanager
def listening(key_id: str) -> Iterator[threading.Event]:
    """The poll's event, for the time of the block. Enter it before looking for commands, so that none is missed.

    Older polls of the agent in this process wake and see that they have been replaced.
    """
    _start_listener()
    event = threading.Event()
    wake(key_id)
    with _lock:
        _polls[key_id].add(event)
    try:
        yield event
    finally:
        with _lock:
            _polls[key_id].discard(event)
            if not _polls[key_id]:
                del _polls[key_id]


@contextmanager
def place() -> Iterator[None]:
    """One of the places that this process has for polls that wait. Raises `Refusal` 503 if all are taken."""
    global _waiting
    with _lock:
        found = _waiting < settings.AGENT_POLLS
        _waiting += found
    if not found:
        raise no_place()
    try:
        yield
    finally:
        with _lock:
            _waiting -= 1


def no_place() -> Refusal:
    sentence = _("Too many agents wait at once. The report was taken; poll again in %(seconds)s s.")
    return Refusal(sentence % {"seconds": ASK_AGAIN_SECONDS}, "no_place_to_wait", status=503)


def still_admitted(agent: Agent, poll: int) -> bool:
    """Whether the waiting poll may bring commands; False for a revoked key. Raises `Refusal` if a newer poll came."""
    found = Agent.objects.admitted().filter(pk=agent.pk).values_list("polls", flat=True).first()
    require(
        found is None or found == poll,
        _("A newer poll of this agent has taken the place of this one. Nothing was lost."),
        "newer_poll",
    )
    return found is not None


def wake(key_id: str) -> None:
    with _lock:
        for event in _polls.get(key_id, ()):
            event.set()


def _start_listener() -> None:
    """One thread of this process, for the database that the process works with now."""
    global _listener
    params = connection.get_connection_params()
    wanted = {name: params[name] for name in ("host", "port", "user", "password", "dbname") if params.get(name)}
    with _lock:
        if _listener is None or not _listener.is_alive() or _listener.wanted != wanted:
            _listener = _Listener(wanted)
            _listener.start()


class _Listener(threading.Thread):
    def __init__(self, wanted: dict[str, Any]) -> None:
        super().__init__(name="agent-commands", daemon=True)
        self.wanted = wanted

    def run(self) -> None:
        while _listener is self:
            try:
                with psycopg.connect(**self.wanted, autocommit=True) as listening:
                    listening.execute(f"LISTEN {CHANNEL}")
                    for notice in listening.notifies():
                        wake(notice.payload)
            except psycopg.Error as error:
                log.warning("agent_listener_lost", error=str(error))
                time.sleep(RECONNECT_AFTER_SECONDS)
