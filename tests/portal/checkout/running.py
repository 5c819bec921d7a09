"""Takes a purchase through activation without an agent process: its answers and the probe's finding are given."""

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from marketplace.activation.fulfilment import actions as activation
from marketplace.activation.fulfilment.probe import Finding
from marketplace.activation.models import Agent, Command, Resource, Verb
from marketplace.orders.models import Order, OrderState
from portal.checkout.actions import place_purchase
from portal.checkout.models import Purchase
from portal.directory.models import OrderIndex
from tenants.context import in_province
from tests.market import Buyer, quote_for

SECRET = "the-secret-of-the-workspace"


def bought(who: Buyer, cards: int = 2, hours: int = 2, **limits: object) -> Purchase:
    return place_purchase(quote_for(who, cards, hours, **limits), organisation=who.organisation, by=who.user)


def activated(purchase: Purchase) -> Purchase:
    """Every order of the purchase active, each workspace at an address of its own."""
    for row in OrderIndex.objects.filter(purchase_id=purchase.pk):
        with in_province(row.province):
            start(row.pk)
            for number, command in enumerate(Command.objects.filter(line__order=row.pk, verb=Verb.APPLY), 1):
                answer(command, "ready", endpoint=_endpoint(number))
                resource = Resource.objects.get(line=command.line_id)
                activation.take_finding(resource.pk, resource.attempt, Finding(passed=True))
    return purchase


def start(order_id: Any) -> None:
    """The agents have been asked to set the workspaces up and have taken the request."""
    activation.start_activation(Order.objects.get(pk=order_id))
    for command in Command.objects.filter(line__order=order_id, sent_at=None):
        command.sent_at = command.created_at
        command.save(update_fields=["sent_at"])


def failed(purchase: Purchase, province: str, code: str = "hardware") -> None:
    """The agent of that province refuses for good."""
    with in_province(province):
        order = Order.objects.get(purchase_id=purchase.pk)
        start(order.pk)
        for command in Command.objects.filter(line__order=order, verb=Verb.APPLY):
            answer(command, "failed", code=code, retryable=False)


def released(purchase: Purchase) -> None:
    """The agents proved the cards of all ending orders free."""
    for row in OrderIndex.objects.filter(purchase_id=purchase.pk):
        with in_province(row.province):
            order = Order.objects.get(pk=row.pk)
            if order.state != OrderState.ENDING:
                continue
            activation.revoke_order(order)
            for command in Command.objects.filter(line__order=order, verb=Verb.REVOKE):
                answer(command, "revoked")
            activation.finish(order)


def answer(command: Command, status: str, **more: Any) -> None:
    """The agent that was asked answers."""
    result = {"command": command.pk, "attempt": command.attempt, "status": status, **more}
    activation.take_result(Agent.objects.get(pk=command.agent_id), result)


def _endpoint(number: int) -> dict[str, str]:
    return {"kind": "jupyterlab", "url": f"http://127.66.0.{number}:8888/lab", "secret": SECRET}


def queries(client: Client, path: str) -> int:
    """How many statements a page costs at its second request; switching the schema is not counted."""
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path)
    assert response.status_code == 200, response.status_code
    return sum(not query["sql"].startswith("SET ") for query in captured)
