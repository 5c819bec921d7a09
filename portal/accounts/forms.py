"""What people type in: sign-up, organisations, members and keys."""

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User


class SignupForm(forms.Form):
    """Fields of the sign-up page beside e-mail address and password."""

    name = forms.CharField(
        label=_("Name"), max_length=60, help_text=_("Your colleagues and the staff who verify you see it.")
    )
    name.widget.attrs["autocomplete"] = "name"

    def signup(self, request: HttpRequest, user: User) -> None:
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
