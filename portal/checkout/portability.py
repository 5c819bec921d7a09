"""An organisation's quotes and purchases, for its own export."""

from collections.abc import Iterator

from django.db.models import Q

from portal.accounts.models import Organisation
from portal.checkout.models import Enquiry, Purchase, Quote
from portal.privacy.portability import Table


def tables(organisation: Organisation) -> Iterator[Table]:
    quotes = Quote.objects.filter(organisation=organisation).order_by("created_at")
    asked = ("number", "card_model_id", "cards", "hours", "total_u", "created_at", "valid_until", "lines")
    yield Table("quotes", quotes, asked)
    purchases = Purchase.objects.filter(organisation=organisation).select_related("requested_by", "quote")
    paths = ("id", "number", "quote__number", "state", "total_u", "placed_at", "requested_by__email")
    yield Table("purchases", purchases.order_by("created_at"), paths)
    asked_or_answered = Enquiry.objects.filter(Q(organisation=organisation) | Q(provider=organisation))
    said = (
        "id",
        "organisation_id",
        "provider_id",
        "province",
        "slug",
        "question",
        "created_at",
        "answer",
        "answered_at",
    )
    yield Table("enquiries", asked_or_answered.order_by("created_at"), said)
