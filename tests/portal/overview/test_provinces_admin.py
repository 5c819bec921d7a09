"""The national administration's page of provinces: how each stands, and the buttons."""

import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from portal.accounts.roles import Role
from portal.overview.closing.models import ProvinceClosing
from portal.overview.links import state
from tenants.actions import list_networks, open_province, resume_province, suspend_province
from tenants.context import in_province
from tenants.history.models import Record
from tenants.models import Province
from tenants.outbox.models import Letter
from tenants.schemas import versions
from tests.market import buyer, on_sale
from tests.portal.accounts.people import sign_in, staff
from tests.portal.checkout.running import bought

pytestmark = pytest.mark.django_db
LIST = "/staff/tenants/province/"


@pytest.fixture
def national(client_at, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    state.forget()
    client = client_at()
    sign_in(client, staff("operator"), second_factor=True)
    client.cookies["django_language"] = "en"
    yield client
    state.forget()


@pytest.fixture
def second(client_at):
    client = sign_in(client_at(), staff("second"), second_factor=True)
    client.cookies["django_language"] = "en"
    return client


def rows(client) -> dict[str, dict[str, str]]:
    """Province → its cells by column, as they are read."""
    page = client.get(LIST).content.decode()
    found = {}
    for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL):
        cells = dict(re.findall(r'class="field-(\w+)[^"]*">(.*?)</t[hd]>', row, re.DOTALL))
        words = {name: re.sub(r"<[^>]+>", "", cell).strip() for name, cell in cells.items()}
        if "schema_name" in words:
            found[words["schema_name"]] = words
    return found


def buttons(page: str) -> list[str]:
    return re.findall(r'/act/\w+/"[^>]*>\s*([^<]+?)\s*<', page)


def press(client, slug: str, verb: str, **form: str):
    """Read the confirmation, then confirm."""
    address = f"{LIST}{Province.objects.get(schema_name=slug).pk}/act/{verb}/"
    page = client.get(address)
    assert page.status_code == 200
    return client.post(address, form, follow=True)


def test_every_division_is_listed_with_its_link_and_its_tables(national):
    on_sale("shanxi", 2)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM henan.django_migrations WHERE app = 'orders' AND name LIKE '0001%%'")
    state.forget()
    listed = rows(national)
    assert len(listed) == 32
    current = f"current, {len(versions.in_code())} migrations"
    assert (listed["shanxi"]["link"], listed["shanxi"]["version"]) == ("up", current)
    assert listed["henan"]["version"] == "behind: lacks 1 migration"
    assert (listed["guizhou"]["link"], listed["guizhou"]["version"]) == ("—", "—")

    Province.objects.filter(schema_name="henan").update(migration_failure="orders.0001_initial: no room")
    assert rows(national)["henan"]["version"] == "failed at orders.0001_initial: no room"


def test_more_provinces_ask_no_more_questions(national, django_assert_max_num_queries):
    national.get(LIST)
    for slug in ("guizhou", "qinghai"):
        open_province(slug)
    state.provinces_behind()
    with django_assert_max_num_queries(20):
        national.get(LIST)


def test_a_province_opened_by_button_answers_and_is_on_the_home_page_without_a_restart(
    national, client_at, django_capture_on_commit_callbacks
):
    assert client_at("guizhou").get("/").status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        page = press(national, "guizhou", "open").content.decode()
    address = "http://guizhou.portal.localhost:8000/"
    assert f'It answers at <a href="{address}">{address}</a> now.' in page
    add = "/staff/accounts/rolegrant/add/?province=guizhou"
    assert f'<a href="{add}">name its staff</a>' in page
    assert '<option value="guizhou" selected>' in national.get(add).content.decode()
    assert rows(national)["guizhou"]["version"] == f"current, {len(versions.in_code())} migrations"
    assert client_at("guizhou").get("/").status_code == 200
    assert "http://guizhou.portal.localhost:8000/" in client_at().get("/").content.decode()


def test_suspending_asks_a_reason_and_closing_the_name_and_two_people(national, second, shanxi, tmp_path):
    page = national.get(f"{LIST}{shanxi.pk}/change/").content.decode()
    assert buttons(page) == ["Back up now", "Suspend sales"]
    press(national, "shanxi", "suspend")
    shanxi.refresh_from_db()
    assert shanxi.state == "open", "no reason, no suspension"
    local = staff("local", province="shanxi")
    press(national, "shanxi", "suspend", reason="merged into another one")
    with in_province("nation"):
        assert Record.objects.get(act="province.suspended").facts == {"reason": "merged into another one"}
        assert local.pk in [one.payload["user"] for one in Letter.objects.filter(payload__notice="province_suspended")]
    page = national.get(f"{LIST}{shanxi.pk}/change/").content.decode()
    assert buttons(page) == ["Back up now", "Resume sales", "Ask to close the province"]
    press(national, "shanxi", "close", reason="merged", typed="Shaanxi")
    assert ProvinceClosing.objects.count() == 0, "another name than its own"
    press(national, "shanxi", "close", reason="merged", typed="Shanxi")
    page = national.get(f"{LIST}{shanxi.pk}/change/").content.decode()
    assert buttons(page) == ["Back up now", "Resume sales", "Close the province", "Do not close it"]
    assert "another operator must confirm it" in press(national, "shanxi", "confirm", typed="山西省").content.decode()
    asked = second.get(f"{LIST}{shanxi.pk}/act/confirm/").content.decode()
    assert "This cannot be undone." in asked
    assert "The reason: merged" in asked
    assert f"{LIST}{shanxi.pk}/change/" in second.get("/staff/").content.decode()
    press(second, "shanxi", "confirm", typed="Henan")
    shanxi.refresh_from_db()
    assert shanxi.state == "suspended"
    press(second, "shanxi", "confirm", typed="山西省")
    shanxi.refresh_from_db()
    assert (shanxi.state, ProvinceClosing.objects.get().state) == ("closed", "done")
    assert len(list((tmp_path / "exports").iterdir())) == 1
    assert rows(national)["shanxi"]["link"] == "closed"


