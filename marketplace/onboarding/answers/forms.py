"""The fields of each attribute, and what staff and objectors type in."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.catalog.models import Provider
from marketplace.onboarding import numbers
from marketplace.onboarding.models import Application
from portal.directory.models import Category
from portal.web.forms import Chips, NumberWithUnit, Ticks
from portal.web.texts.fields import WholeField
from portal.web.texts.lines import AddressField, LineField
from portal.web.wording import BEIJING


class AttributeForm(forms.Form):
    """Answers of one attribute; `facts()` is what is stored."""

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.application = application

    def facts(self) -> dict[str, Any]:
        return {name: _stored(value) for name, value in self.cleaned_data.items()}


def _stored(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


class NothingToFillIn(AttributeForm):
    """An attribute that others have verified."""


class ProfileForm(AttributeForm):
    short_zh = LineField(
        label=_("Short name"), max_length=20, help_text=_("Buyers read it on every offer, for instance 砚舟通信.")
    )
    slug = forms.SlugField(
        label=_("Latin word"),
        max_length=40,
        min_length=3,
        help_text=_("Small letters, digits and hyphens, for instance yanzhou. It cannot be changed later."),
    )
    kind = forms.ChoiceField(
        label=_("What you are"),
        choices=[
            ("carrier", pgettext_lazy("provider", "carrier")),
            ("cloud", pgettext_lazy("provider", "cloud")),
            ("intelligent-computing centre", pgettext_lazy("provider", "intelligent-computing centre")),
            ("supercomputing centre", pgettext_lazy("provider", "supercomputing centre")),
            ("enterprise", pgettext_lazy("provider", "enterprise")),
        ],
        widget=Chips,
    )

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"].lower().replace("_", "-")
        if Provider.objects.filter(slug=slug).exists():
            raise forms.ValidationError(
                _("“%(slug)s” is taken in this province. Choose another word."), params={"slug": slug}
            )
        return slug


class ValidUntilForm(AttributeForm):
    valid_until = forms.DateField(
        label=_("Valid until"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The last day that stands on the licence."),
    )

    def clean_valid_until(self) -> date:
        day: date = self.cleaned_data["valid_until"]
        if day < timezone.now().astimezone(BEIJING).date():
            raise forms.ValidationError(
                _("The licence was valid until %(day)s. Give one that is valid now."), params={"day": day.isoformat()}
            )
        return day


class BusinessLicenceForm(ValidUntilForm):
    permanent = forms.BooleanField(label=_("The licence has no last day"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["valid_until"].required = False

    def clean_valid_until(self) -> Any:
        return super().clean_valid_until() if self.cleaned_data["valid_until"] else None

    def clean(self) -> None:
        given = self.cleaned_data.get("valid_until") or "valid_until" in self.errors
        if not given and not self.cleaned_data.get("permanent"):
            self.add_error("valid_until", _("Give the last day, or tick that there is none."))


class TelecomLicenceForm(ValidUntilForm):
    number = forms.CharField(
        label=_("Licence number"),
        max_length=60,
        help_text=_("As printed, for instance B1-20231234 or 合字B1.B2-20231234."),
    )
    field_order = ("number", "valid_until")

    def clean_number(self) -> str:
        number = numbers.licence_number(self.cleaned_data["number"])
        if number is None:
            raise forms.ValidationError(
                _("“%(number)s” does not look like a licence number: letters such as B1, a hyphen and eight digits."),
                params={"number": self.cleaned_data["number"]},
            )
        return number


class DataCentreForm(AttributeForm):
    name = LineField(label=_("Name of the data centre"), max_length=80)
    address = LineField(label=_("Street address"), max_length=160, help_text=_("City, district, street and building."))
    tenure = forms.ChoiceField(
        label=_("Right to use it"),
        choices=[
            ("own", pgettext_lazy("data centre", "owned")),
            ("lease", pgettext_lazy("data centre", "leased")),
            ("hosted", pgettext_lazy("data centre", "hosted by another operator")),
        ],
        widget=Chips,
    )
    racks = WholeField(
        label=_("Racks you use there"), min_value=1, max_value=100_000, widget=NumberWithUnit(unit=_("racks"))
    )


class ServiceForm(AttributeForm):
    categories = forms.MultipleChoiceField(label=_("Kinds of computing"), choices=Category, widget=Ticks)
    region = forms.ChoiceField(
        label=_("Buyers you serve"),
        choices=[
            ("nation", pgettext_lazy("region", "the whole nation")),
            ("province", pgettext_lazy("region", "this province only")),
        ],
        widget=Chips,
    )
    note = forms.CharField(
        label=_("What else staff should know"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class SecurityFilingForm(AttributeForm):
    level = forms.ChoiceField(
        label=_("Level"),
        choices=[("2", _("Level 2")), ("3", _("Level 3")), ("4", _("Level 4"))],
        widget=Chips,
        help_text=_("Level 1 is not enough for selling computing power."),
    )
    number = forms.CharField(label=_("Filing number"), max_length=40, help_text=_("As printed on the certificate."))

    def clean_number(self) -> str:
        number = numbers.filing_number(self.cleaned_data["number"])
        if number is None:
            raise forms.ValidationError(
                _("A filing number has 10 to 30 digits, letters and hyphens; this one does not.")
            )
        return number


class ContactForm(AttributeForm):
    name = LineField(label=_("Name of the person"), max_length=60)
    phone = forms.CharField(
        label=_("Phone"), max_length=40, help_text=_("For instance 0351-1234567转8001 or 13812345678.")
    )
    email = AddressField(label=_("E-mail address"))

    def clean_phone(self) -> str:
        number = numbers.phone_number(self.cleaned_data["phone"])
        if number is None:
            raise forms.ValidationError(
                _("“%(number)s” is not understood as a phone number. Write it as 0351-1234567转8001 or 13812345678."),
                params={"number": self.cleaned_data["phone"]},
            )
        return number


class BankAccountForm(AttributeForm):
    bank = LineField(label=_("Bank and branch"), max_length=120)
    number = forms.CharField(
        label=_("Account number"), max_length=40, help_text=_("8 to 30 digits. It is shown masked from now on.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number"].widget.attrs.update(autocomplete="off", inputmode="numeric")

    def clean_number(self) -> str:
        number = numbers.account_number(self.cleaned_data["number"])
        if number is None:
            raise forms.ValidationError(_("An account number has 8 to 30 digits. Type the whole number again."))
        return number


FORMS: dict[str, type[AttributeForm]] = {
    "identity": NothingToFillIn,
    "profile": ProfileForm,
    "business_licence": BusinessLicenceForm,
    "telecom_licence": TelecomLicenceForm,
    "data_centre": DataCentreForm,
    "service": ServiceForm,
    "security_filing": SecurityFilingForm,
    "contact": ContactForm,
    "bank_account": BankAccountForm,
}


def shown(attribute: str, facts: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    """Label and value of each field that was answered, choices by their names."""
    form = FORMS[attribute]
    order = form.field_order or form.base_fields
    given = [(form.base_fields[name], facts[name]) for name in order if facts.get(name)]
    return [(field.label, _named(field, value)) for field, value in given]


def _named(field: forms.Field, value: Any) -> Any:
    if value is True:
        return _("yes")
    if not isinstance(field, forms.ChoiceField):
        return value
    names = {str(key): name for key, name in field.choices}  # type: ignore[union-attr,misc]
    words = value if isinstance(value, list) else [value]
    return "、".join(str(names.get(str(word), word)) for word in words)


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("PDF, PNG or JPEG, at most 20 MB. Only your owners and staff of the province can open it."),
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg"}),
        error_messages={
            "required": _("Choose a file first. Nothing was uploaded."),
            "empty": _("The file is empty. Nothing was uploaded."),
        },
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))


class ObjectionForm(forms.Form):
    sentence = forms.CharField(
        label=_("Your objection"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What is wrong with the application, and how staff can verify it."),
    )
    contact = LineField(
        label=_("How staff reach you"),
        max_length=120,
        help_text=_("Phone or e-mail address. Only staff of the province see it, not the applicant."),
    )
