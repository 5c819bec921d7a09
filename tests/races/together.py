"""Threads that begin together or meet at a step, each with a database connection of its own."""

import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connection

WAITED = 0.7
"""Seconds in which the other one would get through if nothing held it."""


def together(*acts: Callable[[], Any]) -> list[Any]:
    """What each act returned, or the exception it raised, in the order given."""
    start, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            start.wait(10)
            answers[place] = act()
        except Exception as error:  # noqa: BLE001 the test looks at it
            answers[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def after(event: threading.Event, act):
    def wait_and_act():
        assert event.wait(10)
        return act()

    return wait_and_act


def paused_after(monkeypatch, place, name: str) -> threading.Event:
    """The named step, then a pause in which the other one may try; the event is set when the pause begins."""
    begun, step = threading.Event(), getattr(place, name)

    def slow(*args, **options):
        answer = step(*args, **options)
        begun.set()
        time.sleep(WAITED)
        return answer

    monkeypatch.setattr(place, name, slow)
    return begun
