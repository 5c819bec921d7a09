"""What objects, fields and acts of this app are called on pages."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import npgettext_lazy, pgettext_lazy

APP = _("Settlement")
OBJECTS = {
    "settlement.meter": npgettext_lazy("object", "meter", "meters"),
    "settlement.usage": npgettext_lazy("object", "interval of usage", "usage"),
}
"""Kinds of objects: one, several."""
FIELDS = {
    "captured_until": pgettext_lazy("field", "captured until"),
    "card_seconds": pgettext_lazy("field", "card-seconds"),
    "meter": pgettext_lazy("field", "meter"),
    "stopped_at": pgettext_lazy("field", "stopped at"),
}
