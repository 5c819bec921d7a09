"""Migrating 100 provinces: the portal's `migrate` ÷ django-tenants' `migrate_schemas` with its standard executor.

    uv run python -m tests.benchmarks.migrate --json

Every run is a process of its own on one database with 100 provinces (beside the nation and the template). Measured
is the command's time in it, `public` included, after Django was read, which both need alike; `noop_process_ratio` and
`addfield_process_ratio` compare the processes from start to end. Nothing is to be done (`noop_ratio`), or one
`AddField` in every province (`addfield_ratio`), which is undone after each run. In a round the two sides take turns,
first one then the other. Medians over the rounds; `noop_s`, `addfield_s` are ours, `stock_noop_s`, `stock_addfield_s`
those of the other side.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

OURS, STOCK = "ours", "stock"
NOOP, ADDFIELD = "noop", "addfield"
Times = dict[tuple[str, str], list[tuple[float, float]]]
"""(case, side) → (seconds of the command, seconds of its process) per round."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure migrating many provinces.")
    parser.add_argument("--json", action="store_true", help="only the figures, as one JSON object")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--provinces", type=int, default=100)
    parser.add_argument("--run", choices=[OURS, STOCK], help=argparse.SUPPRESS)
    parser.add_argument("--case", choices=[NOOP, ADDFIELD], default=NOOP, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.run:
        migrate(chosen.run, chosen.case)
        return
    print(json.dumps(measure(chosen.rounds, chosen.provinces, quiet=chosen.json)))


def measure(rounds: int, provinces: int, *, quiet: bool) -> dict[str, float | int]:
    import tests.conftest  # noqa: F401  # sets the environment of tests and starts Django
    from tests import database

    name = os.environ["DATABASE_URL"].rpartition("/")[2]
    database.copy(name)
    try:
        schemas = prepare(provinces)
        return figures(compare(rounds, schemas, quiet=quiet), provinces, rounds)
    finally:
        database.drop(name)


def prepare(provinces: int) -> list[str]:
    """So many provinces beside the nation, all open; returns every schema the new migration goes to."""
    from django.db import connection

    from tenants.models import Province
    from tenants.schemas import replay as schemas

    ddl = schemas.template_ddl()
    have = Province.objects.open().provinces().count()
    for number in range(provinces - have):
        slug = f"bench_{number:03}"
        schemas.replay(ddl, slug)
        Province.objects.create(
            schema_name=slug,
            gb2260=f"{number // 26:X}{chr(65 + number % 26)}",
            state="open",
            opened_at="2026-01-01T00Z",
        )
    names = [schemas.TEMPLATE, *Province.objects.with_schema().values_list("schema_name", flat=True)]
    connection.close()
    return names


def compare(rounds: int, schemas: list[str], *, quiet: bool) -> Times:
    times: Times = {(case, side): [] for case in (NOOP, ADDFIELD) for side in (OURS, STOCK)}
    for turn in range(rounds):
        for case in (NOOP, ADDFIELD):
            for side in sorted((OURS, STOCK), reverse=bool(turn % 2)):
                times[case, side].append(one_run(case, side))
                if case == ADDFIELD:
                    undo(schemas)
            if not quiet:
                ours, stock = (times[case, side][-1][0] for side in (OURS, STOCK))
                print(f"round {turn + 1}, {case}: {ours:.2f} s ÷ {stock:.2f} s = {ours / stock:.3f}", file=sys.stderr)
    return times


def one_run(case: str, side: str) -> tuple[float, float]:
    command = [sys.executable, "-m", "tests.benchmarks.migrate", "--run", side, "--case", case]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings"}
    began = time.perf_counter()
    ended = subprocess.run(command, env=environment, capture_output=True, text=True)
    whole = time.perf_counter() - began
    if ended.returncode:
        raise SystemExit(f"The {side} side failed; nothing was measured.\n{ended.stdout}{ended.stderr}")
    return float(ended.stdout.splitlines()[-1]), whole


def undo(schemas: list[str]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for schema in schemas:
            cursor.execute(f"ALTER TABLE {schema}.outbox_letter DROP COLUMN note")  # fails where it was not added
            cursor.execute(f"DELETE FROM {schema}.django_migrations WHERE app = 'outbox' AND name LIKE '9000%%'")
        cursor.execute("DELETE FROM public.django_migrations WHERE app = 'outbox' AND name LIKE '9000%%'")
    connection.close()


def figures(times: Times, provinces: int, rounds: int) -> dict[str, float | int]:
    found: dict[str, float | int] = {}
    for case in (NOOP, ADDFIELD):
        pairs = list(zip(times[case, OURS], times[case, STOCK], strict=True))
        found[f"{case}_ratio"] = round(statistics.median(ours[0] / stock[0] for ours, stock in pairs), 4)
        found[f"{case}_process_ratio"] = round(statistics.median(ours[1] / stock[1] for ours, stock in pairs), 4)
        found[f"{case}_s"] = round(statistics.median(ours[0] for ours, _stock in pairs), 2)
        found[f"stock_{case}_s"] = round(statistics.median(stock[0] for _ours, stock in pairs), 2)
    return {**found, "provinces": provinces, "rounds": rounds}


# The measured processes ------------------------------------------------------------------------


def migrate(side: str, case: str) -> None:
    """Run the command once and print its seconds on the last line."""
    from contextlib import nullcontext

    import django

    django.setup()
    from django.core.management import call_command

    from tests.tenants.next_migrations import coming

    options = {"executor": "standard"} if side == STOCK else {}
    with coming() if case == ADDFIELD else nullcontext():
        began = time.perf_counter()
        call_command("migrate", skip_checks=True, **options)
        print(time.perf_counter() - began)


if __name__ == "__main__":
    main()
