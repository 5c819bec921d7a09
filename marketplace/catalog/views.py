"""Pages of a province's supply."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from marketplace.catalog.models import Offer, Site
from portal.accounts.decorators import open_to_visitors


@open_to_visitors
@require_safe
def sites(request: HttpRequest) -> HttpResponse:
    return render(request, "catalog/sites.html", {"sites": Site.objects.select_related("provider__organisation")})


@open_to_visitors
@require_safe
def offers(request: HttpRequest) -> HttpResponse:
    return render(request, "catalog/offers.html", {"offers": Offer.objects.published()})


@require_safe
def workspace(request: HttpRequest) -> HttpResponse:
    return render(request, "catalog/workspace.html", {"offers": Offer.objects.visible_to(request.user)})
