"""Pages of the national catalogue, open to visitors."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from portal.accounts.decorators import open_to_visitors
from portal.directory.models import BaseModel, OfferIndex


@open_to_visitors
@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    offers = OfferIndex.objects.on_sale().with_stock().search(request.GET.get("q", ""))[:20]
    return render(request, "directory/catalogue.html", {"offers": offers})


@open_to_visitors
@require_safe
def models(request: HttpRequest) -> HttpResponse:
    return render(request, "directory/models.html", {"models": BaseModel.objects.all()})


@open_to_visitors
@require_safe
def offer(request: HttpRequest, province: str, slug: str) -> HttpResponse:
    found = get_object_or_404(OfferIndex.objects.with_stock(), province=province, slug=slug)
    return render(request, "directory/offer.html", {"offer": found})
