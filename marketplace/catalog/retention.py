"""Personal data that this app keeps: what for, who sees it, how long; and the free text that is not personal."""

from tenants.registry import Personal, fields_of

PERSONAL = (Personal("bookings", (*fields_of("catalog.tableupload", "uploaded_by"),)),)
NOT_PERSONAL = {
    "about an organisation": (*fields_of("catalog.provider", "slug short_zh kind"),),
    "about goods, places and prices": (
        *fields_of("catalog.site", "slug name_zh name_en city_zh city_en"),
        *fields_of("catalog.pool", "slug network"),
        *fields_of("catalog.card", "serial node"),
        *fields_of("catalog.offer", "slug name_zh name_en summary_zh summary_en sku"),
        *fields_of("catalog.tableupload", "kind name data sha256"),
    ),
}
"""Reason → fields with free text that say nothing about a person."""
