"""Importing and exporting supply as files: every fault by row and column, all or nothing, history and stock right."""

import time
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from marketplace.catalog import actions
from marketplace.catalog.models import Card, CardState, Offer, PlanVersion, Pool, Site
from marketplace.catalog.tables import exporting
from marketplace.catalog.tables.columns import CARDS, KINDS, OFFERS, POOLS, SITES
from marketplace.catalog.tables.importing import Faulty, dry_run, import_table
from portal.checkout.actions import place_purchase
from portal.directory.models import Availability, OfferIndex
from portal.web.sheets.writing import write
from portal.web.texts.decimals import NOT_A_NUMBER
from tenants.context import in_province
from tenants.history.models import Record
from tests.market import buyer, on_sale, quote_for
from tests.marketplace.catalog import supply

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def provider(shanxi):
    """A provider of Shanxi; the test runs there."""
    with in_province("shanxi"):
        yield supply.provider("shanxi")


@pytest.fixture
def pool(provider):
    """An empty pool of it."""
    return supply.pool(supply.site(provider, "shanxi"), "shanxi", cards=0)


def cards_of(pool: Pool, count: int, start: int = 1) -> bytes:
    return write(
        ["serial", "pool", "node"],
        [[f"SN-{number:05}", pool.slug, f"n{number // 8:04}"] for number in range(start, start + count)],
    )


def faults(kind, provider, text: str) -> list[tuple[int, str, str, str]]:
    """Faults of the dry run, after making sure that the import has the same and changes nothing."""
    data = text.encode()
    told = dry_run(kind, provider, data).faults
    before = [list(model.objects.order_by("pk").values()) for model in (Site, Pool, Card, Offer, PlanVersion, Record)]
    if told:
        with pytest.raises(Faulty):
            import_table(kind, provider, data, by=None)
    after = [list(model.objects.order_by("pk").values()) for model in (Site, Pool, Card, Offer, PlanVersion, Record)]
    assert after == before
    return [(fault.row, fault.column, fault.value, fault.sentence) for fault in told]


# Cards -----------------------------------------------------------------------------------------


def test_cards_are_added_counted_and_remembered(pool):
    data = cards_of(pool, 20)
    done = import_table(CARDS, pool.provider, data, by=None)
    assert done.counts() == {"added": 20, "changed": 0, "same": 0}
    assert Card.objects.filter(pool=pool, state=CardState.IN_SERVICE).count() == 20
    stock = Availability.objects.get(pool=pool.pk)
    assert (stock.cards, stock.free, stock.measured_at) == (20, 20, None)
    told = Record.objects.get(act="cards.imported")
    assert (told.subject_id, told.facts) == (
        str(pool.provider_id),
        {"added": 20, "changed": 0, "same": 0, "sha256": done.table.sha256},
    )


def test_a_dry_run_changes_nothing(pool):
    data = cards_of(pool, 20)
    records = Record.objects.count()
    assert dry_run(CARDS, pool.provider, data).counts() == {"added": 20, "changed": 0, "same": 0}
    assert (Card.objects.count(), Record.objects.count()) == (0, records)


def test_one_bad_row_in_the_middle_of_five_thousand_imports_nothing(pool):
    lines = cards_of(pool, 5_000).decode("utf-8-sig").splitlines()
    lines[2_500] = f"SN 02500,{pool.slug},n0312"
    assert faults(CARDS, pool.provider, "\n".join(lines)) == [
        (
            2_501,
            "serial",
            "SN 02500",
            "A serial has letters, digits and . _ : / -, 100 at most, and no spaces.",
        )
    ]
    assert Card.objects.count() == 0


def test_five_thousand_cards_are_imported_in_seconds_with_as_many_queries_as_five(pool):
    with CaptureQueriesContext(connection) as few:
        import_table(CARDS, pool.provider, cards_of(pool, 5), by=None)
    started = time.monotonic()
    with CaptureQueriesContext(connection) as many:
        import_table(CARDS, pool.provider, cards_of(pool, 5_000, start=6), by=None)
    seconds = time.monotonic() - started
    assert Card.objects.count() == 5_005
    # three INSERTs of 2,000 rows at most instead of one; reading the file asks nothing per row
    assert len(many) - len(few) == 2
    assert seconds < 20, seconds


