"""A buyer hears of an order's end 24 h, 2 h and 30 min before it: once each, and only as the term allows."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from marketplace.orders import actions
from marketplace.orders.models import Order
from marketplace.orders.tasks import warn_of_ends
from marketplace.settlement import actions as settlement
from portal.accounts.models import Membership
from portal.accounts.roles import MembershipRole
from portal.accounts.tasks import send_notice
from portal.checkout.actions import place_purchase
from tenants.context import in_province
from tenants.history.models import Record
from tenants.outbox.models import Letter
from tests.market import Buyer, buyer, on_sale, quote_for, somebody
from tests.portal.accounts.people import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def who():
    return buyer()


def running(who: Buyer, hours: int) -> Order:
    on_sale("shanxi", 2)
    purchase = place_purchase(quote_for(who, 2, hours), organisation=who.organisation, by=who.user)
    with in_province("shanxi"):
        order = Order.objects.get(purchase_id=purchase.pk)
        actions.start_activation(order)
        return actions.mark_active(order, timezone.now())


def told_when(order: Order, left: timedelta) -> list[int]:
    """Minutes of the marks told so far, after a round of the task with so much time left."""
    with in_province("shanxi"):
        Order.objects.filter(pk=order.pk).update(ends_at=timezone.now() + left)
    warn_of_ends()
    with in_province("shanxi"):
        rows = Record.objects.filter(act="order.end_near", subject_id=str(order.pk)).order_by("id")
        return [row.facts["minutes"] for row in rows]


def letters() -> list[Letter]:
    with in_province("nation"):
        return list(Letter.objects.filter(topic="accounts.notice", payload__notice="order_ends"))


def test_each_mark_is_told_once(who):
    order = running(who, 48)
    assert told_when(order, timedelta(hours=25)) == []
    assert told_when(order, timedelta(hours=23, minutes=59)) == [1440]
    assert told_when(order, timedelta(hours=5)) == [1440]
    assert told_when(order, timedelta(hours=2)) == [1440, 120]
    assert told_when(order, timedelta(minutes=30)) == [1440, 120, 30]
    assert told_when(order, timedelta(minutes=1)) == [1440, 120, 30]
    assert len(letters()) == 3


def test_a_mark_as_long_as_the_term_is_not_told(who):
    order = running(who, 2)
    assert told_when(order, timedelta(hours=2)) == []
    assert told_when(order, timedelta(minutes=29)) == [30]


def test_marks_passed_unseen_are_told_as_one(who):
    assert told_when(running(who, 48), timedelta(minutes=20)) == [30]
    assert len(letters()) == 1


def test_an_order_that_ended_is_not_told_of(who):
    order = running(who, 48)
    with in_province("shanxi"):
        settlement.end_order(order, by=who.user)
    assert told_when(order, timedelta(minutes=20)) == []


def test_the_mail_says_when_and_that_data_goes(who):
    order = running(who, 48)
    told_when(order, timedelta(hours=1))
    (letter,) = letters()
    assert letter.payload["user"] == who.user.pk
    send_notice("nation", letter.pk)
    (sent,) = mail.outbox
    assert sent.to == [who.user.email]
    assert order.number in sent.subject
    assert "all data on it is deleted for good" in sent.body
    assert f"/purchases/{order.purchase_id}/" in sent.body


def test_the_owners_are_told_where_the_buyer_has_left(who):
    order, owner = running(who, 48), somebody("owner-of-the-buyer")
    member(owner, who.organisation, MembershipRole.OWNER)
    Membership.objects.filter(user=who.user).update(active=False)
    told_when(order, timedelta(hours=1))
    assert [letter.payload["user"] for letter in letters()] == [owner.pk]
