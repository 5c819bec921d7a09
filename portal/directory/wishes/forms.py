"""What a person says when saving a search or waiting for cards."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.directory.models import CardModel
from portal.directory.wishes.actions.alerting import CardsWanted
from portal.web.forms import ChipsMultiple, NumberWithUnit
from portal.web.texts.fields import DecimalField, WholeField
from portal.web.texts.lines import LineField
from portal.web.wording import MICRO, YUAN
from tenants.models import Province

MOST_CARDS = 512
"""As many as the cards page sells at once."""


class SearchForm(forms.Form):
    name = LineField(
        label=_("Name of the search"),
        max_length=60,
        error_messages={"required": _("Give the search a name. Nothing was saved.")},
    )
    notify = forms.BooleanField(label=_("Send me an e-mail when new offers match, at most once a day"), required=False)


class CardsForm(forms.Form):
    card_model = forms.ModelChoiceField(
        label=_("Card model"),
        queryset=CardModel.objects.all(),
        empty_label=_("Choose a card model"),
        error_messages={
            "required": _("Choose a card model. Nothing was noted."),
            "invalid_choice": _("There is no such card model. Nothing was noted. Choose one of the list."),
        },
    )
    cards = WholeField(
        label=_("Number"),
        min_value=1,
        max_value=MOST_CARDS,
        initial=1,
        widget=NumberWithUnit(unit=pgettext_lazy("unit", "cards")),
        error_messages={"invalid": _("Give a whole number of cards."), "required": _("Say how many cards you need.")},
    )
    price = DecimalField(
        label=_("Highest price per card-hour"),
        min_value=Decimal("0.01"),
        max_digits=8,
        decimal_places=2,
        required=False,
        written=YUAN,
        widget=NumberWithUnit(unit=pgettext_lazy("unit", "¥ / card-hour")),
    )
    provinces = forms.MultipleChoiceField(label=_("Only these provinces"), required=False, widget=ChipsMultiple)

    def __init__(self, *args: Any, provinces: list[Province], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["provinces"].choices = [(one.slug, one.name) for one in provinces]  # type: ignore[attr-defined]

    def wanted(self) -> CardsWanted:
        asked = self.cleaned_data
        return CardsWanted(
            asked["card_model"],
            asked["cards"],
            int(asked["price"] * MICRO) if asked["price"] else None,
            tuple(asked["provinces"]),
        )
