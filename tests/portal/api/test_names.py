"""No name is passed over: what an address does not know of a body or a query is refused by name."""

from collections.abc import Iterator
from itertools import count

import pytest
from django.urls import get_resolver
from django.utils.translation import override
from rest_framework import serializers

from marketplace.orders.models import OrderState
from portal.accounts.roles import MembershipRole
from portal.api import shapes
from portal.api.views import Door
from portal.checkout.models import Purchase, PurchaseState
from portal.directory.models import OrderIndex
from tests.market import buyer, on_sale, quote_for
from tests.marketplace.catalog import supply
from tests.portal.accounts import people
from tests.portal.api.knocking import key_of, member, post, problem, program, visitor
from tests.portal.checkout.running import bought

pytestmark = pytest.mark.django_db
_number = count(1)


@pytest.fixture
def robot():
    who = buyer(0, role=MembershipRole.OWNER)
    return program(key_of(who.organisation, who.user)[1])


@pytest.fixture
def seller(shanxi):
    """A program of a provider of Shanxi, which has a pool and an offer."""
    offer = supply.offer("shanxi")
    owner = people.person("guo")
    people.member(owner, offer.provider.organisation, MembershipRole.OWNER)
    client = program(key_of(offer.provider.organisation, owner)[1])
    client.slugs = {"pool": offer.pool.slug, "offer": offer.slug, "site": offer.pool.site.slug}
    return client


def errors(answer) -> list[tuple[str, str]]:
    assert problem(answer) == (422, "invalid")
    return [(one["pointer"], one["code"]) for one in answer.json()["errors"]]


def doors() -> Iterator[type[Door]]:
    waiting = list(get_resolver("portal.urls_national").url_patterns)
    while waiting:
        pattern = waiting.pop()
        waiting += getattr(pattern, "url_patterns", [])
        view = getattr(getattr(pattern, "callback", None), "view_class", None) or getattr(
            getattr(pattern, "callback", None), "cls", None
        )
        if isinstance(view, type) and issubclass(view, Door):
            yield view


# Queries ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("offers/?provnce=shanxi", "provnce"),
        ("offers/?format=json", "format"),
        ("offers/shanxi/x/?cursor=1", "cursor"),
        ("card-models/?q=x", "q"),
        ("provinces/?State=ok", "State"),
        ("sites/?provnce=x", "provnce"),
        ("pools/?x", "x"),
        ("?page_size=3", "page_size"),
        ("identifiers/x/?y=1", "y"),
        ("wallet/?currency=usd", "currency"),
        ("orders/?status=ended", "status"),
        ("purchases/?sort=x", "sort"),
        ("purchases/00000000-0000-4000-8000-000000000000/?x=1", "x"),
        ("quotes/00000000-0000-4000-8000-000000000000/?x=1", "x"),
        ("agents/?province=shanxi", "province"),
        ("exports/?x=1", "x"),
    ],
)
def test_a_word_of_a_query_that_is_not_known_is_named(robot, path, name):
    for method in ("get", "head", "options"):
        answer = getattr(robot, method)(f"/api/v1/{path}")
        assert answer.status_code == 422
    answer = robot.get(f"/api/v1/{path}")
    assert errors(answer) == [(f"/{name}", "unknown")]
    assert answer.json()["errors"][0]["detail"].startswith("There is no such field")


def test_the_known_ones_are_said():
    (error,) = visitor().get("/api/v1/offers/?provnce=shanxi").json()["errors"]
    known = "id, q, province, card_model, category, mode, in_stock"
    assert error["detail"] == f"There is no such field. Known are: {known}."


@pytest.mark.parametrize("path", ["cards/?pol=x", "sites/?pool=x", "pools/{pool}/?x=1", "offers/{offer}/prices/?v=1"])
def test_so_it_is_with_a_providers_own_lists(seller, path):
    name = path.partition("?")[2].partition("=")[0]
    answer = seller.get("/api/v1/provider/shanxi/" + path.format(**seller.slugs))
    assert errors(answer) == [(f"/{name}", "unknown")]


@pytest.mark.parametrize("query", ["province=shanxi&province=henan", "mode=instant&mode=instant"])
def test_a_word_that_takes_one_value_is_not_given_two(query):
    name = query.partition("=")[0]
    assert errors(visitor().get(f"/api/v1/offers/?{query}")) == [(f"/{name}", "twice")]


