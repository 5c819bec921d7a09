"""Registering and changing providers, sites and pools."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from marketplace.catalog.models import Card, Offer, OfferState, PlanVersion, Pool, Provider, Site
from marketplace.catalog.offers.indexing import rewrite_index
from marketplace.catalog.supply import identifying
from marketplace.catalog.supply.actions.changing import apply_changes, free_slug
from portal.accounts.models import Organisation
from portal.directory.identifiers import issuing
from portal.directory.index import actions as directory
from portal.directory.models import CardModel
from tenants import history
from tenants.acts import require
from tenants.context import current_province


@transaction.atomic
def add_provider(organisation: Organisation, *, slug: str, short_zh: str, by: Any = None, **facts: Any) -> Provider:
    provider = Provider.objects.create(organisation=organisation, slug=slug, short_zh=short_zh, **facts)
    history.record("provider.added", provider, by=by)
    return provider


# Sites -----------------------------------------------------------------------------------------


@transaction.atomic
def add_site(provider: Provider, *, name_zh: str, city_zh: str, slug: str = "", by: Any = None, **facts: Any) -> Site:
    """Register a data centre; without a `slug` it gets one of provider and city. `facts` are columns of `Site`.

    Raises `Refusal` `name_taken` if the provider has a site of this name.
    """
    provider = Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
    if not slug:
        _new_site_name(provider, name_zh)
        slug = free_slug(Site, provider.slug, facts.get("city_en") or "site")
    site = Site.objects.create(provider=provider, slug=slug, name_zh=name_zh, city_zh=city_zh, **facts)
    history.record("site.added", site, by=by)
    return site


@transaction.atomic
def change_site(site: Site, *, by: Any = None, **facts: Any) -> Site:
    """Correct what a site says of itself; its offers on the national list follow in the same transaction."""
    provider = Provider.objects.select_for_update(no_key=True).get(pk=site.provider_id)
    site = Site.objects.select_for_update().get(pk=site.pk)
    if facts.get("name_zh", site.name_zh) != site.name_zh:
        _new_site_name(provider, facts["name_zh"])
    if changed := apply_changes(site, facts):
        rewrite_index(Offer.objects.filter(pool__site=site))
        issuing.rename_site(site.pk, **identifying.site_names(site))
        history.record("site.changed", site, by=by, changed=changed)
    return site


def _new_site_name(provider: Provider, name_zh: str) -> None:
    require(
        not provider.sites.filter(name_zh=name_zh).exists(),
        _("You have registered a site called “%(name)s” already. Nothing was changed. Choose another name.")
        % {"name": name_zh},
        "name_taken",
    )


# Pools -----------------------------------------------------------------------------------------


@transaction.atomic
def add_pool(site: Site, *, card_model: CardModel, mode: str, slug: str = "", by: Any = None, **facts: Any) -> Pool:
    """A pool without cards; the national list knows it, without a measured time, from now on.

    Without a `slug` it gets one of site and card model. `facts` are columns of `Pool`.
    """
    provider = Provider.objects.select_for_update(no_key=True).get(pk=site.provider_id)
    slug = slug or free_slug(Pool, site.slug, card_model.pk)
    pool = Pool.objects.create(site=site, provider=provider, slug=slug, card_model=card_model, mode=mode, **facts)
    directory.refresh_availability(current_province(), pool.pk, cards=0, free=0)
    issued = identifying.keep(Pool.objects.filter(pk=pool.pk))
    history.record("pool.added", pool, by=by, identifier=issued[0])
    return pool


@transaction.atomic
def change_pool(pool: Pool, *, by: Any = None, **facts: Any) -> Pool:
    """Correct a pool. Site and card model stand as soon as it has cards, its mode while an offer of it is on sale.

    Raises `Refusal` `pool_has_cards`, `offer_on_sale` or `other_provider`.
    """
    pool = Pool.objects.select_for_update(no_key=True).get(pk=pool.pk)
    site = facts.get("site", pool.site)
    require(
        site.provider_id == pool.provider_id,
        _("This site belongs to another provider. Nothing was changed."),
        "other_provider",
    )
    if site.pk != pool.site_id or facts.get("card_model", pool.card_model).pk != pool.card_model_id:
        require(
            not pool.cards.exists(),
            _(
                "A pool with cards keeps its site and its card model. Nothing was changed. "
                "Register a new pool for cards of another model or at another site."
            ),
            "pool_has_cards",
        )
    if facts.get("mode", pool.mode) != pool.mode:
        require(
            not pool.offers.filter(state=OfferState.PUBLISHED).exists(),
            _("How the cards are sold cannot change while an offer of this pool is on sale. Pause its offers first."),
            "offer_on_sale",
        )
    if changed := apply_changes(pool, facts):
        rewrite_index(Offer.objects.filter(pool=pool))
        identifying.keep(Pool.objects.filter(pk=pool.pk))
        history.record("pool.changed", pool, by=by, changed=changed)
    return pool


# Many at once ----------------------------------------------------------------------------------


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
    identifying.keep(Pool.objects.filter(pk__in=[pool.pk for pool in pools]))
    for provider in providers:
        if provider.pk not in known:
            history.record("provider.added", provider, by=by)
