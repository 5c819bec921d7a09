"""I7 for offers: the national index equals its source in the province; every pool is known to the nation."""

from collections.abc import Iterator
from dataclasses import fields

from marketplace.catalog.indexing import offer_facts
from marketplace.catalog.models import Offer, OfferState, Pool
from portal.directory.actions import OfferFacts
from portal.directory.models import Availability, OfferIndex
from tenants.context import current_province

SHOWN = (OfferState.PUBLISHED, OfferState.PAUSED)


def findings_in_province() -> Iterator[str]:
    here = current_province()
    listed = {row.pk: row for row in OfferIndex.objects.filter(province=here)}
    related = ("provider__organisation", "pool__site", "pool__card_model", "base_model")
    for offer in Offer.objects.filter(state__in=SHOWN).select_related(*related).prefetch_related("plans"):
        yield from _differences(offer, listed.pop(offer.pk, None))
    for row in listed.values():
        yield f"I7: {here}: the national list has the offer {row.slug}, which the province does not sell."
    known = set(Availability.objects.filter(province=here).values_list("pool", flat=True))
    for pool in Pool.objects.exclude(pk__in=known):
        yield f"I7: {here}: the nation does not know the pool {pool.slug}."


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
