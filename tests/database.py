"""The databases tests run in: real PostgreSQL, migrated once, copied by CREATE DATABASE … TEMPLATE.

Without DATABASE_URL a server of the tests' own starts in a temporary folder and ends with them. With it, the
databases are made on that server, and the migrated template stays there for the next run.
"""

import atexit
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from portal.runtime.database.server import Server

PROJECT = Path(__file__).resolve().parent.parent
BUILD_LOCK = 0x7E57
OWN_SERVER = "TEST_SERVER_IS_OWN"
UNSAFE_AND_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "400"}
"""A database that lives as long as one test run need not survive a power cut."""
ROOM_FOR_A_SERVER = 4 * 2**30


def choose(environ: dict[str, str]) -> None:
    """Set DATABASE_URL to a database of this process's own, starting a server where none is named.

    Each of xdist's workers starts one: what depends on the oldest running transaction of a server would otherwise
    depend on what the other worker is testing.
    """
    given = environ.get("TEST_SERVER_URL") or environ.get("DATABASE_URL")
    if given and not environ.get(OWN_SERVER):
        environ["TEST_SERVER_URL"] = given
    else:
        environ["TEST_SERVER_URL"], environ[OWN_SERVER] = _own_server(), "1"
    own = f"test_{os.getpid()}_{environ.get('PYTEST_XDIST_WORKER', 'main')}"
    environ["DATABASE_URL"] = address(own)


def _own_server() -> str:
    folder = Path(tempfile.mkdtemp(prefix="suanli-test-", dir=_in_memory()))
    if os.geteuid() == 0:
        folder.chmod(0o755)
    server = Server(folder / "postgres", settings=UNSAFE_AND_FAST)
    server.start()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.stop)
    return server.url("postgres")


def _in_memory() -> Path | None:
    """A folder in memory, if the machine has one with room: copies of databases are made and dropped all the time.

    On a disk that takes a third of the whole run's time.
    """
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free >= ROOM_FOR_A_SERVER else None


def address(name: str) -> str:
    """DATABASE_URL of a database on the tests' server."""
    return os.environ["TEST_SERVER_URL"].rpartition("/")[0] + f"/{name}"


def template(kind: str = "provinces") -> str:
    """Name of a migrated database with the nation and two provinces, or with the whole `sample` or `wide` world.

    Built on the first call, kept until a migration, the way provinces are opened or the sample changes.
    """
    name = f"test_template_{kind}_{_fingerprint(kind)}"
    with _server() as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [BUILD_LOCK])
        if not _exists(connection, name):
            _forget_old_templates(connection, kind)
            _build(connection, name, kind)
    return name


def copy(name: str, source: str | None = None) -> None:
    """Make a database with everything the source has (by default two provinces). Nobody may be in the source."""
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    with _server() as connection:
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(source or template())))


def drop(name: str) -> None:
    with _server() as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def _server() -> Iterator[psycopg.Connection]:
    parts = urlsplit(address("postgres"))
    with psycopg.connect(
        host=unquote(parts.hostname or ""), port=parts.port or 5432, dbname="postgres",
        user=unquote(parts.username or ""), password=unquote(parts.password or ""), autocommit=True,
    ) as connection:  # fmt: skip
        yield connection


def _exists(connection: psycopg.Connection, name: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _build(connection: psycopg.Connection, name: str, kind: str) -> None:
    making = f"{name}_making"
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(making)))
    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(making)))
    built = subprocess.run(
        [sys.executable, "-m", "tests.build_template", kind],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        env={**os.environ, "DATABASE_URL": address(making)},
    )
    if built.returncode:
        raise RuntimeError(f"The test database could not be made:\n{built.stdout}{built.stderr}")
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    connection.execute(rename.format(sql.Identifier(making), sql.Identifier(name)))


def _forget_old_templates(connection: psycopg.Connection, kind: str) -> None:
    rows = connection.execute(
        "SELECT datname FROM pg_database WHERE datname ~ %s", [f"^test_template_{kind}_[0-9a-f]+$"]
    )
    for (name,) in rows.fetchall():
        try:
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
        except psycopg.errors.ObjectInUse:
            continue


def _fingerprint(kind: str) -> str:
    digest = hashlib.sha256()
    folders = (PROJECT / "portal", PROJECT / "tenants", PROJECT / "marketplace")
    files = [path for folder in folders for path in folder.rglob("migrations/*.py")]
    files += [*(PROJECT / "tenants").glob("*.py"), PROJECT / "uv.lock"]
    if kind != "provinces":
        files += [
            path for path in (PROJECT / "portal" / "runtime" / "sample").rglob("*") if path.suffix in {".py", ".csv"}
        ]
    for path in sorted(files):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
