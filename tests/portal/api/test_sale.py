"""The sale for programs: what each of its doors shows, to whom, and on which host."""

import pytest

from marketplace.orders.models import Order
from portal.accounts.roles import MembershipRole
from portal.directory.models import OrderIndex
from tenants.context import in_province
from tenants.history.models import Record
from tests.market import CARD, YUAN, buyer, on_sale, quote_for
from tests.portal.accounts import people
from tests.portal.api.knocking import key_of, member, post, problem, program, visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def who():
    return buyer(1000)


@pytest.fixture
def stock():
    return on_sale("shanxi", 4), on_sale("henan", 2, price_u=3 * YUAN)


@pytest.fixture
def robot(who):
    return program(key_of(who.organisation, who.user)[1])


def bought(client, who, cards: int = 6) -> dict:
    answer = post(client, "/api/v1/purchases/", {"quote": str(quote_for(who, cards).pk)}, key=f"buy-{cards}")
    assert answer.status_code == 201, answer.content
    return answer.json()


class TestQuote:
    ASKED = {"card_model": CARD, "cards": 6, "hours": 2}

    def test_a_visitor_gets_one_filled_over_two_provinces(self, stock):
        answer = post(visitor(), "/api/v1/quotes/", self.ASKED)
        assert answer.status_code == 201
        quote = answer.json()
        assert [(line["province"], line["cards"], line["amount_u"]) for line in quote["lines"]] == [
            ("shanxi", 4, 16 * YUAN),
            ("henan", 2, 12 * YUAN),
        ]
        assert quote["total_u"] == 28 * YUAN
        assert visitor().get(f"/api/v1/quotes/{quote['id']}/").json() == quote

    @pytest.mark.parametrize("host", ["localhost:8000", "henan.portal.localhost:8000"])
    def test_it_is_the_same_on_every_host(self, stock, host):
        assert post(visitor(host), "/api/v1/quotes/", self.ASKED).json()["total_u"] == 28 * YUAN

    def test_what_cannot_be_filled_says_so_with_alternatives(self, stock):
        quote = post(visitor(), "/api/v1/quotes/", {**self.ASKED, "cards": 9}).json()
        assert (quote["lines"], quote["total_u"]) == ([], 0)
        assert {"kind": "fewer_cards", "cards": 6} in quote["alternatives"]

    def test_an_organisations_quote_is_nobody_elses(self, who, robot, stock):
        path = f"/api/v1/quotes/{post(robot, '/api/v1/quotes/', self.ASKED).json()['id']}/"
        assert robot.get(path).status_code == 200
        assert member(who.user).get(path).status_code == 200
        assert problem(visitor().get(path)) == (404, "not_found")
        assert problem(member(buyer(0).user).get(path)) == (404, "not_found")


class TestPurchase:
    def test_it_becomes_one_order_in_each_province(self, who, robot, stock):
        purchase = bought(robot, who)
        assert (purchase["state"], purchase["total_u"]) == ("placed", 28 * YUAN)
        assert [(order["province"], order["cards"]) for order in purchase["orders"]] == [("henan", 2), ("shanxi", 4)]
        assert robot.get(f"/api/v1/purchases/{purchase['id']}/").json() == purchase

    def test_it_is_the_same_act_on_a_provinces_host_and_recorded_at_the_nation(self, who, stock):
        key, text = key_of(who.organisation, who.user)
        purchase = bought(program(text, "henan.portal.localhost:8000"), who)
        with in_province("nation"):
            row = Record.objects.get(act="purchase.placed")
        assert (row.subject_id, row.actor_kind, row.actor_id) == (purchase["id"], "key", str(key.pk))

    def test_three_people(self, who, robot, stock):
        purchase = bought(robot, who)
        path = f"/api/v1/purchases/{purchase['id']}/"
        viewer = people.person("vera")
        people.member(viewer, who.organisation, MembershipRole.VIEWER)
        assert member(who.user).get(path).json() == purchase
        assert member(viewer).get(path).status_code == 200
        assert problem(post(member(viewer), f"{path}cancel/", key="k")) == (403, "forbidden")
        stranger = buyer(0)
        assert problem(member(stranger.user).get(path)) == (404, "not_found")
        assert problem(post(member(stranger.user), f"{path}cancel/", key="k")) == (404, "not_found")
        assert problem(visitor().get(path)) == (401, "not_authenticated")

    def test_a_viewer_cannot_buy(self, who, stock):
        viewer = people.person("vera")
        people.member(viewer, who.organisation, MembershipRole.VIEWER)
        answer = post(member(viewer), "/api/v1/purchases/", {"quote": str(quote_for(who, 1).pk)}, key="k")
        assert problem(answer) == (403, "forbidden")

    def test_a_quote_of_another_organisation_does_not_exist(self, robot, stock):
        quote = quote_for(buyer(0), 1)
        assert problem(post(robot, "/api/v1/purchases/", {"quote": str(quote.pk)}, key="k")) == (404, "not_found")


