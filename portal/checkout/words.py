"""What objects, fields and acts of this app are called on pages."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import npgettext_lazy, pgettext_lazy

APP = _("Quotes and purchases")
OBJECTS = {
    "checkout.purchase": npgettext_lazy("object", "purchase", "purchases"),
    "checkout.quote": npgettext_lazy("object", "quote", "quotes"),
}
"""Kinds of objects: one, several."""
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
    "purchases.view": _("see purchases"),
}
"""Acts of members in the name of their organisation."""
