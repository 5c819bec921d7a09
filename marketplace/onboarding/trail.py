"""What happened to an application, from history, in sentences."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from marketplace.onboarding.answers.attributes import BY_SLUG
from marketplace.onboarding.models import Application
from portal.accounts.models import User
from tenants.history.models import Record

PUBLIC = {
    "application.started": ("wait", _("Application begun")),
    "application.submitted": ("run", _("Submitted to staff of the province")),
    "application.returned": ("wait", _("Returned for correction")),
    "application.approved": ("run", _("Approved; public notice began")),
    "application.granted": ("ok", _("Notice over: provider in this province")),
    "application.refused": ("bad", _("Refused")),
    "application.withdrawn": ("off", _("Withdrawn by the applicant")),
    "objection.raised": ("wait", _("An objection was raised; the approval waits")),
    "objection.dismissed": ("ok", _("An objection was dismissed")),
    "objection.upheld": ("bad", _("An objection was upheld")),
}
"""What the applicant reads too."""
INTERNAL = {
    "answer.accepted": ("ok", _("Accepted: %(attribute)s")),
    "answer.wrong": ("wait", _("Needs correction: %(attribute)s")),
    "bank_account.viewed": ("unknown", _("Account number viewed")),
    "document.fetched": ("unknown", _("Document downloaded")),
}


@dataclass(frozen=True)
class Entry:
    at: datetime
    tone: str
    sentence: Any
    stamp: str = ""


def for_applicant(application: Application) -> list[Entry]:
    return list(_entries(application, PUBLIC, {}))


def for_staff(application: Application) -> list[Entry]:
    """With the names of the officers and of the applicant's people."""
    wanted = PUBLIC | INTERNAL
    ids = {record.actor_id for record in _records(application, wanted) if record.actor_kind == "user"}
    names = {str(user.pk): str(user) for user in User.objects.filter(pk__in=[pk for pk in ids if pk.isdigit()])}
    return list(_entries(application, wanted, names))


def _records(application: Application, wanted: dict[str, Any]) -> list[Record]:
    about = Record.objects.filter(subject_type=application._meta.label_lower, subject_id=str(application.pk))
    return list(about.filter(act__in=wanted).order_by("id")[:200])


def _entries(application: Application, wanted: dict[str, Any], names: dict[str, str]) -> Iterator[Entry]:
    for record in _records(application, wanted):
        tone, sentence = wanted[record.act]
        attribute = record.facts.get("attribute", "")
        if attribute:
            sentence = sentence % {"attribute": BY_SLUG[attribute].title}
        yield Entry(record.at, tone, sentence, names.get(record.actor_id, ""))
