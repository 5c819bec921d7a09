"""What objects, fields and acts of this app are called on pages."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import npgettext_lazy, pgettext_lazy

APP = _("History")
OBJECTS = {
    "history.record": npgettext_lazy("object", "record of history", "history"),
}
"""Kinds of objects: one, several."""
FIELDS = {
    "act": pgettext_lazy("field", "act"),
    "actor_id": pgettext_lazy("field", "who (id)"),
    "actor_kind": pgettext_lazy("field", "kind of actor"),
    "request_id": pgettext_lazy("field", "request id"),
    "subject_type": pgettext_lazy("field", "object"),
    "tx": pgettext_lazy("field", "transaction number"),
}
ACTS = {
    "history.chain_accepted": pgettext_lazy("recorded act", "chain of seals accepted"),
}
