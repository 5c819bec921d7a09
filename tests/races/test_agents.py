"""Two requests of one agent, and an agent that reports while its provider chooses another one."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import QuerySet
from django.test import Client

from marketplace.activation.agents import actions, serving, waiting
from marketplace.activation.agents.reporting import registers, reports
from marketplace.activation.agents.reporting.reports import Counted, Report
from marketplace.activation.fulfilment import actions as activation
from marketplace.activation.fulfilment import commands
from marketplace.activation.models import Agent, CapacityReport, Command, Verb
from marketplace.orders.models import Order
from marketplace.site_agent import signing
from portal.directory.models import Availability
from tenants.acts import Refusal
from tenants.context import in_province
from tests.market import OnSale, buyer, on_sale
from tests.marketplace.activation.test_doors import Knocker
from tests.portal.checkout.running import bought
from tests.races.together import after, paused_after, together

CARDS = 8


@pytest.fixture
def lot(race_database, monkeypatch) -> OnSale:
    monkeypatch.setattr("tenants.outbox.nudge.nudge", lambda *letter: None)
    return on_sale("shanxi", CARDS)


@pytest.fixture
def knocker(lot, client_at) -> Knocker:
    return enrolled(lot, client_at)


def enrolled(lot: OnSale, client_at: Callable[..., Client]) -> Knocker:
    """The provider's only agent."""
    with in_province("shanxi"):
        Agent.objects.update(revoked_at="2026-01-01T00:00Z")
    return another(lot, client_at)


def another(lot: OnSale, client_at: Callable[..., Client]) -> Knocker:
    private, public = signing.new_key_pair()
    with in_province("shanxi"):
        code = actions.create_enrolment_code(lot.provider)
    agent, _province = actions.enrol(code, public_key=public, name="hall", version="1")
    return Knocker(client_at(), agent.pk, private, lot)


@pytest.fixture
def unlocked(monkeypatch) -> None:
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *args, **options: self.all())


# Two reports ------------------------------------------------------------------------------------


def two_reports(knocker: Knocker, monkeypatch) -> tuple[list[int], float]:
    """Statuses of a report that is slow to be stored, and of one that comes meanwhile; seconds until the second's."""
    storing, took = paused_after(monkeypatch, reports, "write_stock"), []

    def second() -> int:
        began = time.perf_counter()
        status = knocker.report(CARDS).status_code
        took.append(time.perf_counter() - began)
        return status

    statuses = together(lambda: knocker.report(CARDS).status_code, after(storing, second))
    return statuses, took[0]


def test_a_second_report_is_refused_at_once_while_the_first_is_stored(knocker, monkeypatch):
    statuses, seconds = two_reports(knocker, monkeypatch)
    assert statuses == [200, 409]
    assert seconds < 0.5


def test_without_the_lock_the_second_report_is_not_refused(knocker, monkeypatch, unlocked):
    """Negative control."""
    statuses, _seconds = two_reports(knocker, monkeypatch)
    assert statuses == [200, 200]


def test_eight_reports_at_once_leave_one_that_counts(knocker):
    answers = together(*[lambda: knocker.report(CARDS).status_code] * 8)
    assert set(answers) <= {200, 409}
    assert 200 in answers
    with in_province("shanxi"):
        assert Agent.objects.get(pk=knocker.key_id).polls == answers.count(200)


# Two polls --------------------------------------------------------------------------------------


def poll(knocker: Knocker, wait: int) -> Callable[[], tuple[int, str, float]]:
    def ask() -> tuple[int, str, float]:
        began = time.perf_counter()
        with in_province("shanxi"):
            version = registers.register_of(Agent.objects.get(pk=knocker.key_id)).version
        body = {"capacity": [{"pool": knocker.lot.pool.slug, "cards": CARDS}], "wait_seconds": wait}
        answer = knocker.post("lease", {**body, "register": version})
        return answer.status_code, answer.json().get("code", ""), time.perf_counter() - began

    return ask


def later(act: Callable[[], Any], seconds: float = 1.0) -> Callable[[], Any]:
    def wait_and_act() -> Any:
        time.sleep(seconds)
        return act()

    return wait_and_act


def test_a_newer_poll_ends_the_one_that_waits(knocker):
    (status, code, seconds), newer = together(poll(knocker, 6), later(poll(knocker, 2)))
    assert (status, code) == (409, "newer_poll")
    assert seconds < 3
    assert newer[:2] == (200, "")


def test_a_poll_that_nobody_wakes_sees_in_the_end_that_it_was_replaced(knocker, monkeypatch):
    monkeypatch.setattr(waiting, "wake", lambda key_id: None)
    (status, code, seconds), newer = together(poll(knocker, 3), later(poll(knocker, 1)))
    assert (status, code, newer[0]) == (409, "newer_poll", 200)
    assert seconds >= 3


