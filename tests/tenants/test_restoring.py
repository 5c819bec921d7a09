"""Restoring one province: everything as the backup has it, money as the ledger has it, or nothing changed."""

import io
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from marketplace.orders.models import Order
from marketplace.settlement.actions import capture_now, end_order
from marketplace.settlement.models import Meter
from portal.checkout.models import Purchase
from portal.directory.models import Availability, OfferIndex, OrderIndex
from portal.ledger.actions import balances
from portal.runtime import doctor
from tenants import history
from tenants.actions import backup_province, suspend_province
from tenants.acts import Refusal
from tenants.backups import files, programs
from tenants.backups.restoring import restore_province
from tenants.context import in_province
from tenants.history.models import Record
from tenants.history.sealing import seal_province
from tenants.models import Province
from tenants.schemas import replay
from tests.market import YUAN, Buyer, OnSale, buyer, on_sale
from tests.portal.checkout.running import activated, bought, released
from tests.tenants.next_migrations import coming

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def data_dir(tmp_path, settings) -> Path:
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"
    return tmp_path


@pytest.fixture
def market(race_database, data_dir) -> tuple[Buyer, OnSale]:
    """A buyer whose two cards run in Shanxi since an hour."""
    who, lot = buyer(), on_sale("shanxi", 8)
    purchase = activated(bought(who, 2, hours=5))
    on_sale("henan", 2)
    with in_province("shanxi"):
        hour_ago = timezone.now() - timedelta(hours=1)
        Meter.objects.filter(line__order__purchase_id=purchase.pk).update(ready_at=hour_ago, captured_until=hour_ago)
    return who, lot


def charge(share: float) -> int:
    """Charge the running order up to this share of its first hour; micro-yuan."""
    with in_province("shanxi"):
        meter = Meter.objects.select_related("line").get()
        return capture_now(meter.line, meter.ready_at + timedelta(hours=share))


def findings() -> list[str]:
    """What the doctor finds in the provinces and in the ledger."""
    return [
        sentence
        for module in doctor.invariant_modules()
        for report in [doctor._report(module.__name__, lambda module=module: doctor.invariants(module))]
        for sentence in report.findings
    ]


def contents(schema: str = "shanxi") -> str:
    """Everything in the schema, as pg_dump writes it, without what differs from run to run."""
    said = programs.run("pg_dump", f"--schema={schema}", "--inserts")
    return "\n".join(line for line in said.splitlines() if "restrict" not in line)


def test_a_restored_province_is_as_the_backup_has_it(market):
    before = contents()
    kept = backup_province("shanxi")
    with in_province("shanxi"):
        history.record("test.later", Province.objects.get(schema_name="shanxi"))
        connection.cursor().execute("DELETE FROM outbox_letter")
        connection.cursor().execute("DROP TABLE activation_capacityreport CASCADE")
    done = restore_province("shanxi", kept.path)
    assert contents() == before
    assert (done.notes, done.province.state) == ([], "open")
    assert set(done.seconds) == {"loaded", "migrated", "kept", "swapped"}
    assert findings() == []
    assert not replay.exists("restored_shanxi")
    assert not replay.exists("replaced_shanxi")
    with in_province("nation"):
        acts = list(Record.objects.filter(act__startswith="province.").order_by("id").values_list("act", flat=True))
    assert acts[-5:] == [
        "province.backed_up",
        "province.suspended",
        "province.backed_up",
        "province.restored",
        "province.resumed",
    ]


def test_private_files_come_back_with_the_tables(market):
    path = files.path_of("onboarding", "shanxi", sha256(b"lease").hexdigest())
    files.keep(path, [b"lease"])
    kept = backup_province("shanxi")
    assert kept.files == kept.path.with_suffix(".tar")
    path.unlink()
    restore_province("shanxi", kept.path)
    assert path.read_bytes() == b"lease"
    kept.files.write_bytes(b"no archive at all")
    before = contents()
    refusal = refused("shanxi", kept.path)
    assert (refusal.code, contents()) == ("broken_file", before)


