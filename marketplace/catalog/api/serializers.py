"""Shapes of supply for programs. Money is whole micro-yuan, shares are 0 to 1, round trips milliseconds.

What goes in is checked once more as a row of the kind's table (`doors.write`); here stand its types for the
description of the API.
"""

from typing import Any

from rest_framework import serializers

from marketplace.catalog.models import Card, CardState, OfferState, PlanVersion, PoolMode
from marketplace.catalog.supply.actions.cards import MOVABLE
from marketplace.catalog.supply.card_forms import NODE, SERIAL, WRONG_NODE, WRONG_SERIAL
from portal.api.shapes import DecimalField, IntegerField, ListField, Shape
from portal.directory.models import Category, PurchaseMode, Unit
from portal.web.sheets.encodings import CODECS

MOST_PRICE_U = 10**14
CODE = "Chosen by the provider, unique in the province; made from what it belongs to when left out."


def _share(help_text: str) -> DecimalField:
    return DecimalField(4, 3, min_value=0, max_value=1, required=False, allow_null=True, help_text=help_text)


def _trip(city: str) -> DecimalField:
    told = f"Round trip to {city}."
    return DecimalField(5, 1, min_value=0, max_value=1000, required=False, allow_null=True, help_text=told)


def _text(longest: int, **more: Any) -> serializers.CharField:
    return serializers.CharField(max_length=longest, required=False, allow_blank=True, **more)


# Sites and pools -------------------------------------------------------------------------------


class SiteChange(Shape):
    name_zh = serializers.CharField(max_length=120)
    name_en = _text(160)
    city_zh = serializers.CharField(max_length=40)
    city_en = _text(60)
    racks = IntegerField(min_value=1, max_value=1_000_000, required=False, allow_null=True)
    rack_rate = _share("Share of the racks in use.")
    pue = DecimalField(3, 2, min_value=1, max_value=3, required=False, allow_null=True)
    green_share = _share("Share of green power.")
    rtt_ms_beijing = _trip("Beijing")
    rtt_ms_shanghai = _trip("Shanghai")
    rtt_ms_guangzhou = _trip("Guangzhou")


class NewSite(SiteChange):
    slug = serializers.SlugField(max_length=60, required=False, help_text=CODE)


class OwnSite(NewSite):
    id = serializers.UUIDField()


class PoolChange(Shape):
    site = serializers.SlugField(max_length=60, help_text="Code of an own site.")
    card_model = serializers.SlugField(max_length=40, help_text="Code of `card-models/`.")
    mode = serializers.ChoiceField(PoolMode.choices)
    network = _text(20)


class NewPool(PoolChange):
    slug = serializers.SlugField(max_length=80, required=False, help_text=CODE)


class OwnPool(NewPool):
    id = serializers.UUIDField()
    site = serializers.SlugField(source="site.slug")
    card_model = serializers.SlugField(source="card_model_id")
    identifier = serializers.CharField(source="identifier.text", allow_null=True, default=None)
    paused = serializers.BooleanField(help_text="By the provider.")
    paused_by_staff = serializers.BooleanField(help_text="By staff of the province: only they lift it.")
    cards = serializers.IntegerField(source="in_service", help_text="Registered and in service.")
    free = serializers.IntegerField(
        source="stock.free", allow_null=True, default=None, help_text="Free cards at the agent's last report."
    )
    measured_at = serializers.DateTimeField(
        source="stock.measured_at", allow_null=True, default=None, help_text="Time of the agent's last report."
    )


# Cards -----------------------------------------------------------------------------------------


class NewCard(Shape):
    node = serializers.RegexField(
        f"^{NODE.pattern}$", help_text="Host name of the server.", error_messages={"invalid": WRONG_NODE}
    )
    serial = serializers.RegexField(
        f"^{SERIAL.pattern}$",
        help_text="As the maker gave it; unique in the province.",
        error_messages={"invalid": WRONG_SERIAL},
    )


