"""What the words of the table of rights are called on pages."""

from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import npgettext_lazy, pgettext_lazy

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
    "backup": pgettext_lazy("right", "back up"),
    "close": pgettext_lazy("right", "close"),
    "pause": pgettext_lazy("right", "pause"),
    "revoke": pgettext_lazy("right", "revoke"),
    "end": pgettext_lazy("right", "end"),
    "check": pgettext_lazy("right", "check"),
    "return": pgettext_lazy("right", "return"),
    "approve": pgettext_lazy("right", "approve"),
    "settle": pgettext_lazy("right", "settle"),
    "book": pgettext_lazy("right", "book"),
    "refuse": pgettext_lazy("right", "refuse"),
    "retry": pgettext_lazy("right", "deliver now"),
    "set_aside": pgettext_lazy("right", "set aside"),
    "acknowledge": pgettext_lazy("right", "acknowledge"),
    "confirm": pgettext_lazy("right", "confirm"),
    "lift": pgettext_lazy("right", "lift quarantine"),
    "reverse": pgettext_lazy("right", "ask for a reversal"),
    "keep": pgettext_lazy("right", "drop a reversal"),
}

_NOUNS = {
    "accounts.apikey": npgettext_lazy("object", "API key", "API keys"),
    "accounts.invitation": npgettext_lazy("object", "invitation", "invitations"),
    "accounts.membership": npgettext_lazy("object", "membership", "memberships"),
    "accounts.organisation": npgettext_lazy("object", "organisation", "organisations"),
    "accounts.rolegrant": npgettext_lazy("object", "staff role under way", "staff roles under way"),
    "accounts.staffrole": npgettext_lazy("object", "staff role", "staff roles"),
    "accounts.user": npgettext_lazy("object", "person", "people"),
    "activation.agent": npgettext_lazy("object", "site agent", "site agents"),
    "activation.assignment": npgettext_lazy("object", "agent of a pool", "agents of pools"),
    "activation.capacityreport": npgettext_lazy("object", "capacity report", "capacity reports"),
    "activation.command": npgettext_lazy("object", "command to an agent", "commands to agents"),
    "activation.enrolmentcode": npgettext_lazy("object", "enrolment code", "enrolment codes"),
    "activation.refusedrows": npgettext_lazy("object", "entry of refused rows", "refused rows of reports"),
    "activation.resource": npgettext_lazy(
        "object", "running resource (without access data)", "running resources (without access data)"
    ),
    "catalog.card": npgettext_lazy("object", "card", "cards"),
    "catalog.offer": npgettext_lazy("object", "offer", "offers"),
    "catalog.planversion": npgettext_lazy("object", "price version", "price versions"),
    "catalog.pool": npgettext_lazy("object", "pool", "pools"),
    "catalog.provider": npgettext_lazy("object", "provider", "providers"),
    "catalog.site": npgettext_lazy("object", "site", "sites"),
    "checkout.purchase": npgettext_lazy("object", "purchase", "purchases"),
    "checkout.quote": npgettext_lazy("object", "quote", "quotes"),
    "directory.availability": npgettext_lazy("object", "availability of a pool", "availability of pools"),
    "directory.cardmodelrequest": npgettext_lazy("object", "requested card model", "requested card models"),
    "directory.identifier": npgettext_lazy("object", "identifier", "identifiers"),
    "directory.basemodel": npgettext_lazy("object", "base model", "base models"),
    "directory.cardmodel": npgettext_lazy("object", "card model", "card models"),
    "directory.offerindex": npgettext_lazy("object", "offer in the national index", "national index of offers"),
    "directory.orderindex": npgettext_lazy("object", "order in the national index", "national index of orders"),
    "history.record": npgettext_lazy("object", "record of history", "history"),
    "ledger.account": npgettext_lazy("object", "account of the ledger", "accounts of the ledger"),
    "ledger.posting": npgettext_lazy("object", "posting", "postings"),
    "ledger.reservation": npgettext_lazy("object", "reservation", "reservations"),
    "ledger.topup": npgettext_lazy("object", "top-up", "top-ups"),
    "ledger.transaction": npgettext_lazy("object", "transaction of the ledger", "transactions of the ledger"),
    "onboarding.application": npgettext_lazy("object", "application of a provider", "applications of providers"),
    "orders.lease": npgettext_lazy("object", "lease", "leases"),
    "orders.order": npgettext_lazy("object", "order", "orders"),
    "orders.orderline": npgettext_lazy("object", "order line", "order lines"),
    "outbox.letter": npgettext_lazy("object", "letter of the outbox", "outbox"),
    "overview.alarm": npgettext_lazy("object", "alarm over a link", "alarms over links"),
    "settlement.meter": npgettext_lazy("object", "meter", "meters"),
    "settlement.usage": npgettext_lazy("object", "interval of usage", "usage"),
    "tenants.domain": npgettext_lazy("object", "extra host", "extra hosts"),
    "tenants.province": npgettext_lazy("object", "province", "provinces"),
}
_counted = lazy(lambda noun, number: noun % number, str)
OBJECT = {label: _counted(noun, 1) for label, noun in _NOUNS.items()}
"""One of them, as sentences name it: “The staff role … was added”."""
OBJECTS = {label: _counted(noun, 2) for label, noun in _NOUNS.items()}
"""Several, as lists and tables of rights name them; in Chinese the same word."""

APPS = {
    "accounts": _("People and organisations"),
    "activation": _("Activation"),
    "catalog": _("Supply"),
    "checkout": _("Quotes and purchases"),
    "directory": _("National directory"),
    "history": _("History"),
    "ledger": _("Money"),
    "onboarding": _("Applications of providers"),
    "orders": _("Orders"),
    "outbox": _("Outbox"),
    "overview": _("Links"),
    "settlement": _("Settlement"),
    "tenants": _("Sub-platforms"),
}

KEPT = {
    "buyers": _("names of buyers"),
    "prices": _("prices and amounts"),
    "contacts": _("contacts and accounts for payouts"),
}
