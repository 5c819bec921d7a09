"""The pages of purchases: the list, the lanes, access, meter, end; for a member, a viewer, a stranger and a visitor."""

import re
from decimal import Decimal

import pytest
import time_machine
from django.db.models import Sum
from django.utils import timezone

from marketplace.activation.fulfilment import commands
from marketplace.activation.models import Agent, Command, Resource
from marketplace.orders.models import Lease, LeaseState, Order
from marketplace.settlement.models import Meter
from portal.accounts.roles import MembershipRole
from portal.checkout.models import Purchase
from portal.directory.models import OrderIndex
from portal.ledger.actions import balances
from portal.ledger.models import Reservation
from tenants.context import in_province
from tenants.history.models import Record
from tests.market import YUAN, buyer, on_sale, somebody
from tests.portal.accounts.people import member
from tests.portal.checkout.running import SECRET, activated, bought, failed, queries, released, start

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def who():
    return buyer(1_000)


@pytest.fixture
def viewer(who):
    person = somebody("viewer")
    member(person, who.organisation, MembershipRole.VIEWER)
    return person


@pytest.fixture
def two_provinces(who) -> Purchase:
    on_sale("shanxi", 4), on_sale("henan", 2, price_u=3 * YUAN)
    return bought(who, 6)


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def order_of(purchase: Purchase, province: str) -> OrderIndex:
    return OrderIndex.objects.get(purchase_id=purchase.pk, province=province)


def end_address(purchase: Purchase, province: str) -> str:
    return f"/purchases/{purchase.pk}/orders/{province}/{order_of(purchase, province).number}/end/"


def access_address(purchase: Purchase, province: str) -> str:
    number = order_of(purchase, province).number
    with in_province(province):
        line = Order.objects.get(purchase_id=purchase.pk).lines.get()
    return f"/purchases/{purchase.pk}/orders/{province}/{number}/credentials/{line.pk}/"


def test_only_members_see_a_purchase(signed_in, who, viewer, two_provinces):
    stranger = buyer()
    address = f"/purchases/{two_provinces.pk}/"
    for page in (address, f"{address}lanes/", f"{address}meter/?was="):
        assert signed_in(who.user).get(page).status_code in (200, 204)
        assert signed_in(viewer).get(page).status_code in (200, 204)
        assert signed_in(stranger.user).get(page).status_code == 404
        assert signed_in().get(page).status_code == 302


def test_only_those_who_may_end_and_look_can(signed_in, who, viewer, two_provinces):
    activated(two_provinces)
    for address in (end_address(two_provinces, "henan"), access_address(two_provinces, "henan")):
        assert signed_in(viewer).post(address, {"confirm": "on"}).status_code == 403
        assert signed_in(buyer().user).post(address, {"confirm": "on"}).status_code == 404
        assert signed_in().post(address, {"confirm": "on"}).status_code == 302
    page = signed_in(viewer).get(f"/purchases/{two_provinces.pk}/")
    assert (page.context["may_end"], page.context["may_look"]) == (False, False)
    assert "/end/" not in page.content.decode()
    assert "/credentials/" not in page.content.decode()
    assert OrderIndex.objects.filter(state="active").count() == 2


def test_the_list_is_that_of_the_acting_organisation(signed_in, who, two_provinces):
    other = buyer()
    on_sale("shanxi", 4)
    foreign = bought(other, 1)
    page = signed_in(who.user).get("/purchases/")
    assert [(row.pk, tone) for row, tone, _word, _places in page.context["listed"]] == [(two_provinces.pk, "run")]
    assert [row[0].pk for row in signed_in(other.user).get("/purchases/").context["listed"]] == [foreign.pk]
    assert signed_in().get("/purchases/").status_code == 302


def test_the_list_is_empty_for_somebody_without_organisation(signed_in):
    assert "No order yet" in text_of(signed_in(somebody("alone")).get("/purchases/"))


def test_the_list_costs_the_same_with_one_purchase_and_with_three(signed_in, who):
    on_sale("shanxi", 4), on_sale("henan", 4)
    client = signed_in(who.user)
    bought(who, 1)
    assert queries(client, "/purchases/") == 6
    bought(who, 1), bought(who, 6)
    assert queries(client, "/purchases/") == 6


