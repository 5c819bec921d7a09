"""Orders of a province on its staff site: to read, and to end what must end."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from marketplace.orders import actions
from marketplace.orders.models import Lease, Order, OrderLine
from marketplace.orders.queues import needing_a_person
from portal.accounts.acts import Act, NeedsAPerson, PortalAdmin
from portal.accounts.sites import province_site


class OrderLineInline(admin.TabularInline):  # type: ignore[type-arg]
    model = OrderLine
    fields = readonly_fields = ("position", "pool", "cards", "price_u")
    extra = 0
    can_delete = False


class Stuck(NeedsAPerson):
    def found(self) -> Any:
        return needing_a_person()


@admin.register(Order, site=province_site)
class OrderAdmin(PortalAdmin):
    list_display = ("number", "organisation", "state", "hours", "total_u", "placed_at", "started_at", "ends_at")
    list_filter = (Stuck, "state")
    list_select_related = ("organisation",)
    search_fields = ("number",)
    ordering = ("-placed_at",)
    inlines = (OrderLineInline,)
    acts = (
        Act(
            "end",
            _("End the order"),
            _("The meter stops now; the workspace and its data are removed and the cards become free."),
            actions.end_order,
            lambda order: order.state in actions.RUNNING,
        ),
    )


@admin.register(Lease, site=province_site)
class LeaseAdmin(PortalAdmin):
    list_display = ("card", "line", "state", "during", "hold_until")
    list_filter = ("state",)
    list_select_related = ("card", "line")
    search_fields = ("card__serial", "line__order__number")
