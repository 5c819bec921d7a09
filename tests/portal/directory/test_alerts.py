"""到货通知: one open wish for each person and target, one letter, and nobody else knows."""

import threading
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from marketplace.catalog import actions
from portal.accounts.notices import message_of
from portal.directory.models import AlertState, OfferIndex, StockAlert
from portal.directory.tasks import watch_stock
from portal.directory.wishes.actions import alerting
from portal.directory.wishes.actions.alerting import CardsWanted, await_cards, await_offer
from tenants.acts import Refusal
from tenants.context import in_province
from tenants.history.models import Record
from tenants.outbox.models import Letter
from tests.marketplace.catalog import supply
from tests.portal.accounts import people
from tests.portal.directory.test_comparison import queries
from tests.races.together import together


@pytest.fixture
def ning(nation):
    return people.person("ning")


@pytest.fixture
def sold_out(shanxi):
    """An offer in Shanxi whose eight cards are all in use."""
    made = supply.offer("shanxi", 8, 2_000_000, name_zh="大同散卡", name_en="Datong cards")
    free(made, 0)
    return made


def free(offer, cards: int) -> None:
    with in_province(OfferIndex.objects.get(pk=offer.pk).province):
        supply.counted(offer.pool, 8, cards)


def indexed(offer) -> OfferIndex:
    return OfferIndex.objects.with_stock().get(pk=offer.pk)


def letters() -> list[dict]:
    with in_province("nation"):
        return [one.payload for one in Letter.objects.filter(topic="accounts.notice")]


def states() -> list[str]:
    return list(StockAlert.objects.order_by("created_at").values_list("state", flat=True))


def wanted(cards: int = 10, **conditions) -> CardsWanted:
    return CardsWanted(supply.card_model(), cards, **conditions)


# One offer -------------------------------------------------------------------------------------


def test_whoever_waits_for_an_offer_gets_one_letter(ning, sold_out):
    await_offer(ning, indexed(sold_out))
    watch_stock()
    assert letters() == []
    free(sold_out, 1)
    watch_stock()
    watch_stock()
    (letter,) = letters()
    assert (letter["user"], letter["notice"], letter["facts"]["name_zh"]) == (ning.pk, "in_stock", "大同散卡")
    assert states() == ["notified"]


def test_stock_that_nobody_confirms_is_no_stock(ning, sold_out):
    await_offer(ning, indexed(sold_out))
    with in_province("shanxi"):
        supply.counted(sold_out.pool, 8, 8, seconds_ago=61)
    watch_stock()
    with in_province("shanxi"):
        supply.counted(sold_out.pool, 8, 8, sellable=False)
    watch_stock()
    with in_province("shanxi"):
        supply.counted(sold_out.pool, 8, 8)
        actions.pause_offer(sold_out)
    watch_stock()
    assert states() == ["open"]


def test_asking_twice_is_one_wish_and_two_people_are_two(ning, sold_out):
    await_offer(ning, indexed(sold_out))
    assert await_offer(ning, indexed(sold_out)) == StockAlert.objects.get()
    await_offer(people.person("other"), indexed(sold_out))
    free(sold_out, 8)
    watch_stock()
    assert len(letters()) == 2
    free(sold_out, 0)
    await_offer(ning, indexed(sold_out))
    assert states() == ["notified", "notified", "open"]


def test_what_can_be_bought_now_is_not_waited_for(ning, shanxi):
    with pytest.raises(Refusal) as refusal:
        await_offer(ning, indexed(supply.offer("shanxi")))
    assert refusal.value.code == "in_stock"
    assert StockAlert.objects.count() == 0


def test_an_offer_without_cards_has_nothing_to_wait_for(ning, sold_out):
    storage = indexed(sold_out)
    storage.pool = None
    with pytest.raises(Refusal) as refusal:
        await_offer(ning, storage)
    assert refusal.value.code == "not_counted"


def test_thirty_wishes_are_enough(ning, sold_out):
    for cards in range(alerting.MOST):
        await_cards(ning, wanted(cards + 1))
    with pytest.raises(Refusal) as refusal:
        await_offer(ning, indexed(sold_out))
    assert refusal.value.code == "too_many"


# Cards of a model ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("conditions", "fulfilled"),
    [
        ({"cards": 12}, True),
        ({"cards": 13}, False),
        ({"cards": 8, "most_u": 2_000_000}, True),
        ({"cards": 9, "most_u": 2_000_000}, False),
        ({"cards": 4, "provinces": ("henan",)}, True),
        ({"cards": 5, "provinces": ("henan",)}, False),
        ({"cards": 5, "provinces": ("henan", "shanxi")}, True),
        ({"cards": 4, "provinces": ("henan",), "most_u": 2_000_000}, False),
    ],
)
def test_cards_are_counted_over_all_lots_that_fit(ning, shanxi, henan, conditions, fulfilled):
    near, far = supply.offer("shanxi", 8, 2_000_000), supply.offer("henan", 4, 3_000_000)
    for one, total in ((near, 8), (far, 4)):
        with in_province(OfferIndex.objects.get(pk=one.pk).province):
            supply.counted(one.pool, total, 0)
    await_cards(ning, wanted(**conditions))
    watch_stock()
    assert states() == ["open"]
    for one, total in ((near, 8), (far, 4)):
        with in_province(OfferIndex.objects.get(pk=one.pk).province):
            supply.counted(one.pool, total, total)
    watch_stock()
    assert states() == ["notified" if fulfilled else "open"]