def test_every_fault_of_a_card_is_named(pool):
    theirs = supply.pool(supply.site(supply.provider("shanxi"), "shanxi"), "shanxi", cards=1)
    taken = Card.objects.get(pool=theirs).serial
    rows = [
        "serial,pool,node,state",
        f"SN-1,{pool.slug},n1,",
        f"SN-1,{pool.slug},n1,",
        f"SN-2,{theirs.slug},n1,",
        f"SN-3,{pool.slug},,",
        f"SN-4,{pool.slug},n 1,",
        f"SN-5,{pool.slug},n1,broken",
        f"SN-6,{pool.slug},n1,retired",
        f"{taken},{pool.slug},n1,",
        f",{pool.slug},n1,",
        f"1.2E+14,{pool.slug},n1,",
    ]
    assert faults(CARDS, pool.provider, "\n".join(rows)) == [
        (3, "serial", "SN-1", "Row 2 has the same already."),
        (4, "pool", theirs.slug, "You have no pool with this code in this province. Import your pools first."),
        (5, "node", "", "This must not be empty."),
        (6, "node", "n 1", "A node is named by letters, digits, dots and dashes, 80 at most."),
        (
            7,
            "state",
            "broken",
            "There is no such word here. Possible are: in service (in_service) · under maintenance (maintenance) · "
            "in quarantine (quarantined) · retired (retired).",
        ),
        (8, "state", "retired", "A new card is in service or under maintenance."),
        (9, "serial", taken, "Another provider of this province has registered it."),
        (10, "serial", "", "This must not be empty."),
        (
            11,
            "serial",
            "1.2E+14",
            "The spreadsheet has shortened this number. Format the column as text and enter it again.",
        ),
    ]


def test_several_faults_of_one_row_are_named_at_once(pool):
    theirs = supply.pool(supply.site(supply.provider("shanxi"), "shanxi"), "shanxi", cards=1)
    taken = Card.objects.get(pool=theirs).serial
    import_table(CARDS, pool.provider, f"serial,pool,node\nSN-0,{pool.slug},n1\n".encode(), by=None)
    rows = [
        "serial,pool,node,state",
        f"SN-1,{pool.slug},n1,",
        f"SN-1,{pool.slug},,broken",
        f"SN 2,{pool.slug},,",
        f"SN-3,{pool.slug},n 1,retired",
        f"{taken},{pool.slug},,",
        f"SN-0,{pool.slug},n2,broken",
    ]
    assert [fault[:2] for fault in faults(CARDS, pool.provider, "\n".join(rows))] == [
        *[(3, "serial"), (3, "node"), (3, "state")],
        *[(4, "serial"), (4, "node")],
        *[(5, "node"), (5, "state")],
        *[(6, "serial"), (6, "node")],
        *[(7, "node"), (7, "state")],
    ]


def test_a_repeated_row_of_what_stands_is_not_counted_as_left(pool):
    import_table(CARDS, pool.provider, cards_of(pool, 1), by=None)
    told = dry_run(CARDS, pool.provider, f"serial,pool\nSN-00001,{pool.slug}\nSN-00001,{pool.slug}\n".encode())
    assert told.counts() == {"added": 0, "changed": 0, "same": 1}


def test_a_wrong_row_of_an_offer_names_its_state_and_its_pool_too(pool):
    rows = "offer,name_zh,category,mode,pool,state\na,,intelligent,instant,,published\n"
    assert [fault[1] for fault in faults(OFFERS, pool.provider, rows)] == ["name_zh", "pool", "state"]