class NewCards(Shape):
    cards = NewCard(many=True, allow_empty=False, max_length=10_000)  # type: ignore[call-arg]  # of the list


class CardMove(Shape):
    serials = ListField(child=serializers.CharField(max_length=100), min_length=1, max_length=10_000)
    to = serializers.ChoiceField(MOVABLE, help_text="`retired` is for good.")


class CardsDone(serializers.Serializer[Any]):
    cards = serializers.IntegerField(help_text="So many cards were registered or moved.")


class OwnCard(serializers.ModelSerializer[Card]):
    pool = serializers.SlugField(source="pool.slug")

    class Meta:
        model = Card
        fields = ("serial", "node", "pool", "state")
        read_only_fields = fields


class CardQuestion(Shape):
    pool = serializers.SlugField(required=False, max_length=80, help_text="Code of one pool.")
    state = serializers.ChoiceField(CardState.choices, required=False)


# Offers ----------------------------------------------------------------------------------------


class Price(Shape):
    unit = serializers.ChoiceField(Unit.choices)
    price_u = IntegerField(
        min_value=0, max_value=MOST_PRICE_U, required=False, allow_null=True, help_text="Per unit, tax included."
    )
    price_out_u = IntegerField(
        min_value=0, max_value=MOST_PRICE_U, required=False, allow_null=True, help_text="Per million tokens put out."
    )


class OwnPrice(serializers.ModelSerializer[PlanVersion]):
    class Meta:
        model = PlanVersion
        fields = ("version", "unit", "price_u", "price_out_u", "created_at")
        read_only_fields = fields


class OfferChange(Shape):
    name_zh = serializers.CharField(max_length=120)
    name_en = _text(160)
    summary_zh = _text(2000)
    summary_en = _text(2000)
    category = serializers.ChoiceField(Category.choices)
    mode = serializers.ChoiceField(PurchaseMode.choices)
    pool = serializers.SlugField(max_length=80, required=False, allow_null=True, help_text="Code of an own pool.")
    base_model = serializers.SlugField(max_length=60, required=False, allow_null=True)
    sku = _text(120)
    min_hours = IntegerField(min_value=1, max_value=8760, required=False, help_text="Shortest term.")
    sla_percent = DecimalField(
        6, 3, min_value=0, max_value=100, required=False, allow_null=True,
        help_text="Promised availability, per cent of a service month.",
    )  # fmt: skip


class NewOffer(OfferChange):
    slug = serializers.SlugField(max_length=80, required=False, help_text=CODE)
    price = Price(required=False)


class OwnOffer(OfferChange):
    id = serializers.UUIDField()
    slug = serializers.SlugField()
    pool = serializers.SlugField(source="pool.slug", allow_null=True, default=None)
    base_model = serializers.SlugField(source="base_model_id", allow_null=True)
    state = serializers.ChoiceField(OfferState.choices)
    paused_by_staff = serializers.BooleanField(help_text="By staff of the province: only they lift it.")
    published_at = serializers.DateTimeField(allow_null=True)
    price = OwnPrice(allow_null=True, source="plan", help_text="The version on sale.")


# Files -----------------------------------------------------------------------------------------


class ImportAnswer(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    changed = serializers.IntegerField()
    same = serializers.IntegerField()
    sha256 = serializers.CharField()
    encoding = serializers.CharField(allow_blank=True, help_text="As which the file was read.")
    imported = serializers.BooleanField(help_text="False for a dry run.")
    faults = serializers.IntegerField(help_text="Of a dry run; a file with faults is not imported.")
    first_faults = serializers.ListField(child=serializers.DictField(), help_text="At most 200.")


class ImportQuestion(Shape):
    dry_run = serializers.BooleanField(default=False, help_text="Check the file and change nothing.")
    encoding = serializers.ChoiceField(
        list(CODECS),
        default="",
        help_text="Of a CSV file; recognised when left out, and asked for where it is in doubt.",
    )
