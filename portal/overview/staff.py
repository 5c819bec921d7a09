"""Staff pages of both hosts: the alarms over links and who follows them, and history with its seals."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from marketplace.activation.models import RefusedRows
from portal.accounts import permissions
from portal.accounts.views.answers import act_and_return, person
from portal.overview.forms import HistorySearch
from portal.overview.links import actions
from portal.overview.links.linkpage import CLOSED_SHOWN, CLOSED_SHOWN_FOR, AlarmRow
from portal.overview.links.watching import ALARM
from portal.overview.models import Alarm, AlarmQuerySet, LinkCheck
from portal.staff.decorators import for_national_staff, for_province_staff
from portal.staff.history_words import told
from portal.staff.sites import place_here
from tenants.context import NATION, in_province
from tenants.history.models import Record, Seal, SealedRow
from tenants.history.sealing import anchor_of, end_of, waiting_since
from tenants.models import Province

View = Callable[..., HttpResponse]
RECORDS_PER_PAGE = 50
REFUSALS_SHOWN = 50


def for_staff_here(verb: str, label: str) -> Callable[[View], View]:
    """A staff page that both hosts have: the right is asked for at the nation or in the province of the host."""

    def mark(view: View) -> View:
        @wraps(view)
        def with_right(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not permissions.may(request.user, verb, label, place_here()):
                raise PermissionDenied(_("Your roles do not allow this. Nothing was changed."))
            return view(request, *args, **kwargs)

        national, provincial = for_national_staff()(with_right), for_province_staff()(with_right)

        @wraps(view)
        def here(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            chosen = national if place_here() == NATION else provincial
            return chosen(request, *args, **kwargs)

        return here

    return mark


# Alarms ----------------------------------------------------------------------------------------


@require_safe
@for_staff_here("view", ALARM)
def links(request: HttpRequest) -> HttpResponse:
    """Open alarms, those nobody follows first; a province also sees what of its agents' reports was refused."""
    here = place_here()
    known = {one.slug: one for one in Province.objects.provinces()}
    alarms = _alarms(here).select_related("acknowledged_by")
    context = {
        "now": timezone.now(),
        "open": _rows(alarms.open().order_by("acknowledged_at", "opened_at"), known),
        "closed": _rows(alarms.closed_since(timezone.now() - CLOSED_SHOWN_FOR)[:CLOSED_SHOWN], known),
        "may_acknowledge": permissions.may(request.user, "acknowledge", ALARM, here),
        "refused": [] if here == NATION else _refused(),
        "silent": _silent(known) if here == NATION else [],
    }
    return render(request, "overview/staff_links.html", context)


def _silent(known: dict[str, Province]) -> list[tuple[Province, LinkCheck]]:
    """Provinces where some agent did not report at the last look; who follows it there is the province's matter."""
    checks = LinkCheck.objects.filter(agents__gt=F("agents_reporting"), province__in=known).order_by("province")
    return [(known[check.province], check) for check in checks]


@require_POST
@for_staff_here("acknowledge", ALARM)
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    alarm = get_object_or_404(_alarms(place_here()), pk=pk)
    note = request.POST.get("note", "").strip().replace("\0", "")
    if len(note) > 200:
        messages.error(request, _("The note has more than 200 characters. The alarm was not acknowledged."))
        return redirect("overview:staff_links")
    return act_and_return(
        request,
        lambda: actions.acknowledge_alarm(alarm, by=person(request), note=note),
        _("You follow this alarm now. It closes by itself when its cause is gone."),
        "overview:staff_links",
    )


def _alarms(place: str) -> AlarmQuerySet:
    """The nation's alarms over links, or everything of one province."""
    return Alarm.objects.of_links() if place == NATION else Alarm.objects.filter(province=place)


def _rows(alarms: AlarmQuerySet, known: dict[str, Province]) -> list[AlarmRow]:
    return [AlarmRow(alarm, known[alarm.province]) for alarm in alarms if alarm.province in known]


def _refused() -> list[RefusedRows]:
    rows = RefusedRows.objects.in_24_hours().select_related("agent__provider")
    return list(rows.order_by("-latest_at")[:REFUSALS_SHOWN])


# History ---------------------------------------------------------------------------------------


@require_safe
@for_staff_here("view", "history.record")
def history(request: HttpRequest) -> HttpResponse:
    """What happened here, newest first, with the seal of each record. Pages go on from an id: all cost the same."""
    with in_province(place_here()):
        form = HistorySearch(request.GET, acts=Record.objects.acts(), types=Record.objects.subject_types())
        records = list(form.found()[: RECORDS_PER_PAGE + 1]) if form.is_valid() else []
        shown = records[:RECORDS_PER_PAGE]
        numbers = dict(SealedRow.objects.filter(pk__in=[one.pk for one in shown]).values_list("pk", "seal_id"))
        rows = told(shown, named=permissions.BUYERS not in permissions.kept_from(request.user, "history.record"))
        head, waits_since = Seal.objects.first(), waiting_since()
    anchor = anchor_of(place_here())
    context = {
        "form": form,
        "rows": [(one, numbers.get(one.record.pk)) for one in rows],
        "older": _older(request, shown) if len(records) > RECORDS_PER_PAGE else "",
        "head": head,
        "waits_since": waits_since,
        "anchored": end_of(head) == ((anchor.number, anchor.hash) if anchor else (0, "")),
        "now": timezone.now(),
    }
    return render(request, "overview/staff_history.html", context, status=200 if form.is_valid() else 422)


def _older(request: HttpRequest, shown: list[Record]) -> str:
    kept = request.GET.copy()
    kept["before"] = str(shown[-1].pk)
    return f"?{kept.urlencode()}"
