"""Purchases that meet: the last yuan, one quote twice, a busy platform, a deadlock, two provinces at commit."""

import threading

import pytest
from django.db import connection, transaction

from marketplace.orders.models import Lease, Order
from portal.checkout import actions
from portal.checkout.actions import place_purchase
from portal.checkout.models import Purchase
from portal.ledger import invariants as ledger_invariants
from portal.ledger.actions import balances
from portal.ledger.models import Account, AccountKind, Reservation
from tenants.acts import Refusal
from tenants.context import in_province
from tests.market import YUAN, buyer, fund, on_sale, quote_for
from tests.portal.api.knocking import key_of, post, program
from tests.races.together import together


@pytest.fixture
def nudged(race_database, monkeypatch) -> list[tuple[str, str, str]]:
    """Letters that were announced, with the schema the connection was in; no broker is there to tell."""
    told: list[tuple[str, str, str]] = []
    monkeypatch.setattr("tenants.outbox.nudge.nudge", lambda *letter: told.append((letter[0], letter[2], _schema())))
    return told


def _schema() -> str:
    return str(connection.schema_name)


def buying(who, quote):
    return lambda: place_purchase(quote, organisation=who.organisation, by=who.user)


def buying_over_the_api(who, quote):
    client = program(key_of(who.organisation, who.user)[1])

    def buy():
        answer = post(client, "/api/v1/purchases/", {"quote": str(quote.pk)}, key="buy")
        assert answer.status_code == 201, answer.content
        return Purchase.objects.get(pk=answer.json()["id"])

    return buy


def codes(answers) -> list[str]:
    return sorted(one.code if isinstance(one, Refusal) else type(one).__name__ for one in answers)


def test_the_last_yuan_of_a_wallet_is_spent_once(nudged):
    who = buyer(yuan=0)
    on_sale("shanxi", 20)
    fund(who.organisation, 4 * YUAN)
    quotes = [quote_for(who, 2, hours=1) for _one in range(4)]
    answers = together(*[buying(who, quote) for quote in quotes])
    assert codes(answers) == ["Purchase", "wallet_short", "wallet_short", "wallet_short"]
    assert balances(who.organisation) == (0, 4 * YUAN)
    assert list(ledger_invariants.findings()) == []


def test_without_lock_the_last_yuan_is_refused_by_the_constraint_only(nudged, monkeypatch):
    """Negative control: unlocked, several read the same balance, and only the database stands in the way."""
    from django.db.models import QuerySet

    who = buyer(yuan=0)
    on_sale("shanxi", 20)
    fund(who.organisation, 4 * YUAN)
    quotes = [quote_for(who, 2, hours=1) for _one in range(4)]
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *args, **options: self.all())
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_account DROP CONSTRAINT guarded_balance_not_negative")
    met = threading.Barrier(4)
    check = actions.guards.check_buyer

    def slow(*args):
        check(*args)
        met.wait(10)  # all have read the wallet before anybody writes it

    monkeypatch.setattr(actions.guards, "check_buyer", slow)
    answers = together(*[buying(who, quote) for quote in quotes])
    assert sum(isinstance(one, Purchase) for one in answers) > 1
    assert balances(who.organisation)[0] < 0


def test_one_quote_pressed_twice_is_one_purchase(nudged):
    who = buyer()
    on_sale("shanxi", 8)
    quote = quote_for(who, 2)
    answers = together(buying(who, quote), buying(who, quote))
    assert codes(answers) == ["Purchase", "quote_used"]
    assert (Purchase.objects.count(), Reservation.objects.count()) == (1, 1)


def test_two_buyers_of_all_cards_of_two_provinces_do_not_block_each_other_for_good(nudged):
    first, second = buyer(), buyer()
    on_sale("shanxi", 4)
    on_sale("henan", 4)
    quotes = [quote_for(first, 8), quote_for(second, 8)]
    answers = together(buying(first, quotes[0]), buying(second, quotes[1]))
    assert codes(answers) == ["Purchase", "no_longer_free"]


def test_a_busy_platform_says_so_after_three_seconds_and_buys_nothing(nudged, monkeypatch):
    monkeypatch.setattr(actions, "LOCK_TIMEOUT", "300ms")
    who, lot = buyer(), on_sale("shanxi", 8)
    quote = quote_for(who, 2)
    held, done = threading.Event(), threading.Event()

    def somebody_else() -> None:
        with transaction.atomic():
            Account.objects.select_for_update().get(kind=AccountKind.WALLET, organisation=who.organisation)
            held.set()
            done.wait(10)

    def impatient() -> Purchase:
        held.wait(10)
        try:
            return buying(who, quote)()
        finally:
            done.set()

    _none, answer = together(somebody_else, impatient)
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.status) == ("busy", 503)
    assert lot.free() == 8
    buying(who, quote)()


