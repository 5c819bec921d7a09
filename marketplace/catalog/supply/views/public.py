"""The register of a province's supply, open to visitors."""

from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from marketplace.catalog.supply import register
from portal.directory.browse import shelf
from portal.directory.models import OfferIndex
from portal.web.decorators import open_to_visitors
from tenants.models import Province

OFFERS_PER_PAGE = 20


@open_to_visitors
@require_safe
def sites(request: HttpRequest) -> HttpResponse:
    return render(request, "catalog/sites.html", {"sites": register.sites(), "now": timezone.now()})


@open_to_visitors
@require_safe
def offers(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:100].replace("\0", "")
    province: Province = request.tenant  # type: ignore[attr-defined]
    found = OfferIndex.objects.on_sale().filter(province=province.slug).with_stock()
    if text:
        found = found.filter(pk__in=shelf.current().named(text))
    rows = found.select_related("card_model").for_list().order_by(F("on_shelf").desc(), "unit", "price_u", "id")
    page = Paginator(rows, OFFERS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "catalog/offers.html", {"page": page, "text": text, "now": timezone.now()})
