"""Threads that begin together, each with a database connection of its own."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection


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