def test_a_refusal_is_a_sentence_on_the_page(national, second, shanxi):
    on_sale("shanxi", 2)
    bought(buyer(), 1)
    suspend_province("shanxi")
    press(national, "shanxi", "close", reason="merged", typed="Shanxi")
    said = press(second, "shanxi", "confirm", typed="Shanxi").content.decode()
    assert "Shanxi cannot be closed. Money is still reserved for 1 order" in said
    shanxi.refresh_from_db()
    assert (shanxi.state, ProvinceClosing.objects.get().state) == ("suspended", "asked")


def test_a_closing_is_dropped_with_a_reason_or_when_sales_go_on(national, second, shanxi):
    suspend_province("shanxi")
    press(national, "shanxi", "close", reason="merged", typed="Shanxi")
    press(second, "shanxi", "refuse", reason=" ")
    assert ProvinceClosing.objects.get().state == "asked"
    press(second, "shanxi", "refuse", reason="not yet")
    assert ProvinceClosing.objects.get().state == "dropped"
    press(national, "shanxi", "close", reason="merged", typed="Shanxi")
    resume_province("shanxi")
    suspend_province("shanxi")
    address = f"{LIST}{shanxi.pk}/act/confirm/"
    assert (
        "Nobody has asked for this closing" in second.post(address, {"typed": "Shanxi"}, follow=True).content.decode()
    )
    shanxi.refresh_from_db()
    assert shanxi.state == "suspended"


def test_the_command_line_closes_what_one_operator_asked_for(national, shanxi):
    suspend_province("shanxi")
    press(national, "shanxi", "close", reason="merged", typed="Shanxi")
    call_command("close_province", "shanxi", "--yes", "--reason", "an order of the state", stdout=StringIO())
    assert ProvinceClosing.objects.get().state == "done"
    with in_province("nation"):
        assert Record.objects.get(act="province.closed").facts["reason"] == "an order of the state"


def test_a_backup_by_button_is_kept_and_shown(national, shanxi, tmp_path):
    assert rows(national)["shanxi"]["backed_up_at"] == "—"
    press(national, "shanxi", "backup")
    assert len(list((tmp_path / "backups").iterdir())) == 1
    assert str(timezone.localtime().year) in rows(national)["shanxi"]["backed_up_at"]


@pytest.mark.parametrize("verb", ["open", "backup", "suspend", "resume", "close", "confirm", "refuse"])
def test_finance_presses_none_of_the_buttons(national, client_at, shanxi, verb):
    other = client_at()
    sign_in(other, staff("finance", Role.FINANCE), second_factor=True)
    assert other.post(f"{LIST}{shanxi.pk}/act/{verb}/").status_code == 403
    shanxi.refresh_from_db()
    assert (shanxi.state, shanxi.backed_up_at) == ("open", None)


def write_networks(client, text: str):
    address = f"{LIST}{Province.objects.get(schema_name='shanxi').pk}/change/"
    return client.post(address, {"workspace_networks": text}, follow=True)


def test_national_staff_list_the_networks_of_workspaces_and_nothing_else_of_a_province(national):
    address = f"{LIST}{Province.objects.get(schema_name='shanxi').pk}/change/"
    page = national.get(address).content.decode()
    written = re.findall(r'<(?:input|textarea|select)\b(?![^>]*type="(?:hidden|submit)")[^>]* name="(\w+)"', page)
    assert [name for name in written if name not in ("language", "q")] == ["workspace_networks"]

    write_networks(national, "10.20.0.0/16\n fd12:3456::/32 10.20.0.0/16")
    assert Province.objects.get(schema_name="shanxi").workspace_networks == ["10.20.0.0/16", "fd12:3456::/32"]
    with in_province("nation"):
        record = Record.objects.get(act="province.networks_listed")
        assert record.facts == {"workspace_networks": ["10.20.0.0/16", "fd12:3456::/32"]}
        assert not Record.objects.filter(act="admin.changed").exists()

    write_networks(national, "")
    assert Province.objects.get(schema_name="shanxi").workspace_networks == []


@pytest.mark.parametrize("wrong", ["127.0.0.0/8", "0.0.0.0/0", "10.20.0.1/16", "ten"])
def test_a_network_that_may_not_be_listed_is_named_and_nothing_is_saved(national, wrong):
    page = write_networks(national, f"10.20.0.0/16\n{wrong}").content.decode()
    assert f"“{wrong}” cannot be listed" in page
    assert Province.objects.get(schema_name="shanxi").workspace_networks == []


def test_a_regulator_reads_the_networks_and_writes_none(client_at, shanxi):
    list_networks("shanxi", ["10.20.0.0/16"], by=staff("operator"))
    client = client_at()
    sign_in(client, staff("regulator", Role.REGULATOR), second_factor=True)
    address = f"{LIST}{shanxi.pk}/change/"
    page = client.get(address).content.decode()
    assert "10.20.0.0/16" in page
    assert "<textarea" not in page
    assert write_networks(client, "10.0.0.0/8").status_code == 403
    assert Province.objects.get(schema_name="shanxi").workspace_networks == ["10.20.0.0/16"]