def test_without_numbers_both_polls_wait(knocker, monkeypatch):
    """Negative control: who does not look at the number waits beside the newer one until the time is up."""
    monkeypatch.setattr(waiting, "still_admitted", lambda agent, poll: True)
    (status, _code, seconds), newer = together(poll(knocker, 3), later(poll(knocker, 1)))
    assert (status, newer[0]) == (200, 200)
    assert seconds >= 3


def test_a_poll_of_another_agent_goes_on(knocker, client_at):
    other = another(on_sale("shanxi", 2), client_at)
    first, second = together(poll(knocker, 2), later(lambda: other.post("lease", {"wait_seconds": 0}).status_code))
    assert (first[:2], second) == ((200, ""), 200)
    assert first[2] >= 2


def test_a_waiting_poll_brings_a_command_as_soon_as_it_is_given(knocker):
    knocker.report(CARDS)
    purchase = bought(buyer(), 2)

    def start() -> None:
        with in_province("shanxi"):
            activation.start_activation(Order.objects.get(purchase_id=purchase.pk))

    (status, _code, seconds), _started = together(poll(knocker, 8), later(start))
    assert status == 200
    assert seconds < 4
    with in_province("shanxi"):
        assert Command.objects.get(verb=Verb.APPLY).sent_at is not None


# A choice of the provider -----------------------------------------------------------------------


@pytest.fixture
def second(lot, knocker, client_at) -> Agent:
    """Another agent of the provider, which serves nothing yet."""
    key_id = another(lot, client_at).key_id
    with in_province("shanxi"):
        return Agent.objects.get(pk=key_id)


def choosing(lot: OnSale, agent: Agent) -> Callable[[], None]:
    def choose() -> None:
        with in_province("shanxi"):
            serving.choose_agent(lot.pool, agent, by=None)

    return choose


def fresh(lot: OnSale) -> bool:
    return Availability.objects.fresh().filter(pool=lot.pool.pk).exists()


def report_during_choice(lot: OnSale, knocker: Knocker, second: Agent, monkeypatch) -> list[Any]:
    """The provider chooses the second agent when the first one's report has been checked and is not stored yet."""
    checked = paused_after(monkeypatch, reports, "registered_cards")
    return together(lambda: knocker.report(CARDS).status_code, after(checked, choosing(lot, second)))


def test_a_choice_waits_for_the_old_agents_report_and_the_pool_for_the_new_one(lot, knocker, second, monkeypatch):
    assert report_during_choice(lot, knocker, second, monkeypatch) == [200, None]
    assert not fresh(lot)
    with in_province("shanxi"):
        assert not CapacityReport.objects.exists()


def test_without_the_lock_the_old_agents_count_stands_for_the_new_one(lot, knocker, second, monkeypatch, unlocked):
    """Negative control."""
    report_during_choice(lot, knocker, second, monkeypatch)
    assert fresh(lot)


def command_during_choice(lot: OnSale, second: Agent, monkeypatch) -> list[Any]:
    """The pool's agent is asked to set an order up while the provider chooses the second one."""
    purchase = bought(buyer(), 2)
    asked = paused_after(monkeypatch, commands, "agent_for")

    def start() -> None:
        with in_province("shanxi"):
            activation.start_activation(Order.objects.get(purchase_id=purchase.pk))

    return together(start, after(asked, choosing(lot, second)))


def test_a_pool_does_not_move_while_its_agent_is_being_asked(lot, knocker, second, monkeypatch):
    knocker.report(CARDS)
    _started, refusal = command_during_choice(lot, second, monkeypatch)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "agent_holds_leases"


def test_without_the_lock_a_site_is_asked_that_no_longer_serves_the_pool(lot, knocker, second, monkeypatch, unlocked):
    """Negative control."""
    knocker.report(CARDS)
    assert command_during_choice(lot, second, monkeypatch) == [None, None]
    with in_province("shanxi"):
        assert Command.objects.get().agent_id == knocker.key_id
        assert serving.agent_of(lot.pool) == second


def test_the_newest_report_of_the_pools_agent_is_the_one_that_counts(lot, knocker, second):
    with in_province("shanxi"):
        mine = Agent.objects.get(pk=knocker.key_id)
        reports.accept_report(mine, Report([Counted(lot.pool.slug, CARDS)]))
        refused = reports.accept_report(second, Report([Counted(lot.pool.slug, CARDS)])).refused
    assert [row["code"] for row in refused] == ["other_agents_pool"]
