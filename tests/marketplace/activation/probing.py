"""Workspaces that wait for their probe: bought, set up by an agent without a process, each at a given address."""

import json
from collections.abc import Sequence

from marketplace.activation.fulfilment import actions
from marketplace.activation.models import Agent, Command, Resource, Verb
from portal.directory.models import OrderIndex
from tenants.context import in_province
from tests.market import Buyer, OnSale
from tests.portal.checkout.running import bought, start


def placed(who: Buyer, lot: OnSale) -> str:
    """The id of an order for one card of the lot, which must be the only one with such cards in its province."""
    purchase = bought(who, 1, card=lot.pool.card_model_id, provinces=(lot.province,))
    return str(OrderIndex.objects.get(purchase_id=purchase.pk).pk)


def answered(lot: OnSale, order: str, port: int) -> Resource:
    """The agent says that the workspace is there, behind that port."""
    with in_province(lot.province):
        command = Command.objects.get(line__order=order, verb=Verb.APPLY)
        endpoint = {"kind": "jupyterlab", "url": f"http://127.0.0.1:{port}/lab", "secret": "s"}
        result = {"command": command.pk, "attempt": command.attempt, "status": "ready", "endpoint": endpoint}
        actions.take_result(Agent.objects.get(pk=command.agent_id), result)
        return Resource.objects.select_related("line__pool").get(line=command.line_id)


def probing(who: Buyer, lot: OnSale, port: int) -> Resource:
    order = placed(who, lot)
    with in_province(lot.province):
        start(order)
    return answered(lot, order, port)


def manifest(resources: Sequence[Resource]) -> bytes:
    """What a sound workspace with the cards of these resources says."""
    (card_model,) = {one.line.pool.card_model_id for one in resources}
    serials = [serial for one in resources for serial in one.serials]
    return json.dumps({"content": json.dumps({"card_model": card_model, "serials": serials})}).encode()
