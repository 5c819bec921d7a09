"""Drafting offers and changing what they say."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from marketplace.catalog.models import Offer, OfferState, Pool, Provider
from marketplace.catalog.offers.indexing import rewrite_index
from marketplace.catalog.supply.actions.changing import apply_changes, free_slug
from portal.directory.models import BaseModel, Category
from tenants import history
from tenants.acts import require

DESCRIPTIVE = frozenset({"name_zh", "name_en", "summary_zh", "summary_en", "sku"})
"""What may change while an offer is listed: a buyer who has bought keeps the terms he bought at."""


@transaction.atomic
def draft_offer(
    provider: Provider,
    *,
    name_zh: str,
    category: str,
    mode: str,
    pool: Pool | None = None,
    base_model: BaseModel | None = None,
    slug: str = "",
    by: Any = None,
    **facts: Any,
) -> Offer:
    """An offer nobody sees yet; without a `slug` it gets one. `facts` are columns of `Offer`.

    Raises `Refusal` `name_taken`, `other_provider`, `pool_missing`, `pool_not_sold_so`, `base_model_missing`.
    """
    provider = Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
    _new_offer_name(provider, name_zh)
    _fitting(provider, category, pool, base_model)
    kind = pool.slug.removeprefix(f"{provider.slug}-") if pool else base_model.pk if base_model else category
    offer = Offer.objects.create(
        provider=provider,
        slug=slug or free_slug(Offer, provider.slug, kind, mode),
        name_zh=name_zh,
        category=category,
        mode=mode,
        pool=pool,
        base_model=base_model,
        **facts,
    )
    history.record("offer.drafted", offer, by=by)
    return offer


@transaction.atomic
def change_offer(offer: Offer, *, by: Any = None, **facts: Any) -> Offer:
    """Change a draft, or the words of a listed offer; the national list follows in the same transaction.

    Raises `Refusal`: those of `draft_offer`, `withdrawn`, and `terms_stand` for terms of a listed offer.
    """
    provider = Provider.objects.select_for_update(no_key=True).get(pk=offer.provider_id)
    offer = Offer.objects.select_for_update(of=("self",)).get(pk=offer.pk)
    require(offer.state != OfferState.WITHDRAWN, _("This offer was withdrawn. Nothing was changed."), "withdrawn")
    differing = {name for name, value in facts.items() if getattr(offer, name) != value}
    require(
        offer.state == OfferState.DRAFT or differing <= DESCRIPTIVE,
        _(
            "Only the words of a listed offer can change. Nothing was changed. "
            "For other terms, draft a new offer and withdraw this one."
        ),
        "terms_stand",
    )
    if "name_zh" in differing:
        _new_offer_name(provider, facts["name_zh"])
    if offer.state == OfferState.DRAFT:
        chosen = {name: facts.get(name, getattr(offer, name)) for name in ("category", "pool", "base_model")}
        _fitting(provider, **chosen)
    if changed := apply_changes(offer, facts):
        rewrite_index(Offer.objects.filter(pk=offer.pk))
        history.record("offer.changed", offer, by=by, changed=changed)
    return offer


def _new_offer_name(provider: Provider, name_zh: str) -> None:
    same = provider.offers.exclude(state=OfferState.WITHDRAWN).filter(name_zh=name_zh)
    require(
        not same.exists(),
        _("You have an offer called “%(name)s” already. Nothing was changed. Choose another name.") % {"name": name_zh},
        "name_taken",
    )


def _fitting(provider: Provider, category: str, pool: Pool | None, base_model: BaseModel | None) -> None:
    """Whether the offer names what its category sells: cards of an own pool, a base model, or neither."""
    require(
        pool is None or pool.provider_id == provider.pk,
        _("This pool belongs to another provider. Nothing was changed."),
        "other_provider",
    )
    require(
        pool is not None or category != Category.INTELLIGENT,
        _("An offer of intelligent computing sells cards of a pool. Choose the pool."),
        "pool_missing",
    )
    require(
        pool is None or category in (Category.INTELLIGENT, Category.HPC),
        _("Only intelligent computing and supercomputing sell cards of a pool. Leave the pool empty."),
        "pool_not_sold_so",
    )
    require(
        (base_model is not None) == (category == Category.MODEL_SERVICE),
        _("A model service names its base model, other offers name none."),
        "base_model_missing",
    )
