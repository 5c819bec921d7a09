"""Personal data that this app keeps: what for, who sees it, how long; and the free text that is not personal."""

from tenants.registry import Personal, fields_of

PERSONAL = (
    Personal(
        "bookings",
        (
            *fields_of("ledger.topup", "decided_by recorded_by reversal_asked_by reversed_by"),
            *fields_of("ledger.transaction", "by"),
        ),
    ),
)
NOT_PERSONAL = {
    "about a trade, by number": (
        *fields_of("ledger.account", "province"),
        *fields_of("ledger.transaction", "reference"),
        *fields_of("ledger.reservation", "province"),
        *fields_of("ledger.topup", "bank_reference reference_key reversal_reason"),
    ),
}
"""Reason → fields with free text that say nothing about a person."""
