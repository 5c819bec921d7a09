"""A provider reads what it sold: on its page, in files and by key, to the micro-yuan and without a buyer's name."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.settlement import actions
from marketplace.settlement.sales import reading
from portal.accounts.roles import MembershipRole
from portal.ledger.models import Account
from tenants.context import in_province
from tests.market import buyer, on_sale, report
from tests.marketplace.settlement.test_settlement import end, running
from tests.portal.accounts import people
from tests.portal.api.knocking import key_of, program

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]
START = datetime(2026, 8, 31, 15, 30, tzinfo=UTC)
"""Half past eleven in the evening in Beijing, the last day of August."""
PRICE_U = 2_000_001


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def lot(shanxi, clock):
    return on_sale("shanxi", 12, price_u=PRICE_U)


@pytest.fixture
def member(lot, client_at):
    """Signs a member with this role in at the province."""

    def of(role: str):
        user = people.person(f"member-{role}")
        people.member(user, lot.provider.organisation, role)
        client = people.sign_in(client_at("shanxi"), user)
        client.cookies["django_language"] = "en"
        return client

    return of


def sell(clock, lot, buyer_name: str = ""):
    """Four cards for two hours: charged after the first hour, ended after an hour and a half."""
    who = buyer(name=buyer_name)
    report(lot)
    with in_province("shanxi"):
        began = datetime.now(UTC)
        order = running(who, 4, 2, began)
        (line,) = order.lines.all()
        clock.shift(timedelta(hours=1))
        actions.capture_now(line)
        clock.shift(timedelta(minutes=30))
        end(order)
    return order


def test_a_sale_has_hours_income_and_what_is_payable(clock, lot, settings):
    settings.PLATFORM_FEE_PER_MILLE = 30
    order = sell(clock, lot)
    income = PRICE_U * 4 * 90 // 60
    first = PRICE_U * 4
    owed = (first - first * 30 // 1000) + (income - first - (income - first) * 30 // 1000)
    with in_province("shanxi"):
        (sale,) = reading.sales(reading.lines_of(lot.provider))
        months = reading.totals(lot.provider)
    assert (sale.order, sale.pool, sale.cards, sale.hours, sale.state) == (order.number, lot.pool.slug, 4, 2, "ended")
    assert (str(sale.card_hours), sale.income_u, sale.payable_u) == ("6.000000", income, owed)
    assert Account.objects.get(kind="provider_payable").balance_u == owed
    assert [(f"{one.month:%Y-%m}", one.pool, one.orders, one.income_u) for one in months] == [
        ("2026-09", lot.pool.slug, 1, income - first),
        ("2026-08", lot.pool.slug, 1, first),
    ]
    assert sum(one.payable_u for one in months) == owed


def test_an_order_that_has_not_run_is_listed_without_income(clock, lot):
    who = buyer()
    with in_province("shanxi"):
        running(who, 2, 1)
        (sale,) = reading.sales(reading.lines_of(lot.provider))
        assert (sale.state, sale.income_u, sale.payable_u, sale.card_hours) == ("active", 0, 0, 0)
        assert reading.totals(lot.provider) == []


def test_every_member_reads_the_page_and_no_buyer_is_named(clock, lot, member):
    order = sell(clock, lot, "Nameless Buyer")
    page = member(MembershipRole.VIEWER).get("/provider/sales/")
    text = page.content.decode()
    assert page.status_code == 200
    assert order.number in text
    assert "¥12.000006" in text
    assert "Nameless" not in text


def test_strangers_find_no_sales(clock, lot, henan, client_at):
    sell(clock, lot)
    user = people.person("he")
    people.member(user, on_sale("henan").provider.organisation, MembershipRole.OWNER)
    stranger = people.sign_in(client_at("shanxi"), user)
    assert [stranger.get(f"/provider/sales/{name}").status_code for name in ("", "orders.csv", "months.csv")] == [
        404
    ] * 3


def test_another_provider_of_the_province_sees_only_its_own(clock, lot):
    sell(clock, lot)
    other = on_sale("shanxi", 1, price_u=90 * PRICE_U)
    with in_province("shanxi"):
        assert (list(reading.lines_of(other.provider)), reading.totals(other.provider)) == ([], [])


def test_the_files_say_the_same(clock, lot, member):
    order = sell(clock, lot)
    client = member(MembershipRole.VIEWER)
    rows = client.get("/provider/sales/orders.csv").content.decode("utf-8-sig").splitlines()
    assert rows[0].startswith("Order,Pool,Card model,Cards")
    assert rows[1].startswith(f"{order.number},{lot.pool.slug},")
    assert rows[1].endswith(",6.000000,12.000006,12.000006")
    months = client.get("/provider/sales/months.csv").content.decode("utf-8-sig").splitlines()
    assert months[1:] == [
        f"2026-09,{lot.pool.slug},1,2.000000,4.000002,4.000002",
        f"2026-08,{lot.pool.slug},1,4.000000,8.000004,8.000004",
    ]


def test_a_program_reads_the_same_by_key(clock, lot):
    order = sell(clock, lot)
    owner = people.person("guo")
    people.member(owner, lot.provider.organisation, MembershipRole.OWNER)
    robot = program(key_of(lot.provider.organisation, owner, ["supply:read"])[1])
    (sale,) = robot.get("/api/v1/provider/shanxi/sales/").json()["results"]
    assert (sale["order"], sale["cards"], sale["state"], sale["income_u"]) == (order.number, 4, "ended", 12_000_006)
    assert set(sale) == {
        *("order", "pool", "card_model", "cards", "price_u", "hours", "state"),
        *("placed_at", "started_at", "ended_at", "card_hours", "income_u", "payable_u"),
    }
    months = robot.get("/api/v1/provider/shanxi/sales/months/").json()["results"]
    assert [(one["month"], one["income_u"]) for one in months] == [("2026-09", 4_000_002), ("2026-08", 8_000_004)]
    walked = robot.get("/api/v1/provider/shanxi/sales/?page_size=1").json()
    assert walked["next"] is None


@pytest.mark.parametrize("path", ["/provider/sales/", "/provider/sales/orders.csv", "/provider/sales/months.csv"])
def test_one_order_and_three_cost_the_same_queries(clock, lot, member, path):
    client = member(MembershipRole.OWNER)
    counted = []
    for sold in (1, 2):
        for _number in range(sold):
            sell(clock, lot)
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        counted.append(len(queries))
    assert counted[0] == counted[1]
