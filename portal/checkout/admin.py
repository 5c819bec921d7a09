"""Quotes and purchases on the national staff site: to read."""

from django.contrib import admin

from portal.checkout.models import Purchase, Quote
from portal.staff.model_admin import PortalAdmin
from portal.staff.sites import national_site


@admin.register(Quote, site=national_site)
class QuoteAdmin(PortalAdmin):
    list_display = ("number", "card_model", "cards", "hours", "total_u", "created_at", "valid_until")
    list_filter = ("card_model",)
    search_fields = ("number",)
    ordering = ("-created_at",)
    date_hierarchy = "created_at"


@admin.register(Purchase, site=national_site)
class PurchaseAdmin(PortalAdmin):
    list_display = ("number", "organisation", "requested_by", "state", "total_u", "placed_at")
    list_filter = ("state",)
    search_fields = ("number", "organisation__name_zh")
    ordering = ("-created_at",)
    date_hierarchy = "created_at"