@pytest.mark.parametrize("kind", [SITES, POOLS, OFFERS], ids=lambda kind: kind.name)
def test_new_rows_in_a_file_that_lacks_columns_are_not_tried(kind, provider):
    assert {fault[0] for fault in faults(kind, provider, f"{kind.columns[0].heads()[0]}\nnew-1\n")} == {1}


def test_columns_that_new_rows_need_are_asked_for_once(pool):
    assert faults(CARDS, pool.provider, "serial,pool\nSN-1,x\nSN-2,x\n")[-1:] == [
        (3, "pool", "x", "You have no pool with this code in this province. Import your pools first.")
    ]
    assert faults(CARDS, pool.provider, f"serial,pool\nSN-1,{pool.slug}\nSN-2,{pool.slug}\n") == [
        (1, "node", "", "New rows need this column.")
    ]
    assert faults(CARDS, pool.provider, f"pool,node\n{pool.slug},n\n") == [
        (1, "serial", "", "This column is missing. It says which row is which.")
    ]


def test_cards_move_to_maintenance_and_back_by_file(pool):
    import_table(CARDS, pool.provider, cards_of(pool, 4), by=None)
    moved = b"serial,state\nSN-00001,maintenance\nSN-00002,maintenance\nSN-00003,\n"
    assert import_table(CARDS, pool.provider, moved, by=None).counts() == {"added": 0, "changed": 2, "same": 1}
    assert Availability.objects.get(pool=pool.pk).free == 2
    back = "序列号,状态\nSN-00001,in_service\n".encode("gb18030")
    assert import_table(CARDS, pool.provider, back, by=None).counts() == {"added": 0, "changed": 1, "same": 0}
    assert Availability.objects.get(pool=pool.pk).free == 3
    import_table(CARDS, pool.provider, b"serial,state\nSN-00004,retired\n", by=None)
    assert faults(CARDS, pool.provider, "serial,state\nSN-00004,in_service\n") == [
        (2, "state", "in_service", "This card was taken out for good, which stands.")
    ]


def test_a_file_neither_puts_cards_into_quarantine_nor_lifts_it(pool):
    import_table(CARDS, pool.provider, cards_of(pool, 2), by=None)
    first = Card.objects.get(serial="SN-00001")
    with transaction.atomic():
        actions.quarantine_cards(pool, [first.pk], order="14-20260824-7Q2MX8")
    sentence = "Only the platform puts a card into quarantine, and only staff of the province lift it."
    assert faults(CARDS, pool.provider, "serial,state\nSN-00001,in_service\nSN-00002,quarantined\n") == [
        (2, "state", "in_service", sentence),
        (3, "state", "quarantined", sentence),
    ]
    as_exported = b"serial,state\nSN-00001,quarantined\nSN-00002,in_service\n"
    assert import_table(CARDS, pool.provider, as_exported, by=None).counts() == {"added": 0, "changed": 0, "same": 2}
    new = f"serial,pool,node,state\nSN-9,{pool.slug},n1,quarantined\n"
    assert faults(CARDS, pool.provider, new) == [
        (2, "state", "quarantined", "A new card is in service or under maintenance.")
    ]


def test_a_registered_card_stays_where_it_is(pool):
    import_table(CARDS, pool.provider, cards_of(pool, 1), by=None)
    other = supply.pool(pool.site, "shanxi", cards=0)
    stays = "A registered card stays in its pool and its node. Retire it, and register it anew."
    assert sorted(faults(CARDS, pool.provider, f"serial,pool,node\nSN-00001,{other.slug},n9\n")) == [
        (2, "node", "n9", stays),
        (2, "pool", other.slug, stays),
    ]


# Sites, pools, offers --------------------------------------------------------------------------


