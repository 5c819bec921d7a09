"""Rows of several tables in one statement: what an act writes at its end costs one round trip, not one per table."""

from collections.abc import Iterable
from typing import Any

from django.db import connection, models
from django.db.models.sql import InsertQuery

Rows = list[models.Model]


def insert(*rows: models.Model) -> None:
    """Write new rows of any tables in one INSERT per table, all of them in one statement.

    Foreign keys between the rows are checked when the transaction is committed, so their order does not matter. Keys
    that the database gives out are read back, other values that it chooses are not. Like `bulk_create` it calls no
    `save()`.
    """
    parts = _by_table(rows)
    compiled = [_insertion(part) for part in parts]
    tables = ", ".join(f"part_{place} AS ({sql})" for place, (sql, _values) in enumerate(compiled))
    keys = " UNION ALL ".join(
        f'SELECT {place}, "{part[0]._meta.pk.column}"::text FROM part_{place}'  # noqa: S608 names of our own
        for place, part in enumerate(parts)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {tables} {keys}", [value for _sql, values in compiled for value in values])
        found = cursor.fetchall()
    for place, part in enumerate(parts):
        given = [key for number, key in found if number == place]
        for row, key in zip(part, given, strict=True):
            row.pk = row._meta.pk.to_python(key)
            row._state.adding, row._state.db = False, connection.alias


def _by_table(rows: Iterable[models.Model]) -> list[Rows]:
    parts: dict[type[models.Model], Rows] = {}
    for row in rows:
        parts.setdefault(type(row), []).append(row)
    return list(parts.values())


def _insertion(rows: Rows) -> tuple[str, tuple[Any, ...]]:
    """The INSERT that Django makes of rows of one table, giving back their keys."""
    model = type(rows[0])
    given_out = rows[0].pk is None
    columns = [field for field in model._meta.concrete_fields if not (given_out and field.primary_key)]
    query = InsertQuery(model)
    query.insert_values(columns, rows)
    compiler = query.get_compiler(connection=connection)
    compiler.returning_fields = [model._meta.pk]
    [(sql, values)] = compiler.as_sql()
    return sql, tuple(values)
