"""What people type in: sign-up, organisations, members and keys."""

from copy import deepcopy
from datetime import timedelta
from random import sample
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from portal.accounts import uscc
from portal.accounts.actions import SCOPES
from portal.accounts.models import Organisation, OrganisationKind, User
from portal.accounts.roles import MembershipRole, roles_to_give
from portal.web.forms import ChoiceList, Ticks
from portal.web.texts.lines import AddressField, LineField
from tenants.acts import Refusal
from tenants.models import Province


class SignupForm(forms.Form):
    """Fields of the sign-up page beside e-mail address and password."""

    name = LineField(
        label=_("Your name"), max_length=60, help_text=_("Your colleagues and the staff who verify you see it.")
    )
    name.widget.attrs["autocomplete"] = "name"

    def signup(self, request: HttpRequest, user: User) -> None:
        user.name, user.language = self.cleaned_data["name"], get_language() or ""
        user.save(update_fields=["name", "language"])


def _free_test_code() -> str:
    """Of the sample world: help with a code that passes every check and that nobody has registered."""
    codes = (uscc.test_code("00", number) for number in sample(range(5000, 10_000), 20))
    taken = set(Organisation.objects.filter(uscc__startswith=f"{uscc.TEST_PREFIX}00").values_list("uscc", flat=True))
    free = next((code for code in codes if code not in taken), "")
    return gettext("18 characters. In this sample world you can use a test code: %(code)s") % {"code": free}


class OrganisationForm(forms.Form):
    name_zh = LineField(
        label=_("Registered name"), max_length=120, help_text=_("As it stands on the business licence or certificate.")
    )
    uscc = forms.CharField(
        label=_("Unified social credit code"),
        max_length=40,
        help_text=_("18 characters. The check characters are verified as you save."),
    )
    as_registered = forms.BooleanField(
        label=_("The code stands exactly so on the licence or certificate"),
        required=False,
        help_text=_("Staff then compare it with the public register; two of them must agree, which takes longer."),
    )
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[
            (OrganisationKind.BUYER, _("Company or institution that buys computing power")),
            (OrganisationKind.UNIVERSITY, _("University or research institute")),
            (OrganisationKind.PROVIDER, _("Provider that sells computing power")),
        ],
        widget=ChoiceList,
        initial=OrganisationKind.BUYER,
    )
    province = forms.ChoiceField(label=_("Province of registration"))
    name_en = LineField(label=_("English name"), max_length=160, required=False, help_text=_("Shown on English pages."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        provinces = [(one.slug, one.name) for one in Province.objects.provinces()]
        self.fields["province"].choices = [("", _("Choose a province")), *provinces]  # type: ignore[attr-defined]
        self.fields["uscc"].widget.attrs.update(autocomplete="off", spellcheck="false", autocapitalize="characters")
        if settings.SAMPLE_WORLD and not self.initial.get("uscc"):
            self.fields["uscc"].help_text = _free_test_code()
        self.fields["name_zh"].widget.attrs["autocomplete"] = "organization"
        if not (self.data.get("as_registered") or self.initial.get("as_registered")):
            del self.fields["as_registered"]  # it stands there once a check character does not fit

    def clean_uscc(self) -> str:
        """A code whose check character does not fit is taken once the reader has said that it is registered so."""
        clean = uscc.clean_as_registered if self.data.get("as_registered") else uscc.clean
        try:
            return clean(self.cleaned_data["uscc"])
        except Refusal as refusal:
            raise forms.ValidationError(str(refusal), code=refusal.code) from None

    def clean(self) -> dict[str, Any]:
        """Where a check character does not fit, the form asks whether the code is registered so."""
        if self.has_error("uscc", "credit_code_misfit") and "as_registered" not in self.fields:
            self.fields["as_registered"] = deepcopy(self.base_fields["as_registered"])
            self.order_fields(list(self.base_fields))
        return self.cleaned_data

    @classmethod
    def of(cls, organisation: Organisation) -> dict[str, Any]:
        """Initial values."""
        facts = {name: getattr(organisation, name) for name in cls.base_fields if name != "as_registered"}
        return {**facts, "as_registered": bool(organisation.code_misfit)}


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=roles_to_give, initial=MembershipRole.BUYER)

    @classmethod
    def over(cls, present: str, data: Any) -> "RoleForm":
        """The form for somebody who has this role."""
        form = cls(data)
        form.fields["role"].choices = roles_to_give(present)  # type: ignore[attr-defined]
        return form


class InvitationForm(RoleForm):
    email = AddressField(
        label=_("E-mail address"), help_text=_("Only this address can accept. The link works for seven days.")
    )
    field_order = ("email", "role")


LIFETIMES = [(90, _("90 days")), (365, _("1 year")), (0, _("until it is revoked"))]


class KeyForm(forms.Form):
    name = LineField(
        label=_("Name of the key"), max_length=60, help_text=_("For instance the program or the server that uses it.")
    )
    scopes = forms.MultipleChoiceField(label=_("What the key may do"), choices=list(SCOPES.items()), widget=Ticks)
    days = forms.TypedChoiceField(label=_("Works for"), choices=LIFETIMES, coerce=int, initial=90)

    def clean_days(self) -> Any:
        """The time the key ends at; None for one that does not."""
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=days) if days else None


class ProofForm(forms.Form):
    proof = forms.CharField(
        label=_("Proof of the credit code"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Where and when the register showed it: address, number of the extract, day."),
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The owners read it: say what must be corrected."),
    )
