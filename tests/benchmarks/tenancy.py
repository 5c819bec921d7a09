"""What provinces cost: CPU of a one-query view in a province ÷ the same view in Django without provinces.

    uv run python -m tests.benchmarks.tenancy --json

Two processes answer the same request through WSGI. One has the portal's settings with `ProvinceMiddleware` as its only
middleware and asks a table in the province's schema; the other is bare Django with no middleware, and asks a table of
the same shape in `public`. In a round they take turns every few hundredths of a second, so that a machine that is
slow for a while is slow for both; counted is the CPU time of the web process alone. `cpu_ratio` is the median over the
rounds of the two times' quotient. On a busy machine a round may be off by a tenth: `lowest` and `highest` tell.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

PROVINCE, BARE = "province", "bare"
HOSTS = {PROVINCE: "shanxi.portal.localhost:8000", BARE: "portal.localhost:8000"}
WARM_UP = 300
PER_TURN = 50
TABLE = """
    CREATE TABLE {schema}.bench_row (id integer PRIMARY KEY, name text NOT NULL);
    INSERT INTO {schema}.bench_row SELECT n, 'row ' || n FROM generate_series(1, 1000) AS n;
    ANALYZE {schema}.bench_row;
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what provinces cost a request.")
    parser.add_argument("--json", action="store_true", help="only the figures, as one JSON object")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--requests", type=int, default=2000, help="per round and side")
    parser.add_argument("--serve", choices=[PROVINCE, BARE], help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        serve(chosen.serve)
        return
    figures = measure(chosen.rounds, chosen.requests, quiet=chosen.json)
    print(json.dumps(figures))


# Measuring -------------------------------------------------------------------------------------


def measure(rounds: int, requests: int, *, quiet: bool) -> dict[str, float | int]:
    import tests.conftest  # noqa: F401  # sets the environment of tests and starts Django
    from tests import database

    name = os.environ["DATABASE_URL"].rpartition("/")[2]
    database.copy(name)
    try:
        prepare(name)
        return compare(rounds, requests, quiet=quiet)
    finally:
        database.drop(name)


def prepare(name: str) -> None:
    """The same rows in the province and in `public`."""
    from django.db import connection

    with connection.cursor() as cursor:
        for schema in ("shanxi", "public"):
            cursor.execute(TABLE.format(schema=schema))
    connection.close()


def compare(rounds: int, requests: int, *, quiet: bool) -> dict[str, float | int]:
    sides = {side: start(side) for side in (PROVINCE, BARE)}
    times: dict[str, list[float]] = {side: [] for side in sides}
    try:
        for turn in range(rounds):
            for side, seconds in one_round(sides, requests).items():
                times[side].append(seconds)
            if not quiet:
                print(f"round {turn + 1}: {times[PROVINCE][-1] / times[BARE][-1]:.3f}", file=sys.stderr)
    finally:
        for process in sides.values():
            process.kill()
            process.communicate()
    ratios = [ours / bare for ours, bare in zip(times[PROVINCE], times[BARE], strict=True)]
    return {
        "cpu_ratio": round(statistics.median(ratios), 3),
        "cpu_us_province": round(statistics.median(times[PROVINCE]) / requests * 1e6, 1),
        "cpu_us_bare": round(statistics.median(times[BARE]) / requests * 1e6, 1),
        "lowest": round(min(ratios), 3),
        "highest": round(max(ratios), 3),
        "rounds": rounds,
        "requests": requests,
    }


def one_round(sides: "dict[str, subprocess.Popen[str]]", requests: int) -> dict[str, float]:
    """CPU seconds of each side for so many requests, sent in turns that begin with either side equally often."""
    times = dict.fromkeys(sides, 0.0)
    for turn in range(requests // PER_TURN):
        for side in sorted(sides, reverse=bool(turn % 2)):
            times[side] += ask(sides[side], PER_TURN)
    return times


def start(side: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.benchmarks.tenancy", "--serve", side]
    environment = {**os.environ}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, env=environment
    )


def ask(process: "subprocess.Popen[str]", requests: int) -> float:
    """CPU seconds the process needed for so many requests."""
    process.stdin.write(f"{requests}\n")  # type: ignore[union-attr]  # pipes, both
    answer = process.stdout.readline()  # type: ignore[union-attr]
    if not answer:
        raise SystemExit("A measured process ended; its reason stands above. Nothing was measured.")
    return float(answer)


# The measured processes ------------------------------------------------------------------------


def serve(side: str) -> None:
    """Answer each line on standard input, a number of requests, with the CPU seconds they took."""
    request = requester(side)
    for _number in range(WARM_UP):
        request()
    for line in sys.stdin:
        before = time.process_time()
        for _number in range(int(line)):
            request()
        print(time.process_time() - before, flush=True)


def requester(side: str) -> Callable[[], None]:
    """A function that sends one request through the whole of Django, as a server would."""
    configure(side)
    from django.core.handlers.wsgi import WSGIHandler
    from django.test import RequestFactory

    handler = WSGIHandler()
    environ = RequestFactory().get("/", headers={"host": HOSTS[side]}).environ

    def request() -> None:
        response = handler(dict(environ), lambda _status, _headers: None)
        if response.status_code != 200 or response.content != b"row 500":
            raise SystemExit(f"The {side} side answered {response.status_code}: {response.content[:200]!r}")
        response.close()

    return request


def configure(side: str) -> None:
    import django
    from django.conf import settings

    view = "tests.benchmarks.tenancy_view"
    if side == PROVINCE:
        os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
        django.setup()
        settings.MIDDLEWARE = ["tenants.middleware.ProvinceMiddleware"]  # after apps looked for their own
        settings.ROOT_URLCONF = view
    else:
        from portal import environment

        database = {**environment.database("DATABASE_URL", ""), "ENGINE": "django.db.backends.postgresql"}
        settings.configure(
            ALLOWED_HOSTS=[".portal.localhost"],
            DATABASES={"default": {**database, "CONN_MAX_AGE": 600}},
            MIDDLEWARE=[],
            ROOT_URLCONF=view,
            SECRET_KEY=os.environ["SECRET_KEY"],
        )
        django.setup()


if __name__ == "__main__":
    main()
