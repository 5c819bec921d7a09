"""One province's schema as a file, and back into a schema beside it.

The file is `pg_dump`'s own custom format: compressed, and readable without the portal. `pg_restore` cannot rename a
schema, so its script is read entry by entry: statements get the new name, rows (`COPY`) pass untouched.
"""

import hashlib
import re
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
from django.conf import settings
from django.utils import timezone

from tenants.backups import files, programs
from tenants.backups.programs import NoDump
from tenants.connections import connection
from tenants.context import in_public
from tenants.schemas.replay import NOT_REPLAYED

BACKUPS, EXPORTS = "backups", "exports"
SCHEMA_ENTRY = re.compile(r"^\d+; \d+ \d+ SCHEMA - (\S+)", re.MULTILINE)


class BrokenFile(Exception):
    """The file cannot be loaded; the text is a sentence. What stood before stands."""


@dataclass(frozen=True)
class Kept:
    path: Path
    bytes: int
    sha256: str
    files: Path | None = None
    """Archive of the province's private files, beside it; None where it has none."""

    def remove(self) -> None:
        for path in (self.path, self.files):
            if path is not None:
                path.unlink(missing_ok=True)


def folder(name: str) -> Path:
    """A folder of private files below the data folder, made at its first use."""
    path = Path(settings.DATA_DIR) / name
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def write(schema: str, into: Path) -> Kept:
    """Dump the schema, as it is committed now, to a file named after it and the time; its private files beside it.

    Raises `NoDump`, `OSError`.
    """
    path = into / f"{schema}-{timezone.now():%Y%m%dT%H%M%S%fZ}.dump"
    making = path.with_suffix(".making")
    try:
        making.touch(mode=0o600)
        options = ["--format=custom", "--no-owner", "--no-privileges", f"--schema={schema}"]
        programs.run("pg_dump", *options, f"--file={making}")
        making.rename(path)
    finally:
        making.unlink(missing_ok=True)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    kept = Kept(path, path.stat().st_size, digest)
    try:
        return replace(kept, files=files.write_archive(schema, path))
    except OSError:
        kept.remove()
        raise


def schema_in(path: Path) -> str:
    """The one schema a file holds. Raises `BrokenFile`, `NoDump`."""
    if not path.is_file():
        raise BrokenFile(f"There is no file {path}.")
    try:
        contents = programs.run("pg_restore", "--list", str(path))
    except NoDump as reason:
        programs.find("pg_restore")
        raise BrokenFile(f"{path.name} is not a backup of a province or is damaged ({reason})") from None
    found = SCHEMA_ENTRY.findall(contents)
    if len(found) != 1:
        raise BrokenFile(f"{path.name} holds {len(found)} schemas; a backup of a province holds one.")
    return str(found[0])


def load(path: Path, source: str, into: str) -> None:
    """Load the file's schema `source` under the name `into`, statement by statement: no lock is held for long.

    Raises `BrokenFile`, and then leaves nothing.
    """
    drop(into)
    try:
        _replay(path, source, into)
        _refuse_own_name(path, into)
    except BaseException:
        drop(into)
        raise


def _replay(path: Path, source: str, into: str) -> None:
    command = [str(programs.find("pg_restore")), "--no-owner", "--no-privileges", "--file=-", str(path)]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as process,
        session() as into_it,
    ):
        try:
            _Loader(into_it, source, into).run(process.stdout or [])
        except psycopg.Error as error:
            process.kill()
            raise BrokenFile(f"{path.name} could not be loaded: {programs.one_line(str(error))}.") from None
        if process.wait():
            errors.seek(0)
            said = programs.one_line(errors.read().decode(errors="replace"))
            raise BrokenFile(f"{path.name} is damaged: {said}.")


def drop(schema: str) -> None:
    """Remove a schema and all in it, if it stands."""
    with in_public(), connection.cursor() as cursor:
        cursor.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')


def session() -> psycopg.Connection:
    """A session of its own, in which every statement is committed at once."""
    return psycopg.connect(**programs.place(), autocommit=True)


class _Loader:
    """Reads the script of `pg_restore` and runs it under another schema's name."""

    def __init__(self, session: psycopg.Connection, source: str, into: str) -> None:
        self.session = session
        name = re.escape(source.encode())
        self.named = re.compile(rb"(?<![\w$.])" + name + rb"(?=\.[\w\"])|(?<=SCHEMA )" + name + rb"\b")
        self.into = into.encode()
        self.waiting: list[bytes] = []

    def run(self, script: Iterable[bytes]) -> None:
        lines = iter(script)
        for line in lines:
            if line.startswith(b"COPY ") and line.endswith(b" FROM stdin;\n"):
                self.execute()
                self.copy(line, lines)
            elif line == b"--\n":  # between two entries
                self.execute()
            elif not NOT_REPLAYED.match(line.decode()):
                self.waiting.append(line)
        self.execute()

    def execute(self) -> None:
        statements = b"".join(self.waiting).strip()
        self.waiting.clear()
        if statements:
            self.session.execute(self.renamed(statements))

    def copy(self, statement: bytes, lines: Iterable[bytes]) -> None:
        with self.session.cursor() as cursor, cursor.copy(self.renamed(statement)) as copy:
            for line in lines:
                if line == b"\\.\n":
                    return
                copy.write(line)

    def renamed(self, statement: bytes) -> bytes:
        return self.named.sub(self.into, statement)


def _refuse_own_name(path: Path, schema: str) -> None:
    """A function that names its schema would point nowhere once the schema gets its old name back."""
    with in_public(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace = %s::regnamespace "
            "AND concat(prosrc, proconfig::text) ~ %s ORDER BY 1",
            [schema, rf"\m{schema}\M"],
        )
        names = [row[0] for row in cursor.fetchall()]
    if names:
        raise BrokenFile(f"{path.name} has functions that name their schema: {', '.join(names)}.")
