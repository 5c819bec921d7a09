"""I7 for offers: the national index equals its source in the province; every pool is known to the nation."""

from collections.abc import Iterator
from dataclasses import fields

from marketplace.catalog.models import Offer, Pool
from marketplace.catalog.offers.indexing import LISTED, RELATED, offer_facts
from marketplace.catalog.supply import identifying
from portal.directory.index.actions import OfferFacts
from portal.directory.models import Availability, OfferIndex
from tenants.context import current_province


def findings_in_province() -> Iterator[str]:
    here = current_province()
    listed = {row.pk: row for row in OfferIndex.objects.filter(province=here)}
    for offer in Offer.objects.filter(state__in=LISTED).select_related(*RELATED).prefetch_related("plans"):
        yield from _differences(offer, listed.pop(offer.pk, None))
    for row in listed.values():
        yield f"I7: {here}: the national list has the offer {row.slug}, which the province does not sell."
    known = set(Availability.objects.filter(province=here).values_list("pool", flat=True))
    for pool in Pool.objects.exclude(pk__in=known):
        yield f"I7: {here}: the nation does not know the pool {pool.slug}."
    yield from identifying.findings()


def _differences(offer: Offer, row: OfferIndex | None) -> Iterator[str]:
    here = current_province()
    plan = offer.current_plan()
    if row is None:
        yield f"I7: {here}: the offer {offer.slug} is missing from the national list."
    elif plan is None:
        yield f"I7: {here}: the offer {offer.slug} is on sale without a price."
    else:
        facts = offer_facts(offer, plan)
        for one in fields(OfferFacts):
            if getattr(facts, one.name) != getattr(row, one.name):
                yield f"I7: {here}: {one.name} of the offer {offer.slug} differs on the national list."
