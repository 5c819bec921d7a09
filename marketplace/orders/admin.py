"""Leases of a province on its staff site: to read, and to lift the quarantine of their cards.

Orders stand in `marketplace.settlement.admin`: ending one also charges it.
"""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from marketplace.orders import actions
from marketplace.orders.models import Lease, LeaseState
from portal.staff.model_admin import Act, PortalAdmin
from portal.staff.sites import province_site


@admin.register(Lease, site=province_site)
class LeaseAdmin(PortalAdmin):
    list_display = ("card", "line__order", "state", "during", "hold_until")
    fields = list_display
    list_filter = ("state",)
    search_fields = ("card__serial", "line__order__number")
    acts = (
        Act(
            "lift",
            _("Lift the quarantine"),
            _(
                "The card is sold again at once. Make sure before that the last workspace on it and its data are gone; "
                "history keeps what you write."
            ),
            actions.lift_quarantine,
            lambda lease: lease.state == LeaseState.UNPROVEN,
            asks_reason=True,
        ),
    )