@pytest.mark.parametrize("many", [1, 3])
def test_lists_show_ones_own_in_a_constant_number_of_queries(many, who, stock, django_assert_num_queries):
    on_sale("shanxi", 8)
    robot = program(key_of(who.organisation, who.user)[1])
    stranger = buyer(1000)
    strange = program(key_of(stranger.organisation, stranger.user)[1])
    bought(strange, stranger, 1)
    for cards in range(1, many + 1):
        bought(robot, who, cards)
    robot.get("/api/v1/wallet/")  # notes the use of the key
    with django_assert_num_queries(4):  # key, allowance, purchases, their orders
        purchases = robot.get("/api/v1/purchases/").json()["results"]
    with django_assert_num_queries(3):  # key, allowance, orders
        orders = robot.get("/api/v1/orders/").json()["results"]
    assert [one["orders"][0]["cards"] for one in purchases] == list(range(many, 0, -1))
    assert {one["id"] for one in orders} == {order["id"] for one in purchases for order in one["orders"]}
    assert len(orders) == OrderIndex.objects.filter(organisation=who.organisation).count()


def test_a_list_is_cut_into_pages_that_follow_each_other(who, robot):
    for _pool in range(3):
        on_sale("shanxi", 1)
    for number in range(3):
        post(robot, "/api/v1/purchases/", {"quote": str(quote_for(who, 1).pk)}, key=f"k{number}")
    page = robot.get("/api/v1/purchases/?page_size=2").json()
    rest = robot.get(page["next"]).json()
    assert [len(page["results"]), len(rest["results"]), page["previous"], rest["next"]] == [2, 1, None, None]
    assert len({one["id"] for one in page["results"] + rest["results"]}) == 3


class TestOrder:
    def test_three_people(self, who, robot, stock):
        order = bought(robot, who, 1)["orders"][0]
        path = f"/api/v1/orders/{order['province']}/{order['number']}/"
        shown = robot.get(path).json()
        assert (shown["state"], shown["cards"], shown["charged_u"]) == ("placed", 1, 0)
        viewer = people.person("vera")
        people.member(viewer, who.organisation, MembershipRole.VIEWER)
        assert member(viewer).get(path).json() == shown
        assert problem(member(viewer).get(f"{path}credentials/")) == (403, "forbidden")
        assert problem(post(member(viewer), f"{path}end/", key="k")) == (403, "forbidden")
        stranger = member(buyer(0).user)
        for answer in (stranger.get(path), stranger.get(f"{path}credentials/"), post(stranger, f"{path}end/", key="k")):
            assert problem(answer) == (404, "not_found")

    def test_its_number_in_another_province_does_not_exist(self, who, robot, stock):
        order = bought(robot, who, 1)["orders"][0]
        assert problem(robot.get(f"/api/v1/orders/henan/{order['number']}/")) == (404, "not_found")

    def test_one_that_does_not_run_cannot_be_ended_or_entered(self, who, robot, stock):
        order = bought(robot, who, 1)["orders"][0]
        path = f"/api/v1/orders/{order['province']}/{order['number']}/"
        assert problem(post(robot, f"{path}end/", key="k")) == (409, "not_running")
        assert problem(robot.get(f"{path}credentials/")) == (409, "not_ready")
        with in_province("shanxi"):
            assert Order.objects.get(number=order["number"]).state == "placed"
