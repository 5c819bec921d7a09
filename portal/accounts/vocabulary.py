"""What the words of the table of rights are called on pages."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

VERBS = {
    "view": pgettext_lazy("right", "view"),
    "add": pgettext_lazy("right", "add"),
    "change": pgettext_lazy("right", "change"),
    "deactivate": pgettext_lazy("right", "end"),
    "verify": pgettext_lazy("right", "verify"),
    "reject": pgettext_lazy("right", "return"),
    "suspend": pgettext_lazy("right", "suspend"),
    "resume": pgettext_lazy("right", "resume"),
    "open": pgettext_lazy("right", "open"),
    "pause": pgettext_lazy("right", "pause"),
    "revoke": pgettext_lazy("right", "revoke"),
    "end": pgettext_lazy("right", "end"),
    "book": pgettext_lazy("right", "book"),
    "refuse": pgettext_lazy("right", "refuse"),
    "retry": pgettext_lazy("right", "deliver now"),
}

OBJECTS = {
    "accounts.apikey": _("API keys"),
    "accounts.invitation": _("invitations"),
    "accounts.membership": _("memberships"),
    "accounts.organisation": _("organisations"),
    "accounts.staffrole": _("staff roles"),
    "accounts.user": _("people"),
    "activation.agent": _("site agents"),
    "activation.capacityreport": _("capacity reports"),
    "activation.command": _("commands to agents"),
    "activation.enrolmentcode": _("enrolment codes"),
    "activation.refusedrows": _("refused rows of reports"),
    "activation.resource": _("running resources (without access data)"),
    "catalog.card": _("cards"),
    "catalog.offer": _("offers"),
    "catalog.planversion": _("price versions"),
    "catalog.pool": _("pools"),
    "catalog.provider": _("providers"),
    "catalog.site": _("sites"),
    "checkout.purchase": _("purchases"),
    "checkout.quote": _("quotes"),
    "directory.availability": _("availability of pools"),
    "directory.basemodel": _("base models"),
    "directory.cardmodel": _("card models"),
    "directory.offerindex": _("national index of offers"),
    "directory.orderindex": _("national index of orders"),
    "history.record": _("history"),
    "ledger.account": _("accounts of the ledger"),
    "ledger.posting": _("postings"),
    "ledger.reservation": _("reservations"),
    "ledger.topup": _("top-ups"),
    "ledger.transaction": _("transactions of the ledger"),
    "orders.lease": _("leases"),
    "orders.order": _("orders"),
    "orders.orderline": _("order lines"),
    "outbox.letter": _("outbox"),
    "settlement.meter": _("meters"),
    "settlement.usage": _("usage"),
    "tenants.domain": _("extra hosts"),
    "tenants.province": _("provinces"),
}

APPS = {
    "accounts": _("People and organisations"),
    "activation": _("Activation"),
    "catalog": _("Supply"),
    "checkout": _("Quotes and purchases"),
    "directory": _("National directory"),
    "history": _("History"),
    "ledger": _("Money"),
    "orders": _("Orders"),
    "outbox": _("Outbox"),
    "settlement": _("Settlement"),
    "tenants": _("Sub-platforms"),
}

KEPT = {"buyers": _("names of buyers"), "prices": _("prices and amounts")}

MEMBER_ACTS = {
    "organisation.edit": _("edit the facts before verification"),
    "organisation.submit": _("submit them for verification"),
    "members.manage": _("invite members and change roles"),
    "keys.manage": _("make and revoke API keys"),
    "offers.manage": _("publish, pause and withdraw offers"),
    "purchase": _("buy"),
    "approve": _("approve purchases"),
    "orders.end": _("end orders"),
    "credentials.view": _("read access data"),
    "wallet.view": _("see the balance"),
    "purchases.view": _("see purchases"),
}
