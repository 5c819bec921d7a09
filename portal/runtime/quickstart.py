"""From nothing to a running portal on one machine, and back to nothing running.

Runs inside `manage.py quickstart`; `kept` has put secrets and the database's address into the environment.
"""

import errno
import fcntl
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections
from psycopg import OperationalError, connect

from portal.runtime import broker, processes, schemas
from portal.runtime.database.files import PostgresProblem
from portal.runtime.database.keeper import Keeper
from portal.runtime.database.server import Server, ensure_database
from portal.runtime.kept import DATABASE
from portal.runtime.sample.people import sample_sign_ins
from portal.runtime.supervisor import Supervisor
from portal.runtime.translations import catalogues
from tenants import history
from tenants.context import NATION, PUBLIC, in_province
from tenants.models import Province

Say = Callable[[str], object]
SAMPLE_LOADED = "sample.loaded"


class CannotStart(Exception):
    """Nothing was started; the text is one sentence."""


class Stopped(BaseException):
    """Somebody asked us to stop while we were preparing."""


def run(port: int, say: Say, tell: Callable[[Event], None]) -> None:
    """Prepare, run until Ctrl-C or SIGTERM, leave no process. `tell` runs beside the parts. Raises `CannotStart`."""
    data = Path(settings.DATA_DIR)
    with _alone(data), _stopping_on_signals():
        refuse_taken_port(port)
        server = Server(data / "postgres")
        keeper = Keeper(server, say)
        embedded = settings.DATABASES["default"].get("HOST") == str(server.socket)
        try:
            if embedded:
                _start_server(server, say)
            prepare(data, say)
            parts = [*processes.portal(port, data), *(processes.agents(data, port) if settings.SAMPLE_WORLD else [])]
            connections.close_all()
            beside = [keeper.watch, tell] if embedded else [tell]
            Supervisor(parts, beside).loop()
            say("Stopped")
        except Stopped:
            say("Stopped while preparing")
        finally:
            _ignore_signals()
            connections.close_all()
            end_workspaces(data)
            if embedded:
                keeper.stop()


def prepare(data: Path, say: Say) -> None:
    """Everything between a database that answers and processes that can start; each step only if it is due."""
    for name in ("mail", "media", "static", "agents"):
        (data / name).mkdir(mode=0o700, exist_ok=True)
    catalogues.compile_changed()
    refuse_dead_database()
    if settings.CELERY_BROKER_URL == broker.EMBEDDED:
        broker.install(settings.DATABASES["default"])
    if schemas.behind():
        _migrate(say)
    if not Province.objects.open().filter(schema_name=NATION).exists():
        with _timed("Opening the nation", say):
            call_command("open_province", NATION, stdout=_Silent())
    call_command("issue_identifiers", stdout=_Silent())
    if settings.SAMPLE_WORLD:
        _load_sample_once(say)
        with _timed("Enrolling the sample agents", say):
            call_command("enrol_sample_agents", stdout=_Silent())


def _migrate(say: Say) -> None:
    """A province that cannot be migrated is named and the portal starts; without the nation's tables it cannot."""
    try:
        with _timed("Migrating", say):
            call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    except CommandError as reason:
        if PUBLIC in schemas.behind():
            raise CannotStart(f"{reason} Nothing was started.") from None
        say(str(reason))


def refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CannotStart(f"Port {port} is in use. Choose another with --port. Nothing was started.") from None
            raise CannotStart(f"Port {port} cannot be used: {error.strerror}. Nothing was started.") from None


def refuse_dead_database() -> None:
    try:
        with connect(broker.conninfo(settings.DATABASES["default"])) as connection:
            version = connection.info.server_version // 10000
    except OperationalError as error:
        reason = str(error).strip().splitlines()[0].strip().rstrip(".")
        raise CannotStart(f"DATABASE_URL cannot be reached: {reason}. Nothing was started.") from None
    if not 15 <= version <= 18:
        raise CannotStart(f"The database is PostgreSQL {version}; the portal needs 15 to 18. Nothing was started.")


def addresses() -> list[str]:
    """What the person at the terminal wants to know once the site answers."""
    lines = ["", f"  The nation         {settings.PORTAL_URL}/"]
    provinces = [province for province in Province.objects.open() if province.slug != NATION]
    lines += [f"  {province.name_en:<18} {province.url}/" for province in provinces]
    lines += [
        f"  Staff              {settings.PORTAL_URL}/staff/",
        f"  API                {settings.PORTAL_URL}/api/schema/",
    ]
    if settings.SAMPLE_WORLD:
        lines += [f"  Mail               {settings.PORTAL_URL}/dev/mail/", *_sign_ins()]
    else:
        lines += [
            "",
            "  The first staff member: manage.py create_staff you@example.org --province nation --role operator",
        ]
    return [*lines, "", "  Ctrl-C stops everything.", ""]


def _sign_ins() -> list[str]:
    people = sample_sign_ins()
    secret = next(person.totp_secret for person in people if person.totp_secret)
    lines = ["", f"  Sample people, password {people[0].password}"]
    lines += [f"    {person.email:<34} {person.what}" for person in people if not person.totp_secret]
    lines += ["", f"  Sample staff, the same password and a code of the second factor {secret}"]
    return lines + [f"    {person.email:<34} {person.what}" for person in people if person.totp_secret]


def end_workspaces(data: Path) -> None:
    """Sample workspaces outlive their agent by design; they must not outlive quickstart."""
    stopping = [
        subprocess.Popen([*processes.agent_command(), "stop", "--state", str(folder)])
        for folder in processes.agent_folders(data)
    ]
    for process in stopping:
        process.wait()


def _start_server(server: Server, say: Say) -> None:
    try:
        with _timed("Starting PostgreSQL", say):
            server.start()
            ensure_database(server, DATABASE)
    except PostgresProblem as problem:
        raise CannotStart(str(problem)) from None


def _load_sample_once(say: Say) -> None:
    nation = Province.objects.get(schema_name=NATION)
    with in_province(nation):
        from tenants.history.models import Record

        if Record.objects.filter(act=SAMPLE_LOADED).exists():
            return
    with _timed("Loading the sample world", say):
        call_command("load_sample", stdout=_Silent())
    with in_province(nation):
        history.record(SAMPLE_LOADED, nation)


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """One quickstart per data folder: the lock goes with the process, however it ends."""
    lock = os.open(data / "quickstart.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotStart(f"A quickstart with the data of {data} runs already. Nothing was started.") from None
    try:
        yield
    finally:
        os.close(lock)


@contextmanager
def _stopping_on_signals() -> Iterator[None]:
    def stop(number: int, frame: Any) -> None:
        raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    yield


def _ignore_signals() -> None:
    """A second Ctrl-C must not leave the database running."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def _timed(step: str, say: Say) -> Iterator[None]:
    began = time.monotonic()
    say(f"{step} …")
    yield
    say(f"{step} took {time.monotonic() - began:.1f} s")


class _Silent:
    def write(self, text: str) -> None:
        """What a command prints for its own caller is noise among quickstart's steps."""
