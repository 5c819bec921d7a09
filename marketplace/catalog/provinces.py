"""What restoring a province means for the nation's lists of its offers and pools, and for their identifiers."""

from collections.abc import Iterator

from django.utils.translation import ngettext

from marketplace.catalog.models import Offer, Pool, Site
from marketplace.catalog.offers.indexing import rewrite_index
from marketplace.catalog.supply import identifying
from portal.directory.identifiers import issuing
from portal.directory.index import actions as directory
from tenants import history
from tenants.models import Province


def rebuild(province: Province) -> Iterator[str]:
    yield from _rebuild_offer_index(province)
    yield from _rebuild_identifiers(province)


def _rebuild_offer_index(province: Province) -> Iterator[str]:
    """Write the nation's list of offers and pools anew; stock is unconfirmed until the agents report it."""
    directory.take_off_offers(province)
    rewrite_index(Offer.objects.all())
    directory.list_pools_anew(province, {pool.pk: pool.in_service for pool in Pool.objects.with_cards()})
    yield from ()


def _rebuild_identifiers(province: Province) -> Iterator[str]:
    """Cancel the identifiers of pools that are gone; a pool whose own one was cancelled meanwhile gets a new one."""
    issuing.cancel_others(province, set(Pool.objects.values_list("pk", flat=True)))
    issued = identifying.keep(Pool.objects.all())
    for site in Site.objects.all():
        issuing.rename_site(site.pk, **identifying.site_names(site))
    if issued:
        history.record("identifiers.issued", province, identifiers=issued)
        yield ngettext(
            "%(count)s pool has a new identifier: its own one was cancelled after the backup.",
            "%(count)s pools have new identifiers: their own ones were cancelled after the backup.",
            len(issued),
        ) % {"count": len(issued)}
