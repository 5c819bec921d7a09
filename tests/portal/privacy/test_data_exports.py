"""An organisation takes its data with it: everything of its own, nothing of others, owners only, for seven days."""

import csv
import hashlib
import io
import json
import stat
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.core.files.storage import default_storage
from django.utils import timezone

from marketplace.orders.models import Order
from portal.accounts.models.exports import DataExport, DataExportState
from portal.accounts.roles import MembershipRole
from portal.accounts.tasks import send_notice
from portal.checkout.actions import place_purchase
from portal.privacy import portability
from portal.privacy.tasks import forget, write_export
from tenants.context import NATION, in_province
from tenants.history.models import Record
from tenants.outbox.models import Letter
from tests import market
from tests.portal.accounts.people import member, organisation, person, sign_in
from tests.portal.api.knocking import key_of, post, problem, program

pytestmark = pytest.mark.django_db
PAGE = "/organisation/export/"


@pytest.fixture(autouse=True)
def _own_storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def company():
    """A buyer with an owner, a colleague, money and orders in two provinces; and another with orders of its own."""
    owner, colleague = person("owner"), person("colleague")
    mine = organisation("甲公司", owner)
    member(colleague, mine, MembershipRole.FINANCE)
    market.fund(mine, 1000 * market.YUAN)
    market.on_sale("shanxi", 2)
    market.on_sale("henan", 2)
    for who in (market.Buyer(mine, owner), market.buyer(name="other-buyer")):
        place_purchase(market.quote_for(who, 2, hours=3), organisation=who.organisation, by=who.user)
    return mine


def owner_of(company):
    return company.memberships.get(role="owner").user


def work():
    """What a worker would do with the letters of this app."""
    with in_province(NATION):
        for letter in Letter.objects.filter(topic="accounts.export", done_at=None):
            write_export(NATION, letter.pk)
        for letter in Letter.objects.filter(topic="accounts.notice", done_at=None, payload__notice="export_ready"):
            send_notice(NATION, letter.pk)


def fetched(client, export) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(client.get(f"{PAGE}{export.pk}/").streaming_content)))


class TestFile:
    @pytest.fixture
    def archive(self, client_at, company):
        client = sign_in(client_at(), owner_of(company))
        client.post(PAGE)
        work()
        return fetched(client, DataExport.objects.get())

    def read(self, archive, name):
        return json.loads(archive.read(f"{name}.json"))

    def test_it_holds_every_table_twice_and_the_same(self, archive):
        names = {name for name in archive.namelist() if name != "README.txt"}
        assert {name.rpartition(".")[0] for name in names if name.endswith(".csv")} == {
            name.rpartition(".")[0] for name in names if name.endswith(".json")
        }
        for name in names:
            if name.endswith(".csv"):
                rows = list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"))))
                assert len(rows) == len(self.read(archive, name.removesuffix(".csv"))), name

    def test_it_says_what_is_true(self, archive, company):
        assert [one["user__email"] for one in self.read(archive, "members")] == [
            "owner@example.test",
            "colleague@example.test",
        ]
        assert [one["state"] for one in self.read(archive, "purchases")] == ["placed"]
        assert sum(one["amount_u"] for one in self.read(archive, "postings")) == 1000 * market.YUAN
        assert [one["amount_u"] for one in self.read(archive, "top_ups")] == [1000 * market.YUAN]
        with in_province("shanxi"):
            order = Order.objects.filter(organisation=company).first()
        place = "shanxi" if order is not None else "henan"
        orders = self.read(archive, f"{place}/orders")
        assert [(one["state"], one["total_u"]) for one in orders] == [("placed", 12 * market.YUAN)]
        assert len(self.read(archive, f"{place}/leases")) == 2
        assert "order.placed" in {one["act"] for one in self.read(archive, f"{place}/history_order")}
        assert "export.requested" in {one["act"] for one in self.read(archive, "nation/history_organisation")}

    def test_it_names_no_other_organisation_and_no_secret(self, archive):
        everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
        assert "other-buyer" not in everything
        assert "pbkdf2" not in everything
        assert "secret_hash" not in everything


