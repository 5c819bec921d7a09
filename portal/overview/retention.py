"""Personal data that this app keeps: what for, who sees it, how long; and the free text that is not personal."""

from django.utils.translation import gettext_lazy as _

from tenants.registry import DUTY, Personal, fields_of

PERSONAL = (
    Personal("bookings", (*fields_of("overview.provinceclosing", "asked_by confirmed_by"),)),
    Personal(
        "alarms",
        (*fields_of("overview.alarm", "acknowledged_by note"),),
        what=_("Who acknowledged an alarm, and the note"),
        purpose=_("handing over between shifts; answering for what was done"),
        seen_by=_("operators"),
        kept=_("as long as what it proves"),
        ground=DUTY,
    ),
)
NOT_PERSONAL = {
    "about a file or a link": (
        *fields_of("overview.linkcheck", "province refused_reasons seal_hash fault watching"),
        *fields_of("overview.provinceclosing", "province reason"),
        *fields_of("overview.alarm", "province subject name facts"),
    ),
}
"""Reason → fields with free text that say nothing about a person."""
