"""The step "first order" on an organisation's way."""

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.accounts.checklist import OFF, OK, WAIT, Step
from portal.accounts.models import Organisation, OrganisationKind, OrganisationState
from portal.checkout.models import Purchase
from portal.ledger.actions import balances


def step(organisation: Organisation) -> Step | None:
    """Nothing for providers: they sell."""
    if organisation.kind == OrganisationKind.PROVIDER:
        return None
    first = Purchase.objects.filter(organisation=organisation).order_by("created_at").first()
    if first is not None:
        url, act = reverse("checkout:purchases"), _("To your orders")
        return Step(_("First order placed"), OK, at=first.created_at, url=url, act=act)
    if organisation.state != OrganisationState.VERIFIED or balances(organisation)[0] <= 0:
        return Step(_("Place the first order"), OFF)
    url, act = reverse("checkout:cards"), _("Choose cards")
    return Step(_("Place the first order"), WAIT, _("Waits for you."), url=url, act=act)
