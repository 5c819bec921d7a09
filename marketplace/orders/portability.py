"""An organisation's orders in this province, for its own export."""

from collections.abc import Iterator

from marketplace.orders.models import Lease, Order, OrderLine
from portal.accounts.models import Organisation
from portal.privacy.portability import Table, acts_on


def tables_in_province(organisation: Organisation) -> Iterator[Table]:
    orders = Order.objects.filter(organisation=organisation).order_by("placed_at")
    paths = ("number", "purchase_id", "state", "hours", "total_u", "placed_at", "started_at", "ends_at", "ended_at")
    yield Table("orders", orders, (*paths, "failure_code"))
    lines = OrderLine.objects.filter(order__organisation=organisation).select_related("order", "pool")
    yield Table(
        "order_lines", lines.order_by("pk"), ("order__number", "id", "position", "pool__slug", "cards", "price_u")
    )
    leases = Lease.objects.filter(line__order__organisation=organisation).select_related("line__order", "card")
    yield Table("leases", leases.order_by("pk"), ("line__order__number", "card__serial", "state", "during"))
    yield acts_on("orders.order", [str(pk) for pk in orders.values_list("pk", flat=True)])
