"""What is typed when a provider is asked, and when it answers."""

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.checkout.requests.models import LONGEST


class QuestionForm(forms.Form):
    question = forms.CharField(
        label=_("Your question"),
        help_text=_("For instance: how much you need, from when and for how long. Do not write passwords or secrets."),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Write your question. Nothing was sent.")},
    )


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label=_("Your answer"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Write your answer. Nothing was sent.")},
    )
