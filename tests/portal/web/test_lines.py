"""Names of one line: what is refused at every form, and how e-mails repeat what is there already."""

import importlib
import pkgutil

import pytest
from django import forms
from django.core.exceptions import ValidationError

import marketplace
import portal
import tenants
from portal.directory.models import BaseModel, CardModel
from portal.web.texts.lines import one_line, plain, unlinked

REFUSED = [
    "\n",
    "\r",
    "\t",
    "\x00",
    "\x1b",
    "\x85",
    "\u200b",
    "\u200d",
    "\u202e",
    "\u2066",
    "\u2028",
    "\ufeff",
    "\u3164",
]


@pytest.mark.parametrize("character", REFUSED)
def test_a_character_that_nobody_sees_is_refused_by_its_code(english, character):
    with pytest.raises(ValidationError, match=rf"\(U\+{ord(character):04X}\)"):
        one_line(f"晋阳{character}智算")


@pytest.mark.parametrize(
    "name", ["晋阳智算（山西）有限公司", "Müller & Søn A/S — «K»", "葛󠄀城", "𠮷野家", "昇腾 910B", "Ａ８００"]
)
def test_names_as_people_write_them_are_not(name):
    one_line(name)


def our_forms() -> set[type[forms.BaseForm]]:
    """Every form class in our packages, with those that staff sites make of models."""
    for package in (portal, marketplace, tenants):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in found.name and not found.name.endswith(("__main__", ".wsgi")):
                importlib.import_module(found.name)
    return {one for one in _below(forms.BaseForm) if one.__module__.startswith(("portal.", "marketplace.", "tenants."))}


def _below(base: type) -> set[type]:
    return {one for below in base.__subclasses__() for one in {below, *_below(below)}}


def lets_pass(field: forms.Field) -> bool:
    """Whether the field hands on a text with an override or a line break in it."""
    for text in ("a1\u202eb2", "a1\nb2"):
        try:
            cleaned = field.clean(text)
        except (ValidationError, KeyError):
            continue
        if isinstance(cleaned, str) and text in cleaned:
            return True
    return False


CHECKED_LATER = {
    ("HistorySearch", "subject_id"): "looked for, not kept",
    ("HistorySearch", "actor_id"): "looked for, not kept",
    ("TopUpForm", "credit_code"): "looked for, not kept",
    ("OrganisationForm", "uscc"): "digits and capitals once it is clean",
    ("BankAccountForm", "number"): "digits once it is clean",
    ("SecurityFilingForm", "number"): "digits and capitals once it is clean",
    ("TelecomLicenceForm", "number"): "a licence number once it is clean",
    ("ContactForm", "phone"): "a phone number once it is clean",
    ("CardRow", "node"): "one pattern with the serial",
    ("CardRow", "serial"): "one pattern with the node",
    ("SignupForm", "username"): "of the library; no form of ours has it",
}
"""Fields whose form brings the text into its own shape, or keeps nothing."""


def test_every_field_of_one_line_refuses_them():
    passing = {
        (form.__name__, name)
        for form in our_forms()
        for name, field in getattr(form, "base_fields", {}).items()
        if isinstance(field, forms.CharField) and not isinstance(field.widget, forms.Textarea) and lets_pass(field)
    }
    assert passing == set(CHECKED_LATER)


def test_models_that_staff_write_in_tables_of_django_refuse_them_too():
    for model in (CardModel, BaseModel):
        row = model(
            slug="a", name_zh="昇腾\u202e 910B", name_en="Ascend\n910B", vendor_zh="华\u200b为", vendor_en="H\rW"
        )
        with pytest.raises(ValidationError) as caught:
            row.clean_fields()
        refused = {name for name, faults in caught.value.error_dict.items() if faults[0].code == "not_one_line"}
        assert refused == {"name_zh", "name_en", "vendor_zh", "vendor_en"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("晋阳\r\n\r\n智算", "晋阳 智算"),
        ("a\u202eb\u200b c", "a b c"),
    ],
)
def test_what_came_in_before_is_repeated_on_one_line(text, shown):
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("https://evil.example.cn/pay", "https[:]//evil[.]example[.]cn/pay"),
        ("www.evil.cn", "www[.]evil[.]cn"),
        ("http://12345", "http[:]//12345"),
        ("晋阳.中国", "晋阳[.]中国"),
        ("Llama 3.1 8B", "Llama 3.1 8B"),
        ("晋阳智算 Co., Ltd.", "晋阳智算 Co., Ltd."),
        ("v2.0", "v2.0"),
    ],
)
def test_no_mail_program_draws_a_link_from_a_name(name, shown):
    assert unlinked(name) == shown
