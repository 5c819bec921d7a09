"""What objects, fields and acts of this app are called on pages."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import npgettext_lazy, pgettext_lazy

APP = _("Money")
OBJECTS = {
    "ledger.account": npgettext_lazy("object", "account of the ledger", "accounts of the ledger"),
    "ledger.posting": npgettext_lazy("object", "posting", "postings"),
    "ledger.reservation": npgettext_lazy("object", "reservation", "reservations"),
    "ledger.topup": npgettext_lazy("object", "top-up", "top-ups"),
    "ledger.transaction": npgettext_lazy("object", "transaction of the ledger", "transactions of the ledger"),
}
"""Kinds of objects: one, several."""
FIELDS = {
    "reference_key": pgettext_lazy("field", "reference (normal form)"),
    "balance_u": pgettext_lazy("field", "balance"),
    "bank_reference": pgettext_lazy("field", "bank reference"),
    "by": pgettext_lazy("field", "by"),
    "decided_by": pgettext_lazy("field", "decided by"),
    "order_id": pgettext_lazy("field", "order id"),
    "recorded_at": pgettext_lazy("field", "recorded at"),
    "recorded_by": pgettext_lazy("field", "recorded by"),
    "reference": pgettext_lazy("field", "reference"),
    "released_u": pgettext_lazy("field", "released"),
    "reserved_u": pgettext_lazy("field", "reserved"),
    "reversal_asked_by": pgettext_lazy("field", "reversal asked for by"),
    "reversal_reason": pgettext_lazy("field", "reason for the reversal"),
    "reversed_at": pgettext_lazy("field", "reversed at"),
    "reversed_by": pgettext_lazy("field", "reversed by"),
}
ACTS = {
    "top_up.booked": pgettext_lazy("recorded act", "top-up booked"),
    "top_up.recorded": pgettext_lazy("recorded act", "top-up recorded"),
    "top_up.refused": pgettext_lazy("recorded act", "top-up refused"),
    "top_up.reversal_asked": pgettext_lazy("recorded act", "reversal of the top-up asked for"),
    "top_up.reversal_dropped": pgettext_lazy("recorded act", "reversal of the top-up dropped"),
    "top_up.reversed": pgettext_lazy("recorded act", "top-up reversed"),
}
MEMBER_ACTS = {
    "wallet.view": _("see the balance"),
}
"""Acts of members in the name of their organisation."""
