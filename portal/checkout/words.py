"""What objects, fields and acts of this app are called on pages."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import npgettext_lazy, pgettext_lazy

APP = _("Quotes and purchases")
OBJECTS = {
    "checkout.purchase": npgettext_lazy("object", "purchase", "purchases"),
    "checkout.quote": npgettext_lazy("object", "quote", "quotes"),
}
"""Kinds of objects: one, several."""
OTHER_OBJECTS = {
    "checkout.enquiry": pgettext_lazy("object", "question to a provider"),
}
"""Kinds of objects that acts are recorded of and no right is given for."""
FIELDS = {
    "alternatives": pgettext_lazy("field", "alternatives"),
    "constraints": pgettext_lazy("field", "constraints"),
    "left_out": pgettext_lazy("field", "lots left out"),
    "lines": pgettext_lazy("field", "lines"),
    "quote": pgettext_lazy("field", "quote"),
    "rule_version": pgettext_lazy("field", "version of the rule"),
    "valid_until": pgettext_lazy("field", "valid until"),
}
ACTS = {
    "enquiry.answered": pgettext_lazy("recorded act", "question answered"),
    "enquiry.asked": pgettext_lazy("recorded act", "question asked"),
    "purchase.cancelled": pgettext_lazy("recorded act", "purchase cancelled"),
    "purchase.placed": pgettext_lazy("recorded act", "purchase placed"),
}
FACTS = {
    "orders": pgettext_lazy("recorded fact", "orders"),
}
"""Names of facts of a record that are not fields of a model."""
MEMBER_ACTS = {
    "purchase": _("buy"),
    "approve": _("approve purchases"),
    "requests.ask": _("ask providers about offers"),
    "requests.answer": _("answer questions about own offers"),
    "purchases.view": _("see purchases"),
}
"""Acts of members in the name of their organisation."""
