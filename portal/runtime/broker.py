"""The embedded broker: PGMQ, plain SQL functions in the portal's own database.

`visibility_timeout` is what a killed worker costs: its task is handed out again after that many seconds, so
no task may run longer without being ready to meet a second run of itself. Notifications are not throttled:
the default of 250 ms would leave the second task of a burst to the poll of a second.
"""

from collections.abc import Mapping
from typing import Any

from kombu.entity import Exchange, Queue
from psycopg import Connection, connect
from psycopg.conninfo import make_conninfo

JOBS, PROBES = "celery", "probes"
QUEUES = [Queue(name, Exchange(name), routing_key=name) for name in (JOBS, PROBES)]
"""A worker that is told no queue works on all of them."""
EMBEDDED = "pgmq://portal"
"""Means the portal's own database; where that is comes from DATABASE_URL."""
HANDED_OUT_AGAIN_AFTER_SECONDS = 60
INSTALL_LOCK = 0x5A11
NOT_INSTALLED = "PGMQ is not installed in the database (manage.py install_broker)"


def conninfo(database: Mapping[str, Any]) -> str:
    """libpq's address of a Django database dictionary (a Unix socket folder stands as the host)."""
    parts: dict[str, Any] = {
        "host": database.get("HOST"),
        "port": database.get("PORT"),
        "dbname": database.get("NAME"),
        "user": database.get("USER"),
        "password": database.get("PASSWORD"),
        "connect_timeout": 5,
    }
    return make_conninfo(**{name: value for name, value in parts.items() if value})


def transport_options(database: Mapping[str, Any]) -> dict[str, Any]:
    """kombu's options when the broker is PGMQ inside this database."""
    return {
        "conn_string": conninfo(database),
        "init_extension": False,
        "use_notify": True,
        "notify_throttle_interval_ms": 0,
        "wait_time_seconds": 0,
        "visibility_timeout": HANDED_OUT_AGAIN_AFTER_SECONDS,
        "pool_size": 4,
        "pool_timeout": 5,
    }


def install(database: Mapping[str, Any]) -> None:
    """Make schema `pgmq` in the database, once; safe when several processes start together."""
    from pgmq import install_pgmq_from_sql  # only where PGMQ is the broker

    with connect(conninfo(database)) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [INSTALL_LOCK])
        if not installed(connection):
            install_pgmq_from_sql(conn=connection)


def installed(connection: Connection[Any]) -> bool:
    row = connection.execute("SELECT to_regclass('pgmq.meta') IS NOT NULL").fetchone()
    return bool(row and row[0])


def trouble(address: str, database: Mapping[str, Any]) -> str:
    """Why the broker does not answer, in words; empty if it does."""
    try:
        if address == EMBEDDED:
            with connect(conninfo(database)) as connection:
                return "" if installed(connection) else NOT_INSTALLED
        return _foreign_trouble(address)
    except Exception as error:  # noqa: BLE001  every broker library has its own errors; readiness wants the words
        return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _foreign_trouble(address: str) -> str:
    from kombu.connection import Connection as BrokerConnection

    with BrokerConnection(address, connect_timeout=3) as connection:
        connection.ensure_connection(max_retries=1, timeout=3)
    return ""
