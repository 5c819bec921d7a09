"""I5 and I6 of ARCHITECTURE.md, and that what was charged is what was metered and booked."""

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q, Sum

from marketplace.orders.models import RUNNING, Order
from marketplace.settlement.models import Meter, Usage
from portal.ledger.models import Reservation
from tenants.context import current_province


def findings_in_province() -> Iterator[str]:
    yield from _usage()
    yield from _meters()
    yield from _bookings()


def _usage() -> Iterator[str]:
    other = Usage.objects.filter(meter=OuterRef("meter"), during__overlap=OuterRef("during"))
    for usage in Usage.objects.filter(Exists(other.exclude(pk=OuterRef("pk")))):
        yield f"I5: usage {usage.pk} overlaps another one of its meter."
    before = Q(during__startswith__lt=F("meter__ready_at"))
    after = Q(meter__stopped_at__isnull=False, during__endswith__gt=F("meter__stopped_at"))
    for usage in Usage.objects.filter(before | after):
        yield f"I6: usage {usage.pk} lies outside the time its meter ran."


def _meters() -> Iterator[str]:
    meters = Meter.objects.select_related("line__order").annotate(charged=Sum("usage__amount_u", default=0))
    for meter in meters:
        if meter.charged != meter.captured_u or meter.captured_u > meter.line.most_u:
            yield f"The meter of line {meter.line_id} says {meter.captured_u} u, its usage {meter.charged} u."
        if meter.stopped_at is not None and meter.stopped_at != meter.captured_until:
            yield f"The meter of line {meter.line_id} has stopped, but it was not charged to its end."
        if meter.stopped_at is None and meter.line.order.state not in RUNNING:
            yield f"The meter of line {meter.line_id} runs, but order {meter.line.order.number} does not."


def _bookings() -> Iterator[str]:
    meters = Meter.objects.values("line__order").annotate(captured=Sum("captured_u"))
    captured = {row["line__order"]: row["captured"] for row in meters}
    known = set(Order.objects.values_list("pk", flat=True))
    for reservation in Reservation.objects.filter(province=current_province()):
        if reservation.order_id not in known and reservation.closed_at is not None:
            continue  # an older backup was restored; the order lives on in the ledger only
        metered = captured.get(reservation.order_id, 0)
        if metered != reservation.captured_u:
            yield f"Order {reservation.order_id}: {metered} u were metered, {reservation.captured_u} u booked."
