"""Doctor finds what is wrong, names it in a sentence and keeps going."""

import sys
from types import ModuleType

import pytest
from django.core.management import call_command
from django.db import connection

from portal.runtime import broker, doctor
from tenants import registry


@pytest.fixture
def invariants(monkeypatch):
    """An invariants module in place of the installed ones."""
    module = ModuleType("example.invariants")
    monkeypatch.setattr(doctor, "invariant_modules", lambda: [module])
    return module


def findings() -> dict[str, list[str]]:
    return {report.name: report.findings for report in doctor.examine()}


def test_a_sound_portal_has_no_finding(race_database, capsys):
    call_command("doctor")
    told = capsys.readouterr().out
    assert "PostgreSQL 18" in told
    assert "public and 3 provinces" in told
    assert told.endswith("Everything examined is as it should be.\n")


def test_each_province_is_asked_in_its_own_schema_and_findings_name_it(race_database, invariants):
    def in_province():
        if connection.schema_name != "henan":
            return
        yield "A card has two leases."

    invariants.findings = lambda: iter([f"Asked on {connection.schema_name}."])
    invariants.findings_in_province = in_province
    assert findings()["example"] == ["Asked on public.", "henan: A card has two leases."]


def test_a_province_that_cannot_be_examined_is_a_finding_and_the_others_go_on(race_database, invariants):
    def in_province():
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM outbox_letter")
        yield "seen"

    invariants.findings_in_province = in_province
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE shanxi.outbox_letter")
    found = findings()["example"]
    assert found[0].startswith("shanxi: could not be examined, ProgrammingError: ")
    assert found[1:] == ["henan: seen", "nation: seen"]


def test_a_schema_behind_the_code_is_found_and_the_exit_is_1(race_database, capsys):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM shanxi.django_migrations WHERE app = 'history' AND name = '0001_initial'")
    with pytest.raises(SystemExit) as ended:
        call_command("doctor")
    assert ended.value.code == 1
    told = capsys.readouterr()
    assert "Schema shanxi lacks 1 migrations: history.0001_initial." in told.out
    assert told.err == "1 finding.\n"


def test_a_missing_broker_is_found(race_database):
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA pgmq CASCADE")
    assert findings()["broker"] == [f"The broker (pgmq) does not answer: {broker.NOT_INSTALLED}."]


def test_without_a_database_the_rest_is_still_examined(gone_database):
    found = findings()
    assert list(found) == ["configuration", "database", "broker"]
    assert f'database "{gone_database}" does not exist' in found["database"][0]


def test_the_invariants_of_installed_apps_are_found_by_name(monkeypatch):
    module = ModuleType("tenants.history.invariants")
    monkeypatch.setitem(sys.modules, "tenants.history.invariants", module)
    monkeypatch.setattr(registry, "find_spec", lambda name: name == "tenants.history.invariants" or None)
    assert doctor.invariant_modules() == [module]
