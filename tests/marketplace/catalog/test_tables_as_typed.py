"""Tables as people and spreadsheets write them: numbers, heads, codes, encodings, work sheets."""

import io
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from marketplace.catalog.models import Card, Offer, PlanVersion, Site
from marketplace.catalog.tables.columns import CARDS, KINDS, OFFERS, POOLS, SITES
from marketplace.catalog.tables.importing import dry_run, import_table
from portal.accounts.roles import MembershipRole
from portal.web.sheets.writing import write
from portal.web.texts import normal
from portal.web.texts.decimals import NOT_A_NUMBER
from tenants.context import in_province
from tests.marketplace.catalog import supply
from tests.portal.accounts import people

pytestmark = pytest.mark.usefixtures("english")
SHORTENED = "The spreadsheet has shortened this number. Format the column as text and enter it again."


@pytest.fixture
def provider(shanxi):
    """A provider of Shanxi; the test runs there."""
    with in_province("shanxi"):
        yield supply.provider("shanxi")


@pytest.fixture
def pool(provider):
    return supply.pool(supply.site(provider, "shanxi"), "shanxi", cards=0)


@pytest.fixture
def owner(provider, client_at):
    user = people.person("guo")
    people.member(user, provider.organisation, MembershipRole.OWNER)
    client = people.sign_in(client_at("shanxi"), user)
    client.cookies["django_language"] = "en"
    return client


def faults(kind, provider, data: bytes) -> list[tuple[int, str, str, str]]:
    return [(one.row, one.column, one.value, one.sentence) for one in dry_run(kind, provider, data).faults]


def the_site() -> Site:
    """After requests, which leave the connection at the nation."""
    with in_province("shanxi"):
        return Site.objects.get()


def offer(pool, **cells: str) -> bytes:
    row = {"offer": "o1", "name_zh": "散卡", "category": "intelligent", "mode": "instant", "pool": pool.slug, **cells}
    return write(list(row), [list(row.values())])


def work_sheet(*rows, **formats: str) -> bytes:
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    for cell, form in formats.items():
        book.active[cell].number_format = form
    book.save(file)
    return file.getvalue()


# Numbers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("price", ["8,50", "0,85", "1.234,50", "8,5,0"])
def test_a_price_with_two_readings_is_refused(pool, price):
    data = offer(pool, unit="card-hour", price_yuan=price)
    assert faults(OFFERS, pool.provider, data) == [(2, "price_yuan", price, str(NOT_A_NUMBER))]


@pytest.mark.parametrize(
    ("price", "micro"),
    [
        ("8.50", 8_500_000),
        ("1,234.50", 1_234_500_000),
        ("¥8.5", 8_500_000),
        ("￥８．５０", 8_500_000),
        ("8.5000000", 8_500_000),
    ],
)
def test_a_price_with_one_reading_is_taken(pool, price, micro):
    import_table(OFFERS, pool.provider, offer(pool, unit="card-hour", price_yuan=price), by=None)
    assert PlanVersion.objects.get().price_u == micro


def test_zeros_at_the_end_and_units_are_no_faults(provider):
    data = write(
        ["site", "name_zh", "city_zh", "rack_rate_percent", "pue", "rtt_ms_beijing", "racks"],
        [["dt1", "云冈", "大同", "62.00%", "1.210", "8.00 ms", "3,200.0"]],
    )
    import_table(SITES, provider, data, by=None)
    site = Site.objects.get()
    assert (site.rack_rate, site.pue, site.rtt_ms_beijing) == (Decimal("0.62"), Decimal("1.21"), 8)
    assert site.racks == 3200
    assert import_table(SITES, provider, data, by=None).counts() == {"added": 0, "changed": 0, "same": 1}


def test_the_pages_read_numbers_in_the_same_way(owner):
    said = {"name_zh": "云冈", "city_zh": "大同", "rack_rate": "62.00%", "pue": "1.210", "rtt_ms_beijing": "8.00 ms"}
    assert owner.post("/provider/sites/new/", said).status_code == 302
    assert owner.post("/provider/sites/new/", {**said, "name_zh": "二", "pue": "1,21"}).status_code == 422
    assert (the_site().pue, the_site().rack_rate) == (Decimal("1.21"), Decimal("0.62"))


# Heads and codes -------------------------------------------------------------------------------


def test_heads_of_a_table_are_known_in_any_width_and_with_any_blanks(provider):
    heads = ["\N{ZERO WIDTH NO-BREAK SPACE}编号", " 名称 ", "城　市", "上架率(%)", "到北京时延 ( MS )", "ＰＵＥ"]
    data = write(heads, [["dt1", "云冈", "大同", "62", "9", "1.2"]])
    assert faults(SITES, provider, data) == []
    assert import_table(SITES, provider, data, by=None).counts()["added"] == 1


