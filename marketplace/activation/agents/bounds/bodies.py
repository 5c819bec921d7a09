"""How large an agent's body may be. The reader of the API (`portal.api.bodies`) reads it."""

from django.utils.translation import gettext as _

from tenants.acts import Refusal

MOST_BYTES = 1_000_000
"""A report of a thousand pools with ten thousand cards out of order has a quarter of this."""


def too_large() -> Refusal:
    sentence = _("The body is larger than %(most)s kB. Nothing was taken.") % {"most": MOST_BYTES // 1000}
    return Refusal(sentence, "too_large", status=413)
