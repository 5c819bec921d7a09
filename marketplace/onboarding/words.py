"""What objects, fields and acts of this app are called on pages."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import npgettext_lazy, pgettext_lazy

APP = _("Applications of providers")
OBJECTS = {
    "onboarding.application": npgettext_lazy("object", "application of a provider", "applications of providers"),
}
"""Kinds of objects: one, several."""
FIELDS = {
    "approved_by": pgettext_lazy("field", "approved by"),
    "notice_began_at": pgettext_lazy("field", "public notice began at"),
    "notice_ends_at": pgettext_lazy("field", "public notice ends at"),
    "returns": pgettext_lazy("field", "times returned"),
}
ACTS = {
    "answer.accepted": pgettext_lazy("recorded act", "answer of an application accepted"),
    "answer.wrong": pgettext_lazy("recorded act", "answer of an application needs correction"),
    "application.answered": pgettext_lazy("recorded act", "application filled in"),
    "application.approved": pgettext_lazy("recorded act", "application approved, public notice began"),
    "application.granted": pgettext_lazy("recorded act", "application granted after its notice"),
    "application.refused": pgettext_lazy("recorded act", "application refused"),
    "application.returned": pgettext_lazy("recorded act", "application returned for correction"),
    "application.started": pgettext_lazy("recorded act", "application begun"),
    "application.submitted": pgettext_lazy("recorded act", "application submitted"),
    "application.withdrawn": pgettext_lazy("recorded act", "application withdrawn"),
    "bank_account.viewed": pgettext_lazy("recorded act", "account number viewed"),
    "document.added": pgettext_lazy("recorded act", "document uploaded"),
    "document.fetched": pgettext_lazy("recorded act", "document downloaded"),
    "document.removed": pgettext_lazy("recorded act", "document removed"),
    "document.scanned": pgettext_lazy("recorded act", "document scanned for viruses"),
    "objection.dismissed": pgettext_lazy("recorded act", "objection dismissed"),
    "objection.raised": pgettext_lazy("recorded act", "objection raised"),
    "objection.upheld": pgettext_lazy("recorded act", "objection upheld"),
}
FACTS = {
    "again": pgettext_lazy("recorded fact", "after a correction"),
    "attribute": pgettext_lazy("recorded fact", "item of the application"),
    "attributes": pgettext_lazy("recorded fact", "items of the application"),
    "objection": pgettext_lazy("recorded fact", "objection"),
    "result": pgettext_lazy("recorded fact", "result"),
    "until": pgettext_lazy("recorded fact", "until"),
}
"""Names of facts of a record that are not fields of a model."""
MEMBER_ACTS = {
    "provider.apply": _("apply to sell in a province"),
}
"""Acts of members in the name of their organisation."""
