"""Lists as files and files into lists: what a role may not see is in no file, and a faulty file changes nothing."""

import base64
import csv
import io
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook

from marketplace.orders.models import Order
from portal.accounts.models import OrganisationState
from portal.accounts.roles import Role
from portal.checkout.actions import place_purchase
from portal.directory.models import CardModel
from portal.ledger import statement
from portal.ledger.actions import balances
from portal.ledger.models import TopUp
from portal.staff.tables import exports
from portal.web.sheets.reading import Row
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
    data = text if isinstance(text, bytes) else text.encode(encoding)
    return client.post(f"{address}import/", {"file": SimpleUploadedFile("rows.csv", data)})


def confirm(client, address, text, encoding="utf-8", said=""):
    """The second step, as the page of the first one sends it."""
    data = text if isinstance(text, bytes) else text.encode(encoding)
    sent = {"confirmed": "1", "data": base64.b64encode(data).decode(), "encoding": said}
    return client.post(f"{address}import/", sent)


def xlsx(*rows) -> bytes:
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


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
        assert confirm(client, CARDS, text).status_code == 302
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
        confirm(client, CARDS, text)
        assert CardModel.objects.count() == 0

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("", "The submitted file is empty."),
            ("slug,name\nx,y\n", "There is no such column. Remove it, or write it as the template does."),
            ("slug,vendor_zh\nx,y\n", "<td>1</td><td>memory_gb</td><td>—</td><td>This column is missing."),
            (HEAD, "The file has a first row with the names of columns, and nothing below it."),
            (HEAD + "one,two\n", "This row has 2 cells and the first row has 14."),
            (HEAD + GOOD * 2_001, "The file has more than 2,000 rows."),
            ("a" * 1_000_001, "The file is larger than 1 MB. Nothing was imported."),
        ],
    )
    def test_what_is_no_such_table_is_said(self, client_at, text, sentence):
        assert sentence in upload(at(client_at, staff("operator")), CARDS, text).content.decode()

    def test_chinese_whose_bytes_are_utf_8_too_is_read_as_chinese(self, client_at):
        client = at(client_at, staff("operator"))
        text = self.HEAD + self.GOOD.replace("华为", "太原").replace("卡一", "太原")
        assert text.encode("gb18030").decode("utf-8") != text
        html = upload(client, CARDS, text, "gb18030").content.decode()
        assert "<td>太原</td>" in html
        assert "(GB18030)" in html
        assert "UTF-8: <q>card-one,\u032b\u052d" in html  # offered, in case it is right
        confirm(client, CARDS, text, "gb18030")
        assert CardModel.objects.get().vendor_zh == "太原"

    def test_what_could_be_either_is_asked_and_the_answer_is_kept(self, client_at):
        client = at(client_at, staff("operator"))
        data = (self.HEAD + self.GOOD.replace("华为", "甬潮").replace("卡一", "A")).encode("gb18030")
        html = upload(client, CARDS, data).content.decode()
        assert "How was the file saved?" in html
        assert "Import these rows" not in html
        confirm(client, CARDS, data)
        assert CardModel.objects.count() == 0
        answered = client.post(
            f"{CARDS}import/", {"data": base64.b64encode(data).decode(), "encoding": "GB18030"}
        ).content.decode()
        assert 'name="encoding" value="GB18030"' in answered
        assert "Import these rows" in answered
        confirm(client, CARDS, data, said="GB18030")
        assert CardModel.objects.get().vendor_zh == "甬潮"

    @pytest.mark.parametrize(
        ("old", "new", "column"),
        [
            (",64,", ",64.9,", "memory_gb"),
            (",64,", ',"8,5",', "memory_gb"),
            (",313,", ',"3,13",', "fp16_dense_tflops"),
            (",313,", ",1e2,", "fp16_dense_tflops"),
            (",1,vendor", ",maybe,vendor", "domestic"),
            ("card-one", "1E+5", "slug"),
        ],
    )
    def test_a_cell_that_is_no_value_is_not_taken_for_another(self, client_at, old, new, column):
        client = at(client_at, staff("operator"))
        html = upload(client, CARDS, self.HEAD + self.GOOD.replace(old, new)).content.decode()
        assert f"<td>2</td><td>{column}</td>" in html
        confirm(client, CARDS, self.HEAD + self.GOOD.replace(old, new))
        assert CardModel.objects.count() == 0

    def test_numbers_and_words_are_read_as_people_write_them(self, client_at):
        client = at(client_at, staff("operator"))
        data = self.GOOD.replace(",64,", ',"1,064.0",').replace(",1,vendor", ",是,vendor").replace(",313,", ",313.500,")
        confirm(client, CARDS, self.HEAD.replace("memory_gb", " Memory GB ") + data)
        made = CardModel.objects.get()
        assert (made.memory_gb, made.fp16_dense_tflops, made.domestic) == (1064, Decimal("313.5"), True)

    def test_who_may_only_look_imports_nothing(self, client_at):
        client = at(client_at, staff("regulator", Role.REGULATOR))
        assert "Import a file" not in client.get(CARDS).content.decode()
        assert confirm(client, CARDS, self.HEAD + self.GOOD).status_code == 403
        assert CardModel.objects.count() == 0


