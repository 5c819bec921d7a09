"""Meters and charges of a province on its staff site: to read."""

from django.contrib import admin

from marketplace.settlement.models import Meter, Usage
from portal.staff.model_admin import PortalAdmin
from portal.staff.sites import province_site


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
