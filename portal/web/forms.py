"""How every form looks: label above, help below it, the error directly above the input, faults summed up at the top.

`PortalRenderer` is Django's `FORM_RENDERER`; forms need nothing but their fields. The widgets here are for choices
that are drawn as chips, choice lists and ticks, and for numbers with a unit.
"""

from pathlib import Path
from typing import Any

import django.forms
from django import forms
from django.conf import settings
from django.forms.boundfield import BoundField
from django.forms.renderers import BaseRenderer, EngineMixin
from django.template.backends.django import DjangoTemplates
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

TEXT_INPUTS = (
    *(forms.TextInput, forms.NumberInput, forms.EmailInput, forms.URLInput),
    *(forms.PasswordInput, forms.DateInput),
)


class Chips(forms.RadioSelect):
    """Up to five short options side by side."""

    template_name = "components/widgets/chips.html"


class ChipsMultiple(forms.CheckboxSelectMultiple):
    """Short options side by side, any number of them."""

    template_name = "components/widgets/chips.html"


class ChoiceList(forms.RadioSelect):
    """Options with facts: `facts[value]` is `{"note": …, "value": …, "stamp": …}`, each of them optional."""

    template_name = "components/widgets/choices.html"

    def __init__(self, *args: Any, facts: dict[str, dict[str, Any]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.facts = facts or {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        return {**option, "facts": self.facts.get(str(value), {})}


class Ticks(forms.CheckboxSelectMultiple):
    """A list of check boxes; `counts[value]` stands at the right of its option."""

    template_name = "components/widgets/ticks.html"

    def __init__(self, *args: Any, counts: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.counts = counts or {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        return {**option, "count": self.counts.get(str(value))}


class NumberWithUnit(forms.NumberInput):
    """A number with its unit in a box at the end: `NumberWithUnit(unit=_("cards"))`."""

    template_name = "components/widgets/number_with_unit.html"

    def __init__(self, *args: Any, unit: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unit = unit

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return {**super().get_context(name, value, attrs), "unit": self.unit}


LIBRARY_LABELS: dict[str, Any] = {
    "login": _("E-mail address"),
    "email": _("E-mail address"),
    "oldpassword": _("Present password"),
    "password1": _("Password"),
    "password2": _("Password once more"),
    "name": _("Name of the key"),
    "passwordless": _("Sign in with this key alone, without a password (needs fingerprint, face or PIN)"),
}
"""Our words for fields of django-allauth's own forms; a field that one of our forms adds keeps its own."""

LIBRARY_FORM_LABELS: dict[str, dict[str, Any]] = {
    "ActivateTOTPForm": {"code": _("Six digits from the app")},
    "AuthenticateForm": {"code": _("Six digits, or a recovery code")},
    "ReauthenticateForm": {"code": _("Six digits, or a recovery code"), "password": _("Present password")},
    "ChangePasswordForm": {"password1": _("New password"), "password2": _("New password once more")},
    "ResetPasswordKeyForm": {"password1": _("New password"), "password2": _("New password once more")},
    "SignupForm": {"name": None},
}


class PortalBoundField(BoundField):
    """A field that knows its style class and whether it says 必填 or 选填."""

    def __init__(self, form: Any, field: forms.Field, name: str) -> None:
        super().__init__(form, field, name)
        if any(one.__module__.startswith("allauth.") for one in type(form).__mro__):
            words = LIBRARY_LABELS | LIBRARY_FORM_LABELS.get(type(form).__name__, {})
            self.label = words.get(name) or self.label
            self.field.widget.attrs.pop("placeholder", None)  # it repeats the label
            if name == "passwordless":
                self.help_text = ""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        widget = widget or self.field.widget
        attrs = super().build_widget_attrs(attrs, widget)
        if style := style_of(widget):
            attrs["class"] = f"{widget.attrs.get('class', '')} {style}".strip()
        return attrs

    @property
    def is_tick(self) -> bool:
        return isinstance(self.field.widget, forms.CheckboxInput)

    @property
    def mark(self) -> str:
        """`must` where a form has both kinds, `opt` always, nothing where all fields are asked for."""
        if not self.field.required:
            return "" if self.is_tick else "opt"
        mixed = any(not field.required and not _unmarked(field.widget) for field in self.form.fields.values())
        return "must" if mixed else ""


class PortalRenderer(EngineMixin, BaseRenderer):
    """Looks for templates in the project, then in Django's forms, then in the apps."""

    form_template_name = "django/forms/portal_form.html"
    field_template_name = "django/forms/portal_field.html"
    bound_field_class = PortalBoundField

    @cached_property
    def engine(self) -> DjangoTemplates:
        folders = [settings.BASE_DIR / "templates", Path(django.forms.__file__).parent / "templates"]
        return DjangoTemplates({"NAME": "forms", "DIRS": folders, "APP_DIRS": True, "OPTIONS": {}})


def style_of(widget: forms.Widget) -> str:
    """Style class of a plain widget; choices and ticks have markup of their own."""
    if isinstance(widget, forms.Textarea):
        return "area"
    if isinstance(widget, forms.Select):
        return "select"
    return "input" if isinstance(widget, TEXT_INPUTS) else ""


def _unmarked(widget: forms.Widget) -> bool:
    return widget.is_hidden or isinstance(widget, forms.CheckboxInput)
