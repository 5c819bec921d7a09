"""What objects, fields and acts of this app are called on pages."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import npgettext_lazy, pgettext_lazy

APP = _("Activation")
OBJECTS = {
    "activation.agent": npgettext_lazy("object", "site agent", "site agents"),
    "activation.assignment": npgettext_lazy("object", "agent of a pool", "agents of pools"),
    "activation.capacityreport": npgettext_lazy("object", "capacity report", "capacity reports"),
    "activation.command": npgettext_lazy("object", "command to an agent", "commands to agents"),
    "activation.enrolmentcode": npgettext_lazy("object", "enrolment code", "enrolment codes"),
    "activation.refusedrows": npgettext_lazy("object", "entry of refused rows", "refused rows of reports"),
    "activation.resource": npgettext_lazy(
        "object", "running resource (without access data)", "running resources (without access data)"
    ),
}
"""Kinds of objects: one, several."""
FIELDS = {
    "agent": pgettext_lazy("field", "site agent"),
    "answered_at": pgettext_lazy("field", "answered at"),
    "applied_at": pgettext_lazy("field", "ready at the provider"),
    "attempt": pgettext_lazy("field", "attempt"),
    "counting": pgettext_lazy("field", "how counted"),
    "endpoint": pgettext_lazy("field", "address"),
    "enrolled_at": pgettext_lazy("field", "enrolled at"),
    "failure": pgettext_lazy("field", "failure"),
    "faulty": pgettext_lazy("field", "faulty cards"),
    "health": pgettext_lazy("field", "health"),
    "healthy": pgettext_lazy("field", "healthy"),
    "hour": pgettext_lazy("field", "hour"),
    "key_id": pgettext_lazy("field", "key id"),
    "latest_at": pgettext_lazy("field", "latest at"),
    "measured": pgettext_lazy("field", "measured"),
    "missing": pgettext_lazy("field", "cards not found"),
    "refused": pgettext_lazy("field", "refused because"),
    "released_at": pgettext_lazy("field", "released at"),
    "reported_at": pgettext_lazy("field", "reported at"),
    "sent_at": pgettext_lazy("field", "sent at"),
    "serials": pgettext_lazy("field", "serial numbers"),
    "shown_until": pgettext_lazy("field", "shown until"),
    "step": pgettext_lazy("field", "step"),
    "taken_at": pgettext_lazy("field", "taken at"),
    "used_at": pgettext_lazy("field", "used at"),
    "verb": pgettext_lazy("field", "verb"),
}
ACTS = {
    "agent.code_made": pgettext_lazy("recorded act", "enrolment code made"),
    "agent.code_withdrawn": pgettext_lazy("recorded act", "enrolment code withdrawn"),
    "agent.enrolled": pgettext_lazy("recorded act", "agent enrolled"),
    "agent.key_renewed": pgettext_lazy("recorded act", "agent's key renewed"),
    "agent.key_switched": pgettext_lazy("recorded act", "agent's new key in use"),
    "agent.paused": pgettext_lazy("recorded act", "agent paused"),
    "agent.resumed": pgettext_lazy("recorded act", "agent resumed"),
    "agent.revoked": pgettext_lazy("recorded act", "agent revoked"),
    "credentials.viewed": pgettext_lazy("recorded act", "access data viewed"),
    "resource.ready": pgettext_lazy("recorded act", "cards checked and ready"),
    "resource.released": pgettext_lazy("recorded act", "cards free, data deleted"),
    "usage.reported": pgettext_lazy("recorded act", "usage reported"),
}
MEMBER_ACTS = {
    "agents.manage": _("enrol, pause and revoke agents"),
    "credentials.view": _("read access data"),
}
"""Acts of members in the name of their organisation."""
