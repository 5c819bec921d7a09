"""The sale for programs: ask, buy once, read, end, cancel; by our key, a key without the scope, and a stranger."""

import json
import uuid
from decimal import Decimal

import pytest
from django.utils import timezone

from marketplace.activation.fulfilment.credentials import encrypt
from marketplace.activation.models import Resource, ResourceState
from marketplace.orders import actions as orders
from marketplace.orders.models import Order
from marketplace.settlement import actions as settlement
from portal.accounts.actions.keys import SCOPES, create_api_key
from portal.checkout.models import Purchase, Quote
from portal.directory.models import OrderIndex
from tenants.actions import suspend_province
from tenants.context import in_province
from tenants.history.models import Record
from tests.market import CARD, YUAN, buyer, card_model, on_sale

pytestmark = pytest.mark.django_db


class Caller:
    def __init__(self, client, text: str = "") -> None:
        self.client = client
        self.headers = {"accept-language": "en", **({"authorization": f"Bearer {text}"} if text else {})}

    def get(self, path: str):
        return self.client.get(f"/api/v1/{path}", headers=self.headers)

    def post(self, path: str, body: dict | None = None, key: str = ""):
        headers = {**self.headers, **({"idempotency-key": key} if key else {})}
        return self.client.post(f"/api/v1/{path}", json.dumps(body or {}), "application/json", headers=headers)


@pytest.fixture
def who():
    return buyer()


@pytest.fixture
def call(client_at):
    def caller(who=None, *scopes: str) -> Caller:
        if who is None:
            return Caller(client_at())
        _key, text = create_api_key(who.organisation, name="test", scopes=scopes or SCOPES, by=who.user)
        return Caller(client_at(), text)

    return caller


@pytest.fixture
def ours(call, who):
    return call(who)


@pytest.fixture
def stranger(call):
    return call(buyer())


def quote(caller: Caller, cards: int = 2, **more) -> dict:
    answer = caller.post("quotes/", {"card_model": CARD, "cards": cards, "hours": 2, **more})
    assert answer.status_code == 201, answer.content
    return answer.json()


def bought(caller: Caller, cards: int = 2) -> dict:
    answer = caller.post("purchases/", {"quote": quote(caller, cards)["id"]}, key=uuid.uuid4().hex)
    assert answer.status_code == 201, answer.content
    return answer.json()


# Quotes ----------------------------------------------------------------------------------------


def test_a_visitor_asks_and_reads_the_answer_again(call):
    on_sale("shanxi", 4), on_sale("henan", 4, price_u=3 * YUAN)
    answer = quote(call(), 6)
    assert [(line["letter"], line["province"], line["cards"], line["amount_u"]) for line in answer["lines"]] == [
        ("A", "shanxi", 4, 16 * YUAN),
        ("B", "henan", 2, 12 * YUAN),
    ]
    assert answer["total_u"] == 28 * YUAN
    assert call().get(f"quotes/{answer['id']}/").json() == answer


def test_a_quote_of_an_organisation_is_not_for_others(ours, stranger, call):
    on_sale("shanxi", 4)
    mine = quote(ours)
    assert ours.get(f"quotes/{mine['id']}/").status_code == 200
    assert stranger.get(f"quotes/{mine['id']}/").status_code == 404
    assert call().get(f"quotes/{mine['id']}/").status_code == 404
    assert stranger.post("purchases/", {"quote": mine["id"]}, key="k").status_code == 404


def test_what_cannot_be_filled_is_said_with_alternatives(call):
    on_sale("shanxi", 4)
    answer = quote(call(), 9, spread="province")
    assert (answer["lines"], answer["total_u"]) == ([], 0)
    assert answer["alternatives"][:2] == [{"kind": "fewer_cards", "cards": 4}, {"kind": "any_spread"}]
    assert answer["left_out"][0]["reason_en"].startswith("Meets the conditions, but no single province")


