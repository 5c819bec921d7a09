"""What objects, fields and acts of this app are called on pages."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import npgettext_lazy, pgettext_lazy

APP = _("Outbox")
OBJECTS = {
    "outbox.letter": npgettext_lazy("object", "letter of the outbox", "outbox"),
}
"""Kinds of objects: one, several."""
FIELDS = {
    "attempts": pgettext_lazy("field", "attempts"),
    "done_at": pgettext_lazy("field", "done at"),
    "due_at": pgettext_lazy("field", "due at"),
    "given_up_at": pgettext_lazy("field", "last tried"),
    "last_error": pgettext_lazy("field", "last error"),
    "left_at": pgettext_lazy("field", "left at"),
    "payload": pgettext_lazy("field", "payload"),
    "topic": pgettext_lazy("field", "topic"),
}
ACTS = {
    "letter.retried": pgettext_lazy("recorded act", "outbox letter delivered again"),
    "letter.set_aside": pgettext_lazy("recorded act", "outbox letter set aside undelivered"),
}