def test_one_pool_in_two_offers_counts_once(ning, shanxi):
    offer = supply.offer("shanxi", 8)
    with in_province("shanxi"):
        actions.publish_offer(supply.draft(offer.provider, "shanxi", offer.pool, 2_500_000))
    await_cards(ning, wanted(9))
    watch_stock()
    assert states() == ["open"]


def test_cards_of_another_model_are_other_cards(ning, shanxi):
    supply.offer("shanxi", 8, model=supply.card_model("kunlunxin-p800", name_en="P800"))
    await_cards(ning, wanted(1))
    watch_stock()
    assert states() == ["open"]


def test_looking_costs_the_same_for_one_wish_and_for_three(ning, sold_out, django_assert_num_queries):
    await_cards(ning, wanted(10))
    await_offer(ning, indexed(sold_out))
    with django_assert_num_queries(3):
        assert alerting.fulfilled() == []
    await_cards(ning, wanted(11))
    await_cards(ning, wanted(12, provinces=("henan",)))
    with django_assert_num_queries(3):
        assert alerting.fulfilled() == []


# Ending ----------------------------------------------------------------------------------------


def test_after_thirty_days_a_wish_ends(ning, sold_out, time_machine):
    time_machine.move_to("2026-03-01 12:00 +0800", tick=False)
    await_offer(ning, indexed(sold_out))
    time_machine.shift(timedelta(days=30) - timedelta(seconds=1))
    watch_stock()
    assert states() == ["open"]
    time_machine.shift(timedelta(seconds=1))
    watch_stock()
    free(sold_out, 8)
    watch_stock()
    assert (states(), letters()) == (["expired"], [])


def test_a_cancelled_wish_is_not_told_and_not_cancelled_twice(ning, sold_out):
    alert = alerting.cancel_alert(await_offer(ning, indexed(sold_out)))
    free(sold_out, 8)
    watch_stock()
    assert (states(), letters()) == (["cancelled"], [])
    with pytest.raises(Refusal):
        alerting.cancel_alert(alert)


def test_history_knows_who_and_not_what(ning, sold_out, nation):
    await_offer(ning, indexed(sold_out))
    with in_province("nation"):
        row = Record.objects.get(act="alert.opened")
    assert (row.actor_id, row.facts) == (str(ning.pk), {})


def test_the_table_of_states():
    ends = {AlertState.NOTIFIED, AlertState.CANCELLED, AlertState.EXPIRED}
    assert StockAlert.moves.table["open"] == ends
    assert StockAlert.moves.final() == ends


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("one_open_alert_per_target", {}),
        ("alert_waits_for_offer_or_cards", {"target": "x", "offer": None}),
        ("ended_alert_has_time", {"target": "x", "state": "notified"}),
    ],
)
def test_the_database_refuses_what_must_never_be(ning, sold_out, name, changed):
    alert = await_offer(ning, indexed(sold_out))
    alert.pk, alert._state.adding = uuid.uuid4(), True
    for field, value in changed.items():
        setattr(alert, field, value)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        alert.save()


def test_the_letter_says_that_nothing_is_reserved(ning, sold_out, nation):
    await_cards(ning, wanted(8, most_u=2_500_000, provinces=("shanxi",)))
    free(sold_out, 8)
    watch_stock()
    (letter,) = letters()
    body = message_of(letter["notice"], ning.email, letter["facts"]).body
    assert "At least 8 cards “Ascend 910B3”" in body
    assert "Nothing is reserved for you" in body
    assert "/cards/?card_model=ascend-910b3&cards=8&provinces=shanxi&price=2.50" in body


# Many at once ----------------------------------------------------------------------------------


def waiting(people_number: int) -> None:
    sold_out = supply.offer("shanxi", 8)
    free(sold_out, 0)
    for number in range(people_number):
        await_offer(people.person(f"waiting-{number}"), indexed(sold_out))
    free(sold_out, 8)


def test_many_watchers_send_each_letter_once(race_database):
    waiting(5)
    answers = together(*[alerting.look] * 6)
    assert sum(answers) == len(letters()) == 5


def test_without_the_lock_somebody_is_told_twice(race_database, monkeypatch):
    """Negative control: unlocked, several watchers find the same wish open."""

    waiting(1)
    met = threading.Barrier(2)

    def unlocked(alert_id):
        found = StockAlert.objects.open().select_related("user").filter(pk=alert_id).first()
        met.wait(10)
        return found

    monkeypatch.setattr(alerting, "_taken", unlocked)
    together(alerting.look, alerting.look)
    assert len(letters()) == 2


