"""What keeps an organisation from losing its last owner: running orders, and money somebody must be able to reach."""

from django.utils.translation import gettext as _

from portal.accounts.models import Organisation
from portal.ledger.actions import balances
from portal.ledger.models import Reservation
from portal.web.wording import money_exact


def reason(organisation: Organisation) -> str | None:
    """A sentence, or None. An order keeps its reservation open until it is settled."""
    running = Reservation.objects.filter(organisation=organisation, closed_at=None).count()
    if running:
        sentence = _("%(name)s has %(number)s running orders and you are its only owner. Nothing was closed.")
        return sentence % {"name": organisation.name, "number": running}
    free, reserved = balances(organisation)
    if free or reserved:
        sentence = _("%(name)s still has %(money)s and you are its only owner. Nothing was closed.")
        return sentence % {"name": organisation.name, "money": money_exact(free + reserved)}
    return None
