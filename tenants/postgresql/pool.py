"""A pool that hands out no connection whose server is gone, and that finds the server soon after it is back."""

import select
from typing import Any

from psycopg import Connection
from psycopg_pool import ConnectionPool
from psycopg_pool.pool import AddConnection, MaintenanceTask

TRY_AGAIN_AFTER_SECONDS = 1.0


class Pool(ConnectionPool[Connection[Any]]):
    def getconn(self, timeout: float | None = None) -> Connection[Any]:
        connection = super().getconn(timeout)
        while is_dead(connection):
            connection.close()
            self.putconn(connection)  # makes room for a new one
            connection = super().getconn(timeout)
        return connection

    def schedule_task(self, task: MaintenanceTask, delay: float) -> None:
        """The library doubles the wait after each attempt to connect, to minutes in the end."""
        soon = isinstance(task, AddConnection)
        super().schedule_task(task, min(delay, TRY_AGAIN_AFTER_SECONDS) if soon else delay)


def is_dead(connection: Connection[Any]) -> bool:
    """Whether the server has ended the session: only then is there anything to read while nobody asks.

    It asks the kernel, because a question to the server would cost every request. A session that was sent a notice
    counts as dead too; the next one costs a millisecond.
    """
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