def test_a_whole_supply_is_imported_from_four_files(provider):
    supply.card_model()
    sites = "编号,名称,城市,上架率（%）\nDT1,云冈,大同,62%\n"
    import_table(SITES, provider, sites.encode("gb18030"), by=None)
    import_table(POOLS, provider, b"pool,site,card_model,mode\np1,dt1,ascend-910b3,discrete\n", by=None)
    import_table(CARDS, provider, b"serial,pool,node\nSN-1,p1,n1\n", by=None)
    offers = "编号;名称;类别;购买方式;资源池编号;计价单位;单价（元）\no1;散卡;智算;instant;p1;card-hour;¥8.50\n"
    import_table(OFFERS, provider, offers.encode(), by=None)
    offer = Offer.objects.get(slug="o1")
    assert (offer.state, offer.category, offer.min_hours) == ("draft", "intelligent", 1)
    assert (offer.pool.slug, offer.pool.site.rack_rate) == ("p1", Decimal("0.62"))
    assert [(plan.version, plan.unit, plan.price_u) for plan in offer.plans.all()] == [(1, "card-hour", 8_500_000)]
    told = Record.objects.filter(act__endswith=".imported").order_by("pk").values_list("act", "facts__added")
    assert list(told) == [(f"{name}.imported", 1) for name in KINDS]


def test_of_two_codes_that_differ_in_case_only_the_written_one_is_meant(pool):
    same = {"card_model": pool.card_model, "mode": "discrete"}
    upper, lower = (actions.add_pool(pool.site, slug=slug, **same) for slug in ("HALL-1", "hall-1"))
    import_table(CARDS, pool.provider, b"serial,pool,node\nSN-1,HALL-1,n1\nSN-2,hall-1,n1\nSN-3,hall-1,n1\n", by=None)
    assert (upper.cards.count(), lower.cards.count()) == (1, 2)


def test_every_fault_of_a_site_is_named_and_none_is_imported(provider):
    rows = [
        "site,name_zh,city_zh,pue,green_share_percent,racks",
        "a,好,大同,1.2,50,10",
        "b,,大同,3.5,101,0",
        "c d,名,大同,x,,",
    ]
    assert faults(SITES, provider, "\n".join(rows)) == [
        (3, "name_zh", "", "This must not be empty."),
        (3, "pue", "3.5", "Ensure this value is less than or equal to 2.99."),
        (3, "green_share_percent", "101", "Ensure this value is less than or equal to 100."),
        (3, "racks", "0", "Ensure this value is greater than or equal to 1."),
        (4, "site", "c d", "A code has Latin letters, digits, “-” and “_”, and no spaces."),
        (4, "pue", "x", str(NOT_A_NUMBER)),
    ]


def test_what_an_act_refuses_is_a_fault_of_its_row_also_because_of_a_row_before(pool):
    rows = "offer,name_zh,category,mode\na,同名,storage,quote\nb,同名,storage,quote\n"
    sentence = "You have an offer called “同名” already. Nothing was changed. Choose another name."
    assert faults(OFFERS, pool.provider, rows) == [(3, "name_zh", "同名", sentence)]
    supply.card_model("other-card")
    full = supply.pool(pool.site, "shanxi", cards=1)
    rows = f"pool,site,card_model,mode\n{full.slug},{pool.site.slug},other-card,discrete\n"
    ((row, column, value, sentence),) = faults(POOLS, pool.provider, rows)
    assert (row, column, value) == (2, "card_model", "other-card")
    assert sentence.startswith("A pool with cards keeps its site and its card model.")


def test_only_the_columns_of_the_file_change(provider):
    site = supply.site(provider, "shanxi", name_zh="旧", pue="1.20")
    import_table(SITES, provider, f"site,pue\n{site.slug},1.15\n".encode(), by=None)
    site.refresh_from_db()
    assert (site.name_zh, site.pue, site.green_share) == ("旧", Decimal("1.15"), Decimal("0.52"))
    import_table(SITES, provider, f"site,pue\n{site.slug},\n".encode(), by=None)
    site.refresh_from_db()
    assert site.pue is None


def test_a_new_price_of_a_listed_offer_is_a_version_on_the_national_list(shanxi):
    offer = supply.offer("shanxi")
    with in_province("shanxi"):
        data = f"offer,unit,price_yuan\n{offer.slug},card-hour,2.5\n".encode()
        import_table(OFFERS, offer.provider, data, by=None)
        assert import_table(OFFERS, offer.provider, data, by=None).counts()["same"] == 1
    row = OfferIndex.objects.get(pk=offer.pk)
    assert (row.version, row.price_u) == (2, 2_500_000)


