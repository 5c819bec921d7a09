"""Identifiers of the province's pools: issued with them, cancelled when the last card is out for good."""

import uuid
from collections.abc import Iterator

from django.db.models import Exists, OuterRef, Q, QuerySet

from marketplace.catalog.models import Card, CardState, Pool, Site
from portal.directory.identifiers import issuing
from portal.directory.identifiers.grammar import Malformed, Parts, parse
from portal.directory.identifiers.issuing import PoolFacts
from portal.directory.identifiers.models import Identifier
from tenants.context import current_province


def keep(pools: QuerySet[Pool]) -> list[str]:
    """Make the register say what is so of these pools; the identifiers that are new. In the act's transaction."""
    if gone := list(pools.filter(~_in_being()).values_list("pk", flat=True)):
        issuing.cancel(gone)
    facts = map(pool_facts, pools.filter(_in_being()).select_related("site", "provider", "card_model"))
    return [row.text for row in issuing.issue(current_province(), facts)]


def _in_being() -> Q:
    """Pools that have a card that is not out for good, or none yet."""
    cards = Card.objects.filter(pool=OuterRef("pk"))
    return Q(Exists(cards.exclude(state=CardState.RETIRED))) | ~Q(Exists(cards))


def pool_facts(pool: Pool) -> PoolFacts:
    return PoolFacts(
        pool=pool.pk,
        organisation_id=pool.provider.organisation_id,
        card_model=pool.card_model,
        site=pool.site_id,
        **site_names(pool.site),
    )


def site_names(site: Site) -> dict[str, str]:
    return {"site_zh": site.name_zh, "site_en": site.name_en, "city_zh": site.city_zh, "city_en": site.city_en}


def findings() -> Iterator[str]:
    """Every pool in being has one live identifier, which says what is so; no other identifier is live."""
    here = current_province()
    live: dict[uuid.UUID, Identifier] = {
        row.pool: row for row in Identifier.objects.live().filter(province=here).select_related("card_model")
    }
    for pool in Pool.objects.filter(_in_being()).select_related("site", "provider", "card_model"):
        row = live.pop(pool.pk, None)
        if row is None:
            yield f"Identifiers: {here}: the pool {pool.slug} has none. manage.py issue_identifiers gives it one."
        else:
            yield from _differences(pool, row)
    for row in live.values():
        yield f"Identifiers: {here}: {row.text} is live, but its pool is not."


def _differences(pool: Pool, row: Identifier) -> Iterator[str]:
    facts = pool_facts(pool)
    wrong = [] if facts.fits(row) else ["provider, card model or site"]
    wrong += [name for name, value in site_names(pool.site).items() if getattr(row, name) != value]
    wrong += [] if _says(row) else ["its text"]
    for one in wrong:
        yield f"Identifiers: {current_province()}: {one} of {row.text} differs from the pool {pool.slug}."


def _says(row: Identifier) -> bool:
    """Whether the text is well-formed and says what the row says."""
    serial, provider = f"{row.serial:05d}", f"{row.provider_code:06d}"
    parts = Parts(row.province_code, provider, row.kind, row.card_model.code, row.site_code, serial)
    try:
        return parse(row.text) == parts
    except Malformed:
        return False
