"""Whatever is sent to the API: no 500, and every answer is one its description names and shapes.

Cases are made from the description by schemathesis, right and wrong ones, and asked over WSGI of the whole sample
world in a database of its own, whose stock is made fresh first so that quotes are filled.
"""

import copy
import uuid
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from rest_framework.settings import api_settings

from marketplace.activation.models import Agent
from marketplace.catalog import actions as catalog
from portal.accounts.actions import SCOPES, create_api_key
from portal.accounts.models import Membership, Organisation, User
from portal.api.openapi import description
from portal.checkout.actions import make_quote, place_purchase
from portal.directory.identifiers.models import Identifier
from portal.directory.models import Availability, CardModel, OfferIndex, OrderIndex, PurchaseMode, Unit
from portal.ledger.actions import record_top_up
from portal.ranking.filling import CardRequest
from portal.wsgi import application
from tenants.context import in_province
from tests import database
from tests.copies import pointed_at_copy

SEARCH = settings(
    max_examples=20,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
"""Per operation and caller; raise the number for a long search."""
AGENTS = ("robot", "robot-2")
NEEDS_AN_AGENT = {
    "/api/v1/agents/{province}/{key_id}/serve/",
    *(f"/api/v1/orders/{{province}}/{{number}}/{act}/" for act in ("end", "credentials")),
}
NEEDS_THE_RIGHT_STATE = {
    f"/api/v1/provider/{{province}}/offers/{{slug}}/{act}/" for act in ("publish", "pause", "resume", "withdraw")
}
"""Chance seldom finds an offer in the state that the act needs; tests/marketplace/catalog/test_api.py does."""
NEEDS_A_WORKER = {"/api/v1/exports/{id}/file/"}
CHECKS = [
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.status_code_conformance,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.response_schema_conformance,
    schemathesis.checks.response_headers_conformance,
    schemathesis.checks.unsupported_method,
]


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """Known values of path parameters, and the key of somebody with money, in a copy of the sample world."""
    with django_db_blocker.unblock(), pointed_at_copy(database.template("sample")):
        Availability.objects.update(measured_at=timezone.now() + timedelta(days=1), sellable=True)
        owner = User.objects.get(email="owner@example.test")
        organisation = Membership.objects.get(user=owner).organisation
        _key, text = create_api_key(organisation, name="robot", scopes=SCOPES, by=owner)
        record_top_up(organisation, 10**10, "for-conformance", by=User.objects.get(email="finance@example.test"))
        offers = OfferIndex.objects.on_sale().in_stock()
        lot = offers.filter(mode=PurchaseMode.INSTANT, unit=Unit.CARD_HOUR, min_hours=1).order_by("price_u").first()
        quotes = [
            make_quote(CardRequest(card_model=lot.card_model_id, cards=1, hours=1), organisation=organisation)
            for _quote in range(2)
        ]
        purchase = place_purchase(quotes[0], organisation=organisation, by=owner)
        order = OrderIndex.objects.get(purchase_id=purchase.pk)
        yield {
            "key": text,
            "card_model": lot.card_model_id,
            "quotes": {"id": [str(quote.pk) for quote in quotes]},
            "purchases": {"id": [str(purchase.pk)]},
            "orders": {"province": [order.province, "anhui"], "number": [order.number, "no-such-order"]},
            "offers": {"province": [lot.province, "anhui"], "slug": [lot.slug, "no-such-offer"]},
            "identifiers": {"identifier": [Identifier.objects.filter(cancelled_at=None)[0].text, "no-such-identifier"]},
            "exports": {"id": [str(uuid.uuid4())]},
            **supply_of(organisation),
        }


def supply_of(organisation: Organisation) -> dict[str, Any]:
    """Makes the organisation a provider with an offer in every state; what exists, by the word in the path."""
    where = {"province": ["shanxi"]}
    with in_province("shanxi"):
        provider = catalog.add_provider(organisation, slug="robot", short_zh="机器人")
        site = catalog.add_site(provider, slug="robot-site", name_zh="机房", city_zh="大同")
        pool = catalog.add_pool(site, slug="robot-pool", card_model=CardModel.objects.first(), mode="discrete")
        catalog.add_cards(pool, catalog.numbered([("robot", 64)]))
        facts = {"category": "intelligent", "mode": "instant", "pool": pool}
        offers = [catalog.draft_offer(provider, slug=f"robot-{n}", name_zh=f"产品{n}", **facts) for n in range(30)]
        for number, offer in enumerate(offers):
            catalog.set_price(offer, Unit.CARD_HOUR, 1_000_000)
            if number % 3:
                catalog.publish_offer(offer)
            if number % 3 == 2:
                catalog.pause_offer(offer)
        for name in AGENTS:
            Agent.objects.create(provider=provider, name=name, key_id=f"shanxi.{name}", public_key=b"k" * 32)
    return {
        "agents": where | {"key_id": [f"shanxi.{name}" for name in AGENTS]},
        "provider/sites": where | {"slug": [site.slug]},
        "provider/pools": where | {"slug": [pool.slug]},
        "provider/cards": where,
        "provider/sales": where,
        "provider/offers": where | {"slug": [offer.slug for offer in offers]},
        "provider/imports": where | {"kind": ["sites"]},
        "serials": [f"robot-c{number}" for number in range(1, 65)],
    }


@schemathesis.serializer("text/csv")
def as_text(ctx: Any, value: Any) -> bytes:
    return str(value).encode()


def told_of(world: dict[str, Any]) -> dict[str, Any]:
    """The description, with what exists as the values to choose from: made-up ones are found in the wrong cases."""
    told = copy.deepcopy(description("en"))
    for path, methods in told["paths"].items():
        words = path.split("/")
        known = world.get("/".join([words[3], words[5]]) if words[3] == "provider" else words[3], {})
        for operation in methods.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path":
                    parameter["schema"] = {"enum": known[parameter["name"]]}
    shapes = told["components"]["schemas"]
    shapes["RequestForCards"]["properties"]["card_model"] = {"enum": [world["card_model"], "no-such-card"]}
    shapes["RequestForCards"]["properties"]["provinces"]["items"] = {"enum": ["shanxi", "anhui"]}
    shapes["Buy"]["properties"]["quote"] = {"enum": [*world["quotes"]["id"], *world["purchases"]["id"]]}
    tell_of_supply(told, shapes, world)
    return told


def tell_of_supply(told: dict[str, Any], shapes: dict[str, Any], world: dict[str, Any]) -> None:
    pools = {"enum": ["robot-pool", "no-such-pool"]}
    for name in ("NewPool", "PatchedPoolChange"):
        models = {"site": {"enum": ["robot-site"]}, "card_model": {"enum": [world["card_model"], "no-such-card"]}}
        shapes[name]["properties"] |= models
    shapes["PoolChoice"]["properties"]["pool"] = pools
    for name in ("NewOffer", "PatchedOfferChange"):
        shapes[name]["properties"] |= {"pool": pools, "base_model": {"enum": [None, "no-such-model"]}}
        shapes[name]["properties"]["category"] = {"enum": ["intelligent", "storage"]}
    shapes["Price"]["properties"]["unit"] = {"enum": ["card-hour", "TB-month"]}
    shapes["CardMove"]["properties"]["serials"] = {"type": "array", "minItems": 1, "items": {"enum": world["serials"]}}
    sound = ["site,name_zh,city_zh\nrobot-file,文件,大同\n", "site,name_zh,city_zh\nrobot-more,更多,大同\n"]
    files = [*sound, "site,name_zh\nx,\n"]
    body = told["paths"]["/api/v1/provider/{province}/imports/{kind}/"]["post"]["requestBody"]
    body["content"] = {"text/csv": {"schema": {"enum": files}}}  # made-up work sheets are damaged ones


def knock(world: dict[str, Any], headers: dict[str, str]) -> set[tuple[int, str]]:
    """Ask every operation many times, rightly and wrongly; returns which status each path answered with."""
    seen: set[tuple[int, str]] = set()
    schema = schemathesis.openapi.from_dict(told_of(world))
    schema.app = application
    for found in schema.get_all_operations():
        operation = found.ok()
        wrong = operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

        @SEARCH
        @given(case=operation.as_strategy() | wrong)
        def ask(case):
            response = case.call(headers={"Host": "localhost:8000", **headers})
            seen.add((response.status_code, case.operation.path))
            case.validate_response(response, checks=CHECKS)

        ask()
    return seen


@pytest.fixture
def unlimited(monkeypatch):
    generous = dict.fromkeys(("visitor", "member", "quote", "import"), "1000000/s")
    monkeypatch.setattr(api_settings, "DEFAULT_THROTTLE_RATES", generous, raising=False)


def test_answers_to_a_program_are_as_described(world, unlimited):
    seen = knock(world, {"Authorization": f"Bearer {world['key']}"})
    assert {200, 201, 404, 409, 422} <= {status for status, _path in seen}
    assert {path for status, path in seen if status in (200, 201)} >= set(
        description("en")["paths"]
    ) - NEEDS_AN_AGENT - NEEDS_THE_RIGHT_STATE - NEEDS_A_WORKER


def test_answers_to_a_visitor_are_as_described(world, unlimited):
    seen = knock(world, {})
    assert {path.split("/")[3] for status, path in seen if status == 401} == {
        "agents",
        "exports",
        "orders",
        "provider",
        "purchases",
        "wallet",
    }
    assert {path.split("/")[3] for status, path in seen if status in (200, 201)} == {
        "",
        "card-models",
        "identifiers",
        "offers",
        "pools",
        "provinces",
        "quotes",
        "sites",
    }
