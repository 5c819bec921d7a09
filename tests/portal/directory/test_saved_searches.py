"""Saved searches: of one person, found again, told of new offers at most once a day."""

from datetime import timedelta

import pytest
from django.http import QueryDict

from portal.accounts.notices import message_of
from portal.directory.models import SavedSearch
from portal.directory.tasks import watch_offers
from portal.directory.wishes import stopping
from portal.directory.wishes.actions import saving
from tenants.acts import Refusal
from tenants.context import in_province
from tenants.history.models import Record
from tenants.outbox.models import Letter
from tests.marketplace.catalog import supply
from tests.portal.accounts import people
from tests.portal.directory.test_comparison import queries

HOUR = timedelta(hours=1)


@pytest.fixture
def ning(nation):
    return people.person("ning")


@pytest.fixture
def at(client_at, ning):
    return people.sign_in(client_at(), ning)


def letters() -> list[dict]:
    with in_province("nation"):
        return [one.payload for one in Letter.objects.filter(topic="accounts.notice")]


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("province=henan&q=%20h20%20&page=7", "q=h20&province=henan"),
        ("province=henan&province=beijing&nonsense=1", "province=beijing&province=henan"),
        ("stock=1&price=&sort=price", "stock=1&sort=price"),
        ("q=%00", ""),
        ("q=b&q=a&price=1&price=9&stock=1&stock=", "q=a&price=9"),
    ],
)
def test_conditions_have_one_spelling(address, kept):
    assert saving.conditions(QueryDict(address)) == kept


def test_a_search_is_saved_opened_changed_and_forgotten(at, ning, shanxi, henan):
    offer = supply.offer("shanxi")
    supply.offer("henan")
    answer = at.post("/catalogue/saved/new/?province=shanxi&page=2", {"name": "山西", "notify": "on"})
    assert (answer.status_code, answer.url) == (302, "/catalogue/saved/")
    search = SavedSearch.objects.get()
    assert (search.user, search.query, search.notify) == (ning, "province=shanxi", True)
    page = at.get("/catalogue/saved/").content.decode()
    assert "/catalogue/?province=shanxi" in page
    assert offer.name_zh in at.get("/catalogue/?province=shanxi").content.decode()
    at.post(f"/catalogue/saved/{search.pk}/", {"name": "山西散卡"})
    search.refresh_from_db()
    assert (search.name, search.notify) == ("山西散卡", False)
    at.post(f"/catalogue/saved/{search.pk}/forget/")
    search.refresh_from_db()
    assert (search.active, search.name, search.query) == (False, "", "")
    assert at.get(f"/catalogue/saved/{search.pk}/").status_code == 404


def test_history_knows_who_and_not_what(at, ning, nation):
    at.post("/catalogue/saved/new/?q=secret", {"name": "secret"})
    with in_province("nation"):
        row = Record.objects.get(act="saved_search.added")
    assert (row.actor_id, row.facts) == (str(ning.pk), {})


def test_strangers_and_colleagues_find_nothing(client_at, at, ning, nation):
    search = saving.save_search(ning, "mine", "")
    colleague = people.person("colleague")
    shared = people.organisation("同一家公司", ning)
    people.member(colleague, shared)
    for other in (people.sign_in(client_at(), colleague), people.sign_in(client_at(), people.person("stranger"))):
        assert other.get(f"/catalogue/saved/{search.pk}/").status_code == 404
        assert other.post(f"/catalogue/saved/{search.pk}/forget/").status_code == 404
        assert "mine" not in other.get("/catalogue/saved/").content.decode()
    assert client_at().get("/catalogue/saved/").status_code == 302
    search.refresh_from_db()
    assert search.active


def test_a_name_is_used_once_and_thirty_are_enough(ning, nation, english):
    for number in range(saving.MOST):
        saving.save_search(ning, f"search {number}", "")
    with pytest.raises(Refusal, match="You have 30 saved searches already") as refusal:
        saving.save_search(ning, "one more", "")
    assert refusal.value.code == "too_many"
    saving.forget_search(SavedSearch.objects.get(name="search 7"))
    with pytest.raises(Refusal) as refusal:
        saving.save_search(ning, "search 8", "")
    assert refusal.value.code == "name_taken"
    assert saving.save_search(ning, "search 7", "").active


