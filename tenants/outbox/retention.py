"""Personal data that this app keeps: what for, who sees it, how long; and the free text that is not personal."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models import Province
from tenants.outbox.models import Letter
from tenants.registry import CONTRACT, Personal, fields_of

LETTER_KEPT_FOR = timedelta(days=90)
"""A delivered letter: it names people by their number."""

PERSONAL = (
    Personal(
        "letters",
        (*fields_of("outbox.letter", "payload last_error subject_id"),),
        what=_("Letters waiting to be sent"),
        purpose=_("messages about what happened; they name people by number, e-mails about sign-in are encrypted"),
        seen_by=_("operators, without addresses and texts"),
        kept=_("90 days after delivery or the last attempt; the text of e-mails about sign-in until they are sent"),
        ground=CONTRACT,
    ),
)
NOT_PERSONAL = {
    "words of the act and seals": (*fields_of("outbox.letter", "topic"),),
}
"""Reason → fields with free text that say nothing about a person."""


def forget_in_province(province: Province) -> int:
    """Remove delivered letters of the province the connection is in, past their term; returns how many."""
    return Letter.objects.filter(done_at__lt=timezone.now() - LETTER_KEPT_FOR).delete()[0]