@pytest.mark.parametrize("buying", [buying, buying_over_the_api])
def test_a_deadlock_is_tried_again(nudged, monkeypatch, buying):
    """Two purchases lock two wallets crosswise: PostgreSQL ends one of them, and its second try goes through."""
    first, second = buyer(), buyer()
    on_sale("shanxi", 8)
    quotes = {first: quote_for(first, 1), second: quote_for(second, 1)}
    tried, met = [], threading.Barrier(2)
    real = actions.guards.check_buyer

    def crosswise(organisation, *rest):
        tried.append(organisation.pk)
        if tried.count(organisation.pk) == 1:
            met.wait(10)
            other = second if organisation.pk == first.organisation.pk else first
            Account.objects.select_for_update().get(kind=AccountKind.WALLET, organisation=other.organisation)
        real(organisation, *rest)

    monkeypatch.setattr(actions.guards, "check_buyer", crosswise)
    answers = together(buying(first, quotes[first]), buying(second, quotes[second]))
    assert codes(answers) == ["Purchase", "Purchase"]
    assert len(tried) == 3


def test_activation_is_announced_after_the_commit_in_the_province_of_each_order(nudged):
    who = buyer()
    on_sale("shanxi", 4)
    on_sale("henan", 4)
    quote = quote_for(who, 8)
    nudged.clear()
    with transaction.atomic():
        place_purchase(quote, organisation=who.organisation, by=who.user)
        assert nudged == []
    assert [(province, topic) for province, topic, _schema in nudged] == [
        ("henan", "activation.start"),
        ("shanxi", "activation.start"),
    ]
    assert {schema for _province, _topic, schema in nudged} == {"public"}


def test_a_refused_purchase_announces_nothing(nudged):
    who, lot = buyer(yuan=1), on_sale("shanxi", 4)
    quote = quote_for(who, 4)
    nudged.clear()
    with pytest.raises(Refusal):
        place_purchase(quote, organisation=who.organisation, by=who.user)
    assert nudged == []
    assert lot.free() == 4


DEFERRED = """
    CREATE FUNCTION {schema}.lines_of_order() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE found integer;
    BEGIN
        EXECUTE format('SELECT count(*) FROM %I.orders_orderline WHERE order_id = $1', TG_TABLE_SCHEMA)
            INTO found USING NEW.id;
        IF found <> 1 THEN
            RAISE EXCEPTION 'order in % has % lines', TG_TABLE_SCHEMA, found USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER lines_of_order AFTER INSERT ON {schema}.orders_order
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {schema}.lines_of_order();
"""


def test_a_deferred_trigger_sees_its_own_province_when_two_commit_together(nudged):
    who = buyer()
    on_sale("shanxi", 4)
    on_sale("henan", 4)
    with connection.cursor() as cursor:
        for schema in ("shanxi", "henan"):
            cursor.execute(DEFERRED.format(schema=schema))
    place_purchase(quote_for(who, 8), organisation=who.organisation, by=who.user)
    for slug in ("shanxi", "henan"):
        with in_province(slug):
            assert (Order.objects.count(), Lease.objects.count()) == (1, 4)


def test_a_deferred_trigger_of_the_first_province_stops_the_commit_made_in_the_second(nudged):
    """A row that is wrong in Henan only is refused, although the transaction ends in Shanxi's schema."""
    from django.db import IntegrityError

    who = buyer()
    on_sale("henan", 4)
    on_sale("shanxi", 4)
    with connection.cursor() as cursor:
        for schema in ("shanxi", "henan"):
            cursor.execute(DEFERRED.format(schema=schema))
    purchase = place_purchase(quote_for(who, 8), organisation=who.organisation, by=who.user)
    with in_province("henan"):
        right = Order.objects.get(purchase_id=purchase.pk)
    with pytest.raises(IntegrityError, match="order in henan has 0 lines"):
        _write_in_henan_and_commit_in_shanxi(right, number="14-bad", purchase_id=who.organisation.pk)
    with in_province("henan"):
        assert Order.objects.count() == 1


def _write_in_henan_and_commit_in_shanxi(like: Order, **facts: object) -> None:
    copied = {"organisation": like.organisation, "requested_by": like.requested_by, "hours": 1, "total_u": 0}
    with in_province("shanxi"), transaction.atomic():
        with in_province("henan"):
            Order.objects.create(**copied, **facts)
        assert Order.objects.count() == 1  # the search path is Shanxi's when the transaction ends
