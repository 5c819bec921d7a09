"""PGMQ inside the database, with real workers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings
from psycopg import Connection, connect

from portal.runtime import broker, processes
from tests.database import PROJECT, copy, drop

pytestmark = pytest.mark.processes


@contextmanager
def worker(url: str, log: Path) -> Iterator[subprocess.Popen]:
    part = processes.worker(threads=2)
    command = [word.replace("portal.celery", "tests.portal.runtime.worker_app") for word in part.command]
    with log.open("ab") as output:
        running = subprocess.Popen(
            command, cwd=PROJECT, env={**part.environment, "DATABASE_URL": url}, stdout=output, stderr=output
        )
    try:
        yield running
    finally:
        running.kill()
        running.wait()


def eventually(fact: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if fact():
            return True
        time.sleep(0.05)
    return fact()


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def test_a_task_reaches_a_worker_and_runs_once(race_database, tmp_path):
    trace = tmp_path / "trace"
    with worker(race_database.url, tmp_path / "log"):
        current_app.send_task("tests.trace", args=[str(trace), 0])
        assert eventually(lambda: lines(trace) == ["began", "ended"]), (tmp_path / "log").read_text()
        time.sleep(1)
    assert lines(trace) == ["began", "ended"]


def test_only_who_takes_tasks_listens_for_them(race_database, tmp_path):
    """A notice that nobody reads stays in its backend, and DROP DATABASE waits for that backend."""
    with worker(race_database.url, tmp_path / "log"), connect(race_database.url) as database:
        assert eventually(lambda: len(listeners(database)) == 1), (tmp_path / "log").read_text()
        current_app.send_task("tests.trace", args=[str(tmp_path / "trace"), 0])
        assert eventually(lambda: lines(tmp_path / "trace") == ["began", "ended"])
        assert len(listeners(database)) == 1


def listeners(database: Connection) -> list[tuple[str]]:
    statement = "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN \"pgmq%'"
    database.rollback()
    return database.execute(statement).fetchall()


def test_the_task_of_a_worker_killed_in_the_middle_runs_again(race_database, tmp_path):
    trace = tmp_path / "trace"
    with worker(race_database.url, tmp_path / "log") as first:
        current_app.send_task("tests.trace", args=[str(trace), 2])
        assert eventually(lambda: lines(trace) == ["began"]), (tmp_path / "log").read_text()
        os.kill(first.pid, signal.SIGKILL)
    with worker(race_database.url, tmp_path / "log"):
        assert eventually(lambda: lines(trace) == ["began", "began", "ended"]), (tmp_path / "log").read_text()


def test_a_killed_workers_task_is_handed_out_again_within_a_minute():
    assert settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] == 60
    assert settings.CELERY_TASK_ACKS_LATE is True


def test_probes_have_a_queue_of_their_own_and_everything_else_shares_one():
    current_app.loader.import_default_modules()
    router, names = current_app.amqp.router, [name for name in current_app.tasks if not name.startswith("celery.")]
    queues = {name: router.route({}, name)["queue"].name for name in names}
    assert [name for name, queue in queues.items() if queue == broker.PROBES] == ["activation.probe"]
    assert {queue for name, queue in queues.items() if name != "activation.probe"} == {broker.JOBS}


def test_a_worker_that_is_told_no_queue_works_on_all():
    assert set(current_app.amqp.queues.consume_from) == {broker.JOBS, broker.PROBES}


def test_installing_twice_and_at_once_makes_one_broker(django_db_setup):
    copy("test_empty_broker", "template0")
    database = {**settings.DATABASES["default"], "NAME": "test_empty_broker"}
    try:
        assert broker.trouble(broker.EMBEDDED, database) == broker.NOT_INSTALLED
        code = f"from portal.runtime import broker; broker.install({ {k: database[k] for k in ('HOST', 'NAME', 'USER', 'PASSWORD', 'PORT')}!r})"  # noqa: E501
        both = [subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, env=os.environ) for _ in range(2)]
        assert [process.wait() for process in both] == [0, 0]
        assert broker.trouble(broker.EMBEDDED, database) == ""
        with connect(broker.conninfo(database)) as connection:
            assert connection.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'pgmq'").fetchone() == (1,)
    finally:
        drop("test_empty_broker")


def test_a_broker_that_is_not_there_is_told_in_words():
    assert "refused" in broker.trouble("amqp://127.0.0.1:1//", settings.DATABASES["default"])
