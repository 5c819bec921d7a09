"""What objects, fields and acts of this app are called on pages."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import npgettext_lazy, pgettext_lazy

APP = _("Orders")
OBJECTS = {
    "orders.lease": npgettext_lazy("object", "lease", "leases"),
    "orders.order": npgettext_lazy("object", "order", "orders"),
    "orders.orderline": npgettext_lazy("object", "order line", "order lines"),
}
"""Kinds of objects: one, several."""
OTHER_OBJECTS = {
    "orders.lendingwindow": pgettext_lazy("object", "lending window"),
    "orders.maintenancewindow": pgettext_lazy("object", "maintenance window"),
}
"""Kinds of objects that acts are recorded of and no right is given for."""
FIELDS = {
    "card": pgettext_lazy("field", "card"),
    "hold_until": pgettext_lazy("field", "held until"),
    "order": pgettext_lazy("field", "order"),
    "plan": pgettext_lazy("field", "price version"),
    "position": pgettext_lazy("field", "position"),
    "started_at": pgettext_lazy("field", "started at"),
    "warned_minutes": pgettext_lazy("field", "warned, minutes before the end"),
}
ACTS = {
    "lease.quarantine_lifted": pgettext_lazy("recorded act", "quarantine lifted"),
    "lending_window.added": pgettext_lazy("recorded act", "lending window added"),
    "lending_window.cancelled": pgettext_lazy("recorded act", "lending window removed"),
    "maintenance.announced": pgettext_lazy("recorded act", "maintenance announced"),
    "maintenance.cancelled": pgettext_lazy("recorded act", "maintenance taken back"),
    "order.activating": pgettext_lazy("recorded act", "order handed to the provider"),
    "order.active": pgettext_lazy("recorded act", "order active"),
    "order.cancelled": pgettext_lazy("recorded act", "order cancelled"),
    "order.cancelling": pgettext_lazy("recorded act", "order being cancelled"),
    "order.end_near": pgettext_lazy("recorded act", "buyer told of the coming end"),
    "order.ended": pgettext_lazy("recorded act", "order ended"),
    "order.ending": pgettext_lazy("recorded act", "order being ended"),
    "order.failed": pgettext_lazy("recorded act", "activation failed"),
    "order.hold_expired": pgettext_lazy("recorded act", "hold expired"),
    "order.placed": pgettext_lazy("recorded act", "order placed"),
    "order.settled": pgettext_lazy("recorded act", "order settled"),
    "order.unproven": pgettext_lazy("recorded act", "removal not proven, cards into quarantine"),
}
FACTS = {
    "charged_u": pgettext_lazy("recorded fact", "charged"),
    "minutes": pgettext_lazy("recorded fact", "minutes before the end"),
    "starts_at": pgettext_lazy("recorded fact", "begins at"),
}
"""Names of facts of a record that are not fields of a model."""
MEMBER_ACTS = {
    "orders.end": _("end orders"),
}
"""Acts of members in the name of their organisation."""
