"""Windows as a provider types them; times are Beijing's."""

from datetime import time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.web.forms import Chips, ChipsMultiple
from portal.web.texts.lines import LineField

LOCAL = "%Y-%m-%dT%H:%M"
POOL, SITE = "pool", "site"
WEEKDAYS = [
    ("1", pgettext_lazy("weekday", "Mon")),
    ("2", pgettext_lazy("weekday", "Tue")),
    ("3", pgettext_lazy("weekday", "Wed")),
    ("4", pgettext_lazy("weekday", "Thu")),
    ("5", pgettext_lazy("weekday", "Fri")),
    ("6", pgettext_lazy("weekday", "Sat")),
    ("7", pgettext_lazy("weekday", "Sun")),
]


def _moment() -> forms.DateTimeInput:
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL)


def _hour() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class MaintenanceForm(forms.Form):
    prefix = "maintenance"
    scope = forms.ChoiceField(
        label=_("What is worked on"),
        choices=[(POOL, _("this pool")), (SITE, _("all pools of the site"))],
        initial=POOL,
        widget=Chips,
    )
    starts_at = forms.DateTimeField(label=_("From (Beijing time)"), widget=_moment())
    ends_at = forms.DateTimeField(label=_("Until (Beijing time)"), widget=_moment())
    reason = LineField(label=_("What is done"), max_length=200, help_text=_("Buyers read it."))


class WeeklyForm(forms.Form):
    prefix = "weekly"
    weekdays = forms.MultipleChoiceField(label=_("Days"), choices=WEEKDAYS, widget=ChipsMultiple)
    opens = forms.TimeField(label=_("From (Beijing time)"), widget=_hour())
    closes = forms.TimeField(
        label=_("Until (Beijing time)"),
        widget=_hour(),
        help_text=_("An end that is not after the beginning lies on the next day."),
    )

    def window(self) -> tuple[list[int], time, time]:
        facts: dict[str, Any] = self.cleaned_data
        return [int(day) for day in facts["weekdays"]], facts["opens"], facts["closes"]


class SingleForm(forms.Form):
    prefix = "single"
    starts_at = forms.DateTimeField(label=_("From (Beijing time)"), widget=_moment())
    ends_at = forms.DateTimeField(label=_("Until (Beijing time)"), widget=_moment())
