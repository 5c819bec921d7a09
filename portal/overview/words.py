"""What objects, fields and acts of this app are called on pages."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import npgettext_lazy, pgettext_lazy

APP = _("Links")
OBJECTS = {
    "overview.alarm": npgettext_lazy("object", "alarm over a link", "alarms over links"),
}
"""Kinds of objects: one, several."""
ACTS = {
    "link.alarm_acknowledged": pgettext_lazy("recorded act", "alarm acknowledged"),
    "link.alarm_closed": pgettext_lazy("recorded act", "alarm closed"),
    "link.alarm_raised": pgettext_lazy("recorded act", "alarm raised"),
}
