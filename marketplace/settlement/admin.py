"""Orders of a province on its staff site, to end what must end; its meters and charges, to read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from marketplace.orders.models import RUNNING, Order, OrderLine
from marketplace.orders.queues import needing_a_person
from marketplace.settlement import actions
from marketplace.settlement.models import Meter, Usage
from portal.accounts.staff_acts import with_reason
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
            _(
                "The meter stops now, what was used is charged and the rest of the money is free. Workspace and "
                "data are removed; then the cards are free. The owners read the reason."
            ),
            with_reason(actions.end_order, "order.ended", lambda order: order.organisation),
            lambda order: order.state in RUNNING,
            asks_reason=True,
            bulk=True,
        ),
    )


@admin.register(Meter, site=province_site)
class MeterAdmin(PortalAdmin):
    list_display = ("line__order", "ready_at", "stopped_at", "captured_until", "captured_u")
    search_fields = ("line__order__number",)
    date_hierarchy = "ready_at"
    fields = list_display


@admin.register(Usage, site=province_site)
class UsageAdmin(PortalAdmin):
    list_display = ("meter__line__order", "during", "cards", "card_seconds", "amount_u")
    search_fields = ("meter__line__order__number",)
    fields = (*list_display, "transaction")
