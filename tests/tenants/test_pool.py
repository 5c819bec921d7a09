"""A server that ends sessions, or itself, costs no page that is asked for afterwards."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import psycopg_pool
import pytest
from django.db import connection

from portal.runtime.database.server import Server
from tenants.postgresql.pool import Pool
from tests.pools import pooled, visit

END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def end_sessions(url: str) -> None:
    with psycopg.connect(url) as other:
        other.execute(END_OTHERS)
    time.sleep(0.1)


def test_the_next_requests_after_all_sessions_ended_are_answered(race_database):
    with pooled(3, timeout=5):
        assert visit("/").status_code == 200
        end_sessions(race_database.url)
        assert [visit("/").status_code for _request in range(6)] == [200] * 6


def test_without_a_pool_too(race_database):
    assert visit("/").status_code == 200
    assert connection.connection is not None
    end_sessions(race_database.url)
    assert visit("/").status_code == 200


def test_the_librarys_own_pool_hands_out_ended_sessions(race_database):
    """Negative control."""
    with psycopg_pool.ConnectionPool(race_database.url, min_size=1, max_size=1, open=True) as pool:
        pool.wait()
        end_sessions(race_database.url)
        with pytest.raises(psycopg.OperationalError), pool.connection() as taken:
            taken.execute("SELECT 1")
    with Pool(race_database.url, min_size=1, max_size=1, open=True) as pool:
        pool.wait()
        end_sessions(race_database.url)
        with pool.connection() as taken:
            assert taken.execute("SELECT 1").fetchone() == (1,)


@pytest.fixture
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="suanli-test-") as folder:
        Path(folder).chmod(0o755)
        server = Server(Path(folder) / "postgres", settings={"fsync": "off"})
        server.start()
        yield server
        server.stop()


@pytest.mark.processes
def test_a_server_that_was_away_for_long_is_found_soon_after_it_is_back(server):
    with Pool(server.conninfo(), min_size=1, max_size=1, open=True) as pool:
        pool.wait()
        server.stop()
        with pytest.raises(psycopg.OperationalError):
            pool.getconn(timeout=7.5)  # the library tries after 1, 3 and 7 seconds, and then after 15
        server.start()
        began = time.monotonic()
        pool.putconn(pool.getconn(timeout=10))
        assert time.monotonic() - began < 3