def test_lanes_show_each_lot_on_its_way(signed_in, who, two_provinces):
    client, address = signed_in(who.user), f"/purchases/{two_provinces.pk}/"
    lanes = client.get(address).context["lanes"]
    assert [(lane.letter, lane.cards_text, [step.tone for step in lane.steps]) for lane in lanes] == [
        ("A", "4 cards", ["ok", "run", "plan", "plan", "plan"]),
        ("B", "2 cards", ["ok", "run", "plan", "plan", "plan"]),
    ]
    activated(two_provinces)
    page = client.get(address)
    assert [[step.tone for step in lane.steps] for lane in page.context["lanes"]] == [["ok"] * 5] * 2
    assert [lane.steps[3].text.rpartition(", ")[2] for lane in page.context["lanes"]] == ["4 / 4", "2 / 2"]
    assert page.context["pill"] == ("ok", "active")


def test_polling_answers_only_when_something_moved(signed_in, who, two_provinces):
    client, address = signed_in(who.user), f"/purchases/{two_provinces.pk}/"
    digest = client.get(address).context["followed"].digest
    assert f"/lanes/?was={digest}" in client.get(address).content.decode()
    assert client.get(f"{address}lanes/?was={digest}", headers=HTMX).status_code == 204
    activated(two_provinces)
    moved = client.get(f"{address}lanes/?was={digest}", headers=HTMX)
    assert moved.status_code == 200
    assert 'id="follow"' in moved.content.decode()
    assert "<html" not in moved.content.decode()
    assert "every 2s" not in moved.content.decode()


def test_a_running_meter_is_asked_for_and_asks_for_the_page_when_the_state_changed(signed_in, who, two_provinces):
    activated(two_provinces)
    client, address = signed_in(who.user), f"/purchases/{two_provinces.pk}/"
    digest = client.get(address).context["followed"].digest
    answer = client.get(f"{address}meter/?was={digest}", headers=HTMX)
    assert (answer.status_code, "HX-Refresh" in answer.headers) == (200, False)
    client.post(end_address(two_provinces, "henan"), {"confirm": "on"})
    assert client.get(f"{address}meter/?was={digest}", headers=HTMX).headers["HX-Refresh"] == "true"


