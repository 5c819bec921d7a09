"""Pages of the windows of a provider's pools: announced maintenance, and the hours in which cards are lent."""

import uuid
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from marketplace.catalog.access import SUPPLY, may, person, provider_of, require_may
from marketplace.catalog.models import Pool
from marketplace.orders.windows import actions
from marketplace.orders.windows import terms as reading
from marketplace.orders.windows.forms import LOCAL, SITE, WEEKDAYS, MaintenanceForm, SingleForm, WeeklyForm
from marketplace.orders.windows.models import LendingWindow, MaintenanceWindow
from tenants.acts import Refusal

FORMS: dict[str, type[Form]] = {"maintenance": MaintenanceForm, "weekly": WeeklyForm, "single": SingleForm}


@require_safe
def windows(request: HttpRequest) -> HttpResponse:
    """Every pool of the provider with what limits its sale now and next."""
    provider = provider_of(request)
    pools = list(Pool.objects.filter(provider=provider).select_related("card_model", "site").order_by("slug"))
    now = timezone.now()
    limits = reading.limits([pool.pk for pool in pools], now)
    rows = [(pool, limits.get(pool.pk), _opens(limits.get(pool.pk), now)) for pool in pools]
    return render(request, "activation/windows.html", {"provider": provider, "rows": rows, "now": now})


def _opens(limit: reading.Limit | None, now: datetime) -> bool:
    return limit is None or limit.is_open(now)


@require_safe
def pool(request: HttpRequest, pool_id: uuid.UUID) -> HttpResponse:
    return _page(request, _pool(request, pool_id))


@require_POST
def announce(request: HttpRequest, pool_id: uuid.UUID) -> HttpResponse:
    found = _managed_pool(request, pool_id)
    form = MaintenanceForm(request.POST)
    if not form.is_valid():
        return _page(request, found, maintenance=form)
    facts = form.cleaned_data
    pools = list(found.site.pools.all()) if facts["scope"] == SITE else [found]
    try:
        actions.announce_maintenance(pools, facts["starts_at"], facts["ends_at"], facts["reason"], by=person(request))
    except Refusal as refusal:
        return _page(request, found, maintenance=form, refusal=refusal, later=_later(refusal, form))
    messages.success(request, _("The maintenance is announced. Nothing is sold into that time."))
    return redirect("activation:pool_windows", found.pk)


def _later(refusal: Refusal, form: MaintenanceForm) -> dict[str, Any]:
    """The same maintenance after the last lease, for one more press of a button; empty where that is not the matter."""
    found = next((one for one in refusal.alternatives if one["kind"] == "later_start"), None)
    begins = parse_datetime(found["starts_at"]) if found else None
    if found is None or begins is None:
        return {}
    facts = form.cleaned_data
    ends = begins + (facts["ends_at"] - facts["starts_at"])
    return {
        "orders": [{**one, "until": parse_datetime(one["until"])} for one in found["orders"]],
        "starts_at": begins,
        "fields": {
            "maintenance-scope": facts["scope"],
            "maintenance-starts_at": _typed(begins),
            "maintenance-ends_at": _typed(ends),
            "maintenance-reason": facts["reason"],
        },
    }


def _typed(moment: datetime) -> str:
    """As a browser sends it, to the second."""
    return timezone.localtime(moment).strftime(LOCAL + ":%S.%f")


@require_POST
def add_weekly(request: HttpRequest, pool_id: uuid.UUID) -> HttpResponse:
    found = _managed_pool(request, pool_id)
    form = WeeklyForm(request.POST)
    if not form.is_valid():
        return _page(request, found, weekly=form)
    try:
        actions.add_weekly_window(found, *form.window(), by=person(request))
    except Refusal as refusal:
        return _page(request, found, weekly=form, refusal=refusal)
    return _added(request, found)


@require_POST
def add_single(request: HttpRequest, pool_id: uuid.UUID) -> HttpResponse:
    found = _managed_pool(request, pool_id)
    form = SingleForm(request.POST)
    if not form.is_valid():
        return _page(request, found, single=form)
    facts = form.cleaned_data
    try:
        actions.add_single_window(found, facts["starts_at"], facts["ends_at"], by=person(request))
    except Refusal as refusal:
        return _page(request, found, single=form, refusal=refusal)
    return _added(request, found)


def _added(request: HttpRequest, found: Pool) -> HttpResponse:
    messages.success(request, _("The lending window counts from now on. Leases that run keep their end."))
    return redirect("activation:pool_windows", found.pk)


@require_POST
def cancel_maintenance(request: HttpRequest, window_id: uuid.UUID) -> HttpResponse:
    window = _window(request, MaintenanceWindow, window_id)
    together = actions.cancel_maintenance(window, by=person(request))
    sentence = ngettext(
        "The maintenance is taken back for %(pools)s pool.",
        "The maintenance is taken back for %(pools)s pools.",
        len(together),
    )
    messages.success(request, sentence % {"pools": len(together)})
    return redirect("activation:pool_windows", window.pool_id)


@require_POST
def cancel_lending(request: HttpRequest, window_id: uuid.UUID) -> HttpResponse:
    window = _window(request, LendingWindow, window_id)
    actions.cancel_lending_window(window, by=person(request))
    messages.success(request, _("The lending window is removed. Leases that run keep their end."))
    return redirect("activation:pool_windows", window.pool_id)


def _pool(request: HttpRequest, pool_id: uuid.UUID) -> Pool:
    visible = Pool.objects.visible_to(person(request))
    return get_object_or_404(visible.select_related("provider__organisation", "site", "card_model"), pk=pool_id)


def _managed_pool(request: HttpRequest, pool_id: uuid.UUID) -> Pool:
    """404 for strangers, 403 for members without the right."""
    found = _pool(request, pool_id)
    require_may(request, SUPPLY, found.provider)
    return found


def _window(request: HttpRequest, model: Any, window_id: uuid.UUID) -> Any:
    visible = model.objects.visible_to(person(request)).select_related("pool__provider__organisation")
    window = get_object_or_404(visible, pk=window_id)
    require_may(request, SUPPLY, window.pool.provider)
    return window


def _page(request: HttpRequest, found: Pool, **more: Any) -> HttpResponse:
    now = timezone.now()
    days = dict(WEEKDAYS)
    lending = list(LendingWindow.objects.standing().filter(pool=found))
    shown = {
        "pool": found,
        "limit": (limit := reading.limits([found.pk], now).get(found.pk)),
        "open": _opens(limit, now),
        "maintenance_windows": MaintenanceWindow.objects.standing().filter(pool=found, ends_at__gt=now),
        "lending": [(one, [days[str(day)] for day in one.weekdays]) for one in lending],
        "may_manage": may(request, SUPPLY, found.provider),
        "now": now,
        **{name: form() for name, form in FORMS.items()},
        **more,
    }
    return render(request, "activation/pool_windows.html", shown, status=409 if "refusal" in more else 200)
