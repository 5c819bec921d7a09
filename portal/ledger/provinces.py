"""What a province's closing means for money: nothing may still be promised there."""

from collections.abc import Iterator

from django.db.models import Count, F, Sum
from django.utils.translation import ngettext

from portal.ledger.models import Reservation
from portal.web.wording import money_exact
from tenants.models import Province


def reasons_against_closing(province: Province) -> Iterator[str]:
    """A reason against closing while orders of the province hold money."""
    open_u = Sum(F("reserved_u") - F("captured_u") - F("released_u"), default=0)
    found = Reservation.objects.filter(province=province.slug, closed_at=None).aggregate(
        orders=Count("id"), left=open_u
    )
    if found["orders"]:
        yield ngettext(
            "Money is still reserved for %(count)s order: %(amount)s.",
            "Money is still reserved for %(count)s orders: %(amount)s.",
            found["orders"],
        ) % {"count": found["orders"], "amount": money_exact(found["left"])}
