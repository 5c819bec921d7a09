"""A province's supply on its staff site: to read, and to pause what must not sell."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from marketplace.catalog import actions
from marketplace.catalog.models import Card, Offer, PlanVersion, Pool, Provider, Site
from marketplace.catalog.offers.indexing import LISTED
from portal.accounts.staff_acts import with_reason
from portal.staff.model_admin import Act, PortalAdmin, PortalInline
from portal.staff.sites import province_site

PAUSE_MEANS = _(
    "Nothing new is sold until staff of the province resume it; running leases stay. The owners read the reason."
)
PAUSES: dict[str, Any] = {"bulk": True, "inverse": "resume", "asks_reason": True}
RESUME_MEANS = _("It is sold again as soon as the agent reports next, unless its provider has paused it.")


@admin.register(Provider, site=province_site)
class ProviderAdmin(PortalAdmin):
    list_display = ("slug", "organisation", "kind", "paused", "sample", "created_at")
    list_filter = ("paused", "kind", "sample")
    search_fields = ("slug", "short_zh", "organisation__name_zh")
    fields = ("slug", "organisation", "short_zh", "kind", "paused", "sample", "created_at")
    acts = (
        Act(
            "pause",
            _("Pause"),
            PAUSE_MEANS,
            with_reason(actions.pause_provider, "provider.paused", lambda provider: provider.organisation),
            lambda provider: not provider.paused,
            **PAUSES,
        ),
        Act("resume", _("Resume"), RESUME_MEANS, actions.resume_provider, lambda provider: provider.paused, bulk=True),
    )


@admin.register(Site, site=province_site)
class SiteAdmin(PortalAdmin):
    list_display = ("name_zh", "provider", "city_zh", "racks", "rack_rate", "pue", "green_share", "sample")
    list_filter = ("city_zh", "sample")
    search_fields = ("slug", "name_zh", "name_en")


@admin.register(Pool, site=province_site)
class PoolAdmin(PortalAdmin):
    list_display = ("slug", "provider", "site", "card_model", "mode", "network", "paused", "paused_by_staff", "sample")
    list_filter = ("mode", "paused", "paused_by_staff", "card_model")
    search_fields = ("slug", "provider__short_zh", "site__name_zh")
    acts = (
        Act(
            "pause",
            _("Pause"),
            PAUSE_MEANS,
            with_reason(actions.pause_pool_as_staff, "pool.paused", lambda pool: pool.provider.organisation),
            lambda pool: not pool.paused_by_staff,
            **PAUSES,
        ),
        Act(
            "resume",
            _("Resume"),
            RESUME_MEANS,
            actions.resume_pool_as_staff,
            lambda pool: pool.paused_by_staff,
            bulk=True,
        ),
    )


@admin.register(Card, site=province_site)
class CardAdmin(PortalAdmin):
    list_display = ("serial", "pool", "pool__card_model", "node", "state")
    list_filter = ("state", "pool__card_model")
    search_fields = ("serial", "node", "pool__slug")


class PlanVersionInline(PortalInline):
    model = PlanVersion
    fields = ("version", "unit", "price_u", "price_out_u", "created_at")


@admin.register(Offer, site=province_site)
class OfferAdmin(PortalAdmin):
    list_display = ("name_zh", "provider", "category", "mode", "state", "paused_by_staff", "published_at", "sample")
    list_filter = ("state", "paused_by_staff", "mode", "category", "sample")
    search_fields = ("slug", "name_zh", "name_en", "sku", "provider__short_zh")
    inlines = (PlanVersionInline,)
    acts = (
        Act(
            "pause",
            _("Pause"),
            PAUSE_MEANS,
            with_reason(actions.pause_offer_as_staff, "offer.paused", lambda offer: offer.provider.organisation),
            lambda offer: offer.state in LISTED and not offer.paused_by_staff,
            **PAUSES,
        ),
        Act(
            "resume",
            _("Resume"),
            _("It is on sale again, unless its provider has paused it."),
            actions.resume_offer_as_staff,
            lambda offer: offer.state in LISTED and offer.paused_by_staff,
            bulk=True,
        ),
    )
