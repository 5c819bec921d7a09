"""`sites/` and `pools/`: the public register of all provinces, page by page."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.catalog.models import Pool
from portal.directory.identifiers.models import Identifier
from tenants.context import in_province
from tenants.models import Province
from tests.marketplace.catalog import supply
from tests.portal.api.knocking import problem, visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def register(shanxi, henan):
    """Two sites with a pool each in Shanxi and three in Henan."""
    for province, sites in (("shanxi", 2), ("henan", 3)):
        of = supply.provider(province)
        for _site in range(sites):
            pool = supply.pool(supply.site(of, province), province)
            with in_province(province):
                supply.counted(pool, 8, 5)


def all_of(address: str) -> list[tuple[str, str]]:
    seen: list[tuple[str, str]] = []
    while address:
        page = visitor().get(address).json()
        assert page["previous"] is None
        seen += [(row["province"], row["slug"]) for row in page["results"]]
        address = page["next"]
    return seen


@pytest.mark.parametrize("name", ["sites", "pools"])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_every_row_comes_once_whatever_the_size_of_pages(register, name, size):
    seen = all_of(f"/api/v1/{name}/?page_size={size}")
    assert [province for province, _slug in seen] == ["henan"] * 3 + ["shanxi"] * 2
    assert seen == sorted(set(seen))


def test_a_site_says_its_public_facts(shanxi):
    site = supply.site(supply.provider("shanxi"), "shanxi", pue="1.21")
    (row,) = visitor().get("/api/v1/sites/").json()["results"]
    assert row == {
        "province": "shanxi",
        "slug": site.slug,
        "name_zh": "云冈数据中心",
        "name_en": "Yungang Data Centre",
        "provider_zh": site.provider.organisation.name_zh,
        "provider_en": "",
        "city_zh": "大同",
        "city_en": "Datong",
        "racks": None,
        "rack_rate": None,
        "pue": "1.21",
        "green_share": "0.520",
        "rtt_ms_beijing": None,
        "rtt_ms_shanghai": None,
        "rtt_ms_guangzhou": None,
        "sample": False,
    }


def test_a_pool_says_its_stock_and_the_time_of_it(register):
    rows = visitor().get("/api/v1/pools/?province=shanxi").json()["results"]
    assert [(row["cards"], row["free"], row["measured_at"] is not None) for row in rows] == [(8, 5, True)] * 2
    assert {row["identifier"] for row in rows} == set(
        Identifier.objects.filter(province="shanxi").values_list("text", flat=True)
    )
    with in_province("shanxi"):
        never = supply.pool(Pool.objects.first().site, "shanxi", cards=0)
    row = next(row for row in visitor().get("/api/v1/pools/").json()["results"] if row["slug"] == never.slug)
    assert (row["cards"], row["free"], row["measured_at"]) == (0, 0, None)


def test_one_province_only(register):
    assert {province for province, _slug in all_of("/api/v1/sites/?province=henan&page_size=2")} == {"henan"}
    assert all_of("/api/v1/sites/?province=anhui") == []


@pytest.mark.parametrize("cursor", ["x", "%00", "c2hhbnhp", "!!!!", "8J-YgA"])
def test_a_foreign_cursor_is_refused(register, cursor):
    assert problem(visitor().get(f"/api/v1/pools/?cursor={cursor}")) == (404, "not_found")


def test_a_page_costs_the_same_for_one_and_for_three_rows_of_a_province(shanxi):
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            visitor().get("/api/v1/pools/?province=shanxi")
        return sum(not one["sql"].startswith("SET ") for one in caught.captured_queries)

    site = supply.site(supply.provider("shanxi"), "shanxi")
    supply.pool(site, "shanxi")
    queries()
    one = queries()
    for _pool in range(2):
        supply.pool(site, "shanxi")
    assert queries() == one


def test_a_suspended_province_stays_in_the_register(register, shanxi):
    Province.objects.filter(pk=shanxi.pk).update(state="suspended")
    assert len(all_of("/api/v1/sites/?province=shanxi")) == 2
