"""Acts on a province's supply: registering it, pricing it, putting offers on sale and taking them off.

An offer's row in the national index is written in the same transaction as the offer itself (I7).
"""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.catalog.indexing import offer_facts
from marketplace.catalog.models import (
    Card,
    CardState,
    Offer,
    OfferState,
    PlanVersion,
    Pool,
    Provider,
    Site,
)
from portal.accounts.models import Organisation, OrganisationState
from portal.directory import actions as directory
from portal.directory.models import PurchaseMode
from tenants import history
from tenants.acts import Refusal, require
from tenants.context import current_province

# Registering -----------------------------------------------------------------------------------


@transaction.atomic
def add_provider(organisation: Organisation, *, slug: str, short_zh: str, by: Any = None, **facts: Any) -> Provider:
    provider = Provider.objects.create(organisation=organisation, slug=slug, short_zh=short_zh, **facts)
    history.record("provider.added", provider, by=by)
    return provider


@transaction.atomic
def add_site(provider: Provider, *, slug: str, name_zh: str, city_zh: str, by: Any = None, **facts: Any) -> Site:
    site = Site.objects.create(provider=provider, slug=slug, name_zh=name_zh, city_zh=city_zh, **facts)
    history.record("site.added", site, by=by)
    return site


@transaction.atomic
def add_pool(site: Site, *, slug: str, card_model: Any, mode: str, by: Any = None, **facts: Any) -> Pool:
    """A pool without cards; the national list knows it, without a measured time, from now on."""
    pool = Pool.objects.create(site=site, provider=site.provider, slug=slug, card_model=card_model, mode=mode, **facts)
    directory.refresh_availability(current_province(), pool.pk, cards=0, free=0)
    history.record("pool.added", pool, by=by)
    return pool


@transaction.atomic
def add_cards(pool: Pool, hosts: Iterable[tuple[str, int]], *, by: Any = None) -> list[Card]:
    """Put cards in service: `hosts` are names and numbers of cards; card *k* of a host is `<host>-c<k>`."""
    cards = Card.objects.bulk_create(
        Card(pool=pool, node=host, serial=f"{host}-c{k}") for host, count in hosts for k in range(1, count + 1)
    )
    registered = pool.cards.filter(state=CardState.IN_SERVICE).count()
    directory.refresh_availability(current_province(), pool.pk, cards=registered, free=registered)
    history.record("cards.added", pool, by=by, cards=len(cards))
    return cards


@transaction.atomic
def register_supply(
    *,
    providers: list[Provider],
    sites: list[Site],
    pools: list[Pool],
    cards: list[Card],
    offers: list[Offer],
    plans: list[PlanVersion],
    by: Any = None,
) -> None:
    """Add a province's supply in bulk, offers as drafts. Rows that stand already stay as they are."""
    known = set(Provider.objects.values_list("pk", flat=True))
    everything: tuple[list[Any], ...] = (providers, sites, pools, cards, offers, plans)
    for rows in everything:
        if rows:
            type(rows[0])._default_manager.bulk_create(rows, batch_size=2_000, ignore_conflicts=True)
    counted = Pool.objects.filter(pk__in=[pool.pk for pool in pools]).with_cards()
    directory.list_pools(current_province(), {pool.pk: pool.in_service for pool in counted})
    for provider in providers:
        if provider.pk not in known:
            history.record("provider.added", provider, by=by)


# Offers ----------------------------------------------------------------------------------------


@transaction.atomic
def set_price(
    offer: Offer, unit: str, price_u: int | None, *, price_out_u: int | None = None, by: Any = None
) -> PlanVersion:
    """Add a plan version, which is on sale from now on; live leases keep the version they were sold at."""
    offer = _locked(offer)
    require(offer.state != OfferState.WITHDRAWN, _("This offer was withdrawn. Its price was not changed."), "withdrawn")
    latest = offer.current_plan()
    plan = PlanVersion.objects.create(
        offer=offer,
        version=latest.version + 1 if latest else 1,
        unit=unit,
        price_u=price_u,
        price_out_u=price_out_u,
    )
    if offer.state in (OfferState.PUBLISHED, OfferState.PAUSED):
        directory.write_offer_index(offer_facts(offer, plan))
    history.record("offer.priced", offer, by=by, version=plan.version, unit=unit, price_u=price_u)
    return plan


