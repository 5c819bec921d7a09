"""Sets the search path only where the session has another one; takes no dead connection for a good one.

django-tenants forgets at every change of province what the session has, so each request begins with a `SET`:
a tenth of the CPU of a one-query view. Remembered is only what a `SET` of ours left in this session; whatever may
undo that (closing, a rollback, a rollback to a savepoint) makes us forget it, as stock django-tenants forgets its own.

A process with a pool may keep connections of their own for some of its work (`connections_of`): what waits for these
never waits for the others, and the other way round.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC
from typing import Any

from django.db import OperationalError
from django.db.backends.base.base import NO_DB_ALIAS
from django_tenants.postgresql_backend import base
from psycopg import OperationalError as DriverError

from tenants.postgresql.pool import Pool, is_dead
from tenants.postgresql.times import UtcLoader


class NoConnection(OperationalError):
    """There was no connection in time: the server is down, or all connections are in use."""

    nothing_sent = True
    """The statement, and with it what the request was about to do, did not reach the server."""


_kind: ContextVar[tuple[str, int] | None] = ContextVar("kind", default=None)


@contextmanager
def connections_of(kind: str, most: int) -> Iterator[None]:
    """In this block a new connection comes from a pool of this kind, with at most so many connections.

    A connection that the thread has already stays what it is, and goes back to where it came from.
    """
    token = _kind.set((kind, most))
    try:
        yield
    finally:
        _kind.reset(token)


class DatabaseWrapper(base.DatabaseWrapper):
    in_session: tuple[str, bool] | None = None
    """Schema, and whether `public` lies behind it, that the session's search path is known to be; None: unknown."""

    @property
    def pool(self) -> Pool | None:
        """The pool of this kind of work: as Django makes its own, with a check for dead connections."""
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        kind = _kind.get()
        name = f"{self.alias} {kind[0]}" if kind else self.alias
        if name not in self._connection_pools:
            sizes = {"min_size": 0, "max_size": kind[1]} if kind else {}
            parameters = {**self.get_connection_params(), "autocommit": True}
            pool = Pool(kwargs=parameters, open=False, configure=self._configure_connection, **{**options, **sizes})
            self._connection_pools.setdefault(name, pool)  # the first of two threads wins
        return self._connection_pools[name]  # type: ignore[no-any-return]

    def set_tenant(self, tenant: Any, include_public: bool = True) -> None:
        if tenant.schema_name == self.schema_name and include_public == self.include_public_schema:
            self.tenant = tenant
        else:
            super().set_tenant(tenant, include_public)

    def _handle_search_path(self, cursor: Any = None) -> None:
        wanted = (self.schema_name, self.include_public_schema)
        if self.in_session != wanted:
            self.search_path_set_schemas = None
            super()._handle_search_path(cursor)
            self.in_session = wanted if self.search_path_set_schemas else None

    def get_connection_params(self) -> dict[str, Any]:
        parameters: dict[str, Any] = super().get_connection_params()
        if self.timezone == UTC:
            parameters["context"].register_loader("timestamptz", UtcLoader)
        return parameters

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            return super().get_new_connection(conn_params)
        except DriverError as error:
            raise NoConnection(*error.args) from error

    def is_usable(self) -> bool:
        if self.connection is None or is_dead(self.connection):
            return False
        return not self.errors_occurred or bool(super().is_usable())

    def close(self) -> None:
        self.in_session = None
        super().close()

    def rollback(self) -> None:
        self.in_session = None
        super().rollback()

    def savepoint_rollback(self, sid: str) -> None:
        try:
            super().savepoint_rollback(sid)
        finally:
            self.in_session = None
