"""What a provider's people type in, checked the same way on pages, in files and at the API.

The cleaned data of a form are the keyword arguments of its act; prices are typed in yuan and kept in micro-yuan,
shares are typed in per cent and kept from 0 to 1.
"""

from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.catalog.models import UNITS_OF, Offer, OfferState, Pool, PoolMode, Provider, Site
from marketplace.catalog.number_fields import NumberField, PercentField, YuanField
from portal.directory.models import BaseModel, CardModel, Category, PurchaseMode, Unit
from portal.web.forms import Chips, NumberWithUnit
from portal.web.texts.fields import WholeField
from portal.web.texts.lines import LineField


class RecordForm(forms.Form):
    """A form over the columns of a record; `of` gives what stands there now."""

    @classmethod
    def of(cls, record: Any) -> dict[str, Any]:
        return {name: getattr(record, name) for name in cls.base_fields}


class SiteForm(RecordForm):
    name_zh = LineField(label=_("Name"), max_length=120, help_text=_("As buyers read it, in Chinese."))
    name_en = LineField(label=_("English name"), max_length=160, required=False)
    city_zh = LineField(label=_("City"), max_length=40, help_text=_("In Chinese, without the province."))
    city_en = LineField(label=_("City in English"), max_length=60, required=False)
    racks = WholeField(
        label=_("Standard racks"),
        min_value=1,
        max_value=1_000_000,
        required=False,
        widget=NumberWithUnit(unit=pgettext_lazy("unit", "racks")),
        error_messages={"invalid": _("Enter a whole number of racks.")},
    )
    rack_rate = PercentField(
        label=_("Rack rate"), required=False, help_text=_("Share of the racks that are in use, 0 to 100 per cent.")
    )
    pue = NumberField(
        label="PUE",
        low="1",
        high="2.99",
        decimals=2,
        required=False,
        help_text=_("Yearly mean, 1.00 to 2.99. Hub nodes are asked for 1.25 or less."),
    )
    green_share = PercentField(
        label=_("Green power"), required=False, help_text=_("Share of the electricity, 0 to 100 per cent.")
    )
    rtt_ms_beijing = NumberField(
        label=_("Round trip to Beijing"), unit="ms", low="0", high="1000", decimals=1, required=False
    )
    rtt_ms_shanghai = NumberField(
        label=_("Round trip to Shanghai"), unit="ms", low="0", high="1000", decimals=1, required=False
    )
    rtt_ms_guangzhou = NumberField(
        label=_("Round trip to Guangzhou"), unit="ms", low="0", high="1000", decimals=1, required=False
    )


