"""What the acts of an organisation's members are called on pages."""

from django.utils.translation import gettext_lazy as _

MEMBER_ACTS = {
    "organisation.edit": _("edit the facts before verification"),
    "organisation.submit": _("submit them for verification"),
    "members.manage": _("invite members and change roles"),
    "keys.manage": _("make and revoke API keys"),
    "organisation.export": _("export the organisation's data"),
    "provider.apply": _("apply to sell in a province"),
    "offers.manage": _("publish, pause and withdraw offers"),
    "supply.manage": _("register sites, pools and cards"),
    "agents.manage": _("enrol, pause and revoke agents"),
    "purchase": _("buy"),
    "approve": _("approve purchases"),
    "orders.end": _("end orders"),
    "credentials.view": _("read access data"),
    "wallet.view": _("see the balance"),
    "purchases.view": _("see purchases"),
}