def test_the_meter_shows_card_seconds_times_price(signed_in, who, two_provinces):
    activated(two_provinces)
    began = timezone.now() - timezone.timedelta(minutes=30)
    for province in ("shanxi", "henan"):
        with in_province(province):
            Meter.objects.update(
                ready_at=began, captured_until=began, stopped_at=began + timezone.timedelta(minutes=15)
            )
    page = signed_in(who.user).get(f"/purchases/{two_provinces.pk}/")
    followed = page.context["followed"]
    assert [lot.used_u for lot in followed.lots] == [4 * 2 * YUAN // 4, 2 * 3 * YUAN // 4]
    assert (followed.used_u, followed.card_hours, followed.most_card_hours) == (3_500_000, 1.5, 12)
    assert "A Shanxi 3,600 card-seconds × ¥2.00 ÷ 3600 ¥2.00" in text_of(page)
    assert "B Henan 1,800 card-seconds × ¥3.00 ÷ 3600 ¥1.50" in text_of(page)


def bill_on(page) -> list[tuple[Decimal, int, int]]:
    """Card-seconds, price of a card-hour and amount of each lot, read off the page; money in micro-yuan."""
    lines = re.findall(r"([\d,.]+) card-seconds × ¥([\d,.]+) ÷ 3600 ¥([\d,.]+)", text_of(page))
    read = [[Decimal(figure.replace(",", "")) for figure in line] for line in lines]
    return [(seconds, int(price * YUAN), int(amount * YUAN)) for seconds, price, amount in read]


@pytest.mark.parametrize("over", [False, True])
def test_the_bill_can_be_worked_out_again_from_what_the_page_shows(signed_in, who, two_provinces, over):
    activated(two_provinces)
    began = timezone.now() - timezone.timedelta(minutes=7, seconds=13, microseconds=419_083)
    for province in ("shanxi", "henan"):
        with in_province(province):
            Meter.objects.update(ready_at=began, captured_until=began)
    client, address = signed_in(who.user), f"/purchases/{two_provinces.pk}/"
    if over:
        for province in ("shanxi", "henan"):
            client.post(end_address(two_provinces, province), {"confirm": "on"})
    page = client.get(address)
    bill = bill_on(page)
    assert [int(seconds * price // 3600) for seconds, price, _amount in bill] == [amount for *_of, amount in bill]
    assert sum(amount for *_of, amount in bill) == page.context["followed"].used_u
    if over:
        assert Reservation.objects.aggregate(of=Sum("captured_u"))["of"] == page.context["followed"].used_u


def test_the_end_panel_and_the_meter_name_the_same_amounts(signed_in, who, two_provinces):
    """Also past a term that a window of the pool has brought forward, before the clock has ended the order."""
    activated(two_provinces)
    with in_province("henan"):
        began = timezone.now() - timezone.timedelta(minutes=40)
        Meter.objects.update(ready_at=began, captured_until=began)
        Order.objects.update(ends_at=began + timezone.timedelta(minutes=30))
    page = signed_in(who.user).get(f"/purchases/{two_provinces.pk}/")
    henan = page.context["followed"].orders[1]
    assert (henan.used_u, henan.open_u) == (2 * 3 * YUAN // 2, 2 * 3 * YUAN * 3 // 2)
    assert "2 cards are released. ¥3.00 used so far are charged; of the reservation ¥9.00 return" in text_of(page)
    assert "B Henan 3,600 card-seconds × ¥3.00 ÷ 3600 ¥3.00" in text_of(page)


def test_nothing_is_shown_as_reserved_once_nothing_can_be_charged(signed_in, who, two_provinces):
    activated(two_provinces)
    client, address = signed_in(who.user), f"/purchases/{two_provinces.pk}/"
    for province in ("henan", "shanxi"):
        client.post(end_address(two_provinces, province), {"confirm": "on"})
    page = client.get(address)
    followed = page.context["followed"]
    assert (followed.states, followed.open_u, balances(who.organisation)[1]) == (["ending", "ending"], 0, 0)
    assert followed.used_u + followed.released_u == two_provinces.total_u
    assert "Returned to the wallet" in text_of(page)
    assert "Still reserved" not in text_of(page)


def test_the_step_that_runs_counts_its_seconds_and_a_ticked_one_does_not(signed_in, who, two_provinces):
    with in_province("henan"):
        start(Order.objects.get().pk)
        placed = Order.objects.get().placed_at
        Command.objects.update(sent_at=placed + timezone.timedelta(seconds=2), step="Starting JupyterLab.")
    client, address = signed_in(who.user), f"/purchases/{two_provinces.pk}/"

    def steps(later: int):
        with time_machine.travel(placed + timezone.timedelta(seconds=later), tick=False):
            page = client.get(address)
        assert f'<span data-elapsed="{later - 2}">{later - 2}</span> s' in page.content.decode()
        return [(step.tone, step.name, step.text, step.elapsed) for step in page.context["lanes"][1].steps[1:3]]

    for later in (9, 31):
        with in_province("henan"):  # the agent polls: what has no answer yet is given out again
            agent = Agent.objects.get()
            commands.take(agent)
            Command.objects.update(given_at=None)
        assert steps(later) == [
            ("ok", "Sent", "2.0 s", None),
            ("run", "Ready", "Starting JupyterLab.", later - 2),
        ]


def test_the_secret_is_shown_once_asked_for_and_the_look_is_recorded(signed_in, who, two_provinces):
    activated(two_provinces)
    client, address = signed_in(who.user), f"/purchases/{two_provinces.pk}/"
    assert SECRET not in client.get(address).content.decode()
    shown = client.post(access_address(two_provinces, "henan"))
    assert SECRET in shown.content.decode()
    assert shown.headers["Refresh"] == f"30; url={address}"
    assert "no-store" in shown.headers["Cache-Control"]
    assert SECRET not in client.get(address).content.decode()
    with in_province("henan"):
        looked = Record.objects.get(act="credentials.viewed")
    assert (looked.actor_kind, looked.actor_id) == ("user", str(who.user.pk))
    with in_province("shanxi"):
        assert not Record.objects.filter(act="credentials.viewed").exists()
    assert f"{who.user.name} looked at the access to Henan" in text_of(client.get(address))


def test_with_htmx_the_row_shows_the_secret_and_asks_to_be_masked_after_30_seconds(signed_in, who, two_provinces):
    activated(two_provinces)
    address = access_address(two_provinces, "shanxi")
    row = signed_in(who.user).post(address, headers=HTMX).content.decode()
    assert SECRET in row
    assert "delay:30s" in row
    assert "<html" not in row
    masked = signed_in(who.user).get(address, headers=HTMX).content.decode()
    assert SECRET not in masked
    assert "Show for 30 seconds" in masked


def test_a_line_of_another_order_has_no_access_here(signed_in, who, two_provinces):
    activated(two_provinces)
    with in_province("shanxi"):
        line = Resource.objects.get().line_id
    number = order_of(two_provinces, "henan").number
    address = f"/purchases/{two_provinces.pk}/orders/henan/{number}/credentials/{line}/"
    assert signed_in(who.user).post(address).status_code == 404


def test_ending_asks_for_the_confirmation_first(signed_in, who, two_provinces):
    activated(two_provinces)
    answer = signed_in(who.user).post(end_address(two_provinces, "henan"))
    assert answer.status_code == 422
    assert "Nothing was ended." in text_of(answer)
    assert order_of(two_provinces, "henan").state == "active"


def test_ending_one_order_leaves_the_other_running_and_the_bill_is_exact(signed_in, who, two_provinces):
    activated(two_provinces)
    client, address = signed_in(who.user), f"/purchases/{two_provinces.pk}/"
    assert client.post(end_address(two_provinces, "henan"), {"confirm": "on"}).url == address
    assert [order_of(two_provinces, one).state for one in ("henan", "shanxi")] == ["ending", "active"]
    client.post(end_address(two_provinces, "shanxi"), {"confirm": "on"})
    released(two_provinces)
    followed = client.get(address).context["followed"]
    assert (followed.over, followed.states) == (True, ["ended", "ended"])
    charged = 0
    for province in ("shanxi", "henan"):
        with in_province(province):
            charged += Meter.objects.get().captured_u
            assert {lease.state for lease in Lease.objects.all()} == {LeaseState.RELEASED}
    assert followed.used_u == charged > 0
    assert balances(who.organisation) == (1_000 * YUAN - charged, 0)
    assert followed.released_u == two_provinces.total_u - charged
    assert "The order has ended" in text_of(client.get(address))


def test_ending_twice_is_refused_with_a_sentence(signed_in, who, two_provinces):
    activated(two_provinces)
    client = signed_in(who.user)
    client.post(end_address(two_provinces, "henan"), {"confirm": "on"})
    again = client.post(end_address(two_provinces, "henan"), {"confirm": "on"})
    assert again.status_code == 409
    assert "is not running" in text_of(again)


def test_an_order_being_activated_can_be_cancelled(signed_in, who, two_provinces):
    with in_province("henan"):
        start(Order.objects.get().pk)
    client = signed_in(who.user)
    assert "Cancel the order in Henan" in text_of(client.get(f"/purchases/{two_provinces.pk}/"))
    client.post(end_address(two_provinces, "henan"))
    assert order_of(two_provinces, "henan").state == "cancelling"


def test_a_failed_order_says_the_money_first_and_leads_on(signed_in, who, two_provinces):
    failed(two_provinces, "henan")
    page = signed_in(who.user).get(f"/purchases/{two_provinces.pk}/")
    assert "2 cards in Henan could not be activated. They were not charged." in text_of(page)
    assert "Cause: a card is faulty." in text_of(page)
    (order,) = page.context["followed"].failed
    assert "cards=2" in order.query
    assert page.context["pill"][0] == "bad"


def test_the_trail_tells_who_did_what(signed_in, who, two_provinces):
    activated(two_provinces)
    page = signed_in(who.user).get(f"/purchases/{two_provinces.pk}/")
    assert [entry.sentence for entry in page.context["trail"]][:3] == [
        f"Quote {two_provinces.quote.number}",
        f"{who.user.name} bought",
        "The stock of 2 provinces is held at once, ¥28.00 reserved",
    ]
    times = [entry.at for entry in page.context["trail"]]
    assert times == sorted(times)


def test_the_page_costs_four_queries_more_for_each_province(signed_in, who):
    on_sale("shanxi", 4), on_sale("henan", 4)
    client = signed_in(who.user)
    assert queries(client, f"/purchases/{activated(bought(who, 1, provinces=('shanxi',))).pk}/") == 13
    on_sale("henan", 1)
    assert queries(client, f"/purchases/{activated(bought(who, 8)).pk}/") == 17
