"""Personal data that this app keeps: what for, who sees it, how long; and the free text that is not personal."""

from tenants.registry import Personal, fields_of

PERSONAL = (Personal("bookings", (*fields_of("checkout.purchase", "requested_by"),)),)
NOT_PERSONAL = {
    "about a trade, by number": (
        *fields_of("checkout.quote", "number constraints lines left_out alternatives"),
        *fields_of("checkout.purchase", "number"),
    ),
}
"""Reason → fields with free text that say nothing about a person."""