def test_no_two_heads_of_a_table_have_one_form():
    for kind in KINDS.values():
        heads = [{normal.word(head) for head in column.heads()} for column in kind.columns]
        assert sum(map(len, heads)) == len(set().union(*heads)), kind.name


def test_codes_are_known_in_full_width_and_words_with_any_blanks(pool):
    wide = pool.slug.translate({ord(char): ord(char) + 0xFEE0 for char in pool.slug})
    data = write(["serial", "pool", "node", "state"], [["ＳＮ－１", wide, "ｎ１", "In Service"]])
    assert import_table(CARDS, pool.provider, data, by=None).counts()["added"] == 1
    assert Card.objects.get().serial == "SN-1"
    assert import_table(CARDS, pool.provider, data, by=None).counts()["same"] == 1


def test_a_number_that_the_spreadsheet_has_shortened_names_nothing(pool):
    rows = [["2.02611E+16", pool.slug, "n1"], ["SN-1", "1E+5", "n1"], ["SN-2", pool.slug, "1.5e+07"]]
    assert faults(CARDS, pool.provider, write(["serial", "pool", "node"], rows)) == [
        (2, "serial", "2.02611E+16", SHORTENED),
        (3, "pool", "1E+5", SHORTENED),
        (4, "node", "1.5e+07", SHORTENED),
    ]
    site = write(["pool", "site", "card_model", "mode"], [["1E+5", "2E+5", "3E+5", "discrete"]])
    assert [(column, sentence) for _row, column, _value, sentence in faults(POOLS, pool.provider, site)] == [
        (column, SHORTENED) for column in ("pool", "site", "card_model")
    ]


# Encodings and work sheets ---------------------------------------------------------------------


def test_chinese_whose_bytes_are_utf_8_too_is_read_as_chinese(provider):
    data = "site,name_zh,city_zh\nty-1,太原,太原\n".encode("gb18030")
    assert data.decode("utf-8")
    assert import_table(SITES, provider, data, by=None).table.encoding == "GB18030"
    site = Site.objects.get()
    assert (site.name_zh, site.city_zh) == ("太原", "太原")


def uploaded(client, kind: str, data: bytes, name: str = "table.csv") -> str:
    return client.post(f"/provider/tables/{kind}/", {"file": SimpleUploadedFile(name, data)}).url


def test_a_file_in_doubt_is_asked_about_and_imported_as_answered(owner, provider):
    address = uploaded(owner, "sites", "site,name_zh,city_zh\nx1,甬潮,A\n".encode("gb18030"))
    page = owner.get(address).content.decode()
    assert "How was the file saved?" in page
    assert "甬潮" in page
    assert owner.post(address).status_code == 409
    answered = owner.get(f"{address}?encoding=GB18030").content.decode()
    assert "read as GB18030, separator comma" in answered
    assert '<input type="hidden" name="encoding" value="GB18030">' in answered
    assert owner.post(address, {"encoding": "GB18030"}).status_code == 302
    assert the_site().name_zh == "甬潮"


def test_a_file_that_was_recognised_wrongly_can_be_read_otherwise(owner, provider):
    address = uploaded(owner, "sites", "site,name_zh,city_zh\nty-1,太原,太原\n".encode("gb18030"))
    page = owner.get(address).content.decode()
    assert "read as GB18030" in page
    assert 'href="?encoding=UTF-8"' in page
    assert "read as UTF-8" in owner.get(f"{address}?encoding=UTF-8").content.decode()
    assert "read as GB18030" in owner.get(f"{address}?encoding=latin-1").content.decode()


def test_a_work_sheet_is_imported_as_a_text_is(owner, provider):
    data = work_sheet(
        ["编号", "名称", "城市", "上架率（%）", "PUE", "到北京时延（ms）"],
        ["dt1", "云冈", "大同", 0.62, 1.21, 8],
        D2="0.00%",
    )
    address = uploaded(owner, "sites", data, "table.xlsx")
    assert "read as XLSX, sheet “Sheet”" in owner.get(address).content.decode()
    assert owner.post(address).status_code == 302
    site = the_site()
    assert (site.name_zh, site.rack_rate, site.pue) == ("云冈", Decimal("0.62"), Decimal("1.21"))


def test_a_work_sheet_has_the_same_faults(pool):
    data = work_sheet(["serial", "pool", "node"], [20261100000012345, pool.slug, "n1"], ["SN-1", "nowhere", "n1"])
    told = faults(CARDS, pool.provider, data)
    assert [(row, column, value) for row, column, value, _sentence in told] == [
        (2, "serial", "2.02611E+16"),
        (3, "pool", "nowhere"),
    ]
    assert Offer.objects.count() == 0
