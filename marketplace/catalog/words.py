"""What objects, fields and acts of this app are called on pages."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import npgettext_lazy, pgettext_lazy

APP = _("Supply")
OBJECTS = {
    "catalog.card": npgettext_lazy("object", "card", "cards"),
    "catalog.offer": npgettext_lazy("object", "offer", "offers"),
    "catalog.planversion": npgettext_lazy("object", "price version", "price versions"),
    "catalog.pool": npgettext_lazy("object", "pool", "pools"),
    "catalog.provider": npgettext_lazy("object", "provider", "providers"),
    "catalog.site": npgettext_lazy("object", "site", "sites"),
}
"""Kinds of objects: one, several."""
FIELDS = {
    "node": pgettext_lazy("field", "host"),
    "paused_by_staff": pgettext_lazy("field", "paused by staff"),
    "quarantined_at": pgettext_lazy("field", "in quarantine since"),
    "sku": pgettext_lazy("field", "SKU"),
}
ACTS = {
    "cards.added": pgettext_lazy("recorded act", "cards registered"),
    "cards.imported": pgettext_lazy("recorded act", "cards imported from a table"),
    "cards.maintenance": pgettext_lazy("recorded act", "cards taken to maintenance"),
    "cards.quarantine_lifted": pgettext_lazy("recorded act", "quarantine of cards lifted"),
    "cards.quarantined": pgettext_lazy("recorded act", "cards put into quarantine"),
    "cards.retired": pgettext_lazy("recorded act", "cards retired"),
    "cards.returned": pgettext_lazy("recorded act", "cards returned to service"),
    "cards.uploaded": pgettext_lazy("recorded act", "table of cards uploaded"),
    "offer.changed": pgettext_lazy("recorded act", "offer changed"),
    "offer.drafted": pgettext_lazy("recorded act", "offer drafted"),
    "offer.paused": pgettext_lazy("recorded act", "offer paused"),
    "offer.priced": pgettext_lazy("recorded act", "price set"),
    "offer.published": pgettext_lazy("recorded act", "offer published"),
    "offer.resumed": pgettext_lazy("recorded act", "offer resumed"),
    "offer.withdrawn": pgettext_lazy("recorded act", "offer withdrawn"),
    "offers.imported": pgettext_lazy("recorded act", "offers imported from a table"),
    "offers.uploaded": pgettext_lazy("recorded act", "table of offers uploaded"),
    "pool.added": pgettext_lazy("recorded act", "pool registered"),
    "pool.agent_chosen": pgettext_lazy("recorded act", "agent of the pool chosen"),
    "pool.changed": pgettext_lazy("recorded act", "pool changed"),
    "pool.paused": pgettext_lazy("recorded act", "pool paused"),
    "pool.resumed": pgettext_lazy("recorded act", "pool resumed"),
    "pools.imported": pgettext_lazy("recorded act", "pools imported from a table"),
    "pools.uploaded": pgettext_lazy("recorded act", "table of pools uploaded"),
    "provider.added": pgettext_lazy("recorded act", "provider registered"),
    "provider.first_sale": pgettext_lazy("recorded act", "first sale of a provider"),
    "provider.paused": pgettext_lazy("recorded act", "provider paused"),
    "provider.resumed": pgettext_lazy("recorded act", "provider resumed"),
    "site.added": pgettext_lazy("recorded act", "site registered"),
    "site.changed": pgettext_lazy("recorded act", "site changed"),
    "sites.imported": pgettext_lazy("recorded act", "sites imported from a table"),
    "sites.uploaded": pgettext_lazy("recorded act", "table of sites uploaded"),
}
FACTS = {
    "bytes": pgettext_lazy("recorded fact", "size (bytes)"),
    "identifier": pgettext_lazy("recorded fact", "identifier"),
    "identifiers": pgettext_lazy("recorded fact", "identifiers"),
    "staff": pgettext_lazy("recorded fact", "by staff"),
}
"""Names of facts of a record that are not fields of a model."""
MEMBER_ACTS = {
    "offers.manage": _("publish, pause and withdraw offers"),
    "supply.manage": _("register sites, pools and cards"),
}
"""Acts of members in the name of their organisation."""
