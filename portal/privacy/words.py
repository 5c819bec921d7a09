"""What objects, fields and acts of this app are called on pages."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

ACTS = {
    "export.failed": pgettext_lazy("recorded act", "data export failed"),
    "export.fetched": pgettext_lazy("recorded act", "data export downloaded"),
    "export.ready": pgettext_lazy("recorded act", "data export ready"),
    "export.removed": pgettext_lazy("recorded act", "data export removed"),
    "export.requested": pgettext_lazy("recorded act", "data export asked for"),
}
FACTS = {
    "export": pgettext_lazy("recorded fact", "data export"),
}
"""Names of facts of a record that are not fields of a model."""
MEMBER_ACTS = {
    "organisation.export": _("export the organisation's data"),
}
"""Acts of members in the name of their organisation."""
