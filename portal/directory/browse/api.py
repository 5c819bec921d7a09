"""`offers/`, `offers/{province}/{slug}/` and `card-models/`: the catalogue for programs, open to visitors."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import path
from rest_framework import generics, serializers

from portal.api.shapes import ListField, Shape
from portal.api.views import CursorPagination, OpenDoor
from portal.directory.browse import shelf
from portal.directory.models import CardModel, Category, OfferIndex, PurchaseMode

SCOPES = {"GET": "catalog:read"}


class OfferQuestion(Shape):
    """What of the list is wanted; what is left out does not limit it."""

    id = ListField(
        child=serializers.UUIDField(), required=False, max_length=20, help_text="Only these offers; at most 20 ids."
    )
    q = serializers.CharField(
        required=False, max_length=100, help_text="Words in Chinese or Latin text; all must occur."
    )
    province = serializers.SlugField(required=False, max_length=63)
    card_model = serializers.SlugField(required=False, max_length=40)
    category = serializers.ChoiceField(Category.choices, required=False)
    mode = serializers.ChoiceField(PurchaseMode.choices, required=False)
    in_stock = serializers.BooleanField(required=False, help_text="Only offers that can be bought at this moment.")


class OfferAnswer(serializers.ModelSerializer[OfferIndex]):
    """Prices are whole micro-yuan per unit, tax included; shares are 0 to 1; round trips are milliseconds."""

    provider = serializers.UUIDField(source="provider_id", help_text="Id of the provider's organisation.")
    free = serializers.IntegerField(allow_null=True, help_text="Free cards at the agent's last report.")
    measured_at = serializers.DateTimeField(allow_null=True, help_text="Time of the agent's last report.")
    counted = serializers.BooleanField(
        allow_null=True, help_text="False: the cards are declared by the provider; no driver counted them."
    )
    on_sale_now = serializers.BooleanField(
        source="on_shelf", help_text="On sale, counted within the last 60 seconds, and not all in use."
    )

    class Meta:
        model = OfferIndex
        fields: tuple[str, ...] = (
            *("id", "province", "slug", "name_zh", "name_en", "provider", "provider_zh", "provider_en"),
            *("category", "mode", "unit", "price_u", "price_out_u", "version", "sla_percent", "min_hours"),
            *("card_model", "base_model", "pool", "pool_mode", "network", "site_zh", "site_en", "city_zh", "city_en"),
            *("green_share", "pue", "rtt_ms_beijing", "rtt_ms_shanghai", "rtt_ms_guangzhou"),
            *("free", "measured_at", "counted", "on_sale_now", "sample", "published_at"),
        )
        read_only_fields: tuple[str, ...] = fields


class PriceVersion(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    unit = serializers.CharField()
    price_u = serializers.IntegerField(allow_null=True)
    price_out_u = serializers.IntegerField(allow_null=True)
    since = serializers.DateTimeField()


class OfferDetail(OfferAnswer):
    prices = PriceVersion(many=True, read_only=True)

    class Meta(OfferAnswer.Meta):
        fields = (*OfferAnswer.Meta.fields, "summary_zh", "summary_en", "paused", "prices")
        read_only_fields = fields


class CardModelAnswer(serializers.ModelSerializer[CardModel]):
    class Meta:
        model = CardModel
        fields = (
            *("slug", "vendor_zh", "vendor_en", "name_zh", "name_en", "memory_gb", "fp16_dense_tflops"),
            *("interconnect", "form_factor", "card_class", "domestic", "source", "basis"),
        )
        read_only_fields = fields


class OfferPages(CursorPagination):
    ordering = ("slug", "id")  # type: ignore[assignment]  # the pagination takes a tuple as well


class CardModelPages(CursorPagination):
    ordering = "slug"


class Offers(OpenDoor, generics.ListAPIView[OfferIndex]):
    """Offers on sale in all open provinces, with their stock and the time of it."""

    scopes = SCOPES
    asks = {"GET": OfferQuestion}
    serializer_class = OfferAnswer
    pagination_class = OfferPages
    queryset = OfferIndex.objects.none()

    def get_queryset(self) -> QuerySet[OfferIndex]:
        asked = dict(self.asked)
        found = OfferIndex.objects.on_sale().with_stock().for_list()
        if text := asked.pop("q", ""):
            found = found.filter(pk__in=shelf.current().named(text))
        if ids := asked.pop("id", None):
            found = found.filter(pk__in=ids)
        if asked.pop("in_stock", False):
            found = found.in_stock()
        return found.filter(**asked)


class Offer(OpenDoor, generics.RetrieveAPIView[OfferIndex]):
    """One offer with every version of its price; a paused one is shown as paused."""

    scopes = SCOPES
    serializer_class = OfferDetail
    pagination_class = None
    queryset = OfferIndex.objects.none()

    def get_object(self) -> OfferIndex:
        return get_object_or_404(OfferIndex.objects.with_stock(), **self.kwargs)


class CardModels(OpenDoor, generics.ListAPIView[CardModel]):
    """The accelerator cards of the national taxonomy. TFLOPS are dense FP16 and never added to FP32."""

    scopes = SCOPES
    serializer_class = CardModelAnswer
    pagination_class = CardModelPages
    queryset = CardModel.objects.all()


urlpatterns = [
    path("offers/", Offers.as_view(), name="offers"),
    path("offers/<slug:province>/<slug:slug>/", Offer.as_view(), name="offer"),
    path("card-models/", CardModels.as_view(), name="card-models"),
]