def test_a_word_that_takes_many_is_given_many():
    assert visitor().get("/api/v1/provinces/?state=ok&state=stale").status_code in (200, 422)
    ids = "&".join(f"id=00000000-0000-4000-8000-00000000000{number}" for number in range(3))
    assert visitor().get(f"/api/v1/offers/?{ids}").json()["results"] == []


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("q=%00", ("/q", "unstorable")),
        ("q=a%00b", ("/q", "unstorable")),
        ("province=%00", ("/province", "unstorable")),
        ("%00=1", ("/\N{REPLACEMENT CHARACTER}", "unstorable")),
    ],
)
def test_a_character_that_cannot_be_stored_is_named(query, error):
    assert error in errors(visitor().get(f"/api/v1/offers/?{query}"))


@pytest.mark.parametrize("size", ["0", "101", "-1", "x", "", "1.5", "１", "9" * 30])
def test_a_page_of_no_size_is_not_another_page(size):
    assert errors(visitor().get("/api/v1/offers/", {"page_size": size})) == [("/page_size", "invalid")]


def test_orders_of_one_state_are_those_and_no_others():
    who = buyer(1_000)
    on_sale("shanxi", len(OrderState.values))
    for state in OrderState.values:
        purchase = bought(who, cards=1)
        OrderIndex.objects.filter(purchase_id=purchase.pk).update(state=state)
    client = member(who.user)
    assert len(client.get("/api/v1/orders/").json()["results"]) == len(OrderState.values)
    for state in OrderState.values:
        found = client.get(f"/api/v1/orders/?state={state}&province=shanxi").json()["results"]
        assert [one["state"] for one in found] == [state]
    assert client.get("/api/v1/orders/?province=henan").json()["results"] == []
    assert errors(client.get("/api/v1/orders/?state=finished")) == [("/state", "invalid_choice")]


def test_so_it_is_with_purchases():
    who = buyer(1_000)
    on_sale("shanxi", 2)
    Purchase.objects.filter(pk=bought(who, cards=1).pk).update(state=PurchaseState.CANCELLED)
    bought(who, cards=1)
    client = member(who.user)
    assert [one["state"] for one in client.get("/api/v1/purchases/?state=cancelled").json()["results"]] == ["cancelled"]


# Bodies ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["province", "max_price_u", "", "Cards", "cards "])
def test_a_field_of_a_body_that_is_not_known_is_named(name):
    asked = {"card_model": "x", "cards": 1, "hours": 1, name: ["henan"]}
    assert (f"/{name}", "unknown") in errors(post(visitor(), "/api/v1/quotes/", asked))


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("sites/", {"name_zh": "a", "city_zh": "b", "pui": 1.2}, "/pui"),
        ("pools/", {"site": "s", "card_model": "x", "mode": "discrete", "id": "x"}, "/id"),
        ("pools/{pool}/cards/", {"cards": [{"node": "n", "serial": "s", "model": "x"}]}, "/cards/0/model"),
        ("pools/{pool}/cards/move/", {"serials": ["x"], "to": "retired", "from": "y"}, "/from"),
        ("pools/{pool}/pause/", {"until": "tomorrow"}, "/until"),
        (
            "offers/",
            {"name_zh": "x", "category": "storage", "mode": "quote", "price": {"unit": "TB-month", "prize_u": 1}},
            "/price/prize_u",
        ),
        ("offers/{offer}/prices/", {"unit": "card-hour", "price": 1}, "/price"),
        ("offers/{offer}/withdraw/", {"force": True}, "/force"),
    ],
)
def test_so_it_is_at_every_depth_and_where_nothing_is_taken(seller, path, body, pointer):
    address = "/api/v1/provider/shanxi/" + path.format(**seller.slugs)
    assert (pointer, "unknown") in errors(post(seller, address, body, key=f"k{next(_number)}"))


@pytest.mark.parametrize("path", ["sites/{site}/", "pools/{pool}/", "offers/{offer}/"])
def test_and_where_a_part_is_changed(seller, path):
    address = "/api/v1/provider/shanxi/" + path.format(**seller.slugs)
    answer = seller.patch(address, {"slug": "x"}, content_type="application/json", headers={"idempotency-key": "k"})
    assert errors(answer) == [("/slug", "unknown")]


