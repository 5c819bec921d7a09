"""Applications that wait for staff of the province: for checks, for a decision, or because somebody objected."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.onboarding.models import Application, ApplicationState
from portal.accounts.models import Organisation, User
from portal.staff import desk


def awaiting_staff(user: User) -> desk.Waiting:
    """Not those of organisations the person belongs to, nor objections against the person's own approval."""
    own = Organisation.objects.visible_to(user).values("pk")
    rows = Application.objects.awaiting_staff().exclude(organisation__in=own)
    rows = rows.exclude(state=ApplicationState.NOTICE, approved_by=user).select_related("organisation")
    return desk.waiting(rows, "submitted_at", _item)


def _item(one: Any) -> desk.Item:
    objected = one.state == ApplicationState.NOTICE
    note = _("somebody objected") if objected else one.organisation.uscc
    return desk.Item(one.organisation.name, note, one.submitted_at, desk.address("onboarding:case", one.pk))


QUEUES = [
    desk.Queue(
        name="applications",
        label=gettext_lazy("Applications of providers"),
        verb="check",
        thing="onboarding.application",
        otherwise=gettext_lazy("They can sell nothing in this province until somebody has decided."),
        act=gettext_lazy("Check and decide"),
        url=lambda: desk.address("onboarding:queue"),
        find=awaiting_staff,
    )
]
