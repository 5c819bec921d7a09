"""Personal data that this app keeps: what for, who sees it, how long; and the free text that is not personal."""

from tenants.registry import Personal, fields_of

PERSONAL = (Personal("bookings", (*fields_of("orders.order", "requested_by"),)),)
NOT_PERSONAL = {
    "about a trade, by number": (
        *fields_of("orders.order", "number failure_code"),
        *fields_of("orders.maintenancewindow", "reason"),
        *fields_of("orders.lendingwindow", "weekdays"),
    ),
}
"""Reason → fields with free text that say nothing about a person."""
