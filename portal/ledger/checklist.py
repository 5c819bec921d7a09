"""The step "money" on an organisation's way to its first order."""

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.accounts.checklist import OFF, OK, WAIT, Step
from portal.accounts.models import Organisation, OrganisationKind, OrganisationState
from portal.ledger.actions import balances
from portal.ledger.models import TopUpState


def step(organisation: Organisation) -> Step | None:
    """Nothing for providers: they are paid, they do not pay."""
    if organisation.kind == OrganisationKind.PROVIDER:
        return None
    free_u, reserved_u = balances(organisation)
    url, act = reverse("ledger:wallet"), _("To the wallet")
    if free_u > 0 or reserved_u > 0 or organisation.top_ups.filter(state=TopUpState.BOOKED).exists():
        return Step(_("Balance topped up"), OK, url=url, act=act)
    if organisation.state != OrganisationState.VERIFIED:
        return Step(_("Top up the balance"), OFF)
    return Step(
        _("Top up the balance"),
        WAIT,
        _("Waits for you: transfer money by bank; finance staff of the nation record it when it has arrived."),
        url=url,
        act=act,
    )
