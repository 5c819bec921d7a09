"""Query budgets do not count the statements that set the search path."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

SHELF = 3
"""Queries of the shelf, which tests read at every question; in a running portal it lies in memory for a second."""


def queries_of(client: Client, path: str) -> int:
    """Number of queries a page costs once the host table is in memory."""
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return sum(not query["sql"].upper().startswith("SET ") for query in captured.captured_queries)
