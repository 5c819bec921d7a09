"""Shapes of the sale for programs. Money is whole micro-yuan, shares are 0 to 1, round trips milliseconds."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from marketplace.orders.models import OrderState
from portal.api.shapes import FloatField, IntegerField, ListField, Named, Shape, no_such
from portal.checkout.models import Purchase, PurchaseState, Quote
from portal.directory.browse.shelf import CITIES
from portal.directory.models import CardModel
from portal.directory.wishes.forms import MOST_CARDS
from portal.ranking.filling import CardRequest
from tenants.models import Province

MOST_HOURS = 2160
"""Ninety days."""


class RequestForCards(Shape):
    card_model = Named(slug_field="slug", queryset=CardModel.objects.all())
    cards = IntegerField(min_value=1, max_value=MOST_CARDS)
    hours = IntegerField(min_value=1, max_value=MOST_HOURS)
    provinces = ListField(
        child=serializers.CharField(max_length=63),
        required=False,
        max_length=40,
        help_text="Only from these provinces; all when left out.",
    )
    spread = serializers.ChoiceField(["any", "province", "site"], default="any")
    latency_city = serializers.ChoiceField(list(CITIES), required=False)
    latency_ms = FloatField(min_value=0, max_value=1000, required=False, help_text="Most round trip to `latency_city`.")
    green_share = FloatField(min_value=0, max_value=1, required=False)
    price_u = IntegerField(min_value=0, max_value=10**15, required=False, help_text="Most micro-yuan per card-hour.")
    domestic = serializers.BooleanField(default=False)

    def validate_provinces(self, slugs: list[str]) -> list[str]:
        known = set(Province.objects.provinces().filter(schema_name__in=slugs).values_list("schema_name", flat=True))
        faults: dict[Any, Any] = {at: no_such(slug) for at, slug in enumerate(slugs) if slug not in known}
        if faults:
            raise ValidationError(faults)
        return slugs

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "latency_ms" in attrs:
            attrs.setdefault("latency_city", CITIES[0])
        return attrs


def card_request(said: dict[str, Any]) -> CardRequest:
    return CardRequest(**{**said, "card_model": said["card_model"].pk, "provinces": tuple(said.get("provinces", ()))})


class LotLeftOut(serializers.Serializer[Any]):
    province = serializers.SlugField()
    province_zh = serializers.CharField()
    province_en = serializers.CharField()
    offer = serializers.UUIDField()
    offer_slug = serializers.SlugField()
    offer_version = serializers.IntegerField()
    pool = serializers.UUIDField()
    provider = serializers.UUIDField()
    provider_zh = serializers.CharField()
    provider_en = serializers.CharField(allow_blank=True)
    site_zh = serializers.CharField(allow_blank=True)
    site_en = serializers.CharField(allow_blank=True)
    city_zh = serializers.CharField(allow_blank=True)
    city_en = serializers.CharField(allow_blank=True)
    network = serializers.CharField(allow_blank=True)
    free = serializers.IntegerField()
    price_u = serializers.IntegerField()
    rtt_ms = serializers.FloatField(allow_null=True)
    green_share = serializers.FloatField(allow_null=True)
    sla_percent = serializers.FloatField(allow_null=True)
    measured_at = serializers.DateTimeField(allow_null=True)
    sample = serializers.BooleanField()
    record = serializers.FloatField(
        allow_null=True, required=False, help_text="Share of activations in 90 days that worked the first time."
    )
    activations = serializers.IntegerField(required=False)
    median_seconds = serializers.FloatField(allow_null=True, required=False)
    counted = serializers.BooleanField(
        required=False, help_text="False: the cards are declared by the provider; no driver counted them."
    )
    reason_zh = serializers.CharField()
    reason_en = serializers.CharField()


class LotChosen(LotLeftOut):
    letter = serializers.CharField()
    cards = serializers.IntegerField()
    amount_u = serializers.IntegerField(help_text="Price of the lot for all hours.")


class QuoteAnswer(serializers.ModelSerializer[Quote]):
    """Valid until `valid_until`, bought at most once, holds nothing. Without `lines` it could not be filled."""

    lines = LotChosen(many=True)
    left_out = LotLeftOut(many=True)
    constraints = serializers.DictField()
    alternatives = serializers.ListField(child=serializers.DictField())

    class Meta:
        model = Quote
        fields = (
            *("id", "number", "card_model", "cards", "hours", "constraints", "lines", "left_out", "alternatives"),
            *("total_u", "rule_version", "created_at", "valid_until"),
        )
        read_only_fields = fields


class Buy(Shape):
    quote = serializers.UUIDField(help_text="Id of an unused quote.")


class PurchaseQuestion(Shape):
    state = serializers.ChoiceField(PurchaseState.choices, required=False)


class OrderQuestion(Shape):
    state = serializers.ChoiceField(OrderState.choices, required=False)
    province = serializers.SlugField(required=False, max_length=63)


class OrderBrief(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    province = serializers.SlugField()
    number = serializers.CharField()
    purchase = serializers.UUIDField(source="purchase_id")
    state = serializers.CharField()
    cards = serializers.IntegerField()
    total_u = serializers.IntegerField(help_text="Most it can cost.")
    placed_at = serializers.DateTimeField()


class PurchaseAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()
    state = serializers.ChoiceField(PurchaseState.choices)
    quote = serializers.UUIDField(source="quote_id")
    total_u = serializers.IntegerField(help_text="Most it can cost; the rest of the reservation is given back.")
    created_at = serializers.DateTimeField()
    placed_at = serializers.DateTimeField(allow_null=True)
    orders = OrderBrief(many=True)


class OrderLineAnswer(serializers.Serializer[Any]):
    letter = serializers.CharField()
    line = serializers.UUIDField()
    pool = serializers.UUIDField()
    cards = serializers.IntegerField()
    price_u = serializers.IntegerField()
    most_u = serializers.IntegerField()
    resource = serializers.CharField(help_text="State of what runs on the cards.")
    measured = serializers.BooleanField(help_text="False: the cards are declared by the provider, not measured.")
    ready_at = serializers.DateTimeField(allow_null=True, help_text="The meter starts here.")
    stopped_at = serializers.DateTimeField(allow_null=True)
    card_seconds = serializers.DecimalField(max_digits=20, decimal_places=6, help_text="Booked so far.")
    charged_u = serializers.IntegerField(help_text="`card_seconds` × `price_u` ÷ 3600, rounded down, at most `most_u`.")


class OrderAnswer(OrderBrief):
    hours = serializers.IntegerField()
    started_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    failure_code = serializers.CharField(allow_blank=True)
    charged_u = serializers.IntegerField()
    released_u = serializers.IntegerField(help_text="Given back to the wallet.")
    lines = OrderLineAnswer(many=True)


class Access(serializers.Serializer[Any]):
    """Endpoint and secret of one lot; every reading is a row in the order's history."""

    letter = serializers.CharField()
    line = serializers.UUIDField()
    endpoint = serializers.URLField()
    secret = serializers.CharField()
    shown_until = serializers.DateTimeField(help_text="Mask the secret from then on.")


def purchase_answer(purchase: Purchase) -> dict[str, Any]:
    """With `orders` set."""
    return dict(PurchaseAnswer(purchase).data)