def test_one_press_too_many_is_one_wish(race_database):
    sold_out = supply.offer("shanxi", 8)
    free(sold_out, 0)
    ning, offer = people.person("ning"), indexed(sold_out)
    answers = together(*[lambda: await_offer(ning, offer)] * 4)
    assert len(set(answers)) == StockAlert.objects.count() == 1


# Pages -----------------------------------------------------------------------------------------


@pytest.fixture
def at(client_at, ning):
    return people.sign_in(client_at(), ning)


def test_the_catalogue_leads_to_it_and_the_page_notes_it(at, client_at, sold_out):
    path = f"/catalogue/alerts/new/?offer={sold_out.pk}"
    assert path in client_at().get("/catalogue/").content.decode()
    assert path in client_at().get(f"/catalogue/shanxi/{sold_out.slug}/").content.decode()
    assert client_at().get(path).status_code == 302
    assert at.get(path).status_code == 200
    assert at.post(path).url == "/catalogue/alerts/"
    alert = StockAlert.objects.get()
    assert sold_out.name_zh in at.get("/catalogue/alerts/").content.decode()
    assert at.get(f"/catalogue/alerts/{alert.pk}/").status_code == 200
    at.post(f"/catalogue/alerts/{alert.pk}/")
    assert states() == ["cancelled"]


def test_what_is_on_the_shelf_has_the_other_button(client_at, shanxi):
    offer = supply.offer("shanxi")
    assert f"alerts/new/?offer={offer.pk}" not in client_at().get("/catalogue/").content.decode()


@pytest.mark.parametrize("offer", ["nonsense", uuid.UUID(int=7)])
def test_an_offer_that_is_not_there_is_not_waited_for(at, sold_out, offer):
    assert at.get(f"/catalogue/alerts/new/?offer={offer}").status_code == 404


def test_cards_of_a_model_are_asked_for_in_a_form(at, sold_out):
    page = at.get("/catalogue/alerts/new/?card_model=ascend-910b3&cards=16&price=2.5&provinces=shanxi")
    assert 'value="16"' in page.content.decode()
    asked = {"card_model": "ascend-910b3", "cards": 16, "price": "2.50", "provinces": ["shanxi"]}
    assert at.post("/catalogue/alerts/new/", asked).status_code == 302
    alert = StockAlert.objects.get()
    assert (alert.cards, alert.most_u, alert.provinces) == (16, int(Decimal("2.5") * 1_000_000), ["shanxi"])


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"card_model": "", "cards": 1}, "Choose a card model. Nothing was noted."),
        ({"card_model": "nonsense", "cards": 1}, "There is no such card model"),
        ({"card_model": "ascend-910b3", "cards": "many"}, "Give a whole number of cards."),
        ({"card_model": "ascend-910b3", "cards": 1, "provinces": ["nowhere"]}, "nowhere"),
    ],
)
def test_a_wrong_form_says_what_is_wrong(at, sold_out, asked, sentence):
    answer = at.post("/catalogue/alerts/new/", asked, headers={"accept-language": "en"})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert StockAlert.objects.count() == 0


def test_strangers_and_colleagues_find_nothing(client_at, ning, sold_out):
    alert = await_offer(ning, indexed(sold_out))
    colleague = people.person("colleague")
    people.member(colleague, people.organisation("同一家公司", ning))
    for other in (people.sign_in(client_at(), colleague), people.sign_in(client_at(), people.person("stranger"))):
        assert other.get(f"/catalogue/alerts/{alert.pk}/").status_code == 404
        assert other.post(f"/catalogue/alerts/{alert.pk}/").status_code == 404
        assert sold_out.name_zh not in other.get("/catalogue/alerts/").content.decode()
    assert states() == ["open"]


def test_what_is_still_waited_for_stands_first_however_much_is_over(at, ning, sold_out, monkeypatch):
    monkeypatch.setattr("portal.directory.wishes.views.alerts.SHOWN", 2)
    waiting = await_offer(ning, indexed(sold_out))
    for cards in (10, 11, 12):
        alerting.cancel_alert(await_cards(ning, wanted(cards)))
    shown = [alert for alert, _provinces in at.get("/catalogue/alerts/").context["rows"]]
    assert [(one.pk, one.cards) for one in shown] == [(waiting.pk, 1), (shown[1].pk, 12)]


def test_the_list_costs_the_same_for_one_and_for_three(at, ning, sold_out):
    await_cards(ning, wanted(10))
    at.get("/catalogue/alerts/")
    one = queries(at, "/catalogue/alerts/")
    await_cards(ning, wanted(11))
    await_offer(ning, indexed(sold_out))
    assert queries(at, "/catalogue/alerts/") == one


def test_the_cards_page_leads_there_when_it_cannot_fill_a_request(client_at, sold_out):
    free(sold_out, 2)
    page = client_at().get("/cards/?card_model=ascend-910b3&cards=64&hours=1&provinces=shanxi&price=9").content.decode()
    assert "/catalogue/alerts/new/?card_model=ascend-910b3&amp;cards=64&amp;provinces=shanxi&amp;price=9" in page
    page = client_at().get("/cards/?card_model=ascend-910b3&cards=1&hours=1").content.decode()
    assert "/catalogue/alerts/new/" not in page
