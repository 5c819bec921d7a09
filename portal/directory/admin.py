"""The national taxonomy, kept by national staff, and the index, to read."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin import AdminSite, AllValuesFieldListFilter
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.directory.models import (
    Availability,
    BaseModel,
    CardModel,
    CardModelRequest,
    Identifier,
    OfferIndex,
    OrderIndex,
)
from portal.directory.taxonomy.actions import approve_card_model, refuse_card_model
from portal.directory.taxonomy.base_models import DOMAINS, KINDS, MODALITIES
from portal.directory.taxonomy.imports import KEYS, BaseModels, CardModels, Taxonomy, columns_of, plan, take
from portal.directory.taxonomy.request_models import RequestState
from portal.directory.taxonomy.words import BASES, CLASSES
from portal.staff.model_admin import Act, PortalAdmin
from portal.staff.sites import national_site
from portal.staff.tables import columns
from portal.staff.tables.imports import Import, ImportsFiles


class ByWord(AllValuesFieldListFilter):
    """Codes by their words."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        words = changelist.model_admin.words[self.field_path]
        for choice in super().choices(changelist):
            yield {**choice, "display": words.get(choice["display"], choice["display"])}


def _taxonomy(resource: type[Taxonomy]) -> Import:
    means = _("New rows are added and known ones changed, all or none; each gets its line in history.")
    return Import(columns_of(resource), means, partial(plan, resource), partial(take, resource), KEYS, verb="change")


class TaxonomyAdmin(ImportsFiles, PortalAdmin):
    """Kept by national staff by form and by file."""

    words: ClassVar[dict[str, Mapping[str, Any]]]
    """Fields that hold codes, with the words for them."""

    def __init__(self, model: type[Model], admin_site: AdminSite) -> None:
        super().__init__(model, admin_site)
        self.worded = {name: columns.worded(model, name, words) for name, words in self.words.items()}

    def _columns(self, names: Sequence[Any]) -> list[Any]:
        return [self.worded.get(name, name) for name in super()._columns(names)]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [(name, ByWord) if name in self.words else name for name in super().get_list_filter(request)]


@admin.register(CardModel, site=national_site)
class CardModelAdmin(TaxonomyAdmin):
    file_import = _taxonomy(CardModels)
    words: ClassVar = {"card_class": CLASSES, "basis": BASES}
    list_display = ("slug", "name_zh", "vendor_zh", "memory_gb", "fp16_dense_tflops", "card_class", "domestic", "basis")
    list_filter = ("card_class", "domestic", "basis")
    search_fields = ("slug", "name_zh", "name_en")


@admin.register(BaseModel, site=national_site)
class BaseModelAdmin(TaxonomyAdmin):
    file_import = _taxonomy(BaseModels)
    words: ClassVar = {"kind": KINDS, "domain": DOMAINS, "modality": MODALITIES, "basis": BASES}
    list_display = ("slug", "name_zh", "vendor_zh", "kind", "domain", "modality", "basis")
    list_filter = ("kind", "modality", "basis")
    search_fields = ("slug", "name_zh", "name_en")


@admin.register(CardModelRequest, site=national_site)
class CardModelRequestAdmin(PortalAdmin):
    list_display = ("__str__", "organisation", "memory_gb", "fp16_dense_tflops", "domestic", "state", "requested_at")
    list_filter = ("state",)
    list_select_related = ("organisation",)
    search_fields = ("vendor", "name", "organisation__name_zh")
    acts = (
        Act(
            "approve",
            _("Add to the list"),
            _(
                "The card model is on the national list at once; its names and class can be corrected there. "
                "The owners of the provider are told."
            ),
            approve_card_model,
            lambda one: one.state == RequestState.OPEN,
        ),
        Act(
            "refuse",
            _("Refuse"),
            _("Nothing is added. The owners of the provider read the reason."),
            refuse_card_model,
            lambda one: one.state == RequestState.OPEN,
            asks_reason=True,
        ),
    )


@admin.register(OfferIndex, site=national_site)
class OfferIndexAdmin(PortalAdmin):
    list_display = ("slug", "name_zh", "province", "category", "mode", "price_u", "paused", "updated_at")
    list_filter = ("province", "category", "mode", "paused")
    search_fields = ("slug", "name_zh", "name_en", "provider_zh")


@admin.register(Availability, site=national_site)
class AvailabilityAdmin(PortalAdmin):
    list_display = ("pool", "province", "cards", "free", "sellable", "counted", "measured_at")
    list_filter = ("province", "sellable", "counted")
    search_fields = ("=pool",)


@admin.register(Identifier, site=national_site)
class IdentifierAdmin(PortalAdmin):
    list_display = ("text", "province", "organisation", "card_model", "site_zh", "issued_at", "cancelled_at")
    list_filter = ("province", "kind")
    list_select_related = ("organisation", "card_model")
    search_fields = ("text", "organisation__name_zh", "site_zh", "site_en")


@admin.register(OrderIndex, site=national_site)
class OrderIndexAdmin(PortalAdmin):
    list_display = ("number", "province", "organisation", "state", "cards", "total_u", "placed_at")
    list_filter = ("province", "state")
    search_fields = ("number", "organisation__name_zh", "organisation__uscc")
    date_hierarchy = "placed_at"
