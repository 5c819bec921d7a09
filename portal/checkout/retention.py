"""Personal data that this app keeps: what for, who sees it, how long; and the free text that is not personal."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.checkout.models import Enquiry
from tenants.registry import CONTRACT, Personal, fields_of

ENQUIRY_KEPT_FOR = timedelta(days=365)

PERSONAL = (
    Personal("bookings", (*fields_of("checkout.purchase", "requested_by"),)),
    Personal(
        "enquiries",
        (*fields_of("checkout.enquiry", "asked_by question answered_by answer"),),
        what=_("Questions to providers and their answers"),
        purpose=_("agreeing on offers that are not sold online"),
        seen_by=_("members of the organisation that asked and of the provider"),
        kept=_("a year after the answer, or after the question where there is none"),
        ground=CONTRACT,
    ),
)
NOT_PERSONAL = {
    "about a trade, by number": (
        *fields_of("checkout.quote", "number constraints lines left_out alternatives"),
        *fields_of("checkout.purchase", "number"),
    ),
    "about goods, places and prices": (*fields_of("checkout.enquiry", "province slug name_zh name_en"),),
}
"""Reason → fields with free text that say nothing about a person."""


def forget() -> int:
    """Remove questions that are past their term; run daily."""
    before = timezone.now() - ENQUIRY_KEPT_FOR
    over = Q(answered_at__lt=before) | Q(answered_at=None, created_at__lt=before)
    return Enquiry.objects.filter(over).delete()[0]