@pytest.mark.parametrize(("name", "sentence"), [("", "Give the search a name"), ("taken", "called “taken” already")])
def test_a_wrong_name_is_told_in_the_form(at, ning, nation, name, sentence):
    saving.save_search(ning, "taken", "")
    answer = at.post("/catalogue/saved/new/", {"name": name}, headers={"accept-language": "en"})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert SavedSearch.objects.count() == 1


def test_the_list_costs_the_same_for_one_and_for_three(at, ning, nation):
    saving.save_search(ning, "one", "q=a")
    at.get("/catalogue/saved/")
    one = queries(at, "/catalogue/saved/")
    saving.save_search(ning, "two", "province=shanxi")
    saving.save_search(ning, "three", "stock=1")
    assert queries(at, "/catalogue/saved/") == one


# New offers ------------------------------------------------------------------------------------


def test_new_offers_are_told_once_a_day(ning, shanxi, henan, nation, time_machine):
    time_machine.move_to("2026-03-01 12:00 +0800", tick=False)
    supply.offer("shanxi")
    saving.save_search(ning, "山西", "province=shanxi", notify=True)
    saving.save_search(ning, "quiet", "province=shanxi")
    time_machine.shift(HOUR)
    watch_offers()
    assert letters() == []
    supply.offer("henan")
    supply.offer("shanxi")
    watch_offers()
    assert letters() == []  # too young: the act that published it may still be under way elsewhere
    time_machine.shift(HOUR)
    watch_offers()
    watch_offers()
    assert [(one["notice"], one["facts"]["number"]) for one in letters()] == [("new_offers", 1)]
    supply.offer("shanxi")
    supply.offer("shanxi")
    time_machine.shift(HOUR)
    watch_offers()
    assert len(letters()) == 1
    time_machine.shift(timedelta(days=1))
    watch_offers()
    assert [one["facts"]["number"] for one in letters()] == [1, 2]


def test_letters_switched_on_later_begin_then(ning, shanxi, nation, time_machine):
    time_machine.move_to("2026-03-01 12:00 +0800", tick=False)
    search = saving.save_search(ning, "all", "")
    time_machine.shift(HOUR)
    supply.offer("shanxi")
    time_machine.shift(HOUR)
    saving.change_search(search, name="all", notify=True)
    time_machine.shift(HOUR)
    watch_offers()
    assert letters() == []


def test_a_forgotten_search_and_a_closed_account_are_told_nothing(ning, shanxi, nation, time_machine):
    time_machine.move_to("2026-03-01 12:00 +0800", tick=False)
    other = people.person("closed")
    saving.forget_search(saving.save_search(ning, "gone", "", notify=True))
    saving.save_search(other, "closed", "", notify=True)
    type(other).objects.filter(pk=other.pk).update(is_active=False)
    supply.offer("shanxi")
    time_machine.shift(HOUR)
    watch_offers()
    assert letters() == []


def test_a_search_that_was_deleted_meanwhile_is_neither_changed_nor_deleted_again(at, ning, nation, english):
    search = saving.save_search(ning, "a", "stock=1")
    saving.forget_search(search)
    for act in (lambda: saving.change_search(search, name="b", notify=True), lambda: saving.forget_search(search)):
        with pytest.raises(Refusal, match="This search was deleted already"):
            act()
    with in_province("nation"):
        assert Record.objects.filter(act="saved_search.forgotten").count() == 1


def test_the_letter_names_the_search_and_the_way_out(ning, shanxi, nation, time_machine):
    time_machine.move_to("2026-03-01 12:00 +0800", tick=False)
    search = saving.save_search(ning, "山西 & 910B", "province=shanxi", notify=True)
    time_machine.shift(HOUR)
    supply.offer("shanxi")
    time_machine.shift(HOUR)
    watch_offers()
    (letter,) = letters()
    message = message_of(letter["notice"], ning.email, letter["facts"])
    assert "山西 & 910B" in message.subject
    assert "/catalogue/?province=shanxi\n" in message.body
    assert stopping.address_of(stopping.Mails.SEARCH, search.pk) in message.body
