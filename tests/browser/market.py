"""Facts of the running portal that a test reads or arranges beside the browser, in the portal's own database."""

import json
from typing import Any

from tests.live import LivePortal

_BEGIN = """
import json
from tenants.context import in_province
"""


def ask(portal: LivePortal, code: str) -> Any:
    """Run code in the portal's database; it prints one JSON value last."""
    return json.loads(portal.manage("shell", "-v", "0", "-c", _BEGIN + code).strip().splitlines()[-1])


def leave_free(portal: LivePortal, card_model: str, left: list[int]) -> list[dict[str, Any]]:
    """A second organisation buys until so many cards of the model are free, in as many provinces, cheapest first.

    Returns province, pool and price of those lots. The other pools of the model are bought empty.
    """
    return ask(
        portal,
        f"""
from portal.accounts.models import User
from portal.checkout.actions import make_quote, place_purchase
from portal.ranking.filling import CardRequest
from portal.checkout.quotes.offering import lots_for
other = User.objects.get(email="stranger@example.test")
company = other.memberships.get().organisation
lots = sorted(lots_for(CardRequest("{card_model}", 1, 1)), key=lambda lot: lot.price_u)
left = {left!r} + [0] * len(lots)
for lot, keep in zip(lots, left):
    if lot.free > keep:
        asked = CardRequest("{card_model}", lot.free - keep, 1, provinces=(lot.province,))
        place_purchase(make_quote(asked, organisation=company), organisation=company, by=other)
print(json.dumps([dict(province=lot.province, pool=str(lot.pool), price_u=lot.price_u) for lot in lots]))
""",
    )


def free_cards(portal: LivePortal, lots: list[dict[str, Any]]) -> list[int]:
    """Free cards of these pools, as each province knows them."""
    return ask(
        portal,
        f"""
from uuid import UUID
from marketplace.orders.stock import free_cards
found = []
for lot in {lots!r}:
    with in_province(lot["province"]):
        found.append(free_cards([UUID(lot["pool"])]).get(UUID(lot["pool"]), 0))
print(json.dumps(found))
""",
    )


def bill(portal: LivePortal, purchase_id: str) -> dict[str, int]:
    """What the meters of a purchase make by themselves, and what wallet and reservations say (micro-yuan)."""
    return ask(
        portal,
        f"""
from datetime import timedelta
from marketplace.settlement.models import Meter
from portal.checkout.models import Purchase
from portal.directory.models import OrderIndex
from portal.ledger.actions import balances
from portal.ledger.models import Reservation
purchase = Purchase.objects.get(pk="{purchase_id}")
reckoned = charged = 0
for row in OrderIndex.objects.filter(purchase_id=purchase.pk):
    with in_province(row.province):
        for meter in Meter.objects.filter(line__order=row.pk).select_related("line"):
            span = (meter.stopped_at - meter.ready_at) // timedelta(microseconds=1)
            reckoned += meter.line.price_u * meter.line.cards * span // 3_600_000_000
            charged += meter.captured_u
free_u, reserved_u = balances(purchase.organisation)
captured = sum(Reservation.objects.filter(purchase_id=purchase.pk).values_list("captured_u", flat=True))
print(json.dumps(dict(reckoned=reckoned, charged=charged, captured=captured, free=free_u, reserved=reserved_u)))
""",
    )
