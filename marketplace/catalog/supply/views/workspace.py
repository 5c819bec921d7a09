"""The first page of a provider's workspace: what waits for whom, what is free and sold, the latest reports."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from marketplace.catalog.access import SUPPLY, may, provider_of
from marketplace.catalog.supply import register, waiting
from portal.accounts.models import OrganisationKind
from tenants import history

POOLS_SHOWN = 10


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What waits and what runs; a provider that does not sell in this province is led to its application."""
    try:
        provider = provider_of(request)
    except Http404:
        if getattr(request.organisation, "kind", "") != OrganisationKind.PROVIDER:  # type: ignore[attr-defined]
            raise
        return redirect("onboarding:apply")
    supply = waiting.supply_of(provider)
    steps = waiting.steps(provider, supply)
    shown = {
        "provider": provider,
        "pause_reason": history.reason_of("provider.paused", provider) if provider.paused else "",
        "supply": supply,
        "steps": steps,
        "next": next((step for step in steps if step.tone == waiting.WAIT), None),
        "waiting": waiting.things(provider, supply),
        "pools": register.add_stock(register.pools_listed(provider)[:POOLS_SHOWN]),
        "may_manage": may(request, SUPPLY, provider),
        "now": timezone.now(),
    }
    return render(request, "catalog/workspace/home.html", shown)