def test_a_model_that_only_a_suspended_province_has_is_no_alternative(call):
    on_sale("shanxi", 4)
    card_model("ascend-910c", name_en="Ascend 910C")
    on_sale("henan", 4, card="ascend-910c")
    kinds = [one["kind"] for one in quote(call(), 9)["alternatives"]]
    suspend_province("henan")
    assert kinds == ["fewer_cards", "other_model"]
    assert [one["kind"] for one in quote(call(), 9)["alternatives"]] == ["fewer_cards"]


def test_conditions_are_kept_with_the_quote(call):
    on_sale("shanxi", 4, rtt_ms_beijing=9, green_share="0.8")
    asked = {"latency_city": "beijing", "latency_ms": 10.0, "green_share": 0.5, "price_u": 2 * YUAN, "domestic": True}
    answer = quote(call(), 2, provinces=["shanxi"], **asked)
    assert answer["constraints"] == {"provinces": ["shanxi"], "spread": "any", **asked}
    assert len(answer["lines"]) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("card_model", "abacus"),
        ("cards", 0),
        ("cards", 513),
        ("hours", 0),
        ("provinces", ["atlantis"]),
        ("spread", "x"),
    ],
)
def test_a_request_that_was_not_understood_names_the_field(call, field, value):
    card_model()
    answer = call().post("quotes/", {"card_model": CARD, "cards": 1, "hours": 1, field: value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith(f"/{field}")
    assert Quote.objects.count() == 0


# Buying ----------------------------------------------------------------------------------------


def test_the_same_key_buys_once_and_another_body_is_refused(ours):
    lot = on_sale("shanxi", 8)
    first, second = quote(ours), quote(ours)
    answers = [ours.post("purchases/", {"quote": first["id"]}, key="monday") for _press in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotent-replayed"] == "true"
    reused = ours.post("purchases/", {"quote": second["id"]}, key="monday")
    assert (reused.status_code, reused.json()["code"]) == (422, "key_reused")
    assert (Purchase.objects.count(), lot.free()) == (1, 6)


def test_a_refusal_can_be_tried_again_under_the_same_key(call):
    poor = buyer(yuan=0)
    caller, _lot = call(poor), on_sale("shanxi", 8)
    asked = {"quote": quote(caller)["id"]}
    refused = caller.post("purchases/", asked, key="k")
    assert (refused.status_code, refused.json()["code"]) == (409, "wallet_short")
    assert refused.json()["detail"] == "The balance is short by ¥8.00; no order was placed and nothing was charged."
    from tests.market import fund

    fund(poor.organisation, 8 * YUAN)
    assert caller.post("purchases/", asked, key="k").status_code == 201


def test_the_answer_names_each_order(ours):
    on_sale("shanxi", 1), on_sale("henan", 1)
    answer = bought(ours)
    assert (answer["state"], answer["total_u"]) == ("placed", 8 * YUAN)
    assert [(one["province"], one["cards"], one["state"]) for one in answer["orders"]] == [
        ("henan", 1, "placed"),
        ("shanxi", 1, "placed"),
    ]
    assert ours.get(f"purchases/{answer['id']}/").json() == answer
    assert ours.get("purchases/").json()["results"] == [answer]
    assert sorted(one["number"] for one in ours.get("orders/").json()["results"]) == sorted(
        one["number"] for one in answer["orders"]
    )


def test_history_names_the_key_that_bought(ours):
    on_sale("shanxi", 1)
    bought(ours, 1)
    with in_province("nation"):
        record = Record.objects.get(act="purchase.placed")
    assert (record.actor_kind, record.actor_id) == ("key", str(Purchase.objects.get().key_id))


def test_a_key_without_the_scope_and_a_visitor_do_not_buy(call, who, ours):
    on_sale("shanxi", 8)
    asked = {"quote": quote(ours)["id"]}
    narrow = call(who, "quotes:write").post("purchases/", asked, key="k")
    assert (narrow.status_code, narrow.json()["code"]) == (403, "scope_missing")
    assert call().post("purchases/", asked, key="k").status_code == 401
    assert Purchase.objects.count() == 0


# Orders ----------------------------------------------------------------------------------------


@pytest.fixture
def running(ours):
    """An order of two cards that works; (its address, the order)."""
    on_sale("shanxi", 4)
    (row,) = bought(ours)["orders"]
    with in_province("shanxi"):
        order = Order.objects.get(pk=row["id"])
        orders.start_activation(order)
        (line,) = order.lines.all()
        now = timezone.now()
        Resource.objects.create(
            line=line, state=ResourceState.READY, ready_at=now, endpoint="http://127.0.0.1:9/lab",
            secret=encrypt("open sesame"),
        )  # fmt: skip
        settlement.start_meter(line, now)
        orders.mark_active(order, now)
    return f"orders/shanxi/{row['number']}/", order


def test_an_order_tells_its_lots_and_its_money(ours, running):
    answer = ours.get(running[0]).json()
    assert (answer["state"], answer["hours"], answer["charged_u"], answer["released_u"]) == ("active", 2, 0, 0)
    (line,) = answer["lines"]
    assert (line["letter"], line["cards"], line["most_u"], line["resource"]) == ("A", 2, 8 * YUAN, "ready")
    assert line["measured"] is False


def test_access_is_shown_and_every_reading_is_kept(ours, call, who, stranger, running):
    (lot,) = ours.get(running[0] + "credentials/").json()
    assert (lot["letter"], lot["endpoint"], lot["secret"]) == ("A", "http://127.0.0.1:9/lab", "open sesame")
    with in_province("shanxi"):
        assert Record.objects.filter(act="credentials.viewed", actor_kind="key").count() == 1
    assert call(who, "orders:read").get(running[0] + "credentials/").status_code == 403
    assert stranger.get(running[0] + "credentials/").status_code == 404
    with in_province("shanxi"):
        assert Record.objects.filter(act="credentials.viewed").count() == 1


def test_an_order_is_ended_once(ours, stranger, running):
    assert stranger.post(running[0] + "end/", key="a").status_code == 404
    ended = ours.post(running[0] + "end/", key="b")
    told = ended.json()
    assert (ended.status_code, told["state"]) == (200, "ending")
    (line,) = told["lines"]
    assert line["charged_u"] == int(Decimal(line["card_seconds"]) * line["price_u"] // 3600) == told["charged_u"]
    assert told["charged_u"] + told["released_u"] == told["total_u"]
    again = ours.post(running[0] + "end/", key="c")
    assert (again.status_code, again.json()["code"]) == (409, "not_running")
    assert OrderIndex.objects.get().state == "ending"


def test_a_purchase_is_cancelled_before_it_runs(ours, stranger):
    on_sale("shanxi", 4)
    answer = bought(ours)
    assert stranger.post(f"purchases/{answer['id']}/cancel/", key="a").status_code == 404
    cancelled = ours.post(f"purchases/{answer['id']}/cancel/", key="b")
    assert [one["state"] for one in cancelled.json()["orders"]] == ["cancelled"]
    assert ours.post(f"purchases/{answer['id']}/cancel/", key="c").json()["code"] == "nothing_to_cancel"


def test_an_order_without_working_lots_has_no_access(ours):
    on_sale("shanxi", 4)
    (row,) = bought(ours)["orders"]
    answer = ours.get(f"orders/shanxi/{row['number']}/credentials/")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_ready")


def test_strangers_see_nothing_of_it(stranger, running):
    path, order = running
    assert stranger.get(path).status_code == 404
    assert stranger.get(f"purchases/{order.purchase_id}/").status_code == 404
    assert stranger.get("purchases/").json()["results"] == []
    assert stranger.get("orders/").json()["results"] == []


def test_the_wallet_in_micro_yuan(ours, call, who, running):
    assert ours.get("wallet/").json() == {"free_u": (10_000 - 8) * YUAN, "reserved_u": 8 * YUAN}
    assert call(who, "orders:read").get("wallet/").status_code == 403
    assert call().get("wallet/").status_code == 401
