"""What staff ask of history, and what they write of a province."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.staff.history_words import act_word, kind_word
from tenants.actions import read_listed_network
from tenants.acts import Refusal
from tenants.history.models import Record, RecordQuerySet
from tenants.models import Province

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class NetworksForm(forms.ModelForm):
    """Of a province, only the networks are written by hand."""

    workspace_networks = forms.CharField(
        label=_("Networks of workspaces"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_(
            "The portal checks each workspace at the address that the provider's agent names, if it is public. Where "
            "workspaces of the province answer in other networks, list these here, one a line, such as 10.20.0.0/16."
        ),
    )

    class Meta:
        model = Province
        fields = ("workspace_networks",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["workspace_networks"] = "\n".join(self.instance.workspace_networks)

    def clean_workspace_networks(self) -> list[str]:
        try:
            return [read_listed_network(text) for text in self.cleaned_data["workspace_networks"].split()]
        except Refusal as refusal:
            raise forms.ValidationError(str(refusal)) from None


class HistorySearch(forms.Form):
    act = forms.ChoiceField(label=_("Act"), required=False)
    subject_type = forms.ChoiceField(label=_("Object"), required=False)
    subject_id = forms.CharField(label=_("Its id"), required=False, max_length=64)
    actor_id = forms.CharField(label=_("Who (id)"), required=False, max_length=64)
    since = forms.DateField(label=_("From day"), required=False, widget=DAY)
    until = forms.DateField(label=_("To day, included"), required=False, widget=DAY)
    before = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, acts: Sequence[str], types: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["act"].choices = [("", _("all acts")), *((act, act_word(act)) for act in acts)]  # type: ignore[attr-defined]
        named = [(one, kind_word(one)) for one in types]
        self.fields["subject_type"].choices = [("", _("all objects")), *named]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or self.cleaned_data
        since, until = asked.get("since"), asked.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day lies before the first. Nothing was searched."))
        return asked

    def found(self) -> RecordQuerySet:
        """Records that fit, newest first; the form is valid and the connection in the place they belong to."""
        asked = self.cleaned_data
        exact = {name: asked[name] for name in ("act", "subject_type", "subject_id", "actor_id") if asked[name]}
        since = _midnight(asked["since"]) if asked["since"] else None
        ends = asked["until"] and asked["until"] < date.max
        until = _midnight(asked["until"] + timedelta(days=1)) if ends else None
        records = Record.objects.filter(**exact).between(since, until)
        if asked["before"] is not None:
            records = records.filter(pk__lt=asked["before"])
        return records.order_by("-id")


def _midnight(day: Any) -> datetime:
    """Beginning of the day in Beijing."""
    return timezone.make_aware(datetime.combine(day, time.min))
