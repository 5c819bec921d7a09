"""Bringing restored meters in line with the ledger, which was not put back.

Every charge of the ledger names its order, its line and the moment until which it charges. What a restored meter lacks
is written again from there, so that nothing is charged twice and nothing that was charged is forgotten.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from marketplace.orders import actions as orders
from marketplace.orders.models import RUNNING, STARTING, Order
from marketplace.settlement.actions import end_order
from marketplace.settlement.metering import card_seconds
from marketplace.settlement.models import Meter, Usage
from portal.ledger.models import Reservation, Transaction, TransactionKind
from portal.web.wording import money_exact
from tenants.models import Province


def rebuild(province: Province) -> Iterator[str]:
    """Add the charges that the ledger has and the meters lack; end what the ledger has settled already."""
    settled = {one.order_id: one for one in Reservation.objects.filter(province=province.slug)}
    for order in Order.objects.filter(pk__in=settled).select_related("organisation"):
        reservation = settled[order.pk]
        meters = {meter.line_id: meter for meter in Meter.objects.filter(line__order=order).select_related("line")}
        for line, until, charge in _charges(order):
            meter = meters.get(line)
            if meter is not None and until > meter.captured_until:
                _add(meter, until, charge)
        missing = reservation.captured_u - sum(meter.captured_u for meter in meters.values())
        if missing:
            yield _("Order %(number)s: %(amount)s was charged for use that the restored tables do not know.") % {
                "number": order.number,
                "amount": money_exact(missing),
            }
        if reservation.closed_at is not None:
            yield from _end_settled(order, list(meters.values()))


def _charges(order: Order) -> list[tuple[UUID, datetime, Transaction]]:
    """Line, end of the charged time and transaction of each charge of the order, oldest first."""
    prefix = f"{order.pk} "
    taken = Sum("postings__amount_u", filter=Q(postings__amount_u__gt=0), default=0)
    rows = Transaction.objects.filter(kind=TransactionKind.CAPTURE, reference__startswith=prefix)
    found = []
    for row in rows.annotate(taken_u=taken):
        line, _space, until = row.reference.removeprefix(prefix).partition(" ")
        found.append((UUID(line), datetime.fromisoformat(until), row))
    return sorted(found, key=lambda charge: charge[1])


def _add(meter: Meter, until: datetime, charge: Transaction) -> None:
    amount: int = charge.taken_u  # type: ignore[attr-defined]  # annotated
    Usage.objects.create(
        meter=meter,
        during=(meter.captured_until, until),
        cards=meter.line.cards,
        card_seconds=card_seconds(meter, meter.captured_until, until),
        amount_u=amount,
        transaction=charge.pk,
    )
    meter.captured_until, meter.captured_u = until, meter.captured_u + amount
    meter.save(update_fields=["captured_until", "captured_u"])


def _end_settled(order: Order, meters: list[Meter]) -> Iterator[str]:
    """The ledger closed the order after the backup: its meters stand where they were charged to, its cards return."""
    if order.state in Order.moves.final():
        return
    for meter in meters:
        if meter.stopped_at is None:
            meter.stopped_at = meter.captured_until
            meter.save(update_fields=["stopped_at"])
    if order.state in RUNNING:
        end_order(order, by=None)
    elif order.state in STARTING:
        orders.cancel_order(order, by=None)
    yield _("Order %(number)s had been settled after the backup; it is being ended again.") % {"number": order.number}
