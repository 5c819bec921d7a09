"""The first page of a provider's workspace: what waits for whom, what is free and sold, the latest reports."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from marketplace.catalog import register, waiting
from marketplace.catalog.views.access import SUPPLY, may, provider_of

POOLS_SHOWN = 10


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    provider = provider_of(request)
    supply = waiting.supply_of(provider)
    steps = waiting.steps(provider, supply)
    shown = {
        "provider": provider,
        "supply": supply,
        "steps": steps,
        "next": next((step for step in steps if step.tone == waiting.WAIT), None),
        "waiting": waiting.things(provider, supply),
        "pools": register.add_stock(register.pools_listed(provider)[:POOLS_SHOWN]),
        "may_manage": may(request, SUPPLY, provider),
        "now": timezone.now(),
    }
    return render(request, "catalog/workspace/home.html", shown)
