"""Purchases of four cards over HTTP, measured against pgbench running the same statements.

    uv run python -m tests.benchmarks.purchase --json

Both run in turn on one database, so that a machine that is slow for a minute is slow for both. `ratio_8` and
`ratio_32` are medians over the rounds of (purchases per second over HTTP with so many clients) ÷ (transactions per
second of pgbench with as many). `p95_ms_32` is the 95th percentile of an answer with 32 clients. `oversold` counts
cards that were sold twice or beyond what a pool has, also when 32 clients want the last 40 cards of one pool.
`statements` counts those of one purchase, BEGIN and COMMIT included; `sets` counts the SETs beside them.
The server is the embedded PostgreSQL with its durable settings, or the one named in DATABASE_URL.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.runtime.database.files import installation
from portal.runtime.database.server import Server

CLIENTS = (8, 32)
PURCHASES = 1152
"""Per run: 24 from each of 48 pools of 160 cards, the same number for 8 and for 32 clients."""
CONTESTED, CONTEST = 40, 94
"""Last cards of one pool, and quotes for four cards each of that pool: 30 sell out to the last 40, 64 want those."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure purchases over HTTP against pgbench.")
    parser.add_argument("--json", action="store_true", help="only the figures, as one JSON object")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    with _server():
        import tests.conftest  # noqa: F401  # sets the environment of tests and starts Django
        from tests import database

        name = os.environ["DATABASE_URL"].rpartition("/")[2]
        database.copy(name)
        try:
            figures = _measure(chosen.rounds, quiet=chosen.json)
        finally:
            from django.db import connections

            connections.close_all()
            database.drop(name)
    print(json.dumps(figures))


@contextmanager
def _server() -> Iterator[None]:
    if os.environ.get("DATABASE_URL"):
        yield
        return
    folder = Path(tempfile.mkdtemp(prefix="suanli-bench-"))
    folder.chmod(0o755)
    server = Server(folder / "postgres")
    server.start()
    os.environ["TEST_SERVER_URL"] = server.url("postgres")
    try:
        yield
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _measure(rounds: int, *, quiet: bool) -> dict[str, float]:
    from portal.runtime import broker
    from portal.settings import DATABASES
    from tests.benchmarks import script, shop

    broker.install(DATABASES["default"])
    built = shop.build()
    shop.restock()
    needed = 1 + (2 * rounds + 1) * sum(PURCHASES for _clients in CLIENTS) + shop.POOLS * (CONTEST + 1)
    shop.write_quotes(0, needed)
    statements = script.capture(built, 0)
    runs = _Runs(built, script.pgbench(statements, 0), first=1, quiet=quiet)
    sets = script.sets(statements)
    runs.say(f"{len(statements) - sets} statements and {sets} SETs per purchase")
    with _web() as port:
        runs.http(port, 8)  # warm
        found: dict[str, list[float]] = {}
        for turn in range(rounds):
            for clients in CLIENTS:
                order = (runs.database, runs.http) if turn % 2 == 0 else (runs.http, runs.database)
                told = {act.__name__: act(port, clients) for act in order}
                found.setdefault(f"http_{clients}", []).append(told["http"][0])
                found.setdefault(f"pgbench_{clients}", []).append(told["database"][0])
                found.setdefault(f"ratio_{clients}", []).append(told["http"][0] / told["database"][0])
                found.setdefault(f"p95_ms_{clients}", []).append(told["http"][1])
        oversold = runs.oversold + runs.contest(port)
    middle = {name: round(statistics.median(values), 3) for name, values in found.items()}
    return {**middle, "oversold": oversold, "rounds": rounds, "statements": len(statements) - sets, "sets": sets}


@contextmanager
def _web() -> Iterator[int]:
    """The web part of quickstart, with an allowance that does not get in the way."""
    from portal.runtime import processes
    from tests.live import LivePortal, free_port

    os.environ["API_RATE_MEMBER"] = "6000000/min"
    portal = LivePortal(free_port(), os.environ["DATABASE_URL"], Path(tempfile.mkdtemp(prefix="suanli-bench-web-")))
    try:
        portal.start(processes.web(portal.port))
        portal.wait_until_ready()
        yield portal.port
    finally:
        portal.stop_all()
        shutil.rmtree(portal.data, ignore_errors=True)


class _Runs:
    """Counts the quotes that were used, so that no two runs want the same one."""

    def __init__(self, built: object, script: str, *, first: int, quiet: bool) -> None:
        self.shop, self.next, self.quiet, self.oversold = built, first, quiet, 0
        self.script = script

    def say(self, sentence: str) -> None:
        if not self.quiet:
            print(sentence, file=sys.stderr)

    def _take(self) -> int:
        first, self.next = self.next, self.next + PURCHASES
        return first

    def http(self, port: int, clients: int) -> tuple[float, float]:
        """Purchases per second and the 95th percentile in ms."""
        from tests.benchmarks import load, shop

        first, each = self._take(), PURCHASES // clients
        numbers = [list(range(first + k * each, first + (k + 1) * each)) for k in range(clients)]
        told = load.buy(port, self.shop, numbers)
        assert not told.refused, f"refused: {told.refused}"
        self.oversold += shop.sold_twice()
        shop.restock()
        self.say(f"HTTP, {clients} clients: {told.per_second:.1f}/s, p95 {told.p95_ms:.0f} ms")
        return told.per_second, told.p95_ms

    def database(self, port: int, clients: int) -> tuple[float, float]:
        """Transactions per second of pgbench."""
        from tests.benchmarks import shop

        first, each = self._take(), PURCHASES // clients
        command = [str(_pgbench()), "-n", "-f", "/dev/stdin", "-c", str(clients), "-j", "2", "-t", str(each)]
        command += ["-D", f"first={first}", "-D", f"each={each}", "-D", "done=0"]
        ended = subprocess.run(command, env=_address(), input=self.script, capture_output=True, text=True)
        found = re.search(r"^tps = ([\d.]+)", ended.stdout, re.M)
        said = ended.stdout + ended.stderr[-2000:]
        assert found is not None, said
        assert "failed transactions: 0 " in said, said
        shop.restock()
        self.say(f"pgbench, {clients} clients: {float(found[1]):.1f}/s")
        return float(found[1]), 0.0

    def contest(self, port: int) -> int:
        """32 clients want the last 40 cards of one pool; cards sold beyond them."""
        from tests.benchmarks import load, shop

        first = -(-self.next // shop.POOLS) * shop.POOLS
        wanted = [first + shop.POOLS * k for k in range(CONTEST)]
        before = (shop.CARDS_PER_POOL - CONTESTED) // shop.CARDS
        assert not load.buy(port, self.shop, [wanted[:before]]).refused
        told = load.buy(port, self.shop, [wanted[before + k :: 32] for k in range(32)])
        sold = shop.held_in(0)
        self.say(f"{sold} of {shop.CARDS_PER_POOL} cards sold to 32 clients, refused {told.refused}")
        return max(0, sold - shop.CARDS_PER_POOL) + shop.sold_twice()


def _pgbench() -> Path:
    return installation() / "bin" / "pgbench"


def _address() -> dict[str, str]:
    from django.db import connection

    params = connection.get_connection_params()
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    return {**os.environ, **{names[name]: str(params[name]) for name in names if params.get(name)}}


if __name__ == "__main__":
    main()
