"""Whatever is sent to the API: no 500, and every answer is one its description names and shapes.

Cases are made from the description by schemathesis, right and wrong ones, and asked over WSGI of the whole sample
world in a database of its own, whose stock is made fresh first so that quotes are filled.
"""

import copy
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from rest_framework.settings import api_settings

from portal.accounts.actions import SCOPES, create_api_key
from portal.accounts.models import Membership, User
from portal.accounts.openapi import description
from portal.checkout.actions import make_quote, place_purchase
from portal.checkout.filling import CardRequest
from portal.directory.models import Availability, OfferIndex, OrderIndex, PurchaseMode, Unit
from portal.ledger.actions import record_top_up
from portal.wsgi import application
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
NEEDS_AN_AGENT = {f"/api/v1/orders/{{province}}/{{number}}/{act}/" for act in ("end", "credentials")}
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
        }


def told_of(world: dict[str, Any]) -> dict[str, Any]:
    """The description, with what exists as the values to choose from: made-up ones are found in the wrong cases."""
    told = copy.deepcopy(description("en"))
    for path, methods in told["paths"].items():
        known = world.get(path.split("/")[3], {})
        for operation in methods.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path":
                    parameter["schema"] = {"enum": known[parameter["name"]]}
    shapes = told["components"]["schemas"]
    shapes["RequestForCards"]["properties"]["card_model"] = {"enum": [world["card_model"], "no-such-card"]}
    shapes["Buy"]["properties"]["quote"] = {"enum": [*world["quotes"]["id"], *world["purchases"]["id"]]}
    return told


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
    generous = dict.fromkeys(("visitor", "member", "quote"), "1000000/s")
    monkeypatch.setattr(api_settings, "DEFAULT_THROTTLE_RATES", generous, raising=False)


def test_answers_to_a_program_are_as_described(world, unlimited):
    seen = knock(world, {"Authorization": f"Bearer {world['key']}"})
    assert {200, 201, 404, 409, 422} <= {status for status, _path in seen}
    assert {path for status, path in seen if status in (200, 201)} >= set(description("en")["paths"]) - NEEDS_AN_AGENT


def test_answers_to_a_visitor_are_as_described(world, unlimited):
    seen = knock(world, {})
    assert {path.split("/")[3] for status, path in seen if status == 401} == {"orders", "purchases", "wallet"}
    assert {path.split("/")[3] for status, path in seen if status in (200, 201)} == {
        "",
        "card-models",
        "offers",
        "quotes",
    }
