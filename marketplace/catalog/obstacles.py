"""What keeps a provider from losing its last owner: offers that buyers can still buy."""

from django.utils.translation import gettext as _

from marketplace.catalog.models import Offer
from portal.accounts.models import Organisation
from tenants.context import in_province
from tenants.models import Province


def reason(organisation: Organisation) -> str | None:
    """A sentence, or None where no province has an offer of this organisation on sale."""
    for slug in Province.objects.with_schema().provinces().values_list("schema_name", flat=True):
        with in_province(slug):
            listed = Offer.objects.published().filter(provider__organisation=organisation).count()
        if listed:
            sentence = _(
                "%(name)s has offers on sale in a province (%(number)s) and you are its only owner. Nothing was "
                "closed; take them off sale, or make somebody else owner."
            )
            return sentence % {"name": organisation.name, "number": listed}
    return None
