"""What a person asks for on the cards page, and the two confirmations of a sale."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.checkout.quotes.card_choices import CardChoice
from portal.checkout.serializers import MOST_HOURS
from portal.directory.wishes.forms import MOST_CARDS
from portal.ranking.filling import CardRequest
from portal.web.forms import Chips, ChipsMultiple, NumberWithUnit, PortalBoundField
from portal.web.texts.fields import DecimalField, WholeField
from portal.web.wording import MICRO, YUAN
from tenants.models import Province

ANY = "any"

SPREADS = [
    ("any", pgettext_lazy("spread", "Any provinces")),
    ("province", pgettext_lazy("spread", "One province")),
    ("site", pgettext_lazy("spread", "One site")),
]
CITIES = [
    ("beijing", pgettext_lazy("city", "Beijing")),
    ("shanghai", pgettext_lazy("city", "Shanghai")),
    ("guangzhou", pgettext_lazy("city", "Guangzhou")),
]
LATENCIES = [("5", "5 ms"), ("20", "20 ms"), (ANY, pgettext_lazy("limit", "Any"))]
GREEN_SHARES = [
    (ANY, pgettext_lazy("limit", "Any")),
    ("0.5", _("at least 50%")),
    ("0.8", _("at least 80%")),
]


class PrefilledField(PortalBoundField):
    """Every field has an answer already, so none says that it must be filled in."""

    @property
    def mark(self) -> str:
        return "" if self.field.required else super().mark


class CardForm(forms.Form):
    """The request for cards; everything has a default, so that the first visit already shows a quote."""

    card_model = forms.ChoiceField(
        label=_("Card model"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose a card model."),
            "invalid_choice": _("This card model is not on sale now. Choose one of the list."),
        },
    )
    cards = WholeField(
        label=_("Number"),
        min_value=1,
        max_value=MOST_CARDS,
        widget=NumberWithUnit(unit=pgettext_lazy("unit", "cards")),
        error_messages={"invalid": _("Give a whole number of cards."), "required": _("Say how many cards you need.")},
    )
    hours = WholeField(
        label=_("Duration"),
        min_value=1,
        max_value=MOST_HOURS,
        widget=NumberWithUnit(unit=pgettext_lazy("unit", "hours")),
        error_messages={
            "invalid": _("Give a whole number of hours."),
            "required": _("Say for how many hours you need the cards."),
        },
    )
    spread = forms.ChoiceField(label=_("Where the cards may come from"), choices=SPREADS, widget=Chips)
    latency_city = forms.ChoiceField(label=_("Latency measured to"), choices=CITIES)
    latency_ms = forms.ChoiceField(label=_("Latency limit"), choices=LATENCIES, widget=Chips)
    green_share = forms.ChoiceField(label=_("Green power share"), choices=GREEN_SHARES, widget=Chips)
    provinces = forms.MultipleChoiceField(label=_("Only these provinces"), required=False, widget=ChipsMultiple)
    domestic = forms.BooleanField(label=_("Domestic cards only"), required=False)
    price = DecimalField(
        label=_("Highest price per card-hour"),
        min_value=Decimal("0.01"),
        max_digits=8,
        decimal_places=2,
        required=False,
        written=YUAN,
        widget=NumberWithUnit(unit=pgettext_lazy("unit", "¥ / card-hour")),
    )

    bound_field_class = PrefilledField
    DEFAULTS: ClassVar[dict[str, str]] = {
        "cards": "4",
        "hours": "24",
        "spread": "any",
        "latency_city": "beijing",
        "latency_ms": "any",
        "green_share": "any",
    }

    def __init__(self, asked: Any, choices: Iterable[CardChoice], provinces: Iterable[Province]) -> None:
        self.card_choices = list(choices)
        self.province_list = list(provinces)
        data = asked.copy()
        for name, value in {**self.DEFAULTS, "card_model": self._first_choice()}.items():
            data.setdefault(name, value)
        super().__init__(data, use_required_attribute=False)
        self.fields["card_model"].choices = [(one.model.slug, one.model.name) for one in self.card_choices]  # type: ignore[attr-defined]
        self.fields["provinces"].choices = [(one.slug, one.name) for one in self.province_list]  # type: ignore[attr-defined]

    def _first_choice(self) -> str:
        """The first of the list that can be bought now."""
        first = next((one for one in self.card_choices if one.free), next(iter(self.card_choices), None))
        return first.model.slug if first else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        chosen = self.chosen()
        if cleaned.get("domestic") and chosen and not chosen.model.domestic:
            self.add_error("card_model", _("This is not a domestic card. Choose another, or allow all cards."))
        return cleaned

    def chosen(self) -> CardChoice | None:
        slug = self.data.get("card_model")
        return next((one for one in self.card_choices if one.model.slug == slug), None)

    def card_request(self) -> CardRequest:
        """The request as the ranking rule reads it."""
        asked = self.cleaned_data
        return CardRequest(
            card_model=asked["card_model"],
            cards=asked["cards"],
            hours=asked["hours"],
            provinces=tuple(asked["provinces"]),
            spread=asked["spread"],
            latency_city=asked["latency_city"],
            latency_ms=_limit(asked["latency_ms"]),
            green_share=_limit(asked["green_share"]),
            price_u=int(asked["price"] * MICRO) if asked["price"] else None,
            domestic=asked["domestic"],
        )

    def more_conditions(self) -> bool:
        """Whether something in the folded part was asked, so that it opens."""
        asked = getattr(self, "cleaned_data", {})
        return bool(asked.get("provinces") or asked.get("price")) or bool({"provinces", "price"} & set(self.errors))


class EndForm(forms.Form):
    confirm = forms.BooleanField(
        label=_("The data is backed up, or no longer needed"),
        error_messages={"required": _("Nothing was ended. Tick this first: the data cannot be brought back.")},
    )


def _limit(text: str) -> float | None:
    return None if text == ANY else float(text)


def query_of(request: CardRequest, **changed: Any) -> str:
    """The query string that asks the cards page for this request, with what is changed in it."""
    asked = replace(request, **changed)
    values: dict[str, Any] = {
        "card_model": asked.card_model,
        "cards": asked.cards,
        "hours": asked.hours,
        "spread": asked.spread,
        "latency_city": asked.latency_city or CardForm.DEFAULTS["latency_city"],
        "latency_ms": ANY if asked.latency_ms is None else f"{asked.latency_ms:g}",
        "green_share": ANY if asked.green_share is None else f"{asked.green_share:g}",
        "provinces": list(asked.provinces),
    }
    if asked.domestic:
        values["domestic"] = "on"
    if asked.price_u is not None:
        values["price"] = f"{Decimal(asked.price_u) / MICRO:.2f}"
    return urlencode(values, doseq=True)
