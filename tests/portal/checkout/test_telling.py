"""E-mails about a purchase: each event once, to who bought it, in the language that person reads."""

import threading
import time

import pytest
from celery import current_app
from django.db import IntegrityError, connection
from django.db.models import QuerySet

from marketplace.orders import actions as orders
from marketplace.orders.models import Order
from marketplace.settlement import actions as settlement
from marketplace.settlement.actions import settle_order
from portal.accounts.models import Membership, User
from portal.accounts.roles import MembershipRole
from portal.checkout import telling
from portal.checkout.models import PurchaseNews
from portal.checkout.tasks import tell
from portal.directory.models import OrderIndex
from portal.ledger.models import Reservation
from portal.web.wording import money_exact
from tenants.context import in_province
from tenants.history.models import Record
from tenants.outbox.models import Letter
from tenants.outbox.tasks import sweep
from tests.market import buyer, fund, on_sale, somebody
from tests.portal.accounts.people import member
from tests.portal.accounts.post import deliver
from tests.portal.checkout.running import activated, bought, failed, released

PLACES = ("henan", "shanxi")


@pytest.fixture
def who(db):
    found = buyer()
    User.objects.filter(pk=found.user.pk).update(language="en")
    deliver()
    return found


def news() -> list[str]:
    """Work on the letters of orders in every province, then on those of e-mails; the subjects in order."""
    for slug in PLACES:
        with in_province(slug):
            waiting = list(Letter.objects.due().filter(topic="checkout.tell").order_by("pk"))
        for letter in waiting:
            tell(slug, letter.pk)
    return [sent.subject for sent in deliver() if "for the first time" not in sent.subject]


def ended(purchase, by) -> None:
    for row in OrderIndex.objects.filter(purchase_id=purchase.pk):
        with in_province(row.province):
            settlement.end_order(Order.objects.get(pk=row.pk), by=by)
    released(purchase)


def test_placed_running_and_over_are_told_once_each(who):
    on_sale("shanxi", 4)
    purchase = bought(who, 2)
    assert news() == [f"Purchase {purchase.number} is placed"]
    activated(purchase)
    assert news() == [f"Purchase {purchase.number} is running"]
    ended(purchase, who.user)
    charged = Reservation.objects.get(purchase_id=purchase.pk).captured_u
    assert news() == [f"Purchase {purchase.number} is over: {money_exact(charged)}"]
    assert telling.tell(purchase.pk) == 0
    assert news() == []


def test_what_happens_before_anybody_looks_is_told_in_order(who):
    on_sale("shanxi", 4)
    purchase = activated(bought(who, 2))
    assert news() == [f"Purchase {purchase.number} is placed", f"Purchase {purchase.number} is running"]


def test_orders_of_two_provinces_are_told_of_together(who):
    on_sale("shanxi", 4)
    on_sale("henan", 2)
    purchase = bought(who, 6)
    failed(purchase, "henan")
    released(purchase)
    assert news() == [f"Purchase {purchase.number} is placed"]
    activated(purchase)
    [running] = news()
    assert running == f"Purchase {purchase.number} is running"
    assert set(PurchaseNews.objects.values_list("event", flat=True)) == {"placed", "active"}


def test_a_purchase_that_cannot_be_activated_says_what_went_back(who):
    on_sale("shanxi", 4)
    purchase = bought(who, 2)
    failed(purchase, "shanxi")
    with in_province("shanxi"):
        settle_order(Order.objects.get(purchase_id=purchase.pk))
    telling.tell(purchase.pk)
    sent = deliver()
    assert [one.subject for one in sent][-1] == f"Purchase {purchase.number} could not be activated"
    assert f"{money_exact(purchase.total_u)} went back" in sent[-1].body


def test_what_the_buyer_cancelled_is_no_news(who):
    on_sale("shanxi", 4)
    purchase = bought(who, 2)
    with in_province("shanxi"):
        orders.cancel_order(Order.objects.get(purchase_id=purchase.pk), by=who.user)
    telling.tell(purchase.pk)
    assert set(PurchaseNews.objects.values_list("event", flat=True)) == {"placed"}


