"""What `manage.py doctor` looks at. Each check yields a sentence per finding and returns what it looked at.

Apps say what must be true in an `invariants.py`: `findings()` for facts in `public`, `findings_in_province()`
for facts of one province, run in every province. Both yield sentences. Found by name, since the apps lie below
this one and cannot register themselves here.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from types import ModuleType

from django.conf import settings
from django.core import checks
from django.db import connection

from portal.runtime import broker, schemas
from tenants import registry
from tenants.context import for_each_province, in_public

Findings = Generator[str, None, str]
OLDEST_POSTGRES, NEWEST_POSTGRES = 15, 18
CLOCK_MAY_DIFFER_SECONDS = 2.0


@dataclass(frozen=True)
class Report:
    """One check: what it looked at, and a sentence per finding."""

    name: str
    looked_at: str
    findings: list[str]


def examine() -> Iterator[Report]:
    """Every check, in an order in which the later ones may lean on the earlier ones."""
    yield _report("configuration", configuration)
    database_report = _report("database", database)
    yield database_report
    yield _report("broker", broker_answers)
    if database_report.findings:
        return
    migrated = _report("migrations", migrations)
    yield migrated
    yield _report("clock", clock)
    if migrated.findings:
        return
    for module in invariant_modules():
        yield _report(module.__name__.removesuffix(".invariants"), partial(invariants, module))


def configuration() -> Findings:
    messages = checks.run_checks()
    for message in messages:
        if message.is_serious() and not message.is_silenced():
            yield f"{message.msg} {message.hint or ''} ({message.id})".replace("  ", " ")
    return f"Django's and the portal's system checks, {len(messages)} remarks"


def database() -> Findings:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('server_version_num')::int / 10000")
        version, major = cursor.fetchone()
    if not OLDEST_POSTGRES <= major <= NEWEST_POSTGRES:
        yield f"The database is PostgreSQL {version}; the portal is made for {OLDEST_POSTGRES} to {NEWEST_POSTGRES}."
    return f"PostgreSQL {version}"


def broker_answers() -> Findings:
    address = settings.CELERY_BROKER_URL
    kind = address.split(":", 1)[0]
    if trouble := broker.trouble(address, settings.DATABASES["default"]):
        yield f"The broker ({kind}) does not answer: {trouble}."
    return kind


def migrations() -> Findings:
    for schema, names in schemas.behind().items():
        yield f"Schema {schema} lacks {len(names)} migrations: {', '.join(names)}."
    outcomes = for_each_province(str)
    return f"public and {len(outcomes)} provinces"


def clock() -> Findings:
    before = datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        told = cursor.fetchone()[0]
    after = datetime.now(UTC)
    apart = max((before - told).total_seconds(), (told - after).total_seconds(), 0.0)
    if apart > CLOCK_MAY_DIFFER_SECONDS:
        yield f"The database's clock differs by {apart:.1f} s from this machine's: holds and leases would end wrongly."
    return f"database and this machine, {apart:.2f} s apart"


def invariant_modules() -> list[ModuleType]:
    """The `invariants` modules of the installed apps, in the order of INSTALLED_APPS."""
    return [module for _label, module in registry.modules("invariants")]


def invariants(module: ModuleType) -> Findings:
    looked: list[str] = []
    if national := getattr(module, "findings", None):
        with in_public():
            yield from national()
        looked.append("public")
    if provincial := getattr(module, "findings_in_province", None):
        outcomes = for_each_province(lambda _province: list(provincial()))
        for outcome in outcomes:
            if outcome.error is not None:
                yield f"{outcome.province.slug}: could not be examined, {type(outcome.error).__name__}: {outcome.error}"
            yield from (f"{outcome.province.slug}: {sentence}" for sentence in outcome.value or [])
        looked.append(f"{len(outcomes)} provinces")
    return "invariants in " + " and ".join(looked or ["nothing"])


def _report(name: str, check: Callable[[], Findings]) -> Report:
    findings: list[str] = []
    looked_at = "broken off"
    running = check()
    try:
        while True:
            findings.append(next(running))
    except StopIteration as ended:
        looked_at = str(ended.value)
    except Exception as error:  # noqa: BLE001  a check that cannot run is a finding, and the others still run
        words = str(error).strip().splitlines()
        findings.append(f"Could not be examined: {words[0] if words else type(error).__name__}")
    return Report(name, looked_at, findings)


__all__ = ["Report", "examine", "invariant_modules"]