def test_money_stays_as_the_ledger_has_it_and_every_order_that_differs_is_named(market, client_at):
    who, lot = market
    charge(0.25)
    kept = backup_province("shanxi")
    later = charge(0.75)
    lost = bought(who, 3, hours=1)
    number = OrderIndex.objects.get(purchase_id=lost.pk).number
    assert later == int(0.5 * 2 * 2 * YUAN)

    done = restore_province("shanxi", kept.path)

    assert done.notes == [
        f"Order {number} was placed after the backup and is gone. ¥6.00 reserved for it went back to the buyer's "
        "balance; ¥0.00 charged for its use stays charged. End what its provider may still run."
    ]
    assert done.province.state == "suspended"
    assert balances(who.organisation) == ((10_000 - 20) * YUAN, 20 * YUAN - 3 * YUAN)
    with in_province("shanxi"):
        meter = Meter.objects.get()
        assert meter.captured_u == 3 * YUAN  # a quarter before the backup, the half after it again from the ledger
        assert meter.captured_until == meter.ready_at + timedelta(hours=0.75)
        assert meter.usage.count() == 2
    assert charge(1.0) == YUAN  # and charging goes on from there
    assert not OrderIndex.objects.filter(purchase_id=lost.pk).exists()
    client = client_at()
    client.force_login(who.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get(f"/purchases/{lost.pk}/").status_code == 200
    assert client.get("/purchases/").status_code == 200
    assert Availability.objects.get(pool=lot.pool.pk).free == 6
    assert Availability.objects.get(pool=lot.pool.pk).measured_at is None  # unconfirmed until the agent reports
    assert findings() == []


def test_an_order_that_was_settled_after_the_backup_is_ended_again_and_never_charged_twice(market):
    who, _lot = market
    charge(0.5)
    kept = backup_province("shanxi")
    with in_province("shanxi"):
        order = Order.objects.get()
        end_order(order, by=who.user)
    purchase = Purchase.objects.get()
    with transaction.atomic():
        released(purchase)
    money = balances(who.organisation)

    done = restore_province("shanxi", kept.path)

    assert [note.split(":")[0].split(" had")[0] for note in done.notes][-1] == f"Order {order.number}"
    with transaction.atomic():
        released(purchase)  # its agent proves the cards free once more
    assert balances(who.organisation) == money
    with in_province("shanxi"):
        assert Order.objects.get().state == "ended"
    assert OrderIndex.objects.get().state == "ended"
    assert findings() == []


def test_the_nations_lists_follow_the_restored_tables(market):
    _who, lot = market
    kept = backup_province("shanxi")
    OfferIndex.objects.filter(province="shanxi").update(price_u=1)
    new = on_sale("shanxi", 4)
    restore_province("shanxi", kept.path)
    rows = OfferIndex.objects.filter(province="shanxi").values_list("pool", "price_u")
    assert list(rows) == [(lot.pool.pk, 2 * YUAN)]
    assert not Availability.objects.filter(pool=new.pool.pk).exists()
    assert OfferIndex.objects.filter(province="henan").count() == 1
    assert findings() == []


def test_history_is_sealed_on_from_the_restored_chain(market):
    seal_province("shanxi")
    kept = backup_province("shanxi")
    with in_province("shanxi"), transaction.atomic():
        history.record("test.later", Province.objects.get(schema_name="shanxi"))
    seal_province("shanxi")
    restore_province("shanxi", kept.path)
    assert findings() == []
    seal_province("shanxi")
    with in_province("nation"):
        assert Record.objects.filter(act="history.chain_accepted").count() == 1


# Refused, and nothing changed ------------------------------------------------------------------


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3000])


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for place in range(len(data) - 3000, len(data) - 2960):  # among the rows, which stand last
        data[place] ^= 0x55
    path.write_bytes(bytes(data))


def no_dump(path: Path) -> None:
    path.write_text("once upon a time")


@pytest.mark.parametrize("damage", [cut, flipped, no_dump])
@pytest.mark.parametrize("renamed", [False, True])
def test_a_damaged_file_changes_nothing(market, damage, renamed, tmp_path):
    """Under its own name history knows its digest; under another one it must be found out by reading it."""
    kept = backup_province("shanxi")
    before = contents()
    path = kept.path.rename(tmp_path / "of_unknown_origin.dump") if renamed else kept.path
    damage(path)
    with pytest.raises(Refusal) as refusal:
        restore_province("shanxi", path)
    assert str(refusal.value).endswith("Nothing was changed.")
    assert contents() == before
    assert Province.objects.get(schema_name="shanxi").state == "open"
    assert not replay.exists("restored_shanxi")


def refused(slug: str, path: Path) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        restore_province(slug, path)
    return refusal.value


def test_a_backup_of_another_province_is_refused(market):
    kept = backup_province("henan")
    refusal = refused("shanxi", kept.path)
    assert str(refusal) == f"{kept.path.name} is a backup of henan, not of shanxi. Nothing was changed."


def test_only_open_and_suspended_provinces_are_restored(market, data_dir):
    kept = backup_province("shanxi")
    assert refused("guizhou", kept.path).code == "wrong_state"
    assert refused("nation", kept.path).code == "nation"
    assert refused("atlantis", kept.path).code == "unknown_province"
    assert refused("shanxi", data_dir / "missing.dump").code == "broken_file"


def test_a_backup_of_a_newer_portal_is_refused(market):
    with in_province("shanxi"), connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('orders', '0999_future', now())")
    kept = backup_province("shanxi")
    with in_province("shanxi"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE name = '0999_future'")
    refusal = refused("shanxi", kept.path)
    assert refusal.code == "newer_version"
    assert "orders.0999_future" in str(refusal)
    assert not replay.exists("restored_shanxi")


def test_a_backup_of_an_older_portal_is_brought_to_this_version(market):
    kept = backup_province("shanxi")
    with coming():
        call_command("migrate", "--tenant", verbosity=0, skip_checks=True)
        done = restore_province("shanxi", kept.path)
    assert done.migrated == ["outbox.9000_letter_has_a_note"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(note) > 0 FROM shanxi.outbox_letter")
        assert cursor.fetchone() == (True,)


def test_a_province_that_was_suspended_stays_so(market):
    kept = backup_province("shanxi")
    suspend_province("shanxi")
    assert restore_province("shanxi", kept.path).province.state == "suspended"


def test_a_province_whose_tables_are_lost_is_restored(market):
    kept = backup_province("shanxi")
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA shanxi CASCADE")
    done = restore_province("shanxi", kept.path)
    assert done.before is None
    assert findings() == []


def test_the_command_says_what_was_done_and_how_long_it_took(market):
    kept = backup_province("shanxi")
    bought(market[0], 3)
    said = io.StringIO()
    call_command("restore_province", "shanxi", str(kept.path), stdout=said)
    lines = said.getvalue().splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["loaded", "migrated", "kept", "swapped"]
    assert lines[4].startswith("What stood before: ")
    assert lines[5].startswith("- Order 14-")
    assert lines[6] == "Sales in Shanxi are suspended. When the above is looked after: resume_province shanxi"
    assert lines[7].startswith("Restored in ")
    with pytest.raises(CommandError, match="There is no file nowhere"):
        call_command("restore_province", "shanxi", "nowhere")
