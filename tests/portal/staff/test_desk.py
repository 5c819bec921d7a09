"""The first page of both staff sites: what needs a person, for those whose role may act on it, and nothing else."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from marketplace.activation.models import Agent, CapacityReport
from marketplace.orders.models import Order, OrderState
from portal.accounts.models import OrganisationState
from portal.accounts.roles import Role
from portal.checkout.actions import place_purchase
from portal.directory.models import OfferIndex
from portal.staff import desk
from tenants.context import NATION, in_province
from tenants.history.models import Record
from tenants.outbox.models import Letter
from tests import market
from tests.portal.accounts.people import member, organisation, person, sign_in, staff

pytestmark = pytest.mark.django_db


def waiting_for(user, place=None) -> dict[str, list[str]]:
    """Titles of what waits, by queue; empty queues are left out."""
    if place is None:
        return _titles(user)
    with in_province(place):
        return _titles(user)


def _titles(user) -> dict[str, list[str]]:
    lines = desk.lines_for(user)
    return {line.queue.name: [item.title for item in line.waiting.items] for line in lines if line.waiting.count}


def place_on(client_at, user, province=None):
    client = sign_in(client_at(province), user, second_factor=True)
    client.cookies["django_language"] = "en"
    return client.get("/staff/").content.decode()


class TestNation:
    @pytest.fixture
    def pending(self):
        made = [organisation(f"待核验{n}号", person(f"owner{n}"), OrganisationState.PENDING) for n in (1, 2)]
        type(made[1]).objects.filter(pk=made[1].pk).update(submitted_at=timezone.now() - timedelta(hours=3, minutes=20))
        return made

    def test_the_operator_sees_who_waits_the_longest_first(self, pending):
        assert waiting_for(staff("operator")) == {"verification": ["待核验2号", "待核验1号"]}

    def test_a_colleague_without_the_right_sees_nothing_waiting(self, pending):
        finance = staff("finance", Role.FINANCE)
        assert waiting_for(finance) == {}
        assert [line.queue.name for line in desk.lines_for(finance)] == ["top-ups", "reversals"]

    def test_a_stranger_from_a_province_has_no_queue_here(self, pending):
        assert desk.lines_for(staff("local", province="shanxi")) == []

    def test_nobody_is_asked_to_verify_their_own(self, pending):
        operator = staff("operator")
        member(operator, pending[0], "owner")
        assert waiting_for(operator) == {"verification": ["待核验2号"]}

    def test_a_large_transfer_waits_for_the_other_officer_only(self, settings):
        settings.TOP_UP_FOUR_EYES_U = market.YUAN
        first, second = staff("first", Role.FINANCE), staff("second", Role.FINANCE)
        payer = organisation("付款方")
        market.record_top_up(payer, 5 * market.YUAN, "T-1", by=first)
        assert waiting_for(first) == {}
        assert waiting_for(second) == {"top-ups": ["¥5.00 · 付款方"]}

    def test_the_page_says_since_when_and_what_happens_otherwise(self, client_at, pending):
        html = place_on(client_at, staff("operator"))
        assert "3 h 20 min" in html
        assert "They can neither buy nor sell until somebody has decided." in html
        assert html.index("待核验2号") < html.index("待核验1号")

    def test_letters_of_the_nation_are_found_in_its_own_province(self, nation):
        with in_province(NATION):
            Letter.objects.create(topic="accounts.notice", subject_id="1", attempts=5, last_error="mail server is down")
        assert waiting_for(staff("operator")) == {"outbox": ["accounts.notice"]}

    def test_an_empty_desk_says_so(self, client_at):
        assert "Nothing waits for you" in place_on(client_at, staff("operator"))
        assert "Your roles decide nothing here" in place_on(client_at, staff("regulator", Role.REGULATOR))


class TestProvince:
    @pytest.fixture
    def operator(self):
        return staff("local", province="shanxi")

    @pytest.fixture
    def order(self):
        market.on_sale("shanxi", 4)
        buyer = market.buyer()
        place_purchase(market.quote_for(buyer, 2), organisation=buyer.organisation, by=buyer.user)
        with in_province("shanxi"):
            Agent.objects.update(reported_at=timezone.now())
            return Order.objects.get()

    def later(self, monkeypatch, **span):
        """The clock goes on; nothing happens meanwhile."""
        now = timezone.now() + timedelta(**span)
        monkeypatch.setattr(timezone, "now", lambda: now)

    def test_a_fresh_order_needs_nobody(self, operator, order):
        assert waiting_for(operator, "shanxi") == {}

    def test_an_order_that_does_not_start_needs_a_person(self, operator, order, monkeypatch):
        self.later(monkeypatch, minutes=16)
        assert waiting_for(operator, "shanxi")["orders"] == [f"{order.number} · {order.get_state_display()}"]

    def test_the_time_counts_from_the_last_act_not_from_the_order(self, operator, order, monkeypatch):
        with in_province("shanxi"):
            Order.objects.update(state=OrderState.CANCELLING, placed_at=timezone.now() - timedelta(days=1))
        assert "orders" not in waiting_for(operator, "shanxi")
        self.later(monkeypatch, minutes=16)
        assert len(waiting_for(operator, "shanxi")["orders"]) == 1

    def test_a_failed_order_that_keeps_its_cards_needs_a_person(self, operator, order, monkeypatch):
        with in_province("shanxi"):
            Order.objects.update(state=OrderState.FAILED)
        self.later(monkeypatch, minutes=16)
        assert len(waiting_for(operator, "shanxi")["orders"]) == 1

    def test_silent_agents_and_refused_reports_wait(self, operator, order):
        with in_province("shanxi"):
            Agent.objects.update(reported_at=timezone.now() - timedelta(minutes=11))
            CapacityReport.objects.update(refused="more cards than registered")
        assert set(waiting_for(operator, "shanxi")) == {"agents", "capacity"}

    def test_a_colleague_and_a_stranger_see_none_of_it(self, order, monkeypatch):
        self.later(monkeypatch, minutes=16)
        regulator = staff("regulator", Role.REGULATOR, "shanxi")
        elsewhere = staff("elsewhere", province="henan")
        with in_province("shanxi"):
            assert desk.lines_for(regulator) == desk.lines_for(elsewhere) == []

    def test_the_filter_of_the_list_finds_the_same(self, client_at, operator, order):
        with in_province("shanxi"):
            Order.objects.update(state=OrderState.UNKNOWN)
        client = sign_in(client_at("shanxi"), operator, second_factor=True)
        assert order.number in client.get("/staff/orders/order/?attention=person").content.decode()
        with in_province("shanxi"):
            Order.objects.update(state=OrderState.ENDED, ended_at=timezone.now())
        assert order.number not in client.get("/staff/orders/order/?attention=person").content.decode()

    def test_the_page_costs_the_same_with_one_and_with_three(self, client_at, operator):
        client = sign_in(client_at("shanxi"), operator, second_factor=True)
        client.get("/staff/")
        counts = []
        for letters in (1, 2):
            with in_province("shanxi"):
                for n in range(letters):
                    Letter.objects.create(topic="activation.start", subject_id=str(n), attempts=6)
            with CaptureQueriesContext(connection) as queries:
                assert client.get("/staff/").status_code == 200
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_a_queue_costs_two_queries(self, operator):
        with in_province("shanxi"):
            Letter.objects.create(topic="activation.start", subject_id="1", attempts=6)
            with CaptureQueriesContext(connection) as queries:
                desk.waiting(Letter.objects.stuck(), "left_at", lambda one: desk.Item("", "", one.left_at, ""))
        assert len(queries) == 2

    def test_a_letter_is_delivered_again_by_who_may(self, client_at, operator):
        with in_province("shanxi"):
            letter = Letter.objects.create(topic="t", subject_id="1", attempts=6)
            Letter.objects.update(due_at=timezone.now() + timedelta(minutes=5))
        act = f"/staff/outbox/letter/{letter.pk}/act/retry/"
        assert (
            sign_in(client_at("shanxi"), staff("b", Role.REGULATOR, "shanxi"), second_factor=True).post(act).status_code
            == 403
        )
        sign_in(client_at("shanxi"), operator, second_factor=True).post(act)
        with in_province("shanxi"):
            assert Letter.objects.due().filter(pk=letter.pk).exists()
            assert Record.objects.filter(act="letter.retried", subject_id=str(letter.pk)).count() == 1


def test_every_queue_waits_for_a_right_somebody_has():
    from portal.accounts.permissions import table

    rights = {(label, verb) for objects in table().values() for label, verbs in objects.items() for verb in verbs}
    found = list(desk.queues())
    assert len(found) >= 7
    assert [queue.name for queue in found if (queue.thing, queue.verb) not in rights] == []


class TestInvariants:
    def ask(self, client_at, user, province=None):
        client = sign_in(client_at(province), user, second_factor=True)
        client.cookies["django_language"] = "en"
        return client.get("/staff/invariants/", follow=True)

    def test_a_sound_place_says_so_and_a_finding_is_named_in_its_province_and_at_the_nation(self, client_at):
        lot = market.on_sale("shanxi", 2)
        local, national = staff("local", province="shanxi"), staff("operator")
        assert "Everything is as it must be" in self.ask(client_at, local, "shanxi").content.decode()
        OfferIndex.objects.filter(pk=lot.offer.pk).update(price_u=1)
        for answer in (self.ask(client_at, local, "shanxi"), self.ask(client_at, national)):
            html = answer.content.decode()
            assert "Something is not as it must be" in html
            assert "I7" in html
            assert "Shanxi" in html
        assert (
            "Everything is as it must be" in self.ask(client_at, staff("b", province="henan"), "henan").content.decode()
        )

    def test_a_colleague_and_a_stranger_do_not_look(self, client_at):
        assert self.ask(client_at, staff("regulator", Role.REGULATOR, "shanxi"), "shanxi").status_code == 403
        assert self.ask(client_at, staff("elsewhere", province="henan"), "shanxi").status_code == 403
