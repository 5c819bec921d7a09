"""Personal data that this app keeps: what for, who sees it, how long; and the free text that is not personal."""

from django.utils.translation import gettext_lazy as _

from portal.privacy import actions
from tenants.registry import DUTY, Personal, fields_of

PERSONAL = (
    Personal(
        "bookings",
        (*fields_of("accounts.dataexport", "requested_by"),),
        what=_("Who bought, booked, recorded or uploaded something"),
        purpose=_("accounts that can be checked; four eyes"),
        seen_by=_("members of the organisation, staff by their role; by number once the account is closed"),
        kept=_("the statutory term of accounting records (30 years for vouchers, 财会〔2015〕79号)"),
        ground=DUTY,
    ),
)
NOT_PERSONAL = {
    "about a file or a link": (*fields_of("accounts.dataexport", "sha256"),),
}
"""Reason → fields with free text that say nothing about a person."""


def forget() -> None:
    """Remove the files of exports that are past their term; run daily."""
    actions.remove_old_exports()
