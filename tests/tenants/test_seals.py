"""History is sealed: what a superuser changes, removes or slips in is named, and no slow transaction is lost."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from tenants import history
from tenants.context import in_province
from tenants.history import sealing
from tenants.history.models import Anchor, Record, Seal, SealedRow
from tenants.history.sealing import ChainBroken, seal_province
from tenants.history.tasks import seal as seal_all
from tenants.history.verifying import verify_province
from tenants.models import Province
from tests.races.together import together


@pytest.fixture
def written(race_database) -> list[int]:
    """Ids of six sealed records of Shanxi, in two seals."""
    ids = [*write("test.first", 3)]
    seal_province("shanxi")
    ids += write("test.second", 3)
    seal_province("shanxi")
    assert verify_province("shanxi").findings == []
    return ids


def write(act: str, number: int = 1) -> list[int]:
    with in_province("shanxi"), transaction.atomic():
        subject = Province.objects.get(schema_name="shanxi")
        return [history.record(act, subject, note=f"fact {place}").pk for place in range(number)]


def as_superuser(*statements: str) -> None:
    """What no trigger stops."""
    with in_province("shanxi"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
            assert cursor.rowcount > 0, statement


def seals() -> list[Seal]:
    with in_province("shanxi"):
        return list(Seal.objects.order_by("number"))


def test_one_byte_changed_and_one_row_removed_are_both_named(written, capsys):
    changed, removed = written[1], written[4]
    as_superuser(
        f"""UPDATE history_record SET facts = '{{"note": "fact 7"}}' WHERE id = {changed}""",
        f"DELETE FROM history_record WHERE id = {removed}",
    )
    with pytest.raises(SystemExit) as ended:
        call_command("verify_history", "--province", "shanxi")
    assert ended.value.code == 1
    told = capsys.readouterr()
    first, second = seals()[-2:]
    shanxi = Province.objects.get(schema_name="shanxi")
    assert told.out.splitlines()[1:] == [
        f"       Record {changed} (test.first, tenants.province {shanxi.pk}) was changed after seal {first.number}.",
        f"       Record {removed} was removed; seal {second.number} covers it.",
    ]
    assert told.err == "2 findings.\n"


def test_a_sound_history_is_right_in_every_province(written, capsys):
    call_command("verify_history", "--seal")
    told = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in told] == ["right  shanxi", "right  henan", "right  nation"]


@pytest.mark.parametrize("column", ["at = at + interval '1 microsecond'", "request_id = 'x'", "tx = tx + 0, act = ''"])
def test_every_column_counts(written, column):
    as_superuser(f"UPDATE history_record SET {column} WHERE id = {written[0]}")
    (finding,) = verify_province("shanxi").findings
    assert f"Record {written[0]} " in finding


def test_a_record_slipped_in_before_the_newest_seal_is_named(written):
    as_superuser(
        "INSERT INTO history_record"
        " (id, at, act, actor_kind, actor_id, subject_type, subject_id, facts, request_id, tx)"
        " SELECT 4711, at, 'test.forged', actor_kind, actor_id, subject_type, subject_id, facts, request_id, tx"
        f" FROM history_record WHERE id = {written[0]}"
    )
    (finding,) = verify_province("shanxi").findings
    assert finding.startswith("Record 4711 (test.forged, ")


def test_a_digest_brought_into_line_with_a_changed_record_breaks_its_seal(written):
    as_superuser(
        f"UPDATE history_record SET act = 'test.other' WHERE id = {written[0]}",
        f"UPDATE history_sealedrow w SET digest = {sealing.DIGEST} FROM history_record r"
        f" WHERE r.id = w.record_id AND r.id = {written[0]}",
    )
    (finding,) = verify_province("shanxi").findings
    assert finding.startswith(f"The digests of seal {seals()[-2].number} (records {written[0]} to {written[2]})")


def test_a_seal_written_anew_does_not_fit_the_next_one_nor_the_anchor(written):
    first, second = seals()[-2:]
    first.rows += 1
    as_superuser(
        f"UPDATE history_seal SET rows = {first.rows}, hash = '{sealing.hash_of(first)}' WHERE number = {first.number}"
    )
    findings = verify_province("shanxi").findings
    assert any(f"Seal {second.number} does not follow from the one before it" in one for one in findings)


def test_seals_cut_off_at_the_end_are_missed_because_the_nation_knows_them(written):
    newest = seals()[-1].number
    as_superuser(
        f"DELETE FROM history_sealedrow WHERE seal_id = {newest}",
        f"DELETE FROM history_seal WHERE number = {newest}",
        f"DELETE FROM history_record WHERE id = {written[5]}",
    )
    (finding,) = verify_province("shanxi").findings
    assert finding == f"Seal {newest} is missing at the end: the nation's anchor knows them."
    with pytest.raises(ChainBroken):
        seal_province("shanxi")
    seal_all()  # tells, and goes on with the others
    assert seals()[-1].number == newest - 1


def test_a_seal_removed_in_the_middle_is_missing_there(written):
    first = seals()[-2].number
    as_superuser(f"DELETE FROM history_seal WHERE number = {first}")
    findings = verify_province("shanxi").findings
    assert f"Seal {first} is missing." in findings
    assert f"Digests of seal {first} are there, the seal itself is missing." in findings


def test_after_a_restore_the_shorter_chain_is_accepted_with_a_reason(written):
    newest = seals()[-1].number
    as_superuser(
        f"DELETE FROM history_sealedrow WHERE seal_id = {newest}",
        f"DELETE FROM history_seal WHERE number = {newest}",
        f"DELETE FROM history_record WHERE id > {written[2]}",
    )
    call_command("verify_history", "--province", "shanxi", "--accept", "restored from the backup of 02:00")
    with in_province("nation"):
        said = Record.objects.get(act="history.chain_accepted")
        assert Anchor.objects.get(province="shanxi").number == newest - 1
    assert said.facts["known"][0] == newest
    write("test.third")
    assert seal_province("shanxi") == 1


@pytest.mark.parametrize("verb", ["UPDATE {} SET {} = 9", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
@pytest.mark.parametrize(("table", "column"), [("history_seal", "rows"), ("history_sealedrow", "record_id")])
def test_seals_are_append_only(db, table, column, verb):
    with in_province("nation"), connection.cursor() as cursor:
        assert SealedRow.objects.exists()
        with pytest.raises(DatabaseError, match="pgtrigger"), transaction.atomic():
            cursor.execute(verb.format(table, column))


def test_a_quiet_province_gets_no_further_seal_and_a_long_one_several(written, monkeypatch):
    number = len(seals())
    assert (seal_province("shanxi"), len(seals())) == (0, number)
    monkeypatch.setattr(sealing, "MOST_ROWS", 2)
    write("test.many", 5)
    assert seal_province("shanxi") == 5
    assert [one.rows for one in seals()[number:]] == [2, 2, 1]
    assert verify_province("shanxi").findings == []


def test_on_another_server_whose_transactions_count_from_the_start_sealing_goes_on(written):
    """A dump brings rows with numbers of transactions this server has not reached."""
    write("test.brought", 2)
    future = 10**12
    as_superuser("UPDATE history_record SET tx = tx + 1000000000000 WHERE act = 'test.brought'")
    head = seals()[-1]
    head.horizon = future
    as_superuser(
        f"UPDATE history_seal SET horizon = {future}, hash = '{sealing.hash_of(head)}' WHERE number = {head.number}"
    )
    with in_province("nation"):
        Anchor.objects.filter(province="shanxi").update(hash=sealing.hash_of(head))
    write("test.new_server")
    assert seal_province("shanxi") == 3
    assert verify_province("shanxi").findings == []
    write("test.new_server")
    assert seal_province("shanxi") == 1
    assert verify_province("shanxi").findings == []


# -- the slow transaction ----------------------------------------------------------------------------------------


def slow_and_sealer(race_wait: Callable[[], Any]) -> list[Any]:
    """One transaction takes its id early and commits late; meanwhile another act commits and the sealer runs."""
    got_id, sealed = threading.Event(), threading.Event()

    def slow() -> int:
        with in_province("shanxi"), transaction.atomic():
            (pk,) = write("test.slow")
            got_id.set()
            assert sealed.wait(20)
        return pk

    def others() -> tuple[int, int]:
        assert got_id.wait(20)
        (pk,) = write("test.quick")
        try:
            return pk, race_wait()
        finally:
            sealed.set()

    return together(slow, others)


def test_a_slow_transaction_is_neither_lost_nor_taken_for_tampering(written):
    slow, (quick, number) = slow_and_sealer(lambda: seal_province("shanxi"))
    assert slow < quick  # got its id early, committed late
    assert number == 0  # both wait: nothing may be closed over an open transaction
    told = verify_province("shanxi")
    assert (told.findings, told.waiting) == ([], 2)
    assert seal_province("shanxi") == 2
    assert verify_province("shanxi").findings == []
    with in_province("shanxi"):
        assert SealedRow.objects.filter(pk__in=[slow, quick]).count() == 2


def test_sealing_up_to_the_newest_row_instead_would_take_it_for_tampering(written, monkeypatch):
    """Negative control: without the oldest running transaction as the limit, an honest row is accused."""
    monkeypatch.setattr(sealing, "_running", lambda: (2**60, 2**61))
    slow, (_quick, number) = slow_and_sealer(lambda: seal_province("shanxi"))
    assert number == 1
    (finding,) = verify_province("shanxi").findings
    assert f"Record {slow} (test.slow, " in finding


def test_two_sealers_at_once_make_one_chain(written):
    write("test.more", 3)
    assert sorted(together(*[lambda: seal_province("shanxi")] * 3)) == [0, 0, 3]
    assert verify_province("shanxi").findings == []
