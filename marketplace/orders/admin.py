"""Orders of a province on its staff site: to read, and to end what must end."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from marketplace.orders import actions
from marketplace.orders.models import Lease, Order, OrderLine
from marketplace.orders.queues import needing_a_person
from portal.staff.model_admin import Act, PortalAdmin, PortalInline, needs_a_person
from portal.staff.sites import province_site


class OrderLineInline(PortalInline):
    model = OrderLine
    fields = ("position", "pool", "cards", "price_u")


@admin.register(Order, site=province_site)
class OrderAdmin(PortalAdmin):
    list_display = ("number", "organisation", "state", "hours", "total_u", "placed_at", "started_at", "ends_at")
    list_filter = (needs_a_person(needing_a_person), "state")
    search_fields = ("number", "organisation__name_zh", "organisation__uscc")
    ordering = ("-placed_at",)
    date_hierarchy = "placed_at"
    inlines = (OrderLineInline,)
    acts = (
        Act(
            "end",
            _("End the order"),
            _("The meter stops now; the workspace and its data are removed and the cards become free."),
            actions.end_order,
            lambda order: order.state in actions.RUNNING,
            bulk=True,
        ),
    )


@admin.register(Lease, site=province_site)
class LeaseAdmin(PortalAdmin):
    list_display = ("card", "line__order", "state", "during", "hold_until")
    fields = list_display
    list_filter = ("state",)
    search_fields = ("card__serial", "line__order__number")
