"""What people kept of the catalogue goes when its term is over."""

from datetime import timedelta

import pytest

from portal.accounts.models import User
from portal.directory.models import SavedSearch, StockAlert
from portal.directory.wishes.actions import alerting, saving
from portal.privacy.tasks import forget
from tests.marketplace.catalog import supply
from tests.portal.accounts import people


@pytest.fixture
def ning(nation):
    return people.person("ning")


def wish(user: User, cards: int) -> StockAlert:
    return alerting.await_cards(user, alerting.CardsWanted(supply.card_model(), cards))


def test_wishes_go_thirty_days_after_they_are_over(ning, time_machine):
    time_machine.move_to("2026-03-01 12:00 +0800", tick=False)
    alerting.cancel_alert(wish(ning, 1))
    time_machine.shift(timedelta(days=2))
    recent, waiting = alerting.cancel_alert(wish(ning, 2)), wish(ning, 3)
    time_machine.shift(timedelta(days=28, seconds=1))
    forget()
    assert set(StockAlert.objects.all()) == {recent, waiting}


def test_deleted_searches_go_and_the_others_stay(ning):
    saving.forget_search(saving.save_search(ning, "deleted", "q=a"))
    kept = saving.save_search(ning, "kept", "q=b")
    forget()
    assert list(SavedSearch.objects.all()) == [kept]


def test_a_closed_account_leaves_nothing(ning):
    other = people.person("other")
    for user in (ning, other):
        wish(user, 1)
        saving.save_search(user, "mine", "")
    User.objects.filter(pk=ning.pk).update(is_active=False)
    forget()
    assert [one.user for one in (*StockAlert.objects.all(), *SavedSearch.objects.all())] == [other, other]
