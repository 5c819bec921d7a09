"""What objects, fields and acts of this app are called on pages."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import npgettext_lazy, pgettext_lazy

APP = _("Sub-platforms")
OBJECTS = {
    "tenants.domain": npgettext_lazy("object", "extra host", "extra hosts"),
    "tenants.province": npgettext_lazy("object", "province", "provinces"),
}
"""Kinds of objects: one, several."""
FIELDS = {
    "backed_up_at": pgettext_lazy("field", "backed up at"),
    "gb2260": pgettext_lazy("field", "code of GB/T 2260"),
    "grid_col": pgettext_lazy("field", "column of the tile"),
    "grid_row": pgettext_lazy("field", "row of the tile"),
    "hub_zh": pgettext_lazy("field", "national hub"),
    "is_primary": pgettext_lazy("field", "primary"),
    "region_en": pgettext_lazy("field", "region (English)"),
    "region_zh": pgettext_lazy("field", "region (Chinese)"),
    "schema_name": pgettext_lazy("field", "slug"),
    "tenant": pgettext_lazy("field", "province"),
    "workspace_networks": pgettext_lazy("field", "networks of workspaces"),
}
ACTS = {
    "province.backed_up": pgettext_lazy("recorded act", "province backed up"),
    "province.closed": pgettext_lazy("recorded act", "province closed"),
    "province.closing_asked": pgettext_lazy("recorded act", "closing of the province asked for"),
    "province.closing_dropped": pgettext_lazy("recorded act", "closing of the province dropped"),
    "province.networks_listed": pgettext_lazy("recorded act", "networks of workspaces listed"),
    "province.opened": pgettext_lazy("recorded act", "province opened"),
    "province.restored": pgettext_lazy("recorded act", "province restored"),
    "province.resumed": pgettext_lazy("recorded act", "province resumed"),
    "province.suspended": pgettext_lazy("recorded act", "province suspended"),
}
FACTS = {
    "notes": pgettext_lazy("recorded fact", "notes"),
}
"""Names of facts of a record that are not fields of a model."""
