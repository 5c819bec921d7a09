"""Suspending, backing up and closing a province: what is refused, what stays, what is gone."""

import io
import subprocess
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils.translation import override

from portal.directory.models import Availability, OfferIndex
from tenants import hosts
from tenants.actions import (
    backup_province,
    close_province,
    open_province,
    resume_province,
    suspend_province,
)
from tenants.acts import Refusal
from tenants.backups import programs
from tenants.context import in_province
from tenants.history.models import Record
from tenants.models import Province
from tenants.schemas.replay import exists
from tests.market import buyer, on_sale
from tests.portal.checkout.running import activated, bought

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture(autouse=True)
def data_dir(tmp_path, settings):
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"
    return tmp_path


def refused(act, *arguments) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        act(*arguments)
    return refusal.value


def facts_of(act: str) -> list[dict]:
    with in_province("nation"):
        return list(Record.objects.filter(act=act).values_list("facts", flat=True))


def test_only_a_suspended_province_is_closed():
    refusal = refused(close_province, "shanxi")
    assert refusal.code == "wrong_state"
    assert str(refusal) == "Shanxi is “open” now. Suspend its sales first, then close it. Nothing was changed."
    assert refused(close_province, "guizhou").code == "wrong_state"
    assert refused(close_province, "atlantis").code == "unknown_province"


@pytest.mark.parametrize("act", [suspend_province, close_province])
def test_the_nation_stays_open(act):
    assert refused(act, "nation").code == "nation"


def test_closing_exports_the_tables_and_takes_the_province_off_the_lists(data_dir):
    on_sale("shanxi", 4)
    other = on_sale("henan", 2)
    suspend_province("shanxi")
    province = close_province("shanxi")
    assert (province.state, province.closed_at is not None) == ("closed", True)
    assert set(OfferIndex.objects.values_list("province", flat=True)) == {"henan"}
    assert list(Availability.objects.values_list("pool", flat=True)) == [other.pool.pk]
    (facts,) = facts_of("province.closed")
    (file,) = (data_dir / "exports").iterdir()
    assert (facts["file"], facts["bytes"]) == (file.name, file.stat().st_size)
    digest = subprocess.run(["sha256sum", file], capture_output=True, text=True).stdout.split()[0]
    assert facts["sha256"] == digest
    assert oct(file.stat().st_mode)[-3:] == "600"
    listed = programs.run("pg_restore", "--list", str(file))
    assert "TABLE DATA shanxi history_record" in listed
    assert exists("shanxi")


def test_closing_is_refused_while_cards_are_held_orders_run_and_money_is_reserved(data_dir):
    who = buyer()
    on_sale("shanxi", 4)
    bought(who, 2, hours=3)
    suspend_province("shanxi")
    refusal = refused(close_province, "shanxi")
    assert refusal.code == "still_in_use"
    assert str(refusal) == (
        "Shanxi cannot be closed. Money is still reserved for 1 order: ¥12.00. 2 cards are still held or leased. "
        "1 order is not finished. Nothing was changed."
    )
    with override("zh-hans"):
        assert "。 " not in str(refused(close_province, "shanxi"))
    assert Province.objects.get(schema_name="shanxi").state == "suspended"
    assert OfferIndex.objects.filter(province="shanxi").count() == 1
    assert not (data_dir / "exports").exists()


def test_running_leases_go_on_while_sales_are_suspended():
    who = buyer()
    on_sale("shanxi", 4)
    purchase = activated(bought(who, 2))
    suspend_province("shanxi")
    assert refused(bought, who, 1).code  # nothing is sold
    with in_province("shanxi"):
        from marketplace.orders.models import Order

        assert Order.objects.get(purchase_id=purchase.pk).state == "active"


def test_an_export_that_cannot_be_written_closes_nothing(data_dir):
    (data_dir / "exports").write_text("a file stands where the folder should be")
    suspend_province("shanxi")
    refusal = refused(close_province, "shanxi")
    assert refusal.code == "no_dump"
    assert "exports" in str(refusal)
    assert Province.objects.get(schema_name="shanxi").state == "suspended"


