"""Working in a copy of the test database, from this process and all its threads."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connections
from kombu import pools

from tests import database


@dataclass(frozen=True)
class Copy:
    name: str

    @property
    def url(self) -> str:
        """DATABASE_URL for other processes."""
        return database.address(self.name)


@contextmanager
def pointed_at_copy(source: str | None = None) -> Iterator[Copy]:
    """Make a copy, point Django's connections and Celery's broker at it, drop it in the end."""
    copy = Copy(f"test_copy_{uuid.uuid4().hex[:12]}")
    database.copy(copy.name, source)
    settings = connections.settings["default"]
    before = settings["NAME"]
    connections.close_all()
    try:
        _point_at(copy.name)
        yield copy
    finally:
        connections.close_all()
        _point_at(before)
        database.drop(copy.name)


def _point_at(name: str) -> None:
    from portal.celery import app
    from portal.runtime import broker

    for settings in (connections.settings["default"], connections["default"].settings_dict):
        settings["NAME"] = name
    app.conf.broker_transport_options = broker.transport_options(connections.settings["default"])
    pools.reset()
    app._pool = app.amqp._producer_pool = None
