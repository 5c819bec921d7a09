"""What is done, and what waits for whom, on an organisation's way to its first order.

Apps above add their own by a `checklist` module with `step(organisation)`, which returns None where it does not apply.
"""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.accounts.models import Organisation, OrganisationState
from tenants import registry

OK, RUN, WAIT, BAD, OFF = "ok", "run", "wait", "bad", "off"


@dataclass(frozen=True)
class Step:
    title: str
    tone: str
    """ok done, run in others' hands, wait in your hands now, bad returned to you, off not yet reachable."""
    note: str = ""
    """What waits for whom."""
    at: datetime | None = None
    url: str = ""
    act: str = ""
    """What the link says."""


def steps_of(organisation: Organisation | None, *, owns: bool = False) -> list[Step]:
    """Every step in order, for an organisation or for a person without one; `owns` says what waits for the reader."""
    account = Step(_("E-mail address confirmed"), OK)
    if organisation is None:
        found = Step(
            _("Register your organisation"),
            WAIT,
            _("Waits for you. Has your organisation an account? Then ask its owner for an invitation."),
            url=reverse("accounts:create"),
            act=_("Register an organisation"),
        )
        return [account, found, Step(_("Verification by national staff"), OFF)]
    later = [step(organisation) for step in registry.functions("checklist", "step")]
    registered = Step(_("Organisation registered"), OK, at=organisation.created_at)
    return [account, registered, _submission(organisation, owns), _verification(organisation), *filter(None, later)]


def _submission(organisation: Organisation, owns: bool) -> Step:
    waits = _("Waits for you.") if owns else _("Waits for the owner of the organisation.")
    if organisation.state == OrganisationState.UNVERIFIED:
        return Step(_("Submit the facts for verification"), WAIT, waits)
    if organisation.state == OrganisationState.REJECTED:
        return Step(
            _("Correct the facts and submit them again"),
            WAIT,
            f"{waits} " + _("Reason: %(reason)s") % {"reason": organisation.rejection_reason},
            url=reverse("accounts:edit") if owns else "",
            act=_("Correct the facts"),
        )
    return Step(_("Facts submitted"), OK, at=organisation.submitted_at)


def _verification(organisation: Organisation) -> Step:
    title = _("Verification by national staff")
    match organisation.state:
        case OrganisationState.PENDING:
            return Step(title, RUN, _("Waits for national staff. You get an e-mail when they have decided."))
        case OrganisationState.VERIFIED:
            note = _("Valid in every province.")
            return Step(_("Verified by national staff"), OK, note, at=organisation.verified_at)
        case OrganisationState.SUSPENDED:
            note = _("Suspended: nothing new can be bought or sold; what runs goes on.")
            return Step(_("Verified by national staff"), BAD, note, at=organisation.verified_at)
        case _:
            return Step(title, OFF)