class TestStatement:
    def text(self, *rows) -> str:
        return "reference,credit_code,amount\n" + "".join(f"{','.join(row)}\n" for row in rows)

    def test_transfers_are_matched_and_booked_once(self, client_at):
        payer = organisation("付款方")
        client = at(client_at, staff("finance", Role.FINANCE))
        text = self.text(("B-1", payer.uscc, "12.50"), ("B-2", payer.uscc.lower(), "¥3"))
        confirm(client, TRANSFERS, text)
        assert balances(payer) == (15_500_000, 0)
        confirm(client, TRANSFERS, text)
        assert (balances(payer), TopUp.objects.count()) == ((15_500_000, 0), 2)

    def test_a_large_one_waits_for_the_second_officer(self, client_at, settings):
        settings.TOP_UP_FOUR_EYES_U = market.YUAN
        payer = organisation("付款方")
        text = self.text(("B-1", payer.uscc, "5"))
        confirm(at(client_at, staff("finance", Role.FINANCE)), TRANSFERS, text)
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
        confirm(client, TRANSFERS, self.text(*rows))
        assert balances(payer) == (0, 0)

    @pytest.mark.parametrize("amount", ["12,50", "1.234,50", "1,5", "1_000", "1e3", "+5", "0", "1,234,5", "1.0000001"])
    def test_what_could_be_read_in_two_ways_is_no_amount(self, amount):
        row = Row(2, dict(zip(statement.COLUMNS, ("B-1", organisation("付款方").uscc, amount), strict=True)))
        assert [(fault.column, fault.value) for fault in statement.plan([row]).faults] == [("amount", amount)]

    def test_commas_group_thousands(self, client_at):
        payer = organisation("付款方")
        text = f'reference,credit_code,amount\nB-1,{payer.uscc},"1,234.50"\nB-2,{payer.uscc},￥３.00\n'
        confirm(at(client_at, staff("finance", Role.FINANCE)), TRANSFERS, text)
        assert balances(payer) == (1_237_500_000, 0)

    @pytest.mark.parametrize("data", ["B\0-1", "", "reference"])
    def test_what_is_no_statement_is_none_in_the_second_step_either(self, client_at, data):
        client = at(client_at, staff("finance", Role.FINANCE))
        answer = confirm(client, TRANSFERS, data)
        told = "The file has a fault now that it had not before. Nothing was imported."
        assert [str(one) for one in answer.context["messages"]] == [told]

    @pytest.mark.parametrize("sent", [{}, {"data": "no base 64!"}, {"data": "ü"}])
    def test_a_confirmation_without_its_file_is_told_so(self, client_at, sent):
        client = at(client_at, staff("finance", Role.FINANCE))
        answer = client.post(f"{TRANSFERS}import/", {"confirmed": "1", **sent})
        told = "The file did not arrive whole. Nothing was imported. Choose it again."
        assert [str(one) for one in answer.context["messages"]] == [told]

    def test_a_reference_that_a_spreadsheet_has_shortened_is_no_reference(self, client_at):
        """Two transfers that end differently would be one."""
        payer = organisation("付款方")
        client = at(client_at, staff("finance", Role.FINANCE))
        for _file in range(2):
            html = upload(client, TRANSFERS, self.text(("2.02611E+16", payer.uscc, "5"))).content.decode()
            assert "<td>2</td><td>reference</td><td>2.02611E+16</td><td>The spreadsheet has shortened this" in html
            confirm(client, TRANSFERS, self.text(("2.02611E+16", payer.uscc, "5")))
        html = upload(client, TRANSFERS, self.text(("B-1", "9.13E+17", "5"))).content.decode()
        assert "<td>2</td><td>credit_code</td><td>9.13E+17</td><td>The spreadsheet has shortened this" in html
        typed = {"credit_code": payer.uscc, "amount": "5", "bank_reference": "2.02611E+16"}
        html = client.post(f"{TRANSFERS}add/", typed).content.decode()
        assert "The spreadsheet has shortened this number." in html
        assert (TopUp.objects.count(), balances(payer)) == (0, (0, 0))

    @pytest.mark.parametrize(
        "typed",
        [
            lambda code: f"\ufeff{code}",
            lambda code: f" {code[:4]} {code[4:]}\u3000",
            lambda code: code.lower(),
            lambda code: code.translate({ord(char): ord(char) + 0xFEE0 for char in code}),
        ],
        ids=["byte order mark", "blanks", "small letters", "full width"],
    )
    def test_a_credit_code_is_found_however_it_is_typed(self, client_at, typed):
        payer = organisation("付款方")
        typed = typed(payer.uscc)
        client = at(client_at, staff("finance", Role.FINANCE))
        confirm(client, TRANSFERS, self.text(("B-1", typed, "12")))
        client.post(f"{TRANSFERS}add/", {"credit_code": typed, "amount": "１,000", "bank_reference": "B-2"})
        assert balances(payer) == (1_012_000_000, 0)

    def test_a_work_sheet_is_a_statement_as_well(self, client_at):
        payer = organisation("付款方")
        client = at(client_at, staff("finance", Role.FINANCE))
        data = xlsx(statement.COLUMNS, ("B-1", payer.uscc, 12.5), ("B-2", payer.uscc, "1,000"))
        html = upload(client, TRANSFERS, data).content.decode()
        assert "(XLSX, sheet “Sheet”)" in html
        assert f"<tr><td>B-1</td><td>{payer.uscc}</td><td>12.5</td></tr>" in html
        confirm(client, TRANSFERS, data)
        assert balances(payer) == (1_012_500_000, 0)
        number = xlsx(statement.COLUMNS, (20261100000012345, payer.uscc, 1))
        assert "The spreadsheet has shortened this number." in upload(client, TRANSFERS, number).content.decode()

    def test_rows_are_counted_as_a_spreadsheet_does(self, client_at):
        client = at(client_at, staff("finance", Role.FINANCE))
        html = upload(client, TRANSFERS, self.text(("", "", ""), ("B-1", "x", "1")) + "\n,,\n").content.decode()
        assert [f"<td>{row}</td>" in html for row in (2, 3, 4)] == [False, True, False]

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
        assert confirm(at(client_at, staff("operator")), TRANSFERS, text).status_code == 403
        assert balances(payer) == (0, 0)