class TestPage:
    def test_the_owner_is_told_by_mail_and_the_fetching_is_written_down(self, client_at, company):
        client = sign_in(client_at(), owner_of(company))
        client.post(PAGE)
        work()
        export = DataExport.objects.get()
        assert [one.to for one in mail.outbox] == [["owner@example.test"]]
        assert PAGE in mail.outbox[0].body
        content = b"".join(client.get(f"{PAGE}{export.pk}/").streaming_content)
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (export.sha256, export.size)
        with in_province(NATION):
            record = Record.objects.get(act="export.fetched")
        assert record.actor_id == str(owner_of(company).pk)

    def test_only_the_portal_itself_can_read_the_file(self, client_at, company):
        sign_in(client_at(), owner_of(company)).post(PAGE)
        work()
        export = DataExport.objects.get()
        file = Path(default_storage.path(export.file))
        assert [stat.S_IMODE(path.stat().st_mode) for path in (file, file.parent)] == [0o600, 0o700]

    def test_only_one_is_written_at_a_time(self, client_at, company):
        client = sign_in(client_at(), owner_of(company))
        client.cookies["django_language"] = "en"
        client.post(PAGE)
        html = client.post(PAGE, follow=True).content.decode()
        assert "An export is being written already" in html
        assert DataExport.objects.count() == 1

    def test_a_colleague_and_a_stranger_get_nothing(self, client_at, company):
        client = sign_in(client_at(), owner_of(company))
        client.post(PAGE)
        work()
        address = f"{PAGE}{DataExport.objects.get().pk}/"
        colleague = sign_in(client_at(), company.memberships.get(role="finance").user)
        stranger = sign_in(client_at(), person("stranger"))
        organisation("别家", person("rival"))
        rival = sign_in(client_at(), organisation("丙公司", person("third")).memberships.get().user)
        assert [one.get(address).status_code for one in (colleague, stranger, rival)] == [403, 404, 404]
        assert [one.post(PAGE).status_code for one in (colleague, stranger)] == [403, 403]

    def test_after_seven_days_it_is_gone(self, client_at, company):
        client = sign_in(client_at(), owner_of(company))
        client.post(PAGE)
        work()
        export = DataExport.objects.get()
        DataExport.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert client.get(f"{PAGE}{export.pk}/").status_code == 409
        assert default_storage.exists(export.file)
        forget()
        export.refresh_from_db()
        assert (export.state, default_storage.exists(export.file)) == (DataExportState.GONE, False)
        assert client.get(f"{PAGE}{export.pk}/").status_code == 409

    def test_a_file_that_cannot_be_written_is_said_and_can_be_asked_for_again(self, client_at, company, monkeypatch):
        client = sign_in(client_at(), owner_of(company))
        client.post(PAGE)
        monkeypatch.setattr(portability, "_write_everything", _no_space)
        work()
        assert DataExport.objects.get().state == DataExportState.FAILED
        monkeypatch.undo()
        client.post(PAGE)
        work()
        assert sorted(DataExport.objects.values_list("state", flat=True)) == ["failed", "ready"]


def _no_space(*_args):
    raise OSError("no space left on device")


class TestProgram:
    def test_a_key_asks_waits_and_fetches(self, company):
        robot = program(key_of(company, owner_of(company))[1])
        answer = post(robot, "/api/v1/exports/", key="one")
        assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
        assert post(robot, "/api/v1/exports/", key="one").json()["id"] == answer.json()["id"]
        assert problem(post(robot, "/api/v1/exports/", key="two")) == (409, "export_running")
        address = f"/api/v1/exports/{answer.json()['id']}/file/"
        assert problem(robot.get(address)) == (409, "export_gone")
        work()
        assert [one["state"] for one in robot.get("/api/v1/exports/").json()["results"]] == ["ready"]
        assert zipfile.ZipFile(io.BytesIO(b"".join(robot.get(address).streaming_content))).testzip() is None

    def test_a_key_without_the_scope_and_a_key_of_others_do_not(self, company):
        asked = post(program(key_of(company, owner_of(company))[1]), "/api/v1/exports/", key="one").json()
        small = program(key_of(company, owner_of(company), scopes=["wallet:read"])[1])
        assert problem(small.get("/api/v1/exports/")) == (403, "scope_missing")
        rival = market.buyer(role="owner")
        other = program(key_of(rival.organisation, rival.user)[1])
        assert problem(other.get(f"/api/v1/exports/{asked['id']}/file/"))[0] == 404
        assert other.get("/api/v1/exports/").json()["results"] == []
