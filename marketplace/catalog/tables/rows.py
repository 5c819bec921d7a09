"""What one row of a table must be: the forms of the pages, with the cells that a table writes otherwise.

What must be unique or must exist is asked once for the whole file (`checking`): a row asks the database nothing.
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.catalog.forms import OfferForm, PoolForm, SiteForm
from marketplace.catalog.models import CardState, OfferState, PoolMode
from marketplace.catalog.number_fields import YuanField
from marketplace.catalog.supply.card_forms import card_faults
from marketplace.catalog.tables.fields import Named, OneOf, Word
from portal.directory.models import Category, PurchaseMode, Unit
from portal.web.texts.fields import WholeField

NO_SITE = _("You have no site with this code in this province. Import your sites first.")
NO_CARD_MODEL = _("The national list has no such card model. Request it there first.")
NO_BASE_MODEL = _("The national list has no such base model.")
NO_POOL = _("You have no pool with this code in this province. Import your pools first.")


class Code(Named, forms.SlugField):
    def __init__(self, longest: int) -> None:
        words = {"invalid": _("A code has Latin letters, digits, “-” and “_”, and no spaces.")}
        super().__init__(max_length=longest, error_messages=words)


class RowForm(forms.Form):
    """`known` are rows by code (`kinds.known_to`), for each word of `OneOf.among`."""

    def __init__(self, cells: Mapping[str, str], known: Mapping[str, Mapping[str, Any]]) -> None:
        forms.Form.__init__(self, dict(cells))  # not the pages' form, which asks the database for its choices
        for field in self.fields.values():
            field.error_messages["required"] = _("This must not be empty.")
            if isinstance(field, OneOf):
                field.rows = known[field.among]


class SiteRow(RowForm, SiteForm):
    slug = Code(60)


class PoolRow(RowForm, PoolForm):
    slug = Code(80)
    site = OneOf("sites", NO_SITE)  # type: ignore[assignment]  # a cell instead of a choice
    card_model = OneOf("card_models", NO_CARD_MODEL)  # type: ignore[assignment]  # as above
    mode = Word(PoolMode)  # type: ignore[assignment]  # as above


class CardRow(RowForm):
    serial = Named()
    pool = OneOf("pools", NO_POOL)
    node = Named()
    state = Word(CardState, required=False)

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        faults = card_faults(said.get("node", ""), said.get("serial", ""))
        for name in faults.keys() & said.keys():
            self.add_error(name, faults[name])
        return said

    def clean_state(self) -> str:
        return self.cleaned_data["state"] or CardState.IN_SERVICE


class OfferRow(RowForm, OfferForm):
    slug = Code(80)
    category = Word(Category)  # type: ignore[assignment]  # as above
    mode = Word(PurchaseMode)  # type: ignore[assignment]  # as above
    pool = OneOf("pools", NO_POOL, required=False)  # type: ignore[assignment]  # as above
    base_model = OneOf("base_models", NO_BASE_MODEL, required=False)  # type: ignore[assignment]  # as above
    min_hours = WholeField(required=False, min_value=1, max_value=8760)
    unit = Word(Unit, required=False)
    price_u = YuanField(required=False)
    price_out_u = YuanField(required=False)
    state = Word(OfferState, required=False)

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        priced = said.get("price_u") is not None or said.get("price_out_u") is not None
        if priced and said.get("unit") == "":
            self.add_error("unit", _("A price needs its unit."))
        return said

    def clean_min_hours(self) -> int:
        return self.cleaned_data["min_hours"] or 1

    def clean_state(self) -> str:
        return self.cleaned_data["state"] or OfferState.DRAFT
