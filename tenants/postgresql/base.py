"""Sets the search path only where the session has another one.

django-tenants forgets at every change of province what the session has, so each request begins with a `SET`:
a tenth of the CPU of a one-query view. Remembered is only what a `SET` of ours left in this session; whatever may
undo that (closing, a rollback, a rollback to a savepoint) makes us forget it, as stock django-tenants forgets its own.
"""

from typing import Any

from django_tenants.postgresql_backend import base


class DatabaseWrapper(base.DatabaseWrapper):
    in_session: tuple[str, bool] | None = None
    """Schema, and whether `public` lies behind it, that the session's search path is known to be; None: unknown."""

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
