"""Pages of the national catalogue, open to visitors."""

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.directory.browse import shelf
from portal.directory.browse.catalogue import Asked, Catalogue
from portal.directory.browse.removal import applied_filters, words_meant
from portal.directory.identifiers.grammar import looks_like_one
from portal.directory.taxonomy.base_models import ModelList
from portal.web.decorators import open_to_visitors
from tenants import hosts

OTHERS = 4


@open_to_visitors
@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    if looks_like_one(text := request.GET.get("q", "")):
        return redirect(f"{reverse('identifiers:resolve')}?{urlencode({'identifier': text})}")
    found = Catalogue(Asked.read(request.GET))
    shown = {
        "asked": found.asked,
        "catalogue": found,
        "page": found.page(request.GET.get("page")),
        "facets": found.facets(),
        "applied": applied_filters(request.GET, found),
        "meant": words_meant(request.GET, found) if found.total else [],
        "now": timezone.now(),
        "price": request.GET.get("price", "") if found.asked.most_u is not None else "",
    }
    return render(request, "directory/catalogue.html", shown)


@open_to_visitors
@require_safe
def models(request: HttpRequest) -> HttpResponse:
    found = ModelList(request.GET)
    return render(request, "directory/models.html", {"found": found, "page": found.page(request.GET.get("page"))})


@open_to_visitors
@require_safe
def offer(request: HttpRequest, province: str, slug: str) -> HttpResponse:
    here = shelf.current()
    facts = here.offers.facts(province, slug)
    if facts is None:
        raise Http404
    found = here.with_stock(facts.offer)
    shown = {"offer": found, "facts": facts, "province": hosts.named(province), "others": here.like(found, OTHERS)}
    return render(request, "directory/offer.html", shown)