@transaction.atomic
def publish_offer(offer: Offer, *, by: Any = None) -> Offer:
    """Put a draft on sale, in the province and on the national list."""
    offer = _locked(offer)
    require(offer.state == OfferState.DRAFT, _not_now(offer), "wrong_state")
    plan = _fit_for_sale(offer)
    offer.move_to(OfferState.PUBLISHED, published_at=timezone.now())
    directory.write_offer_index(offer_facts(offer, plan))
    history.record("offer.published", offer, by=by, version=plan.version)
    return offer


@transaction.atomic
def pause_offer(offer: Offer, *, by: Any = None) -> Offer:
    """Stop new sales; running leases stay."""
    offer = _locked(offer)
    require(offer.state == OfferState.PUBLISHED, _not_now(offer), "wrong_state")
    plan = _priced_plan(offer)
    offer.move_to(OfferState.PAUSED)
    directory.write_offer_index(offer_facts(offer, plan))
    history.record("offer.paused", offer, by=by)
    return offer


@transaction.atomic
def resume_offer(offer: Offer, *, by: Any = None) -> Offer:
    offer = _locked(offer)
    require(offer.state == OfferState.PAUSED, _not_now(offer), "wrong_state")
    plan = _fit_for_sale(offer)
    offer.move_to(OfferState.PUBLISHED)
    directory.write_offer_index(offer_facts(offer, plan))
    history.record("offer.resumed", offer, by=by)
    return offer


@transaction.atomic
def withdraw_offer(offer: Offer, *, by: Any = None) -> Offer:
    """Take the offer off for good; running leases stay."""
    offer = _locked(offer)
    require(offer.moves.allows(offer.state, OfferState.WITHDRAWN), _not_now(offer), "wrong_state")
    offer.move_to(OfferState.WITHDRAWN)
    directory.remove_offer_index(offer.pk)
    history.record("offer.withdrawn", offer, by=by)
    return offer


def _locked(offer: Offer) -> Offer:
    related = ("provider__organisation", "pool__site", "pool__card_model", "base_model")
    return Offer.objects.select_related(*related).select_for_update(of=("self",)).get(pk=offer.pk)


def _fit_for_sale(offer: Offer) -> PlanVersion:
    """The plan on sale, if the offer may be sold: verified provider, priced plan, real cards in service."""
    require(
        offer.provider.organisation.state == OrganisationState.VERIFIED,
        _("The provider is not verified. The offer is not on sale."),
        "provider_not_verified",
    )
    plan = _priced_plan(offer)
    require(
        offer.pool is None or offer.pool.cards.filter(state=CardState.IN_SERVICE).exists(),
        _("The offer's pool has no card in service. It is not on sale."),
        "no_cards",
    )
    return plan


def _priced_plan(offer: Offer) -> PlanVersion:
    plan = offer.current_plan()
    if plan is None or (plan.price_u is None and offer.mode != PurchaseMode.QUOTE):
        raise Refusal(_("The offer has no price. It is not on sale."), "no_price")
    return plan


def _not_now(offer: Offer) -> str:
    return _("This offer is “%(state)s” now. Nothing was changed.") % {"state": offer.get_state_display()}


# Pausing supply --------------------------------------------------------------------------------


@transaction.atomic
def pause_pool(pool: Pool, *, by: Any = None) -> None:
    """Sell nothing new from the pool; running leases stay."""
    _set_paused(pool, True)
    _unsellable([pool])
    history.record("pool.paused", pool, by=by)


@transaction.atomic
def resume_pool(pool: Pool, *, by: Any = None) -> None:
    """Sell again as soon as the agent reports the pool next."""
    _set_paused(pool, False)
    history.record("pool.resumed", pool, by=by)


@transaction.atomic
def pause_provider(provider: Provider, *, by: Any = None) -> None:
    """Sell nothing new of the provider in this province; running leases stay."""
    _set_paused(provider, True)
    _unsellable(provider.pools.all())
    history.record("provider.paused", provider, by=by)


@transaction.atomic
def resume_provider(provider: Provider, *, by: Any = None) -> None:
    """Sell again as soon as the agents report the pools next."""
    _set_paused(provider, False)
    history.record("provider.resumed", provider, by=by)


def _set_paused(thing: Pool | Provider, paused: bool) -> None:
    locked = type(thing)._default_manager.select_for_update(of=("self",)).get(pk=thing.pk)
    sentence = (
        _("It is paused already. Nothing was changed.") if paused else _("It is not paused. Nothing was changed.")
    )
    require(locked.paused != paused, sentence, "wrong_state")
    thing.paused = paused
    thing.save(update_fields=["paused"])


def _unsellable(pools: Iterable[Pool]) -> None:
    directory.stop_selling(pool.pk for pool in pools)
