"""What the national list shows of an offer, made from the province's own rows."""

from typing import Any

from django.db.models import QuerySet

from marketplace.catalog.models import Offer, OfferState, PlanVersion
from portal.directory import finding
from portal.directory.index.actions import OfferFacts, write_offer_indexes
from tenants.context import current_province
from tenants.models import Province

LISTED = (OfferState.PUBLISHED, OfferState.PAUSED)
RELATED = ("provider__organisation", "pool__site", "pool__card_model", "base_model")


def rewrite_index(offers: "QuerySet[Offer]") -> None:
    """Bring the rows of these offers up to date after something they show has changed.

    All of them are locked first, drafts too: one that is being published meanwhile is waited for and then listed right.
    """
    ids = [offer.pk for offer in offers.only("pk").order_by("pk").select_for_update(of=("self",))]
    listed = Offer.objects.filter(pk__in=ids, state__in=LISTED).select_related(*RELATED).prefetch_related("plans")
    priced = [(offer, offer.current_plan()) for offer in listed]
    write_offer_indexes([offer_facts(offer, plan).row() for offer, plan in priced if plan is not None])


def offer_facts(offer: Offer, plan: PlanVersion) -> OfferFacts:
    """Facts of an offer of the current province that was published; `plan` is the version on sale."""
    organisation, names = offer.provider.organisation, names_of(offer)
    return OfferFacts(
        id=offer.pk,
        province=current_province(),
        slug=offer.slug,
        provider_id=organisation.pk,
        provider_zh=organisation.name_zh,
        provider_en=organisation.name_en,
        name_zh=offer.name_zh,
        name_en=offer.name_en,
        summary_zh=offer.summary_zh,
        summary_en=offer.summary_en,
        category=offer.category,
        mode=offer.mode,
        unit=plan.unit,
        price_u=plan.price_u,
        price_out_u=plan.price_out_u,
        sla_percent=offer.sla_percent,
        base_model_id=offer.base_model_id,
        min_hours=offer.min_hours,
        version=plan.version,
        prices=[price_facts(version) for version in offer.plans.all()],
        paused=offer.state == OfferState.PAUSED or offer.paused_by_staff,
        search_text=finding.folded(names),
        search_sounds=finding.sounded(names),
        sample=offer.sample,
        published_at=offer.published_at,  # type: ignore[arg-type]  # set by publishing
        **_pool_facts(offer),
    )


def price_facts(plan: PlanVersion) -> dict[str, object]:
    return {
        "version": plan.version,
        "unit": plan.unit,
        "price_u": plan.price_u,
        "price_out_u": plan.price_out_u,
        "since": plan.created_at.isoformat(),
    }


def _pool_facts(offer: Offer) -> dict[str, Any]:
    pool = offer.pool
    if pool is None:
        return {}
    copied = (
        "city_zh",
        "city_en",
        "green_share",
        "rtt_ms_beijing",
        "rtt_ms_shanghai",
        "rtt_ms_guangzhou",
        "racks",
        "rack_rate",
        "pue",
    )
    return {
        "pool": pool.pk,
        "pool_mode": pool.mode,
        "network": pool.network,
        "card_model_id": pool.card_model_id,
        "site_zh": pool.site.name_zh,
        "site_en": pool.site.name_en,
        **{name: getattr(pool.site, name) for name in copied},
    }


def names_of(offer: Offer) -> list[str]:
    """What an offer is found by, in both languages."""
    names = [offer.name_zh, offer.name_en, offer.sku, offer.slug]
    names += [offer.provider.organisation.name_zh, offer.provider.organisation.name_en, offer.provider.short_zh]
    if offer.pool is not None:
        site, card = offer.pool.site, offer.pool.card_model
        names += [site.name_zh, site.name_en, site.city_zh, site.city_en, card.name_zh, card.name_en]
        names += [card.vendor_zh, card.vendor_en, offer.pool.network]
    if offer.base_model is not None:
        names += [offer.base_model.name_zh, offer.base_model.name_en, offer.base_model.vendor_zh]
        names.append(offer.base_model.vendor_en)
    province = Province.objects.get(schema_name=current_province())
    return [*names, province.name_zh, province.name_en]