def test_owners_are_told_once_the_buyer_has_left_and_nobody_else(who):
    on_sale("shanxi", 4)
    owner, viewer = somebody("owner-of-it"), somebody("viewer-of-it")
    member(owner, who.organisation, MembershipRole.OWNER)
    member(viewer, who.organisation, MembershipRole.VIEWER)
    purchase = bought(who, 2)
    telling.tell(purchase.pk)
    assert [sent.to for sent in deliver()] == [[who.user.email]]
    Membership.objects.filter(user=who.user).update(active=False)
    activated(purchase)
    telling.tell(purchase.pk)
    assert [sent.to for sent in deliver()] == [[owner.email]]


def test_a_top_up_is_told_to_owners_and_finance_in_their_languages(who):
    owner, finance, viewer = somebody("owner-of-it"), somebody("finance-of-it"), somebody("viewer-of-it")
    for person, role in ((owner, "owner"), (finance, "finance"), (viewer, "viewer")):
        member(person, who.organisation, role)
    User.objects.filter(pk=owner.pk).update(language="en")
    User.objects.filter(pk=finance.pk).update(language="zh-hans")
    fund(who.organisation, 1_234_560_000)
    sent = {one.to[0]: one.subject for one in deliver()}
    assert set(sent) == {owner.email, finance.email}
    assert sent[owner.email] == f"¥1,234.56 was booked for {who.organisation.name_zh}"
    assert "was booked" not in sent[finance.email]


class TestFirstSale:
    def test_the_providers_owners_hear_of_it_once(self, who):
        lot = on_sale("shanxi", 8)
        seller = somebody("seller")
        member(seller, lot.provider.organisation, MembershipRole.OWNER)
        User.objects.filter(pk=seller.pk).update(language="en")
        subjects = []
        for _sale in range(2):
            activated(bought(who, 2))
            with in_province("shanxi"):
                waiting = list(Letter.objects.due().filter(topic="checkout.tell").order_by("pk"))
            for letter in waiting:
                tell("shanxi", letter.pk)
            subjects += [one.subject for one in deliver() if one.to == [seller.email]]
        assert subjects == [f"{lot.provider.organisation.name_zh} has sold cards in Shanxi for the first time"]
        with in_province("shanxi"):
            assert Record.objects.filter(act="provider.first_sale", subject_id=str(lot.provider.pk)).count() == 1

    def test_a_purchase_that_does_not_run_is_no_sale(self, who):
        on_sale("shanxi", 4)
        failed(bought(who, 2), "shanxi")
        with in_province("shanxi"):
            for letter in Letter.objects.due().filter(topic="checkout.tell"):
                tell("shanxi", letter.pk)
            assert not Record.objects.filter(act="provider.first_sale").exists()


def test_a_purchase_costs_no_word_to_the_broker_for_its_mail(who, django_capture_on_commit_callbacks, monkeypatch):
    sent = []
    monkeypatch.setattr(
        type(current_app._get_current_object()), "send_task", lambda self, name, **more: sent.append(name)
    )
    on_sale("shanxi", 4)
    with django_capture_on_commit_callbacks(execute=True):
        bought(who, 2)
    assert sent == ["activation.start"]
    sweep()
    assert "checkout.tell" in sent


def told_at_once(monkeypatch) -> list[object]:
    """Two workers look at the same purchase at the same moment: what each of them told, or how it failed."""
    monkeypatch.setattr("tenants.outbox.nudge.nudge", lambda *letter: None)
    happened = telling.happened
    monkeypatch.setattr(telling, "happened", lambda at: time.sleep(0.5) or happened(at))
    who = buyer()
    on_sale("shanxi", 4)
    purchase, start, found = bought(who, 2), threading.Barrier(2), []

    def look() -> None:
        try:
            start.wait(20)
            found.append(telling.tell(purchase.pk))
        except IntegrityError:
            found.append("twice")
        finally:
            connection.close()

    threads = [threading.Thread(target=look) for _worker in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with in_province("nation"):
        assert Letter.objects.filter(payload__notice="purchase_placed").count() == 1
    return sorted(found, key=str)


def test_two_workers_tell_a_purchase_once(race_database, monkeypatch):
    assert told_at_once(monkeypatch) == [0, 1]


def test_without_the_lock_only_the_constraint_holds_them(race_database, monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **more: self)
    assert told_at_once(monkeypatch) == [1, "twice"]
