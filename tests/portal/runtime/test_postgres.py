"""The embedded server survives what machines do to it."""

import os
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from portal.runtime.database import files
from portal.runtime.database import server as postgres
from portal.runtime.database.files import PostgresProblem
from portal.runtime.database.server import Server, ensure_database

pytestmark = pytest.mark.processes


@pytest.fixture
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="suanli-test-") as folder:
        Path(folder).chmod(0o755)  # pytest's own folders are closed to the server's user
        server = Server(Path(folder) / "postgres")
        server.start()
        yield server
        server.stop()


def count(server: Server, statement: str) -> int:
    with psycopg.connect(server.conninfo("portal")) as connection:
        return connection.execute(statement).fetchone()[0]


def pid_of(server: Server) -> int:
    return int((server.data / "postmaster.pid").read_text().split()[0])


def test_committed_rows_survive_kill_9_of_the_server(server):
    ensure_database(server, "portal")
    with psycopg.connect(server.conninfo("portal")) as connection:
        connection.execute("CREATE TABLE facts AS SELECT generate_series(1, 1000) AS n")
    killed = pid_of(server)
    os.kill(killed, signal.SIGKILL)
    server.start()
    assert pid_of(server) != killed
    assert count(server, "SELECT count(*) FROM facts") == 1000


def test_a_lock_whose_number_belongs_to_another_process_by_now_does_not_stop_the_start(server):
    server.stop()
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        (server.data / "postmaster.pid").write_text(f"{stranger.pid}\n{server.data}\n0\n5432\n{server.socket}\n\n")
        assert not server.running()
        server.start()
        assert server.running()
        server.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_starting_twice_keeps_the_running_server_and_stopping_twice_is_harmless(server):
    before = pid_of(server)
    Server(server.home).start()
    assert pid_of(server) == before
    server.stop()
    server.stop()
    assert not server.running()


def test_it_listens_on_no_network_address_and_its_socket_is_closed_to_others(server):
    with psycopg.connect(server.conninfo()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
    assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try as somebody else")
def test_another_account_is_refused_even_when_it_reaches_the_socket(server):
    server.socket.chmod(0o755)
    (server.socket / ".s.PGSQL.5432").chmod(0o777)
    program = files.installation() / "bin" / "psql"
    asked = subprocess.run(
        [program, "-h", server.socket, "-U", "suanli", "postgres", "-c", "SELECT 1"],
        capture_output=True, text=True, user="nobody", group="nogroup", extra_groups=[], cwd="/",
    )  # fmt: skip
    assert asked.returncode == 2
    assert "Peer authentication failed" in asked.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends the server another user")
def test_a_folder_the_servers_user_cannot_enter_is_replaced_by_a_link(tmp_path, monkeypatch):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    reachable = Path("/var/tmp") / f"suanli-test-{os.getpid()}"
    monkeypatch.setattr(files, "REACHABLE_HOME", reachable)
    server, said = Server(closed / "postgres"), []
    try:
        server.start(said.append)
        assert server.home.is_symlink()
        assert server.data.parent.parent == reachable
        assert any(str(reachable) in sentence for sentence in said)
        server.stop()
        again = Server(closed / "postgres")
        again.start()
        assert again.running()
        again.stop()
    finally:
        server.stop()
        subprocess.run(["rm", "-rf", reachable], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends the server another user")
def test_programs_the_servers_user_cannot_reach_are_copied_with_their_libraries(monkeypatch):
    reachable = Path("/var/tmp") / f"suanli-test-{os.getpid()}"
    monkeypatch.setattr(files, "REACHABLE_HOME", reachable)
    monkeypatch.setattr(files, "server_can_walk_to", lambda folder: False)
    try:
        program = files.reachable_installation() / "bin" / "initdb"
        assert program.is_relative_to(reachable)
        told = subprocess.run([program, "--version"], capture_output=True, text=True, user="nobody", extra_groups=[])
        assert told.stdout.startswith("initdb (PostgreSQL) 18")
    finally:
        subprocess.run(["rm", "-rf", reachable], check=True)


def test_a_long_path_gets_a_short_private_socket_folder(tmp_path):
    server = Server(tmp_path / ("deep" * 30) / "postgres")
    assert len(str(server.socket / ".s.PGSQL.5432")) <= postgres.LONGEST_SOCKET_PATH
    assert server.socket != Server(tmp_path / ("deep" * 31) / "postgres").socket


def test_data_of_another_version_is_named_in_one_sentence(server):
    server.stop()
    (server.data / "PG_VERSION").write_text("15\n")
    with pytest.raises(PostgresProblem, match=r"was written by PostgreSQL 15 and this portal brings 18"):
        server.start()


def test_a_broken_configuration_is_told_with_the_servers_own_reason(server):
    server.stop()
    with (server.data / "postgresql.conf").open("a") as configuration:
        configuration.write("max_connections = many\n")
    began = time.monotonic()
    with pytest.raises(PostgresProblem, match=r"The database did not start: .*max_connections"):
        server.start()
    assert time.monotonic() - began < 20
