"""Repeated e-mails end by one click of the mail program, without a sign-in (RFC 8058)."""

from datetime import timedelta

import pytest
from django.core.signing import Signer
from django.utils import timezone

from portal.directory.models import AlertState, SavedSearch, StockAlert
from portal.directory.tasks import watch_offers
from portal.directory.wishes.actions import alerting, saving
from portal.directory.wishes.actions.alerting import CardsWanted
from tenants.context import in_province
from tenants.history.models import Record
from tests import market
from tests.marketplace.catalog import supply
from tests.portal.accounts import people
from tests.portal.accounts.post import deliver

pytestmark = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def ning(nation):
    return people.person("ning")


@pytest.fixture
def told_of_offers(ning, shanxi, time_machine):
    """An e-mail about new offers of a saved search."""
    time_machine.move_to("2026-03-01 12:00 +0800", tick=False)
    saving.save_search(ning, "山西", "province=shanxi", notify=True)
    time_machine.shift(timedelta(hours=1))
    supply.offer("shanxi")
    time_machine.shift(timedelta(hours=1))
    watch_offers()
    [sent] = deliver()
    return sent


def link_of(sent) -> str:
    """Path of the link in the header; the header says what a program may send there."""
    link = sent.extra_headers["List-Unsubscribe"]
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert sent.extra_headers["Auto-Submitted"] == "auto-generated"
    assert link.startswith("<http://portal.localhost:8000/catalogue/stop/")
    assert link[1:-1] in sent.body
    return link[len("<http://portal.localhost:8000") : -1]


def test_one_click_ends_the_mails_of_a_search_and_leaves_the_search(client_at, told_of_offers):
    client = client_at(enforce_csrf_checks=True)
    for _again in range(2):
        answer = client.post(link_of(told_of_offers), ONE_CLICK)
        assert answer.status_code == 200
    search = SavedSearch.objects.get()
    assert (search.notify, search.active, search.name) == (False, True, "山西")
    with in_province("nation"):
        assert Record.objects.filter(act="saved_search.silenced").count() == 1


def test_a_program_that_only_opens_the_link_changes_nothing(client_at, told_of_offers):
    client = client_at()
    client.cookies["django_language"] = "en"
    page = client.get(link_of(told_of_offers)).content.decode()
    assert "The search itself stays." in page
    assert "山西" not in page.split("<main", 1)[1].split("</main", 1)[0]
    assert SavedSearch.objects.get().notify is True


def test_one_click_ends_what_a_person_waits_for_and_nobody_else(client_at, ning, shanxi):
    model, other = market.card_model(), people.person("other")
    alerts = [alerting.await_cards(ning, CardsWanted(model, cards=cards)) for cards in (1, 2)]
    theirs = alerting.await_cards(other, CardsWanted(model, cards=9))
    alerting.tell(alerts[0].pk)
    [sent] = deliver()
    assert client_at().post(link_of(sent), ONE_CLICK).status_code == 200
    states = dict(StockAlert.objects.values_list("pk", "state"))
    assert states == {
        alerts[0].pk: AlertState.NOTIFIED,
        alerts[1].pk: AlertState.CANCELLED,
        theirs.pk: AlertState.OPEN,
    }


@pytest.mark.parametrize("salt", ["portal.directory.wishes.stopping", "somewhere.else"])
def test_a_link_that_was_changed_or_made_for_something_else_is_none(client_at, ning, shanxi, salt):
    search = saving.save_search(ning, "山西", "province=shanxi", notify=True)
    token = Signer(salt=salt).sign(f"search:{search.pk}")
    token = token if salt == "somewhere.else" else f"{token[:-1]}{'A' if token[-1] != 'A' else 'B'}"
    assert client_at().post(f"/catalogue/stop/{token}/", ONE_CLICK).status_code == 404
    assert SavedSearch.objects.get().notify is True


def test_the_link_works_however_old_it_is(client_at, told_of_offers, time_machine):
    time_machine.move_to(timezone.now() + timedelta(days=800))
    assert client_at().post(link_of(told_of_offers), ONE_CLICK).status_code == 200
    assert SavedSearch.objects.get().notify is False
