"""A pool of few connections for this process, and requests that take and return one as in web processes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, connections
from django.http import HttpResponse
from django.test import Client, RequestFactory


@contextmanager
def pooled(size: int, timeout: float = 0.5) -> Iterator[None]:
    """All threads of this process share so many connections, and wait so many seconds for one."""
    connections.close_all()
    options = {"OPTIONS": {"pool": {"min_size": size, "max_size": size, "timeout": timeout}}, "CONN_MAX_AGE": 0}
    places = [connections.settings["default"], connections["default"].settings_dict]
    before = [{name: place[name] for name in options} for place in places]
    for place in places:
        place.update(options)
    try:
        yield
    finally:
        connections.close_all()
        connection.close_pool()
        for place, values in zip(places, before, strict=True):
            place.update(values)


@contextmanager
def connection_held() -> Iterator[None]:
    """Another thread has a connection and keeps it."""
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        connection.ensure_connection()
        held.set()
        done.wait(60)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(10)
    try:
        yield
    finally:
        done.set()
        thread.join()


def visit(path: str, *, method: str = "GET", host: str = "portal.localhost:8000", by: Client | None = None):
    """The answer to a request in English. Django's test client keeps its connection between requests; this does not."""
    headers = {"host": host, "accept-language": "en"}
    environ = RequestFactory().generic(method, path, headers=headers).environ
    if by is not None:
        environ["HTTP_COOKIE"] = "; ".join(f"{name}={morsel.value}" for name, morsel in by.cookies.items())
    answer: HttpResponse = _handler()(environ, lambda _status, _headers: None)
    answer.close()
    return answer


@cache
def _handler() -> WSGIHandler:
    return WSGIHandler()
