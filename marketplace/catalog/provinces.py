"""What restoring a province means for the nation's list of its offers."""

from collections.abc import Iterator

from marketplace.catalog.indexing import rewrite_index
from marketplace.catalog.models import Offer, Pool
from portal.directory import actions as directory
from tenants.models import Province


def rebuild_offer_index(province: Province) -> Iterator[str]:
    """Write the nation's list of offers and pools anew; stock is unconfirmed until the agents report it."""
    directory.take_off_lists(province)
    rewrite_index(Offer.objects.all())
    directory.list_pools(province.slug, {pool.pk: pool.in_service for pool in Pool.objects.with_cards()})
    yield from ()
