"""How long opening a province takes, with 10 and with 31 open, and beside migrating an empty schema.

    uv run python -m tests.benchmarks.open_province --json

Measured is the whole act in a process that has read Django already, as behind the administration's button: asking
`pg_dump` for the template, replaying it, the record of migrations, the row, the history. Beside it, in the same round,
stands django-tenants' way, the default `migrate` of an empty schema (`ratio_to_migrate`, with 31 open). Every round
opens Guizhou and undoes it. Medians over the rounds; `lowest` and `highest` are those of `seconds_31`.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable

SLUG = "guizhou"
EMPTY = "bench_empty"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure opening a province.")
    parser.add_argument("--json", action="store_true", help="only the figures, as one JSON object")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    print(json.dumps(measure(chosen.rounds, quiet=chosen.json)))


def measure(rounds: int, *, quiet: bool) -> dict[str, float | int]:
    import tests.conftest  # noqa: F401  # sets the environment of tests and starts Django
    from tests import database

    name = os.environ["DATABASE_URL"].rpartition("/")[2]
    database.copy(name)
    try:
        return compare(rounds, say=(lambda _line: None) if quiet else tell)
    finally:
        from django.db import connections

        connections.close_all()
        database.drop(name)


def tell(line: str) -> None:
    print(line, file=sys.stderr)


def compare(rounds: int, say: Callable[[str], None]) -> dict[str, float | int]:
    seconds: dict[int, list[float]] = {}
    ratios: list[float] = []
    one_round()  # everything is imported and in the server's memory
    for wanted in (10, 31):
        open_until(wanted)
        seconds[wanted] = []
        for _round in range(rounds):
            ours, default = one_round()
            seconds[wanted].append(ours)
            if wanted == 31:
                ratios.append(ours / default)
            say(f"{wanted} open: {ours:.3f} s, migrating {default:.3f} s")
    return {
        "seconds_10": round(statistics.median(seconds[10]), 3),
        "seconds_31": round(statistics.median(seconds[31]), 3),
        "ratio_to_migrate": round(statistics.median(ratios), 3),
        "lowest": round(min(seconds[31]), 3),
        "highest": round(max(seconds[31]), 3),
        "rounds": rounds,
    }


def open_until(wanted: int) -> None:
    """Open provinces until so many are open, the nation's own counted, Guizhou left out."""
    from tenants.actions import open_province
    from tenants.models import Province

    missing = wanted - Province.objects.open().count()
    planned = Province.objects.filter(state="planned").exclude(schema_name=SLUG).order_by("gb2260")
    for slug in list(planned.values_list("schema_name", flat=True))[:missing]:
        open_province(slug)
    assert Province.objects.open().count() == wanted


def one_round() -> tuple[float, float]:
    """Seconds of opening Guizhou and of migrating an empty schema; both are undone."""
    from django.core.management import call_command
    from django.db import connection

    from tenants.actions import open_province

    opened = timed(lambda: open_province(SLUG))
    sql(f"CREATE SCHEMA {EMPTY}")
    migrated = timed(lambda: call_command("migrate", schema_name=EMPTY, executor="standard", verbosity=0))
    connection.close()
    sql(
        f"DROP SCHEMA {SLUG} CASCADE; DROP SCHEMA {EMPTY} CASCADE; "
        f"UPDATE tenants_province SET state = 'planned', opened_at = NULL WHERE schema_name = '{SLUG}'"
    )
    return opened, migrated


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def sql(statements: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statements)


if __name__ == "__main__":
    main()
