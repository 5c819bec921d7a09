"""A provider's pools: the list, registering and correcting one, its page with cards, pausing its sale."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.catalog import actions
from marketplace.catalog.access import SUPPLY, answer, managed, managed_provider, may, own, person, provider_of
from marketplace.catalog.forms import PoolForm
from marketplace.catalog.models import Pool
from marketplace.catalog.supply import register
from marketplace.catalog.supply.views.cards import CardFilter, undo_of
from tenants import history

POOLS_PER_PAGE, CARDS_PER_PAGE = 50, 50


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    provider = provider_of(request)
    page = Paginator(register.pools_listed(provider), POOLS_PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = register.add_stock(page.object_list)
    shown = {
        "provider": provider,
        "page": page,
        "has_site": page.paginator.count > 0 or provider.sites.exists(),
        "may_manage": may(request, SUPPLY, provider),
        "now": timezone.now(),
    }
    return render(request, "catalog/workspace/pools.html", shown)


@require_safe
def show(request: HttpRequest, pool_id: uuid.UUID) -> HttpResponse:
    pool = own(request, Pool.objects.select_related("site", "card_model"), pool_id)
    asked = CardFilter.read(request.GET)
    page = Paginator(asked.of(pool), CARDS_PER_PAGE).get_page(request.GET.get("page"))
    register.add_stock([pool])
    shown = {
        "provider": pool.provider,
        "pool": pool,
        "counts": register.card_counts(pool),
        "page": page,
        "asked": asked,
        "undo": undo_of(pool, request.GET.get("moved", "")),
        "offers": register.offers_of_pool(pool),
        "pause_reason": history.reason_of("pool.paused", pool) if pool.paused_by_staff else "",
        "may_manage": may(request, SUPPLY, pool.provider),
        "now": timezone.now(),
    }
    return render(request, "catalog/workspace/pool.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    provider = managed_provider(request, SUPPLY)
    form = PoolForm(request.POST or None, provider=provider, initial={"site": request.GET.get("site", "")})
    return answer(
        request,
        form,
        lambda: actions.add_pool(by=person(request), **form.cleaned_data),
        done=lambda pool: _("Pool %(slug)s is registered. Next, register its cards.") % {"slug": pool.slug},
        to=lambda pool: reverse("catalog:pool", args=[pool.pk]),
        template="catalog/workspace/pool_form.html",
        shown={"provider": provider, "has_site": provider.sites.exists()},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pool_id: uuid.UUID) -> HttpResponse:
    pool = managed(request, SUPPLY, Pool.objects.select_related("site", "card_model"), pool_id)
    initial = PoolForm.of(pool) | {"site": pool.site.slug}
    form = PoolForm(request.POST or None, provider=pool.provider, initial=initial)
    return answer(
        request,
        form,
        lambda: actions.change_pool(pool, by=person(request), **form.cleaned_data),
        done=lambda changed: _("Pool %(slug)s is saved. The catalogue shows it at once.") % {"slug": changed.slug},
        to=lambda changed: reverse("catalog:pool", args=[changed.pk]),
        template="catalog/workspace/pool_form.html",
        shown={"provider": pool.provider, "pool": pool, "has_site": True},
    )


VERBS = {
    "pause": (actions.pause_pool, gettext_lazy("Pool %(slug)s is paused. Running leases are not affected.")),
    "resume": (actions.resume_pool, gettext_lazy("Pool %(slug)s sells again as soon as its agent reports.")),
}


@require_POST
def sell(request: HttpRequest, pool_id: uuid.UUID, verb: str) -> HttpResponse:
    """Pause the pool's sale, or sell again."""
    pool = managed(request, SUPPLY, Pool.objects.all(), pool_id)
    if verb not in VERBS:
        raise Http404
    act, sentence = VERBS[verb]
    act(pool, by=person(request))
    messages.success(request, sentence % {"slug": pool.slug})
    return redirect("catalog:pool", pool.pk)
