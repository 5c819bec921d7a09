"""The database connection as django-tenants makes it: Django's own, with a schema."""

from typing import Any, cast

from django.db import connection as django_connection

connection = cast("Any", django_connection)
"""Knows `schema_name`, `tenant`, `set_schema`, `set_tenant`; the published types of Django do not."""
