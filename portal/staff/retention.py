"""Personal data that this app keeps: what for, who sees it, how long; and the free text that is not personal."""

from tenants.registry import Personal, fields_of

PERSONAL = (Personal("bookings", (*fields_of("admin.logentry", "user"),)),)
NOT_PERSONAL = {
    "framework: a table nobody writes to (acts go to history)": (
        *fields_of("admin.logentry", "object_id object_repr change_message"),
    ),
}
"""Reason → fields with free text that say nothing about a person."""
