"""Lists as files and files into lists: what a role may not see is in no file, and a faulty file changes nothing."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from marketplace.orders.models import Order
from portal.accounts.models import OrganisationState, Role
from portal.checkout.actions import place_purchase
from portal.directory.models import CardModel
from portal.ledger import statement
from portal.ledger.actions import balances
from portal.ledger.models import TopUp
from portal.staff.tables import exports
from tenants.context import NATION, in_province
from tenants.history.models import Record
from tests import market
from tests.portal.accounts.people import organisation, person, sign_in, staff

pytestmark = pytest.mark.django_db
ORGANISATIONS = "/staff/accounts/organisation/"
CARDS = "/staff/directory/cardmodel/"
TRANSFERS = "/staff/ledger/topup/"


def at(client_at, user, province=None):
    client = sign_in(client_at(province), user, second_factor=True)
    client.cookies["django_language"] = "en"
    return client


def table(answer) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def upload(client, address, text, encoding="utf-8"):
    return client.post(f"{address}import/", {"file": SimpleUploadedFile("rows.csv", text.encode(encoding))})


class TestExport:
    def test_a_file_has_the_rows_of_the_filter_in_both_forms(self, client_at):
        organisation("甲公司", person("a"), OrganisationState.PENDING)
        organisation("乙公司", person("b"))
        client = at(client_at, staff("operator"))
        rows = table(client.get(f"{ORGANISATIONS}export/csv/?state__exact=pending"))
        assert (rows[0][0], [row[0] for row in rows[1:]]) == ("registered name", ["甲公司"])
        book = load_workbook(io.BytesIO(b"".join(client.get(f"{ORGANISATIONS}export/xlsx/?q=乙").streaming_content)))
        assert [next(cell.value for cell in row) for row in book.active.rows] == ["registered name", "乙公司"]
        with in_province(NATION):
            assert [one.facts["rows"] for one in Record.objects.filter(act="list.exported").order_by("id")] == [1, 1]

    @pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "＝1"])
    def test_no_name_becomes_a_formula(self, client_at, name):
        organisation(name, person("a"))
        rows = table(at(client_at, staff("operator")).get(f"{ORGANISATIONS}export/csv/"))
        assert rows[1][0] == f"'{name}"

    @pytest.mark.parametrize("form", ["csv", "xlsx"])
    def test_a_character_no_work_sheet_can_hold_is_replaced(self, client_at, form):
        organisation("甲\x0b公司", person("a"))
        answer = at(client_at, staff("operator")).get(f"{ORGANISATIONS}export/{form}/")
        if form == "csv":
            name = table(answer)[1][0]
        else:
            book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
            name = book.active["A2"].value
        assert name == "甲\N{REPLACEMENT CHARACTER}公司"

    @pytest.mark.parametrize("query", ["nonsense=1", "id__exact=x", "state__exact=%00", "p=x&state__in=%00"])
    def test_an_address_that_asks_for_nonsense_leads_back_to_the_list(self, client_at, query):
        client = at(client_at, staff("operator"))
        for address in (f"{ORGANISATIONS}?{query}", f"{ORGANISATIONS}export/csv/?{query}"):
            answer = client.get(address, follow=True)
            assert (answer.status_code, answer.request["PATH_INFO"]) == (200, ORGANISATIONS)
        with in_province(NATION):
            assert not Record.objects.filter(act="list.exported").exists()

    def test_the_regulator_s_file_names_no_buyer_and_no_price(self, client_at):
        market.on_sale("shanxi", 2)
        buyer = market.buyer(name="secret-buyer")
        place_purchase(market.quote_for(buyer, 1, hours=3), organisation=buyer.organisation, by=buyer.user)
        with in_province("shanxi"):
            order = Order.objects.get()
        seen = {}
        for name, role in (("regulator", Role.REGULATOR), ("operator", Role.OPERATOR)):
            rows = table(at(client_at, staff(name, role, "shanxi"), "shanxi").get("/staff/orders/order/export/csv/"))
            seen[name] = dict(zip(rows[0], rows[1], strict=True))
        assert seen["operator"]["organisation"] == "secret-buyer"
        assert seen["operator"]["total (CNY)"] == "6"
        assert {"organisation", "total (CNY)", "requested by", "purchase id"} & set(seen["regulator"]) == set()
        assert seen["regulator"]["number"] == order.number

    def test_a_list_that_is_too_long_is_refused_with_a_sentence(self, client_at, monkeypatch):
        monkeypatch.setitem(exports.MOST, "xlsx", 1)
        for n in range(2):
            organisation(f"第{n}家", person(f"o{n}"))
        client = at(client_at, staff("operator"))
        answer = client.get(f"{ORGANISATIONS}export/xlsx/", follow=True)
        assert "Narrow it down; nothing was exported." in answer.content.decode()
        assert len(table(client.get(f"{ORGANISATIONS}export/csv/"))) == 3

    @pytest.mark.parametrize(("role", "place"), [(Role.REGULATOR, NATION), (Role.OPERATOR, "shanxi")])
    def test_a_colleague_and_a_stranger_get_no_file(self, client_at, role, place):
        client = at(client_at, staff("other", role, place))
        assert client.get(f"{ORGANISATIONS}export/csv/", follow=True).status_code == 403

    def test_there_is_no_other_form(self, client_at):
        assert at(client_at, staff("operator")).get(f"{ORGANISATIONS}export/pdf/").status_code == 404


class TestTaxonomy:
    HEAD = (
        "slug,vendor_zh,vendor_en,name_zh,name_en,memory_gb,fp16_dense_tflops,interconnect,form_factor,card_class,"
        "k8s_resource,domestic,source,basis\n"
    )
    GOOD = "card-one,华为,Huawei,卡一,Card One,64,313,HCCS,OAM,training,huawei.com/Ascend910,1,vendor,sample\n"

    def test_a_file_is_looked_at_first_and_taken_whole(self, client_at):
        client = at(client_at, staff("operator"))
        text = self.HEAD + self.GOOD
        html = upload(client, CARDS, text).content.decode()
        assert "Import these rows" in html
        assert CardModel.objects.count() == 0
        assert client.post(f"{CARDS}import/", {"text": text}).status_code == 302
        assert CardModel.objects.get().name_zh == "卡一"
        with in_province(NATION):
            assert Record.objects.filter(act="taxonomy.imported", subject_id="card-one").count() == 1
        assert "There is nothing to import." in upload(client, CARDS, text, "gb18030").content.decode()

    def test_faults_are_named_by_row_and_column_and_nothing_is_imported(self, client_at):
        client = at(client_at, staff("operator"))
        bad = self.GOOD.replace("card-one", "card-two").replace(",64,", ",many,")
        text = self.HEAD + self.GOOD + bad
        html = upload(client, CARDS, text).content.decode()
        assert "<td>3</td><td>memory_gb</td>" in html
        client.post(f"{CARDS}import/", {"text": text})
        assert CardModel.objects.count() == 0

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("", "The submitted file is empty."),
            ("slug,name\nx,y\n", "The first row must name these columns"),
            (HEAD, "The file has a head and no rows."),
            (HEAD + "one,two\n", "Row 2 has 2 cells instead of 14."),
        ],
    )
    def test_what_is_no_such_table_is_said(self, client_at, text, sentence):
        assert sentence in upload(at(client_at, staff("operator")), CARDS, text).content.decode()

    def test_who_may_only_look_imports_nothing(self, client_at):
        client = at(client_at, staff("regulator", Role.REGULATOR))
        assert "Import (CSV)" not in client.get(CARDS).content.decode()
        assert client.post(f"{CARDS}import/", {"text": self.HEAD + self.GOOD}).status_code == 403
        assert CardModel.objects.count() == 0


class TestStatement:
    def text(self, *rows) -> str:
        return "reference,credit_code,amount\n" + "".join(f"{','.join(row)}\n" for row in rows)

    def test_transfers_are_matched_and_booked_once(self, client_at):
        payer = organisation("付款方")
        client = at(client_at, staff("finance", Role.FINANCE))
        text = self.text(("B-1", payer.uscc, "12.50"), ("B-2", payer.uscc.lower(), "¥3"))
        client.post(f"{TRANSFERS}import/", {"text": text})
        assert balances(payer) == (15_500_000, 0)
        client.post(f"{TRANSFERS}import/", {"text": text})
        assert (balances(payer), TopUp.objects.count()) == ((15_500_000, 0), 2)

    def test_a_large_one_waits_for_the_second_officer(self, client_at, settings):
        settings.TOP_UP_FOUR_EYES_U = market.YUAN
        payer = organisation("付款方")
        text = self.text(("B-1", payer.uscc, "5"))
        at(client_at, staff("finance", Role.FINANCE)).post(f"{TRANSFERS}import/", {"text": text})
        assert (balances(payer), TopUp.objects.get().state) == ((0, 0), "awaiting_second")

    def test_every_fault_is_named_and_nothing_is_booked(self, client_at):
        payer, other = organisation("付款方"), organisation("另一家")
        market.record_top_up(other, 5 * market.YUAN, "OLD", by=person("officer"))
        rows = [
            ("B-1", payer.uscc, "1"),
            ("B-1", payer.uscc, "1"),
            ("B-2", "91350100M000100Y43", "1"),
            ("B-3", payer.uscc, "nan"),
            ("OLD", other.uscc, "6"),
            ("OLD", payer.uscc, "5"),
            ("", payer.uscc, "1"),
        ]
        client = at(client_at, staff("finance", Role.FINANCE))
        html = upload(client, TRANSFERS, self.text(*rows)).content.decode()
        named = [
            (3, "reference"),
            (4, "credit_code"),
            (5, "amount"),
            (6, "amount"),
            (7, "credit_code"),
            (8, "reference"),
        ]
        assert [f"<td>{row}</td><td>{column}</td>" in html for row, column in named] == [True] * 6
        client.post(f"{TRANSFERS}import/", {"text": self.text(*rows)})
        assert balances(payer) == (0, 0)

    @pytest.mark.parametrize("amount", ["12,50", "1,5", "1_000", "1e3", "+5", "１２", "0", "1,234,5", "1.0000001"])
    def test_what_could_be_read_in_two_ways_is_no_amount(self, amount):
        row = dict(zip(statement.COLUMNS, ("B-1", organisation("付款方").uscc, amount), strict=True))
        assert [fault.column for fault in statement.plan([row]).faults] == ["amount"]

    def test_commas_group_thousands(self, client_at):
        payer = organisation("付款方")
        text = f'reference,credit_code,amount\nB-1,{payer.uscc},"1,234.50"\nB-2,{payer.uscc},￥3\n'
        at(client_at, staff("finance", Role.FINANCE)).post(f"{TRANSFERS}import/", {"text": text})
        assert balances(payer) == (1_237_500_000, 0)

    @pytest.mark.parametrize("cell", ["B\0-1", "\0"])
    def test_a_file_with_nul_is_no_csv_in_the_second_step_either(self, client_at, cell):
        client = at(client_at, staff("finance", Role.FINANCE))
        answer = client.post(f"{TRANSFERS}import/", {"text": self.text((cell, "x", "1"))})
        assert [str(one) for one in answer.context["messages"]] == ["The file is not a CSV file. Nothing was imported."]

    def test_rows_are_counted_as_a_spreadsheet_does(self, client_at):
        client = at(client_at, staff("finance", Role.FINANCE))
        html = upload(client, TRANSFERS, self.text(("", "", ""), ("B-1", "x", "1")) + "\n,,\n").content.decode()
        assert [f"<td>{row}</td>" in html for row in (2, 3, 4)] == [True, True, False]

    def test_the_second_step_sends_what_the_first_took(self, client_at):
        """As form data a comma and a Chinese character grow to three times and to nine, beyond what Django reads."""
        payer = organisation("付款方")
        html = upload(
            at(client_at, staff("finance", Role.FINANCE)), TRANSFERS, self.text(("B-1", payer.uscc, "1"))
        ).content.decode()
        assert html.count('<form method="post" enctype="multipart/form-data"') == 2

    def test_an_operator_may_not(self, client_at):
        payer = organisation("付款方")
        text = self.text(("B-1", payer.uscc, "1"))
        assert at(client_at, staff("operator")).post(f"{TRANSFERS}import/", {"text": text}).status_code == 403
        assert balances(payer) == (0, 0)