def test_a_closed_province_says_so_on_its_host(client_at, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        suspend_province("shanxi")
        close_province("shanxi")
    page = client_at("shanxi").get("/")
    assert page.status_code == 410
    assert (
        "该省级分平台已关闭" in page.content.decode()
        or "This provincial sub-platform is closed" in page.content.decode()
    )
    answer = client_at("shanxi").get("/api/v1/")
    assert (answer.status_code, answer["Content-Type"]) == (410, "application/problem+json")
    style = client_at("shanxi").get("/static/portal/css/base.css")
    assert style.status_code == 200
    assert b"color" in style.getvalue()  # reads to the end, which closes the file
    assert hosts.province_of("shanxi.portal.localhost") is None
    assert client_at().get("/").status_code == 200


def test_closed_is_final():
    suspend_province("shanxi")
    close_province("shanxi")
    for act in (open_province, resume_province, suspend_province, close_province):
        assert "closed" in str(refused(act, "shanxi"))


def test_what_was_bought_in_a_closed_province_can_still_be_read(client_at):
    from portal.directory.models import OrderIndex
    from tests.portal.checkout.running import released

    who = buyer()
    on_sale("shanxi", 4)
    purchase = activated(bought(who, 2))
    with in_province("shanxi"):
        from marketplace.orders.models import Order
        from marketplace.settlement.actions import end_order

        end_order(Order.objects.get(purchase_id=purchase.pk), by=who.user)
    released(purchase)
    suspend_province("shanxi")
    close_province("shanxi")
    client = client_at()
    client.force_login(who.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert OrderIndex.objects.get(purchase_id=purchase.pk).state == "ended"
    assert client.get(f"/purchases/{purchase.pk}/").status_code == 200


# Backups and commands --------------------------------------------------------------------------


def test_a_backup_is_written_recorded_and_readable_by_its_owner_only(tmp_path):
    kept = backup_province("shanxi", into=tmp_path / "made" / "when needed")
    assert kept.path.parent == tmp_path / "made" / "when needed"
    assert [one.name for one in kept.path.parent.iterdir()] == [kept.path.name]
    assert facts_of("province.backed_up") == [
        {"file": kept.path.name, "bytes": kept.bytes, "sha256": kept.sha256},
    ]
    assert Province.objects.get(schema_name="shanxi").backed_up_at is not None


def test_what_cannot_be_backed_up_is_refused_with_a_sentence(tmp_path):
    assert refused(backup_province, "guizhou").code == "not_open"
    (tmp_path / "taken").touch()
    with pytest.raises(Refusal, match="Nothing was backed up"):
        backup_province("shanxi", into=tmp_path / "taken")
    assert facts_of("province.backed_up") == []


def command(name: str, *arguments: str) -> str:
    said = io.StringIO()
    call_command(name, *arguments, stdout=said, stderr=said)
    return said.getvalue()


def test_the_commands_say_what_they_did(tmp_path):
    assert command("suspend_province", "shanxi") == "Shanxi sells nothing new from now on; its leases run on.\n"
    assert command("resume_province", "shanxi") == "Shanxi sells again.\n"
    assert Path(command("backup_province", "shanxi", "--to", str(tmp_path)).split()[1]).is_file()
    with pytest.raises(CommandError, match="Suspend its sales first"):
        command("close_province", "shanxi", "--yes")
    command("suspend_province", "shanxi")
    assert command("close_province", "shanxi", "--yes").startswith("Shanxi is closed.")


@pytest.mark.parametrize("act", ["open", "suspend", "resume", "close", "backup", "restore"])
def test_the_commands_refuse_in_the_language_they_speak(tmp_path, act):
    more = {"close": ["--yes"], "restore": [str(tmp_path)]}.get(act, [])
    with override("zh-hans"), pytest.raises(CommandError) as refusal:
        command(f"{act}_province", "atlantis", *more)
    assert str(refusal.value) == "No province is called “atlantis”. Nothing was changed."
