"""What every test can ask for: a real database with the nation, Shanxi and Henan, and clients at their hosts.

`db` (a transaction rolled back) for most tests; `race_database` (a copy of its own) where threads or other
processes must see what was committed. Django's flush does not work across schemas, so `transaction=True` and
the fixtures that need it are refused.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests import database

DATA = tempfile.mkdtemp(prefix="suanli-test-data-")
atexit.register(shutil.rmtree, DATA, ignore_errors=True)
os.environ.update(
    DJANGO_SETTINGS_MODULE="portal.settings",
    SECRET_KEY="for-tests-only-" + "0123456789" * 4,
    CREDENTIALS_KEY="for-tests-only-too-" + "0123456789" * 4,
    SAMPLE_WORLD="1",
    PARENT_DOMAIN="portal.localhost",
    PUBLIC_NOTICE_SECONDS="20",  # of approved applicants; browser tests wait for its end
    PORTAL_PORT="8000",
    PORTAL_SCHEME="http",
    DJANGO_ALLOW_ASYNC_UNSAFE="1",  # Playwright keeps an event loop in the thread of the tests
    PORTAL_DATA=DATA,
)
(Path(os.environ["PORTAL_DATA"]) / "static").mkdir()
for _name in ("DEBUG", "CELERY_BROKER_URL", "EMAIL_URL", "DATABASE_POOL_SIZE"):
    os.environ.pop(_name, None)
database.choose(os.environ)  # before Django reads its settings

import django  # noqa: E402
import pytest  # noqa: E402

from portal.runtime.translations.catalogues import compile_changed  # noqa: E402

compile_changed()  # before anything is translated: Django keeps the catalogues it finds first
django.setup()
os.environ.pop("DJANGO_SETTINGS_MODULE")  # xdist's workers inherit it and would read the settings before this file

from django.contrib.auth.hashers import PBKDF2PasswordHasher  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.client import ClientHandler  # noqa: E402

from tests.copies import Copy, pointed_at_copy  # noqa: E402
from tests.lanes import Lanes  # noqa: E402
from tests.live import LivePortal, live_copy  # noqa: E402

PBKDF2PasswordHasher.iterations = 1_000  # of people made here: the million of real ones took two fifths of the time

_handlers = {strict: ClientHandler(enforce_csrf_checks=strict) for strict in (False, True)}
"""Shared by all clients: reading the middleware anew, with every static file, takes longer than most answers."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker) -> Iterator[None]:
    """The database of this process, copied from the migrated template instead of Django's own set-up."""
    name = os.environ["DATABASE_URL"].rpartition("/")[2]
    database.drop(name)
    database.copy(name)
    yield
    with django_db_blocker.unblock():
        from django.db import connections

        connections.close_all()
    database.drop(name)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Lanes:
    return Lanes(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        marker = item.get_closest_marker("django_db")
        flushing = {"transactional_db", "live_server"} & set(getattr(item, "fixturenames", []))
        if flushing or (marker and marker.kwargs.get("transaction")):
            raise pytest.UsageError(f"{item.nodeid}: flush cannot empty several schemas; ask for `race_database`.")


@pytest.fixture
def race_database(django_db_setup, django_db_blocker) -> Iterator[Copy]:
    """A database of this test's own, in which commits are real; `url` is its address for other processes."""
    with django_db_blocker.unblock(), pointed_at_copy() as copy:
        yield copy


@pytest.fixture
def gone_database(race_database: Copy) -> Iterator[str]:
    """Name of a database that is not there, to which Django is pointed."""
    from django.db import connection

    connection.close()
    with patch.dict(connection.settings_dict, NAME="gone_with_the_wind"):
        yield "gone_with_the_wind"


@pytest.fixture(scope="session")
def live_portal(tmp_path_factory) -> Iterator[LivePortal]:
    """Real web, worker and beat on a database of their own with the nation, Shanxi and Henan, for the whole run."""
    with live_copy("provinces", tmp_path_factory.mktemp("live")) as portal:
        yield portal


@pytest.fixture(autouse=True)
def _start_in_public(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test begins in the province, with the hosts or in the language that another one left."""
    from django.db import connection
    from django.utils import translation

    from portal.directory.browse import shelf
    from portal.overview.home import national
    from tenants import hosts

    hosts.forget()
    for memory in (shelf, national):
        memory.forget()
        monkeypatch.setattr(memory.kept, "seconds", 0.0)  # what a test writes is seen by its next question
    translation.deactivate()
    connection.set_schema_to_public()
    yield
    connection.set_schema_to_public()


@pytest.fixture
def nation(db):
    return _province("nation")


@pytest.fixture
def shanxi(db):
    return _province("shanxi")


@pytest.fixture
def henan(db):
    return _province("henan")


@pytest.fixture
def english() -> Iterator[None]:
    """Sentences are read in the language they stand in in the code; requests still choose their own."""
    from django.utils.translation import override

    with override("en"):
        yield


@pytest.fixture
def client_at() -> Callable[..., Client]:
    """`client_at()` talks to the national host, `client_at("shanxi")` to a province's."""

    def at(slug: str | None = None, **more: object) -> Client:
        from django.conf import settings

        host = settings.PARENT_DOMAIN if slug is None else f"{slug}.{settings.PARENT_DOMAIN}"
        client = Client(headers={"host": f"{host}{settings.PORT_SUFFIX}"}, **more)
        client.handler = _handlers[bool(more.get("enforce_csrf_checks"))]
        return client

    return at


def _province(slug: str):
    from tenants.models import Province

    return Province.objects.get(schema_name=slug)