def test_a_purchase_takes_a_quote_and_nothing_else():
    who = buyer(100)
    supply.offer("shanxi")
    asked = {"quote": str(quote_for(who, 1).pk), "organisation": "x"}
    assert errors(post(member(who.user), "/api/v1/purchases/", asked, key="k")) == [("/organisation", "unknown")]


def test_every_shape_of_the_api_refuses_what_it_does_not_know_and_reads_numbers_in_one_way():
    """A door that read its query or body by another serializer would pass names over."""
    found = [shape for door in doors() for shape in (*door.asks.values(), *door.takes.values())]
    assert len(found) > 12
    fields = [field for shape in found for field in _fields(shape())]
    wrong = (serializers.IntegerField, serializers.FloatField, serializers.DecimalField, serializers.ListField)
    right = (shapes.IntegerField, shapes.FloatField, shapes.DecimalField, shapes.ListField)
    assert [field for field in fields if isinstance(field, wrong) and not isinstance(field, right)] == []
    nested = [field for field in fields if isinstance(field, serializers.Serializer)]
    assert [shape for shape in [*nested, *(one() for one in found)] if not isinstance(shape, shapes.Shape)] == []


def _fields(serializer) -> Iterator[serializers.Field]:
    for field in serializer.fields.values():
        yield field
        inner = getattr(field, "child", field)
        if isinstance(inner, serializers.Serializer):
            yield inner
            yield from _fields(inner)


def test_every_sentence_about_a_field_is_ours_in_chinese():
    """No Latin word but the names that programs write, and nothing left in English."""
    found = [shape for door in doors() for shape in (*door.asks.values(), *door.takes.values())]
    fields = [field for shape in found for field in (shape(), *_fields(shape()))]
    fields += [field.child for field in fields if hasattr(field, "child")]
    with override("zh-hans"):
        told = {str(sentence) for field in fields for sentence in field.error_messages.values()}
        told |= {str(one.message) for field in fields for one in field.validators if hasattr(one, "message")}
    assert [one for one in sorted(told) if not any("\u4e00" <= char <= "\u9fff" for char in one)] == []
    words = ("slug", "pk", "null", "短语", "物件", "空字符串", "主键", "字典")
    assert [one for one in sorted(told) if any(word in one for word in words)] == []


# Methods ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["wallet/", "orders/", "purchases/", "agents/", "exports/", "offers/", ""])
def test_head_and_options_are_as_get(path):
    who = buyer(0, role=MembershipRole.OWNER)
    address = f"/api/v1/{path}"
    scope = {
        "wallet/": "wallet:read",
        "orders/": "orders:read",
        "purchases/": "purchases:write",
        "agents/": "agents:read",
        "exports/": "exports:write",
    }.get(path, "catalog:read")
    holder = program(key_of(who.organisation, who.user, [scope])[1])
    answers = {method: getattr(holder, method)(address) for method in ("get", "head", "options")}
    assert {method: answer.status_code for method, answer in answers.items()} == dict.fromkeys(answers, 200)
    assert answers["head"].content == b""
    assert "GET" in answers["options"].json()["methods"]
    assert answers["options"].headers["Allow"] == ", ".join(answers["options"].json()["methods"])
    other = program(key_of(who.organisation, who.user, ["quotes:write"])[1])
    for method in ("get", "head", "options"):
        answer = getattr(other, method)(address)
        assert answer.status_code == 403
        assert method == "head" or scope in answer.json()["detail"]


def test_options_of_an_address_that_is_only_posted_to_asks_for_its_scope():
    who = buyer(0, role=MembershipRole.OWNER)
    holder = program(key_of(who.organisation, who.user, ["quotes:write"])[1])
    assert holder.options("/api/v1/quotes/").json() == {"methods": ["POST", "OPTIONS"]}
    other = program(key_of(who.organisation, who.user, ["catalog:read"])[1])
    assert problem(other.options("/api/v1/quotes/")) == (403, "scope_missing")


def test_people_are_answered_the_same():
    client = member(buyer(0).user)
    for path in ("purchases/", "wallet/", "orders/"):
        assert client.options(f"/api/v1/{path}").status_code == 200
        assert client.head(f"/api/v1/{path}").status_code == 200