class PoolForm(RecordForm):
    """`PoolForm(data, provider=…)`; in data, site and card model are named by their slugs."""

    site = forms.ModelChoiceField(
        Site.objects.none(), label=_("Site"), to_field_name="slug", empty_label=_("Choose a site")
    )
    card_model = forms.ModelChoiceField(
        CardModel.objects.all(), label=_("Card model"), empty_label=_("Choose a card model")
    )
    mode = forms.ChoiceField(label=_("Sold as"), choices=PoolMode, widget=Chips, initial=PoolMode.DISCRETE)
    network = LineField(
        label=_("Network"), max_length=20, required=False, help_text=_("Between the cards: RoCE, IB, PCIe …")
    )

    def __init__(self, *args: Any, provider: Provider, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = provider.sites.all()  # type: ignore[attr-defined]
        self.fields["site"].error_messages["invalid_choice"] = _("You have no such site in this province.")
        self.fields["card_model"].error_messages["invalid_choice"] = _(
            "The national list has no such card model. Request it there, or choose another."
        )


class CardModelForm(forms.Form):
    """A card model that the national list lacks; figures as the vendor states them."""

    vendor = LineField(label=_("Vendor"), max_length=40)
    name = LineField(label=_("Name of the model"), max_length=60, help_text=_("As the vendor writes it."))
    memory_gb = WholeField(
        label=_("Memory"),
        min_value=1,
        max_value=4096,
        widget=NumberWithUnit(unit="GB"),
        error_messages={"invalid": _("Enter a whole number of GB.")},
    )
    fp16_dense_tflops = NumberField(
        label=_("FP16 dense"),
        unit="TFLOPS",
        low="0.01",
        high="99999",
        decimals=2,
        help_text=_("Without sparsity; never the FP32 or FP8 figure."),
    )
    source = forms.URLField(
        label=_("Link to the vendor's data sheet"),
        max_length=300,
        assume_scheme="https",
        help_text="https://…",
        validators=[URLValidator(schemes=["http", "https"], message=_("Enter an address of the web: https://…"))],
    )
    domestic = forms.BooleanField(label=_("Made by a domestic vendor"), required=False)


class DescriptionForm(RecordForm):
    """The words of an offer, which may change while it is listed."""

    name_zh = LineField(label=_("Name"), max_length=120, help_text=_("As buyers read it, in Chinese."))
    name_en = LineField(label=_("English name"), max_length=160, required=False)
    summary_zh = forms.CharField(
        label=_("Description"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    summary_en = forms.CharField(
        label=_("Description in English"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    sku = LineField(
        label=_("Specification"),
        max_length=120,
        required=False,
        help_text=_(
            "Card, memory, number, network, form and billing, for instance “昇腾 910B3·64G·8卡·RoCE·容器·按时”."
        ),
    )


class OfferForm(DescriptionForm):
    """`OfferForm(data, provider=…)`; in data, pool and base model are named by their slugs."""

    category = forms.ChoiceField(label=_("Category"), choices=Category, initial=Category.INTELLIGENT)
    mode = forms.ChoiceField(
        label=_("How it is bought"), choices=PurchaseMode, widget=Chips, initial=PurchaseMode.INSTANT
    )
    pool = forms.ModelChoiceField(
        Pool.objects.none(),
        label=_("Pool"),
        required=False,
        to_field_name="slug",
        empty_label=_("No pool"),
        help_text=_("The cards it sells. Intelligent computing needs one."),
    )
    base_model = forms.ModelChoiceField(
        BaseModel.objects.all(),
        label=_("Base model"),
        required=False,
        empty_label=_("No base model"),
        help_text=_("A model service names the model it runs."),
    )
    min_hours = WholeField(
        label=_("Shortest term"),
        min_value=1,
        max_value=8760,
        initial=1,
        widget=NumberWithUnit(unit=pgettext_lazy("unit", "hours")),
        error_messages={"invalid": _("Enter a whole number of hours.")},
    )
    sla_percent = NumberField(
        label=_("Promised availability"),
        unit="%",
        low="0",
        high="100",
        decimals=3,
        required=False,
        help_text=_("Per cent of a service month of 43,200 minutes."),
    )
    field_order = ("name_zh", "name_en", "category", "mode", "pool", "base_model", "sku", "min_hours", "sla_percent")

    def __init__(self, *args: Any, provider: Provider, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        pools = provider.pools.select_related("card_model", "site")
        self.fields["pool"].queryset = pools  # type: ignore[attr-defined]
        self.fields["pool"].error_messages["invalid_choice"] = _("You have no such pool in this province.")

    def clean(self) -> dict[str, Any]:
        """The same rules as `draft_offer`, said at their fields."""
        said = super().clean() or {}
        category = said.get("category")
        if category is None:
            return said
        for name in {"pool", "base_model"} & said.keys():
            if sentence := self._unfit(name, category, said[name]):
                self.add_error(name, sentence)
        return said

    @staticmethod
    def _unfit(name: str, category: str, chosen: Any) -> Any:
        if name == "base_model":
            if (chosen is None) == (category == Category.MODEL_SERVICE):
                return _("A model service names its base model, other offers name none.")
        elif chosen is None and category == Category.INTELLIGENT:
            return _("An offer of intelligent computing sells cards of a pool. Choose the pool.")
        elif chosen is not None and category not in (Category.INTELLIGENT, Category.HPC):
            return _("Only intelligent computing and supercomputing sell cards of a pool. Leave the pool empty.")
        return None


class PriceForm(forms.Form):
    """`PriceForm(data, offer=…)`: units that fit the offer, a price unless it is on quotation."""

    unit = forms.ChoiceField(label=_("Unit"))
    price_u = YuanField(label=_("Price per unit"), help_text=_("Tax included, up to six decimals."))
    price_out_u = YuanField(
        label=_("Price per million tokens put out"),
        required=False,
        help_text=_("Leave it empty if tokens read and written cost the same."),
    )

    def __init__(self, *args: Any, offer: Offer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = [unit for unit in UNITS_OF[Category(offer.category)] if unit != Unit.CARD_HOUR or offer.pool_id]
        self.fields["unit"].choices = [(unit.value, unit.label) for unit in units]  # type: ignore[attr-defined]
        self.fields["price_u"].required = offer.mode != PurchaseMode.QUOTE
        if Unit.MILLION_TOKENS not in units:
            del self.fields["price_out_u"]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("price_out_u") is not None and said.get("unit") not in (None, Unit.MILLION_TOKENS):
            self.add_error("price_out_u", _("Only tokens have a second price. Leave it empty."))
        return said


def form_for(offer: Offer) -> type[DescriptionForm]:
    """A draft may change altogether, a listed offer only in its words."""
    return OfferForm if offer.state == OfferState.DRAFT else DescriptionForm