def test_a_price_of_zero_is_a_fault_of_its_cell(shanxi):
    offer = supply.offer("shanxi")
    with in_province("shanxi"):
        rows = f"offer,unit,price_yuan\n{offer.slug},card-hour,0\n"
        sentence = "Only a trial costs nothing; other prices are more than zero. The price was not saved."
        assert faults(OFFERS, offer.provider, rows) == [(2, "price_yuan", "0", sentence)]


def test_listed_offers_keep_their_terms_their_price_and_their_state(shanxi):
    offer = supply.offer("shanxi")
    with in_province("shanxi"):
        rows = f"offer,min_hours,state\n{offer.slug},,withdrawn\n"
        assert faults(OFFERS, offer.provider, rows) == [
            (
                2,
                "state",
                "withdrawn",
                "An import does not publish, pause or withdraw. Leave this cell as it was exported, or empty.",
            )
        ]
        ((_row, column, _value, sentence),) = faults(OFFERS, offer.provider, f"offer,min_hours\n{offer.slug},24\n")
        assert (column, sentence[:50]) == ("min_hours", "Only the words of a listed offer can change. Nothi")
        rows = f"offer,unit,price_yuan\n{offer.slug},,\n"
        assert faults(OFFERS, offer.provider, rows) == [
            (2, "unit", "", "An offer that has a price keeps one. Pause it to stop its sale.")
        ]


def test_a_leased_card_does_not_leave(shanxi):
    lot = on_sale("shanxi", 2)
    who = buyer(100)
    place_purchase(quote_for(who, 1), organisation=who.organisation, by=who.user)
    with in_province("shanxi"):
        serials = list(lot.pool.cards.order_by("pk").values_list("serial", flat=True))
        rows = "\n".join(["serial,state", *(f"{serial},maintenance" for serial in serials)])
        (fault,) = faults(CARDS, lot.provider, rows)
        assert fault[1:] == ("state", "maintenance", "This card is leased or reserved until its lease has ended.")


# Export ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_importing_an_export_changes_nothing(shanxi, language):
    offer = supply.offer("shanxi", summary_zh="=1+1，\n第二行", min_hours=2)
    supply.draft(offer.provider, "shanxi", offer.pool, price_u=None)
    with in_province("shanxi"), override(language):
        Card.objects.filter(pk=Card.objects.first().pk).update(state=CardState.MAINTENANCE)
        for kind in KINDS.values():
            data = exporting.export(kind, offer.provider)
            told = dry_run(kind, offer.provider, data)
            assert (told.faults, told.added, told.changed, bool(told.same)) == ([], [], [], True), kind.name


def test_an_export_of_one_language_is_understood_in_the_other(shanxi):
    offer = supply.offer("shanxi")
    with in_province("shanxi"):
        with override("zh-hans"):
            files = {kind: exporting.export(kind, offer.provider) for kind in KINDS.values()}
        for kind, data in files.items():
            assert dry_run(kind, offer.provider, data).counts()["same"] == len(data.splitlines()) - 1


def test_an_export_has_only_the_providers_own_rows(shanxi):
    ours, theirs = supply.offer("shanxi"), supply.offer("shanxi")
    with in_province("shanxi"):
        for kind in KINDS.values():
            text = exporting.export(kind, ours.provider).decode()
            assert theirs.provider.slug not in text
            assert theirs.slug not in text.split(",")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_template_is_a_file_without_rows(provider, language):
    with override(language):
        templates = {kind: exporting.template(kind) for kind in KINDS.values()}
    for kind, data in templates.items():
        (fault,) = dry_run(kind, provider, data).faults
        assert fault.sentence == "The file has a first row with the names of columns, and nothing below it."
        assert all(word in data.decode() for column in kind.columns for word in column.heads())
