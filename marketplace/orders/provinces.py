"""What closing and restoring a province mean for its orders."""

from collections import Counter
from collections.abc import Iterator

from django.db import connection
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.orders.models import Lease, Order, OrderState
from portal.directory.index.actions import count_stock
from portal.directory.models import OrderIndex
from portal.ledger import actions as ledger
from portal.ledger.models import Reservation
from portal.web.wording import money_exact
from tenants.models import Province


def reasons_against_closing(province: Province) -> Iterator[str]:
    """Reasons against closing. Purchases on their way are waited for, and none is written until the act is over."""
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {Order._meta.db_table}, {Lease._meta.db_table} IN SHARE MODE")
    orders, leases = Order.objects.live().count(), Lease.objects.occupying().count()
    if leases:
        yield ngettext(
            "%(count)s card is still held or leased.", "%(count)s cards are still held or leased.", leases
        ) % {"count": leases}
    if orders:
        yield ngettext("%(count)s order is not finished.", "%(count)s orders are not finished.", orders) % {
            "count": orders
        }


def rebuild(province: Province) -> Iterator[str]:
    """Write the nation's list of orders and the count of stock anew from restored tables.

    An order placed after the backup is gone from the province: what its buyer still had reserved goes back to the
    balance, since nothing stands behind it any more; what was charged for use stays charged, since it was used.
    """
    before = {row.pk: row for row in OrderIndex.objects.filter(province=province.slug)}
    orders = {order.pk: order for order in Order.objects.annotate(in_lines=Sum("lines__cards", default=0))}
    OrderIndex.objects.filter(province=province.slug).delete()
    OrderIndex.objects.bulk_create((_row(order, province.slug) for order in orders.values()), batch_size=1_000)
    occupied = Counter(Lease.objects.occupying().values_list("card__pool", flat=True))
    count_stock({pool: -cards for pool, cards in occupied.items()})
    for pk, row in sorted(before.items(), key=lambda item: item[1].number):
        if pk not in orders:
            yield _gone(row)
        elif row.state != orders[pk].state:
            yield _("Order %(number)s was “%(was)s” and is “%(now)s” again, as the backup has it.") % {
                "number": row.number,
                "was": OrderState(row.state).label,
                "now": orders[pk].get_state_display(),
            }


def _row(order: Order, slug: str) -> OrderIndex:
    return OrderIndex(
        id=order.pk,
        province=slug,
        number=order.number,
        purchase_id=order.purchase_id,
        organisation_id=order.organisation_id,
        state=order.state,
        cards=order.in_lines,  # type: ignore[attr-defined]  # annotated
        total_u=order.total_u,
        placed_at=order.placed_at,
    )


def _gone(row: OrderIndex) -> str:
    reservation = Reservation.objects.filter(order_id=row.pk).first()
    returned = ledger.release(row.pk) if reservation else 0
    return _(
        "Order %(number)s was placed after the backup and is gone. %(returned)s reserved for it went back to the "
        "buyer's balance; %(charged)s charged for its use stays charged. End what its provider may still run."
    ) % {
        "number": row.number,
        "returned": money_exact(returned),
        "charged": money_exact(reservation.captured_u if reservation else 0),
    }
